//! From lines to records: the plain ones at once, all others out of what is around them.

use std::{cell::Cell, io::Read, mem};

use memchr::memmem;
use record::Record;
use serde_json::Deserializer;

use crate::{
    analysis::Analysis,
    envelope::{self, Line, Opening},
    input::LONGEST,
    reject::Reason,
};

impl Analysis {
    /// Takes one line, with or without its end, and with whatever a log pipeline put around the records in it.
    pub fn add_line(&mut self, line: &[u8]) {
        self.line(line, false);
    }

    /// Takes one line. Where it `may_go_on`, what it gives back is JSON that ends in one of the lines that follow.
    pub(crate) fn line(&mut self, line: &[u8], may_go_on: bool) -> Option<Vec<u8>> {
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
            Line::Open(at) => return Some(text.as_bytes()[at..].to_vec()),
            _ if line.len() >= LONGEST => Reason::TooLong,
            Line::Json => Reason::NoRecord,
            Line::Text if std::str::from_utf8(line).is_err() => Reason::NotUtf8,
            Line::Text => Reason::NotJson,
        };
        self.lines.rejected.add(reason, self.lines.read, line);
        None
    }

    /// Takes what stands behind a document in its last line.
    pub(crate) fn rest_of_line(&mut self, rest: &[u8], may_go_on: bool) -> Option<Vec<u8>> {
        let text = envelope::clean(rest);
        match self.look(&text, may_go_on) {
            Line::Open(at) => Some(text.as_bytes()[at..].to_vec()),
            _ => None,
        }
    }

    fn look(&mut self, text: &str, may_go_on: bool) -> Line {
        let mut splits = mem::take(&mut self.splits);
        splits.line = self.lines.read;
        let found = Opening::new(&mut splits, &mut |record| self.take(record)).line(text, may_go_on);
        self.splits = splits;
        found
    }

    /// Most lines are a record and what a platform puts before it.
    fn plain(&mut self, line: &[u8]) -> bool {
        let Some(start) = memmem::find(line, b"{\"") else { return false };
        let mut records = Deserializer::from_slice(&line[start..]).into_iter::<Record<'_>>();
        let Some(Ok(record)) = records.next() else { return false };
        let rest = &line[start + records.byte_offset()..];
        let alone = memmem::find(rest, envelope::MARK).is_none();
        if alone {
            self.take(&record);
        }
        alone
    }

    /// Takes a document of any length. `met` counts its records.
    pub(crate) fn document(&mut self, input: impl Read, met: &Cell<u64>) -> serde_json::Result<()> {
        let mut splits = mem::take(&mut self.splits);
        let mut take = |record: &Record<'_>| {
            met.set(met.get() + 1);
            self.take(record);
        };
        let read = Opening::new(&mut splits, &mut take).document(input);
        self.splits = splits;
        read
    }

    pub(crate) fn count_line(&mut self) {
        self.lines.read += 1;
    }

    /// The lines of a document after its first.
    pub(crate) fn count_document(&mut self, more: u64, met: bool, reason: Reason, sample: &[u8]) {
        let first = self.lines.read;
        self.lines.read += more;
        if !met {
            self.lines.rejected.add_many(1 + more, reason, first, sample);
        }
    }
}
