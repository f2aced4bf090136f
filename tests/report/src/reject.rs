//! Lines that are no records: counted by what they are, and some shown, so that nobody has to look for them.

use serde::Serialize;

/// So many are shown.
const SAMPLES: usize = 3;
/// So much of each.
const SHOWN: usize = 160;

/// Why a line is no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// There is no JSON object in it.
    NotJson,
    /// There is one, and it is none of a request.
    NoRecord,
    /// Too long to be searched to its end: a line, or a string in a document.
    TooLong,
    /// Not even text.
    NotUtf8,
    /// A record of a time that cannot be.
    ImpossibleTime,
}

/// The lines that are no records.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Rejected {
    /// All of them.
    pub total: u64,
    /// Lines without a JSON object.
    pub not_json: u64,
    /// JSON objects that are none of a request.
    pub no_record: u64,
    /// Lines, and strings in documents, that were too long to be searched to their ends.
    pub too_long: u64,
    /// Lines that are no UTF-8.
    pub not_utf8: u64,
    /// Records before 2020, or of tomorrow and later.
    pub impossible_time: u64,
    /// The first few, shortened and masked.
    pub samples: Vec<Sample>,
}

/// A line that is no record, as it can be shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sample {
    /// Its number in what was read, from 1.
    pub line: u64,
    /// Why it is none.
    pub reason: Reason,
    /// The beginning, without control characters and tokens.
    pub text: String,
}

impl Rejected {
    /// Counts one.
    pub fn add(&mut self, reason: Reason, number: u64, line: &[u8]) {
        self.add_many(1, reason, number, line);
    }

    /// Counts lines that belong together, and shows the first.
    pub fn add_many(&mut self, lines: u64, reason: Reason, number: u64, first: &[u8]) {
        self.total += lines;
        *match reason {
            Reason::NotJson => &mut self.not_json,
            Reason::NoRecord => &mut self.no_record,
            Reason::TooLong => &mut self.too_long,
            Reason::NotUtf8 => &mut self.not_utf8,
            Reason::ImpossibleTime => &mut self.impossible_time,
        } += lines;
        if self.samples.len() < SAMPLES {
            let first = first.trim_ascii();
            // Enough for the mask to see the whole of a token's beginning.
            let start = String::from_utf8_lossy(&first[..first.len().min(4 * SHOWN)]);
            self.samples.push(Sample { line: number, reason, text: shown(&start, SHOWN) });
        }
    }

    /// Number and words of each kind that there is.
    pub fn kinds(&self) -> Vec<(u64, &'static str)> {
        let all = [
            (self.not_json, "not JSON"),
            (self.no_record, "JSON, but no record"),
            (self.too_long, "too long to be searched to the end"),
            (self.not_utf8, "not UTF-8"),
            (self.impossible_time, "of an impossible time"),
        ];
        all.into_iter().filter(|(number, _)| *number > 0).collect()
    }
}

/// Text without JWTs and secret keys of Supabase, which are known by how they begin.
pub fn masked(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some(at) = ["eyJ", "sb_secret_"].iter().filter_map(|start| rest.find(start)).min() {
        masked.push_str(&rest[..at]);
        masked.push_str("[token]");
        let token = |character: char| character.is_ascii_alphanumeric() || "-_.=+/".contains(character);
        rest = rest[at..].trim_start_matches(token);
    }
    masked.push_str(rest);
    masked
}

/// Text of a log as it can be shown anywhere: no control characters, no tokens or keys, not too long.
pub fn shown(text: &str, most: usize) -> String {
    let masked = masked(text);
    let mut short: String = masked.chars().take(most).map(|c| if unprintable(c) { ' ' } else { c }).collect();
    if masked.chars().nth(most).is_some() {
        short.push('…');
    }
    short
}

/// Control characters, and those that turn the direction of what follows.
fn unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::{Reason, Rejected, shown};

    #[test]
    fn what_is_shown_of_a_line_has_no_token_and_no_command_for_a_terminal() {
        let line = "Authorization: Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln \u{1b}[2J and sb_secret_abc\0";

        assert_eq!(shown(line, 100), "Authorization: Bearer [token]  [2J and [token] ");
        assert_eq!(shown("abcdef", 3), "abc…");
    }

    #[test]
    fn of_many_lines_three_are_shown_and_all_are_counted() {
        let mut rejected = Rejected::default();
        for number in 1..=10 {
            rejected.add(Reason::NotJson, number, b"hello");
        }
        rejected.add(Reason::NotUtf8, 11, b"\xff\xfe");

        assert_eq!((rejected.total, rejected.not_json, rejected.not_utf8), (11, 10, 1));
        assert_eq!(rejected.samples.len(), 3);
        assert_eq!(rejected.kinds(), [(10, "not JSON"), (1, "not UTF-8")]);
    }
}
