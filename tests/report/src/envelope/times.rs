//! The time of a record that a pipeline moved away from it, or wrote in its own way.

use std::sync::LazyLock;

use serde_json::Value;
use time::{
    PrimitiveDateTime,
    format_description::{self, BorrowedFormatItem},
};

use crate::moment;

/// Under these names pipelines put the time of what they pass on, in the order in which they are believed.
const NAMES: [&str; 15] = [
    "timestamp",
    "_timestamp",
    "time",
    "_time",
    "date",
    "datetime",
    "ts",
    "_ts",
    "_t",
    "dt",
    "eventtime",
    "timegenerated",
    "timeunixnano",
    "created",
    "published",
];
/// Parts of other names that a time has.
const PARTS: [&str; 5] = ["time", "date", "_at", "created", "epoch"];
/// Parts of names of what came later: when somebody else had it.
const LATER: [&str; 6] = ["observ", "receiv", "ingest", "collect", "index", "updat"];

/// Of a text, in words, what is looked at to find a time.
const WORDS: usize = 16;

/// Kibana's and Azure's in a table: `Nov 23, 2026 @ 12:00:00.500` and `11/23/2026, 12:00:00.500 PM`.
static FORMATS: LazyLock<Vec<Vec<BorrowedFormatItem<'static>>>> = LazyLock::new(|| {
    let formats = [
        "[month repr:short] [day padding:none], [year] @ [hour]:[minute]:[second].[subsecond]",
        "[month padding:none]/[day padding:none]/[year], [hour repr:12 padding:none]:[minute]:[second].[subsecond] [period]",
    ];
    formats.into_iter().filter_map(|format| format_description::parse_borrowed::<2>(format).ok()).collect()
});

/// `1795435200`.
const SHORTEST: usize = 10;
/// In 2001, in seconds since 1970.
const SINCE: f64 = 1e9;

/// A time, and how much it is believed: the lower the more.
#[derive(Debug, Clone)]
pub struct Time {
    doubt: usize,
    pub text: String,
}

impl Time {
    /// Of a field by its plain name.
    pub fn of(name: &str, value: &Value) -> Option<Self> {
        let can_be = match value {
            Value::String(text) => {
                let is_number = text.starts_with(|first: char| first.is_ascii_digit());
                text.len() >= SHORTEST && (is_number || text.contains(':'))
            }
            value => value.as_f64() >= Some(SINCE),
        };
        if !can_be {
            return None;
        }
        let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
        let other = || has(&PARTS).then(|| NAMES.len() + usize::from(has(&LATER)));
        let doubt = NAMES.iter().position(|known| *known == name).or_else(other)?;
        Some(Self { doubt, text: rfc_3339(value)? })
    }

    /// Of one of a list, such as Loki's of a time and a line.
    pub fn unnamed(value: &Value) -> Option<Self> {
        Some(Self { doubt: 2 * NAMES.len(), text: rfc_3339(value)? })
    }

    /// The first in a text, which is up to three words: `2026-11-25 12:14:48.02 +0000 kube.x: `.
    pub fn in_text(text: &str) -> Option<Self> {
        let parts = |c: char| c.is_whitespace() || "[]()|\"',;".contains(c);
        let words: Vec<&str> = text.split(parts).filter(|word| !word.is_empty()).take(WORDS).collect();
        let spans = (0..words.len()).flat_map(|at| (1..=3).rev().map(move |length| at..at + length));
        spans.filter_map(|span| words.get(span)).find_map(|words| Self::unnamed(&words.join(" ").into()))
    }

    /// The same of what is around the object that it was in.
    pub fn of_inner(self) -> Self {
        Self { doubt: self.doubt + 2 * NAMES.len(), ..self }
    }

    /// The one that is believed more.
    pub fn better(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        one.into_iter().chain(other).min_by_key(|time| time.doubt)
    }
}

/// RFC 3339 and what databases and loggers write like it, in UTC where they do not say: `2026-11-25 12:14:48,02 +0000`.
/// Or since 1970 in seconds, milli-, micro- or nanoseconds.
pub fn rfc_3339(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().trim_end_matches(" UTC"),
        Value::Number(number) => return since_1970(number.as_f64()?),
        _ => return None,
    };
    if moment::parse(text).is_some() {
        return Some(text.to_owned());
    }
    if let Ok(number) = text.parse() {
        return since_1970(number);
    }
    if let Some(time) = FORMATS.iter().find_map(|format| PrimitiveDateTime::parse(text, format).ok()) {
        return Some(moment::rfc3339(moment::millis(time.as_utc())));
    }
    let text = text.replacen(' ', "T", 1).replace(' ', "").replace(',', ".");
    let day = text.find('T')?;
    let (time, offset) = text.split_at(text[day..].find(['+', '-']).map_or(text.len(), |at| day + at));
    let zone = match offset.len() {
        0 if !time.ends_with(['Z', 'z']) => "Z".to_owned(),
        3 => format!("{offset}:00"),
        5 if offset.is_ascii() => format!("{}:{}", &offset[..3], &offset[3..]),
        _ => offset.to_owned(),
    };
    Some(format!("{time}{zone}")).filter(|reading| moment::parse(reading).is_some())
}

/// To the millisecond. No time from 2001 on has the same number in two of these units.
#[expect(clippy::cast_possible_truncation, reason = "milliseconds of this century")]
fn since_1970(number: f64) -> Option<String> {
    let ms = match number {
        SINCE..1e11 => number * 1e3,
        1e11..1e14 => number,
        1e14..1e17 => number / 1e3,
        1e17..1e20 => number / 1e6,
        _ => return None,
    };
    Some(moment::rfc3339(ms as i64))
}
