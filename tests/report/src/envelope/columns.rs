//! Tables with a column for each field. In text the first line names them, and each line after it is a row (RFC 4180, with
//! any separator). In JSON a list names them, as texts or in objects, and each list after it is a row.

use csv::{ReaderBuilder, StringRecord};
use memchr::memchr_iter;

use serde_json::Value;

use super::{
    Unwrapper,
    fields::{self, Fields, plain},
    marked,
    walk::Kept,
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

/// More columns than any table has in which there are records.
const MOST: usize = 1024;

/// What stands in one list of JSON.
#[derive(Default)]
pub struct Cells {
    names: Vec<String>,
    values: Vec<Value>,
}

impl Cells {
    /// As a name, and below so many columns as a value.
    pub fn add(&mut self, kept: &Kept, columns: usize) {
        let (name, value) = match kept {
            Kept::Text(text) => (Some(&**text), text.clone().into()),
            Kept::Scalar(value) => (value.as_str(), value.clone()),
            Kept::Fields(fields) => (fields.name(), Value::Null),
            Kept::Nothing | Kept::Pair(..) => (None, Value::Null),
        };
        if self.names.len() < MOST {
            self.names.extend(name.map(plain));
        }
        if self.values.len() < columns {
            self.values.push(value);
        }
    }

    /// At the end of the list, which was so long: the fields of a row, or the names of what follows.
    pub fn end(self, length: usize, columns: &mut Vec<String>, fields: &mut Fields) {
        if fields::are_of_a_record(&self.names) {
            *columns = self.names;
        } else if length == columns.len() {
            columns.iter().zip(self.values).for_each(|(name, value)| fields.add(name.clone(), value));
        }
    }
}

impl Unwrapper<'_> {
    /// A line without JSON: it may name columns, or have the fields of a record or one of them.
    pub(super) fn without_json(&mut self, line: &str) {
        if let Some(columns) = Columns::named_by(line) {
            self.splits.columns = Some(columns);
        } else if !self.logfmt(line) {
            self.yaml(line);
        }
    }

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
