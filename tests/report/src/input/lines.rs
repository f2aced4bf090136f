//! Splits what is read into lines, and hands over to [`document`] where JSON goes on over many of them.

use std::{
    io::{self, BufRead},
    mem,
};

use memchr::{memchr_iter, memchr2};

use super::{
    PIECE,
    document::{self, Rest},
};
use crate::{Analysis, records::Unclosed};

/// A line whose end has not been read.
#[derive(Default)]
struct PartialLine {
    line: Vec<u8>,
    /// It is too long, and nothing in it looks like JSON.
    given_up: bool,
}

/// Gives each line to the analysis. Of one that is too long and no JSON, only as much is kept as is needed to say so.
pub fn lines(input: &mut impl BufRead, analysis: &mut Analysis) -> io::Result<()> {
    let mut begun = PartialLine::default();
    loop {
        let piece = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            piece => piece?,
        };
        if piece.is_empty() {
            analysis.add_line(&begun.line);
            return Ok(());
        }
        let (read, mut open) = begun.lines(piece, analysis);
        input.consume(read);
        open = open.or_else(|| begun.too_long(analysis));
        while let Some(json) = open {
            open = match document::read_on(json, input, analysis)? {
                Rest::OfLine(rest) => analysis.rest_of_line(&rest),
                Rest::Line(line) if line.ends_with(b"\n") => analysis.line(&line, true),
                Rest::Line(line) => {
                    begun = PartialLine { line, given_up: false };
                    begun.too_long(analysis)
                }
            };
        }
    }
}

impl PartialLine {
    /// The lines that end in this piece, up to one with JSON that does not end in it: how much of the piece has been taken,
    /// and the JSON.
    fn lines(&mut self, piece: &[u8], analysis: &mut Analysis) -> (usize, Option<Unclosed>) {
        let mut start = 0;
        for end in memchr_iter(b'\n', piece).map(|at| at + 1) {
            let open = if self.line.is_empty() && end - start <= PIECE {
                analysis.line(&piece[start..end], true)
            } else {
                // Not all of a line, however its bytes arrive.
                let kept = self.keep(&piece[start..end]);
                if start + kept < end {
                    return (start + kept, None);
                }
                analysis.line(&mem::take(self).line, true)
            };
            start = end;
            if open.is_some() {
                return (start, open);
            }
        }
        (start + self.keep(&piece[start..]), None)
    }

    /// How much was taken. A file that is emptied while it is written begins with as many zeros as it was long.
    fn keep(&mut self, more: &[u8]) -> usize {
        if self.given_up {
            return more.len();
        }
        let start = more.iter().position(|byte| *byte != 0 || !self.line.is_empty()).unwrap_or(more.len());
        let end = more.len().min(start + PIECE - self.line.len());
        self.line.extend_from_slice(&more[start..end]);
        end
    }

    /// As JSON of any length, from where it begins.
    fn too_long(&mut self, analysis: &mut Analysis) -> Option<Unclosed> {
        if self.line.len() < PIECE || self.given_up {
            return None;
        }
        let Some(start) = memchr2(b'{', b'[', &self.line) else {
            self.given_up = true;
            return None;
        };
        analysis.count_line();
        let json = mem::take(&mut self.line).split_off(start);
        Some(Unclosed { before: String::new(), json })
    }
}
