//! Finds records in what a log pipeline put around them: text before and after, JSON of any shape, escaped once or more.
//!
//! No pipeline is known by name. A record is known by its fields, wherever it stands: as text in any string, as an object,
//! or as fields whose names were nested or changed. In reading order: [`Unwrapper`] goes through a text, [`walk`] through one
//! value of JSON, [`fields`] says which object is a record, [`times`] when it was, [`event`] what is a copy of it, [`escape`]
//! and [`python`] take away one level of escapes, [`split`] joins what a runtime cut, [`columns`], [`yaml`] and [`logfmt`]
//! read what is no JSON.

mod columns;
mod escape;
mod event;
mod fields;
mod logfmt;
mod python;
mod split;
mod times;
mod walk;
mod yaml;

use std::{io::Read, mem};

use memchr::memchr2;
use record::Record;
use serde::de::{DeserializeSeed as _, IgnoredAny};
use serde_json::Deserializer;

pub use self::{
    escape::clean,
    escape::marked,
    split::{Splits, behind_the_same},
};
use self::{
    event::{COPIES, Identity},
    fields::Fields,
    walk::{Kept, Walk},
};
use crate::moment;

/// What every record has in it, however its field names were changed.
pub const MARK: &[u8] = b"faas";
/// Of strings in strings in strings.
const DEEPEST: u8 = 6;
/// Brackets that open no JSON are tried until that has taken as long as to read the text so many times.
const MOST_FAILED_READINGS: usize = 8;

/// What one line was.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// There was a record in it.
    Found,
    /// It is a part of one, and the rest is still to come.
    Held,
    /// From this byte on it is JSON that does not end in this line.
    Unclosed(usize),
    /// It has JSON in it, and no record.
    Json,
    /// There is no JSON in it.
    Text,
    /// A part of it was not looked at, and can have records in it.
    GivenUp,
}

/// Goes through one line or document, and hands over each record once.
pub struct Unwrapper<'u> {
    splits: &'u mut Splits,
    take: &'u mut dyn FnMut(&Record<'_>),
    /// Which records the event has that is now gone through, behind those of the events that it is in.
    event: Vec<Identity>,
    /// How many those are.
    around: usize,
    /// Records that were met, copies included.
    met: u64,
    /// Records in the text that is now gone through whose time is still to be found.
    undated: Fields,
    /// The columns of the rows that follow.
    columns: Vec<String>,
    /// What was gone through last was a list without numbers, and without texts that are no record.
    column: bool,
    held: bool,
    json: bool,
    given_up: bool,
    depth: u8,
}

/// What a bracket opens that is no JSON.
struct NoJson {
    /// How many bytes had to be read to know it.
    read: usize,
    /// All of the text, and it has no end there.
    unclosed: bool,
}

