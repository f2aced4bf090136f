//! Joins what a container runtime cut into pieces, or wrote line by line.

use memchr::{memchr, memmem};
use serde::de::IgnoredAny;
use serde_json::Deserializer;

use super::{MOST_FAILED_READINGS, Unwrapper, columns::Columns, fields::Fields, place_of};
use crate::input::LONGEST;

/// So many records can be in pieces at the same time: containers and streams write in turns.
const AT_ONCE: usize = 16;

/// The beginning of a record.
#[derive(Debug)]
pub struct PartialRecord {
    origin: String,
    /// What stands before it, and perhaps before each of its lines.
    before: String,
    pub text: String,
    /// In which line it began, and in how many it is.
    pub line: u64,
    pub lines: u64,
}

/// Beginnings of records whose rest is still to come.
#[derive(Debug, Default)]
pub struct Splits {
    /// The number of the line that is now read.
    pub line: u64,
    /// What only a table's first line says.
    pub(super) columns: Option<Columns>,
    /// The fields of an entry of YAML.
    pub(super) entry: Fields,
    begun: Vec<PartialRecord>,
    /// What did not become a record: the first, and how many lines all of them had.
    lost: Option<PartialRecord>,
}

impl Splits {
    /// What has become no record so far.
    pub fn unfinished(&self) -> impl Iterator<Item = &PartialRecord> {
        self.lost.iter().chain(&self.begun)
    }

    fn has(&self, origin: &str) -> bool {
        self.begun.iter().any(|begun| begun.origin == origin)
    }

    fn take(&mut self, origin: &str) -> Option<PartialRecord> {
        let at = self.begun.iter().position(|begun| begun.origin == origin)?;
        Some(self.begun.remove(at))
    }

    fn keep(&mut self, begun: PartialRecord) {
        if self.begun.len() == AT_ONCE {
            let oldest = self.begun.remove(0);
            self.give_up(oldest);
        }
        self.begun.push(begun);
    }

    fn give_up(&mut self, begun: PartialRecord) {
        let lines = begun.lines;
        match &mut self.lost {
            None => self.lost = Some(begun),
            Some(lost) => lost.lines += lines,
        }
    }
}

impl Unwrapper<'_> {
    /// Text without a record in it: perhaps the next part of one, or the first.
    pub(super) fn piece(&mut self, origin: &str, piece: &str) {
        if let Some(inner) = container_runtime(piece) {
            return self.piece(&format!("{origin}{}", inner.origin), inner.content);
        }
        // Azure has the tag, and not what stands before it.
        if let Some(content) = piece.strip_prefix("P ").or_else(|| piece.strip_prefix("F ")) {
            let tagged = format!("{origin} tagged");
            if self.splits.has(&tagged) || piece.starts_with("P {") {
                return self.piece(&tagged, content);
            }
        }
        if let Some(begun) = self.splits.take(origin) {
            let more = behind_the_same(&begun.before, piece).unwrap_or(piece);
            let whole = format!("{}{more}", begun.text);
            if self.text(&whole) {
                return self.end_of_piece(origin, &whole);
            }
            if whole.len() < LONGEST && unclosed(&whole) == Some(0) {
                self.held = true;
                return self.splits.keep(PartialRecord { text: whole, lines: begun.lines + 1, ..begun });
            }
            self.splits.give_up(begun);
        }
        self.begin(origin, piece, 1);
    }

    /// Behind a record the next may begin.
    pub(super) fn end_of_piece(&mut self, origin: &str, piece: &str) {
        self.begin(origin, piece, 0);
    }

    /// Keeps what does not end in this piece. It has so many lines that are not counted yet.
    fn begin(&mut self, origin: &str, piece: &str, lines: u64) {
        let Some(start) = unclosed(piece).filter(|start| piece.len() - start < LONGEST) else { return };
        self.held = true;
        let (before, text) = piece.split_at(start);
        let [origin, before, text] = [origin, before, text].map(str::to_owned);
        self.splits.keep(PartialRecord { origin, before, text, line: self.splits.line, lines });
    }
}

/// Where JSON starts that does not end in this text.
fn unclosed(text: &str) -> Option<usize> {
    // To the parser a number without its last digits has an error, and no end.
    let text = text.trim_end_matches(['.', '-', '+', 'e', 'E']);
    let (mut from, mut read) = (0, 0);
    while read <= MOST_FAILED_READINGS * text.len() {
        let start = from + memchr(b'{', &text.as_bytes()[from..])?;
        let mut any = Deserializer::from_str(&text[start..]).into_iter::<IgnoredAny>();
        match any.next() {
            Some(Err(error)) if error.is_eof() => return Some(start),
            Some(Err(error)) => (from, read) = (start + 1, read + place_of(&error, &text[start..])),
            _ => from = start + any.byte_offset(),
        }
    }
    None
}

/// What stands behind what another line began with, too, but for its numbers: a time goes on.
pub fn behind_the_same<'l>(before: &str, line: &'l str) -> Option<&'l str> {
    let without_number = |text: &str| text.len() - text.trim_start_matches(|first: char| first.is_ascii_digit()).len();
    let (mut expected, mut rest) = (before, line);
    while let Some(first) = expected.chars().next() {
        let (number, other) = (without_number(expected), without_number(rest));
        if number > 0 && other > 0 {
            (expected, rest) = (&expected[number..], &rest[other..]);
        } else {
            (expected, rest) = (&expected[first.len_utf8()..], rest.strip_prefix(first)?);
        }
    }
    (!before.trim().is_empty()).then_some(rest)
}

/// What a runtime wrote of a line.
pub struct Piece<'l> {
    pub origin: String,
    pub content: &'l str,
    /// It is not the line's last.
    pub goes_on: bool,
}

/// The Container Runtime Interface's format: `2026-11-25T12:14:48.02Z stdout P content`, `P` for a part and `F` for the end
/// of a line. Whose it is, and the content. What may stand before the time, such as a pod's name, is whose it is.
pub fn container_runtime(line: &str) -> Option<Piece<'_>> {
    let (at, stream) = [" stdout ", " stderr "]
        .into_iter()
        .find_map(|stream| memmem::find(line.as_bytes(), stream.as_bytes()).map(|at| (at, stream)))?;
    let (before, after) = (&line[..at], &line[at + stream.len()..]);
    let (whose, time) = before.rsplit_once(' ').unwrap_or(("", before));
    let (tags, content) = after.split_once(' ')?;
    let timed = time.starts_with(|first: char| first.is_ascii_digit()) && time.contains('T');
    let (content, goes_on) = match tags.split(':').next()? {
        "P" => (content.trim_end_matches(['\r', '\n']), true),
        "F" => (content, false),
        _ => return None,
    };
    timed.then(|| Piece { origin: format!("{whose}{stream}"), content, goes_on })
}
