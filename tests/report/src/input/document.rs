//! JSON over many lines, or in a line that is longer than any that is kept: an export, a whole file, what `jq .` prints.

use std::{
    io::{self, BufRead, Read},
    mem,
};

use memchr::memchr2;

use super::LONGEST;
use crate::{
    Analysis, Reason,
    envelope::{behind_the_same, clean},
    records::{Seen, Unclosed},
};

/// What is looked at of a string in it, in bytes.
const LONGEST_STRING: usize = 1 << 20;
/// What a line that was too long is shown by, in bytes.
const SAMPLE: usize = 1024;

/// What has been read behind a document, and not been looked at.
pub enum Rest {
    /// Of its last line.
    OfLine(Vec<u8>),
    /// A line that does not belong to it, or the beginning of one.
    Line(Vec<u8>),
}

/// Reads on from the JSON, which ends with the line that it is in, or where as much as is kept of one ends.
pub fn read_on(
    Unclosed { before, json }: Unclosed,
    input: &mut impl BufRead,
    analysis: &mut Analysis,
) -> io::Result<Rest> {
    let sample = json[..json.len().min(SAMPLE)].to_vec();
    let long = !json.ends_with(b"\n");
    let seen = Seen::default();
    let mut feed = Feed {
        input,
        seen: &seen,
        before,
        met_before: 0,
        chunk: Vec::new(),
        at: 0,
        cut: Vec::new(),
        lines: 0,
        string: None,
    };
    feed.fill(json);
    let mut reason = Reason::NotJson;
    let rest = loop {
        feed.string = None;
        match analysis.document(&mut feed, &seen) {
            Ok(()) => reason = Reason::NoRecord,
            Err(error) if error.is_io() => break Err(error.into()),
            Err(error) if error.is_syntax() && feed.lines > 0 && seen.met.get() == feed.met_before => {
                feed.lines -= 1;
                break Ok(Rest::Line(mem::take(&mut feed.chunk)));
            }
            Err(_) if feed.is_ended() => {
                analysis.rest_of_document(&feed.chunk[feed.at..], &seen);
                break Ok(Rest::OfLine(Vec::new()));
            }
            Err(_) => {}
        }
        match feed.next_start() {
            Err(error) => break Err(error),
            Ok(false) => break Ok(Rest::OfLine(feed.chunk.split_off(feed.at))),
            Ok(true) => {}
        }
    };
    let lines = feed.lines;
    analysis.count_document(lines, &seen, if long { Reason::TooLong } else { reason }, &sample);
    rest
}

/// Gives what is read to a parser, byte by byte, so that nothing behind a value is taken.
struct Feed<'i, R> {
    input: &'i mut R,
    seen: &'i Seen,
    /// What stands before the first line, and is left out where it stands before the others too.
    before: String,
    /// Records when the line began that is now read.
    met_before: u64,
    /// That line, or as much of it as is kept.
    chunk: Vec<u8>,
    at: usize,
    /// The first bytes of a character that the end of the chunk cut.
    cut: Vec<u8>,
    /// How many began.
    lines: u64,
    string: Option<JsonString>,
}

/// The string that is now read.
#[derive(Clone, Copy, Default)]
struct JsonString {
    /// In bytes.
    length: usize,
    /// How many bytes of its last escape are still to come: one behind a backslash, four more behind `\u`.
    of_escape: u8,
}

impl JsonString {
    /// `None` where this byte ends it.
    fn then(self, byte: u8) -> Option<Self> {
        let of_escape = match (self.of_escape, byte) {
            (0, b'"') => return None,
            (0, b'\\') => 1,
            (1, b'u') => 4,
            (more, _) => more.saturating_sub(1),
        };
        Some(Self { length: self.length + 1, of_escape })
    }

    /// Whether it can end before this byte. No escape is cut, no character, and no pair of escapes that are one character
    /// where anything else comes in time.
    fn is_too_long(self, next: u8) -> bool {
        let between = self.of_escape == 0 && next & 0xc0 != 0x80;
        between && self.length > LONGEST_STRING && (next != b'\\' || self.length > 2 * LONGEST_STRING)
    }
}

impl<R: BufRead> Feed<'_, R> {
    fn is_ended(&self) -> bool {
        self.chunk.ends_with(b"\n")
    }

    fn load(&mut self) -> io::Result<()> {
        let new = self.is_ended();
        (self.at, self.met_before) = (0, self.seen.met.get());
        loop {
            let mut bytes = mem::take(&mut self.cut);
            if self.input.by_ref().take(LONGEST as u64).read_until(b'\n', &mut bytes)? == 0 {
                self.chunk.clear();
                return Ok(());
            }
            self.fill(bytes);
            if new
                && let Some(json) =
                    str::from_utf8(&self.chunk).ok().and_then(|line| behind_the_same(&self.before, line))
            {
                self.chunk = json.as_bytes().to_vec();
            }
            if !self.chunk.is_empty() {
                self.lines += u64::from(new && !self.chunk.trim_ascii().is_empty());
                return Ok(());
            }
        }
    }

    fn fill(&mut self, mut bytes: Vec<u8>) {
        if let Err(error) = std::str::from_utf8(&bytes)
            && error.error_len().is_none()
        {
            self.cut = bytes.split_off(error.valid_up_to());
        }
        self.chunk = clean(&bytes).into_owned().into_bytes();
    }

    /// Goes on to where the next value may begin, in a line that is longer than what is kept of it. False at its end.
    fn next_start(&mut self) -> io::Result<bool> {
        while !self.is_ended() && !self.chunk.is_empty() {
            if let Some(start) = memchr2(b'{', b'[', &self.chunk[self.at..]) {
                self.at += start;
                return Ok(true);
            }
            self.load()?;
        }
        Ok(false)
    }

    fn next_byte(&mut self) -> io::Result<Option<u8>> {
        if self.at == self.chunk.len() {
            self.load()?;
        }
        Ok(self.chunk.get(self.at).copied())
    }

    /// Goes on to the end of a string, or to the end of the line, behind which it cannot go on.
    fn skip_string(&mut self, mut string: JsonString) -> io::Result<()> {
        self.seen.given_up.set(self.seen.given_up.get() + 1);
        while let Some(byte) = self.next_byte()?.filter(|byte| *byte != b'\n')
            && let Some(more) = string.then(byte)
        {
            string = more;
            self.at += 1;
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Feed<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(mut byte) = self.next_byte()? else { return Ok(0) };
        if let Some(string) = self.string.filter(|string| string.is_too_long(byte)) {
            self.skip_string(string)?;
            let Some(end) = self.next_byte()? else { return Ok(0) };
            byte = end;
        }
        let Some(place) = buffer.first_mut() else { return Ok(0) };
        self.string = match self.string {
            None => (byte == b'"').then(JsonString::default),
            Some(string) => string.then(byte),
        };
        *place = byte;
        self.at += 1;
        Ok(1)
    }
}
