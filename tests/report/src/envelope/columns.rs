//! Tables with a column for each field: the first line names them, and each line after it is a row (RFC 4180, with any
//! separator).

use csv::{ReaderBuilder, StringRecord};
use memchr::memchr_iter;

use super::{
    Unwrapper,
    fields::{self, Fields, plain},
    marked,
};

/// What separates cells.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The columns that the last such line named.
#[derive(Debug)]
pub struct Columns {
    separator: u8,
    /// Plain.
    names: Vec<String>,
}

impl Columns {
    /// Of a line that names the fields of a record.
    pub fn named_by(line: &str) -> Option<Self> {
        if !marked(line) || line.contains(['{', '[']) {
            return None;
        }
        let separator = SEPARATORS.into_iter().max_by_key(|byte| memchr_iter(*byte, line.as_bytes()).count())?;
        let names: Vec<String> = cells(line, separator)?.iter().map(|name| plain(name.trim())).collect();
        fields::are_of_a_record(&names).then_some(Self { separator, names })
    }

    /// The fields of a line, where it has as many as there are columns.
    fn row(&self, line: &str) -> Option<Vec<(String, String)>> {
        let cells = cells(line, self.separator).filter(|cells| cells.len() == self.names.len())?;
        Some(self.names.iter().cloned().zip(cells.iter().map(str::to_owned)).collect())
    }
}

fn cells(line: &str, separator: u8) -> Option<StringRecord> {
    let reader = ReaderBuilder::new().has_headers(false).delimiter(separator).from_reader(line.as_bytes());
    reader.into_records().next()?.ok()
}

impl Unwrapper<'_> {
    /// Whether a line is a row with a record in it, as its fields or as a text in one of them.
    pub(super) fn row(&mut self, line: &str) -> bool {
        let Some(row) = self.splits.columns.as_ref().and_then(|columns| columns.row(line)) else { return false };
        let mut fields = Fields::default();
        for (name, cell) in row {
            if !marked(&cell) || !self.text(&cell) {
                fields.add(name, cell.into());
            }
        }
        self.meet_all(&mut fields);
        self.met > 0
    }
}
