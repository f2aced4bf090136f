//! From lines to records: the plain ones at once, all others out of what is around them.

use std::{cell::Cell, io::Read, mem};

use memchr::{memchr, memmem};
use record::Record;
use serde_json::Deserializer;

use crate::{
    analysis::Analysis,
    envelope::{self, Line, Unwrapper},
    input::LONGEST,
    moment,
    reject::Reason,
};

impl Analysis {
    /// Takes one line, with or without its end, and with whatever a log pipeline put around the records in it.
    pub fn add_line(&mut self, line: &[u8]) {
        self.line(line, false);
    }

    /// Takes one line. Where it `may_go_on`, what it gives back is JSON that ends in one of the lines that follow.
    pub(crate) fn line(&mut self, line: &[u8], may_go_on: bool) -> Option<Unclosed> {
        if line.iter().all(|byte| *byte == 0 || byte.is_ascii_whitespace()) {
            return None;
        }
        self.count_line();
        if self.plain(line) {
            return None;
        }
        let text = envelope::clean(line);
        let reason = match self.look(&text, may_go_on) {
            Line::Found | Line::Held => return None,
            Line::Unclosed(at) => return Some(Unclosed::from(&text, at)),
            Line::GivenUp => Reason::TooLong,
            _ if line.len() >= LONGEST => Reason::TooLong,
            Line::Json => Reason::NoRecord,
            Line::Text if std::str::from_utf8(line).is_err() => Reason::NotUtf8,
            Line::Text => Reason::NotJson,
        };
        self.lines.rejected.add(reason, self.lines.read, line);
        None
    }

    /// Takes what stands behind a document in its last line, as [`Self::line`] does.
    pub(crate) fn rest_of_line(&mut self, rest: &[u8]) -> Option<Unclosed> {
        let text = envelope::clean(rest);
        match self.look(&text, true) {
            Line::Unclosed(at) => return Some(Unclosed::from(&text, at)),
            Line::GivenUp => self.lines.rejected.add(Reason::TooLong, self.lines.read, rest),
            _ => {}
        }
        None
    }

    /// Takes the last line of what is no JSON from where that is known.
    pub(crate) fn rest_of_document(&mut self, rest: &[u8], seen: &Seen) {
        match self.look(&envelope::clean(rest), false) {
            Line::Found => seen.met.set(seen.met.get() + 1),
            Line::GivenUp => seen.given_up.set(seen.given_up.get() + 1),
            _ => {}
        }
    }

    fn look(&mut self, text: &str, may_go_on: bool) -> Line {
        let mut splits = mem::take(&mut self.splits);
        splits.line = self.lines.read;
        let found = Unwrapper::new(&mut splits, &mut |record| self.take(record)).line(text, may_go_on);
        self.splits = splits;
        found
    }

    /// Most lines are a record and what a platform puts before it.
    fn plain(&mut self, line: &[u8]) -> bool {
        let Some(start) = memmem::find(line, b"{\"") else { return false };
        let mut records = Deserializer::from_slice(&line[start..]).into_iter::<Record<'_>>();
        let Some(Ok(record)) = records.next() else { return false };
        // A time that a pipeline wrote in its own way is read where all others are.
        let Some(at) = moment::parse(&record.timestamp) else { return false };
        let rest = &line[start + records.byte_offset()..];
        let alone = memchr(b'{', rest).is_none() && memmem::find(rest, envelope::MARK).is_none();
        if alone {
            self.take_at(&record, at);
        }
        alone
    }

    /// Takes a document of any length.
    pub(crate) fn document(&mut self, input: impl Read, seen: &Seen) -> serde_json::Result<()> {
        let mut splits = mem::take(&mut self.splits);
        let mut take = |record: &Record<'_>| {
            seen.met.set(seen.met.get() + 1);
            self.take(record);
        };
        let (read, given_up) = Unwrapper::new(&mut splits, &mut take).document(input);
        seen.given_up.set(seen.given_up.get() + u64::from(given_up));
        self.splits = splits;
        read
    }

    pub(crate) fn count_line(&mut self) {
        self.lines.read += 1;
    }

    /// The lines of a document after its first.
    pub(crate) fn count_document(&mut self, more: u64, seen: &Seen, reason: Reason, sample: &[u8]) {
        let first = self.lines.read;
        self.lines.read += more;
        if seen.met.get() == 0 {
            self.lines.rejected.add_many(1 + more, reason, first, sample);
        } else if seen.given_up.get() > 0 {
            self.lines.rejected.add_many(seen.given_up.get(), Reason::TooLong, first, sample);
        }
    }
}

/// JSON that does not end in the line in which it starts.
pub(crate) struct Unclosed {
    /// What stands before it in that line.
    pub before: String,
    pub json: Vec<u8>,
}

impl Unclosed {
    fn from(line: &str, start: usize) -> Self {
        let (before, json) = line.split_at(start);
        Self { before: before.to_owned(), json: json.as_bytes().to_vec() }
    }
}

/// What has been seen of a document.
#[derive(Default)]
pub(crate) struct Seen {
    /// Its records.
    pub met: Cell<u64>,
    /// Strings in it of which a part was not looked at, and can have records in it.
    pub given_up: Cell<u64>,
}
