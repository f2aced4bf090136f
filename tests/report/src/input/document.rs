//! JSON over many lines, or in a line that is longer than any that is kept: an export, a whole file, what `jq .` prints.

use std::{
    cell::Cell,
    io::{self, BufRead, Read},
    mem,
};

use memchr::memchr2;

use super::LONGEST;
use crate::{
    Analysis, Reason,
    envelope::{STARTS, clean},
};

/// A string in it, in bytes.
const LONGEST_STRING: usize = 1 << 20;
const TOO_LONG: io::ErrorKind = io::ErrorKind::FileTooLarge;
/// What a line that was too long is shown by, in bytes.
const SAMPLE: usize = 1024;

/// What has been read behind a document, and not been looked at.
pub enum Rest {
    /// Of its last line.
    OfLine(Vec<u8>),
    /// A line that does not belong to it, or the beginning of one.
    Line(Vec<u8>),
}

/// Reads on from `json`, which ends with the line that it is in, or where as much as is kept of one ends.
pub fn read(json: Vec<u8>, input: &mut impl BufRead, analysis: &mut Analysis) -> io::Result<Rest> {
    let sample = json[..json.len().min(SAMPLE)].to_vec();
    let long = !json.ends_with(b"\n");
    let met = Cell::new(0);
    let mut feed =
        Feed { input, met: &met, met_before: 0, chunk: Vec::new(), at: 0, cut: Vec::new(), lines: 0, string: None };
    feed.fill(json);
    let mut failed = 0;
    let mut reason = Reason::NotJson;
    let rest = loop {
        let before = met.get();
        feed.string = None;
        let read = analysis.document(&mut feed, &met);
        failed = if read.is_ok() || met.get() > before { 0 } else { failed + 1 };
        match read {
            Ok(()) => reason = Reason::NoRecord,
            Err(error) if error.io_error_kind().is_some_and(|kind| kind != TOO_LONG) => break Err(error.into()),
            Err(error) if error.is_syntax() && feed.lines > 0 && met.get() == feed.met_before => {
                feed.lines -= 1;
                break Ok(Rest::Line(mem::take(&mut feed.chunk)));
            }
            Err(_) if feed.is_ended() => {
                analysis.rest_of_line(&feed.chunk[feed.at..], false);
                break Ok(Rest::OfLine(Vec::new()));
            }
            Err(_) => {}
        }
        match feed.next_start(failed) {
            Err(error) => break Err(error),
            Ok(false) => break Ok(Rest::OfLine(feed.chunk.split_off(feed.at))),
            Ok(true) => {}
        }
    };
    let lines = feed.lines;
    analysis.count_document(lines, met.get() > 0, if long { Reason::TooLong } else { reason }, &sample);
    rest
}

/// Gives what is read to a parser, byte by byte, so that nothing behind a value is taken.
struct Feed<'i, R> {
    input: &'i mut R,
    met: &'i Cell<u64>,
    /// Records when the line began that is now read.
    met_before: u64,
    /// That line, or as much of it as is kept.
    chunk: Vec<u8>,
    at: usize,
    /// The first bytes of a character that the end of the chunk cut.
    cut: Vec<u8>,
    /// How many began.
    lines: u64,
    /// In a string: how long it is, and whether the last byte was a backslash.
    string: Option<(usize, bool)>,
}

impl<R: BufRead> Feed<'_, R> {
    fn is_ended(&self) -> bool {
        self.chunk.ends_with(b"\n")
    }

    fn load(&mut self) -> io::Result<()> {
        let new = self.is_ended();
        (self.at, self.met_before) = (0, self.met.get());
        loop {
            let mut bytes = mem::take(&mut self.cut);
            if self.input.by_ref().take(LONGEST as u64).read_until(b'\n', &mut bytes)? == 0 {
                self.chunk.clear();
                return Ok(());
            }
            self.fill(bytes);
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
    fn next_start(&mut self, mut failed: u32) -> io::Result<bool> {
        while !self.is_ended() && !self.chunk.is_empty() {
            match memchr2(b'{', b'[', &self.chunk[self.at..]) {
                Some(start) if failed < STARTS => {
                    self.at += start;
                    return Ok(true);
                }
                _ => self.load()?,
            }
            failed += 1;
        }
        Ok(false)
    }
}

impl<R: BufRead> Read for Feed<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.chunk.len() {
            self.load()?;
        }
        let (Some(byte), Some(place)) = (self.chunk.get(self.at), buffer.first_mut()) else { return Ok(0) };
        self.string = match (self.string, byte) {
            (None, b'"') => Some((0, false)),
            (None, _) | (Some((_, false)), b'"') => None,
            (Some((LONGEST_STRING.., _)), _) => return Err(TOO_LONG.into()),
            (Some((length, escaped)), byte) => Some((length + 1, !escaped && *byte == b'\\')),
        };
        *place = *byte;
        self.at += 1;
        Ok(1)
    }
}