impl<'u> Unwrapper<'u> {
    pub fn new(splits: &'u mut Splits, take: &'u mut dyn FnMut(&Record<'_>)) -> Self {
        Self {
            splits,
            take,
            event: Vec::new(),
            around: 0,
            met: 0,
            undated: Fields::default(),
            columns: Vec::new(),
            column: false,
            held: false,
            json: false,
            given_up: false,
            depth: 0,
        }
    }

    /// A line with its end. Where `may_go_on`, JSON that is still open is left to [`Self::document`].
    pub fn line(&mut self, line: &str, may_go_on: bool) -> Line {
        if let Some(split::Piece { origin, content, goes_on }) = split::container_runtime(line) {
            match self.text(content) {
                true if goes_on => self.end_of_piece(&origin, content),
                true => {}
                // As an empty line is no line that is rejected.
                false if content.trim().is_empty() => self.held = true,
                false => self.piece(&origin, content),
            }
        } else if self.row(line) {
            // All of it has been looked at.
        } else if let Some(at) = self.values(line, may_go_on) {
            return Line::Unclosed(at);
        } else if !self.has_met(0) && !self.base64(line) {
            self.escaped(line);
            if !self.has_met(0) {
                self.without_json(line);
            }
        }
        if let Some(undated) = mem::take(&mut self.undated).undated() {
            self.meet_all(&mut undated.dated_by(line));
        }
        match self {
            Self { given_up: true, .. } => Line::GivenUp,
            Self { met: 1.., .. } => Line::Found,
            Self { held: true, .. } => Line::Held,
            Self { json: true, .. } => Line::Json,
            _ => Line::Text,
        }
    }

    /// One value of JSON that is as long as it likes, in as much memory as one of its strings. Whether a part of it was
    /// not looked at, beside whether it is JSON.
    pub fn document(mut self, input: impl Read) -> (serde_json::Result<()>, bool) {
        let read = Walk(&mut self).deserialize(&mut Deserializer::from_reader(input)).map(drop);
        (read, self.given_up)
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
        if !self.has_met(before) {
            self.escaped(text);
        }
        self.depth -= 1;
        self.met > before
    }

    /// Whether a text is one in base64 with a record in it.
    fn base64(&mut self, text: &str) -> bool {
        let Some((text, whole)) = escape::decoded(text) else { return false };
        self.given_up |= !whole;
        marked(&text) && self.text(&text)
    }

    /// Whether there was a record in the text since there were so many.
    fn has_met(&self, before: u64) -> bool {
        self.met > before || !self.undated.is_empty()
    }

    /// What stands in a text as it would in a string.
    fn escaped(&mut self, text: &str) {
        if let Some(plain) = escape::one_level_less(text) {
            self.text(&plain);
        }
    }

    /// All JSON that stands in a text. Where one of them `may_go_on`, it says where the first starts that has no end.
    fn values(&mut self, text: &str, may_go_on: bool) -> Option<usize> {
        let (mut from, mut read, mut ended) = (0, 0, 0);
        let mut events = self.events();
        while let Some(start) = memchr2(b'{', b'[', &text.as_bytes()[from..]).map(|at| from + at) {
            if ended > 0 && event::are_cells(&text[ended..start]) {
                events.join(self);
            }
            if read > MOST_FAILED_READINGS * text.len() {
                self.given_up |= marked(&text[start..]);
                break;
            }
            match self.value(&text[start..]) {
                Ok((length, kept)) => {
                    if let Kept::Fields(fields) = kept
                        && let Some(undated) = fields.undated()
                    {
                        let mut undated = undated.dated_by(&text[..start]);
                        self.meet_all(&mut undated);
                        self.undated.gather(undated);
                    }
                    from = start + length;
                    ended = from;
                }
                Err(NoJson { unclosed: true, .. }) if may_go_on => return Some(start),
                Err(no_json) => (from, read) = (start + 1, read + no_json.read),
            }
            events.end_one(self);
        }
        events.end(self);
        None
    }

    /// The JSON that a text begins with: how long it is, and what is left of it.
    fn value(&mut self, text: &str) -> Result<(usize, Kept), NoJson> {
        let mut records = Deserializer::from_str(text).into_iter::<Record<'_>>();
        if let Some(Ok(record)) = records.next()
            && moment::parse(&record.timestamp).is_some()
        {
            self.meet(&record);
            return Ok((records.byte_offset(), Kept::Nothing));
        }
        let mut any = Deserializer::from_str(text).into_iter::<IgnoredAny>();
        if let Some(Err(error)) = any.next() {
            let unclosed = error.is_eof();
            return Err(NoJson { read: if unclosed { text.len() } else { place_of(&error, text) }, unclosed });
        }
        let length = any.byte_offset();
        self.json |= text.starts_with('{');
        let before = self.met;
        let walked = Walk(self).deserialize(&mut Deserializer::from_str(&text[..length]));
        match walked {
            // Nested too deep to be walked to its end. What was met is not met again, and what follows is still to come.
            Err(error) if self.met > before => Ok((place_of(&error, text).min(length), Kept::Nothing)),
            Err(_) => Err(NoJson { read: length, unclosed: false }),
            Ok(kept) => Ok((length, kept)),
        }
    }
}

/// How many bytes of a text come before an error in it.
fn place_of(error: &serde_json::Error, text: &str) -> usize {
    let lines_before: usize = text.split_inclusive('\n').take(error.line() - 1).map(str::len).sum();
    lines_before + error.column()
}
