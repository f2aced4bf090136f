//! Finds records in what a log pipeline put around them: text before and after, JSON of any shape, escaped once or more.
//!
//! No pipeline is known by name. A record is known by its fields, wherever it stands: as text in any string, as an object,
//! or as fields whose names were nested or changed. In reading order: [`Opening`] goes through a text, [`walk`] through one
//! value of JSON, [`fields`] says which object is a record, [`escape`] takes away one level of escapes, [`split`] joins what
//! a runtime cut.

mod escape;
mod fields;
mod split;
mod walk;

use std::io::Read;

use memchr::{memchr2, memmem};
use record::Record;
use serde::de::{DeserializeSeed as _, IgnoredAny};
use serde_json::Deserializer;

use self::walk::Walk;
pub use self::{escape::clean, split::Splits};
use crate::input::LONGEST;

/// What every record has in it, however its field names were changed.
pub const MARK: &[u8] = b"faas";
/// Of strings in strings in strings.
const DEEPEST: u8 = 6;
/// So many brackets in a row may open nothing before the rest of a text is left alone.
pub const STARTS: u32 = 64;
/// For as many counts one that is open to the end: to find that out takes as long as the text is.
const OPEN: u32 = 8;
/// An event has a record and copies of it, as text and as fields. So many can be told from others.
const COPIES: usize = 64;

/// What one line was.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// There was a record in it.
    Found,
    /// It is a part of one, and the rest is still to come.
    Held,
    /// From this byte on it is JSON that does not end in this line.
    Open(usize),
    /// It has JSON in it, and no record.
    Json,
    /// There is no JSON in it.
    Text,
}

/// Goes through one line or document, and hands over each record once.
pub struct Opening<'o> {
    splits: &'o mut Splits,
    take: &'o mut dyn FnMut(&Record<'_>),
    /// Which records the event has that is now gone through.
    event: Vec<String>,
    /// Records that were met, copies included.
    met: u64,
    held: bool,
    json: bool,
    depth: u8,
}

impl<'o> Opening<'o> {
    pub fn new(splits: &'o mut Splits, take: &'o mut dyn FnMut(&Record<'_>)) -> Self {
        Self { splits, take, event: Vec::new(), met: 0, held: false, json: false, depth: 0 }
    }

    /// A line with its end. Where `may_go_on`, JSON that is still open is left to [`Self::document`].
    pub fn line(&mut self, line: &str, may_go_on: bool) -> Line {
        if let Some((origin, content)) = split::container_runtime(line) {
            if !self.text(content) {
                self.piece(&origin, content);
            }
        } else if let Some(at) = self.values(line, may_go_on) {
            return Line::Open(at);
        } else if self.met == 0 {
            self.escaped(line);
        }
        match self {
            Self { met: 1.., .. } => Line::Found,
            Self { held: true, .. } => Line::Held,
            Self { json: true, .. } => Line::Json,
            _ => Line::Text,
        }
    }

    /// One value of JSON that is as long as it likes, in as much memory as one of its strings.
    pub fn document(&mut self, input: impl Read) -> serde_json::Result<()> {
        Walk(self).deserialize(&mut Deserializer::from_reader(input)).map(drop)
    }

    /// Whether there is a record in it.
    fn text(&mut self, text: &str) -> bool {
        if self.depth == DEEPEST {
            return false;
        }
        self.depth += 1;
        let before = self.met;
        let text = &*escape::without_colours(text);
        self.values(text, false);
        if self.met == before {
            self.escaped(text);
        }
        self.depth -= 1;
        self.met > before
    }

    /// What stands in a text as it would in a string.
    fn escaped(&mut self, text: &str) {
        if let Some(plain) = escape::one_level_less(text) {
            self.text(&plain);
        }
    }

    /// All JSON that stands in a text. Where one of them `may_go_on`, it says where the first starts that has no end.
    fn values(&mut self, text: &str, may_go_on: bool) -> Option<usize> {
        let (mut from, mut failed) = (0, 0);
        let mut events = self.events();
        while failed < STARTS
            && let Some(start) = memchr2(b'{', b'[', &text.as_bytes()[from..]).map(|at| from + at)
        {
            match self.value(&text[start..]) {
                Ok(length) => (from, failed) = (start + length, 0),
                Err(error) if may_go_on && error.is_eof() => return Some(start),
                Err(error) => (from, failed) = (start + 1, failed + if error.is_eof() { OPEN } else { 1 }),
            }
            events.end_one(self);
        }
        events.end(self);
        None
    }

    /// Values that follow each other are events of their own, and what they have together is in the event around them.
    fn events(&self) -> Events {
        Events { around: self.event.len(), ended: Vec::new() }
    }

    /// The JSON that a text begins with, and how long it is.
    fn value(&mut self, text: &str) -> serde_json::Result<usize> {
        let mut records = Deserializer::from_str(text).into_iter::<Record<'_>>();
        if let Some(Ok(record)) = records.next() {
            self.meet(&record);
            return Ok(records.byte_offset());
        }
        let mut any = Deserializer::from_str(text).into_iter::<IgnoredAny>();
        any.next().transpose()?;
        let length = any.byte_offset();
        self.json |= text.starts_with('{');
        let before = self.met;
        let walked = Walk(self).deserialize(&mut Deserializer::from_str(&text[..length]));
        // What was met is not met again where it is nested too deep to be walked to its end.
        if self.met == before { walked.map(|_| length) } else { Ok(length) }
    }

    fn meet(&mut self, record: &Record<'_>) {
        self.met += 1;
        let of_it = if record.span_id.is_empty() { &record.timestamp } else { &record.span_id };
        let key = format!("{of_it} {}", record.request_id);
        if self.event.contains(&key) {
            return;
        }
        if self.event.len() < COPIES {
            self.event.push(key);
        }
        (self.take)(record);
    }

    /// Text without a record in it: perhaps the next part of one, or the first.
    fn piece(&mut self, origin: &str, piece: &str) {
        if let Some(begun) = self.splits.take(origin) {
            let whole = format!("{}{piece}", begun.text);
            if self.text(&whole) {
                return;
            }
            if is_begun(&whole) {
                self.held = true;
                return self.splits.keep(origin, whole, Some(&begun));
            }
            self.splits.give_up(begun);
        }
        if is_begun(piece) {
            self.held = true;
            self.splits.keep(origin, piece.to_owned(), None);
        }
    }
}

/// Events that follow each other.
struct Events {
    around: usize,
    ended: Vec<String>,
}

impl Events {
    fn end_one(&mut self, opening: &mut Opening<'_>) {
        self.ended.extend(opening.event.drain(self.around..));
        self.ended.truncate(COPIES);
    }

    fn end(self, opening: &mut Opening<'_>) {
        opening.event.extend(self.ended);
        opening.event.truncate(COPIES);
    }
}

/// Whether it is the beginning of a JSON object.
fn is_begun(text: &str) -> bool {
    text.len() < LONGEST
        && text.trim_start().starts_with('{')
        && serde_json::from_str::<IgnoredAny>(text).is_err_and(|error| error.is_eof())
}

/// Whether a text can have a record in it.
fn marked(text: &str) -> bool {
    memmem::find(text.as_bytes(), MARK).is_some()
}
