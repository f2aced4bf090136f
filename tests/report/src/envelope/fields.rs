//! Which object is a record, whatever a pipeline did to it: dots in names became objects or underscores, names got something
//! before or behind them, numbers became texts or fractions, and the time or the trace was moved to the object around it.
//! What a record has is said by its JSON Schema.

use std::{collections::HashMap, sync::LazyLock};

use record::{MAX_LINE, Record};
use serde_json::{Map, Value};

use super::{COPIES, times, times::Time};

/// By this field it is seen what a pipeline put before all names of a record.
const NAMED_BY: &str = "faas_name";
/// These are moved to where a pipeline has its own, under many names. A report says nothing of them.
const IDS: [&str; 2] = ["trace_id", "span_id"];
/// What is put behind a name: its type (Azure), how it is indexed (Elastic), or that there was another (Loki).
const BEHIND: [&str; 8] = ["_s", "_d", "_t", "_g", "_b", "_keyword", "_extracted", "_string"];
/// Of an object, in fields that a record could have. Only one that is made to be in the way has more.
const MOST: usize = 4096;

/// What the schema says of a record's fields. Their paths are their names without dots.
struct Schema {
    fields: HashMap<String, Field>,
    /// What can be a part of a path: `status_code` of `http_response_status_code`, and whether that is its end.
    parts: HashMap<String, bool>,
}

struct Field {
    name: String,
    number: bool,
    required: bool,
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let schema = schemars::schema_for!(Record<'_>);
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    let required: Vec<&str> = required.filter_map(Value::as_str).collect();
    let field = |(name, of_it): (&String, &Value)| {
        let number = matches!(of_it["type"].as_str(), Some("integer" | "number"));
        (plain(name), Field { name: name.clone(), number, required: required.contains(&&**name) })
    };
    let fields: HashMap<String, Field> = properties.map(field).collect();
    let mut parts: HashMap<String, bool> = HashMap::new();
    for path in fields.keys() {
        let words: Vec<&str> = path.split('_').collect();
        for (start, end) in (0..words.len()).flat_map(|start| (start + 1..=words.len()).map(move |end| (start, end))) {
            *parts.entry(words[start..end].join("_")).or_default() |= end == words.len();
        }
    }
    Schema { fields, parts }
});

impl Schema {
    /// As what a value is kept: a part of a path, or a path with whatever stands before it.
    fn path<'n>(&self, name: &'n str) -> Option<&'n str> {
        if self.parts.get(name) == Some(&true) {
            return Some(name);
        }
        let shorter = BEHIND.iter().find_map(|end| name.strip_suffix(end));
        [Some(name), shorter].into_iter().flatten().find(|name| {
            let ends = name.match_indices('_').map(|(at, _)| &name[at + 1..]);
            [*name].into_iter().chain(ends).any(|end| self.fields.contains_key(end))
        })
    }
}

/// `http.response.status_code`, `http_response_status_code` and the object in an object in an object are one.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect()
}

/// Those of an object's fields, and of the objects in it, that a record could have.
#[derive(Debug, Default)]
pub struct Fields {
    values: HashMap<String, Value>,
    time: Option<Time>,
    /// Records whose time is still to be found.
    undated: Vec<Map<String, Value>>,
}

impl Fields {
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.time.is_none() && self.undated.is_empty()
    }

    /// A field of the object's own.
    pub fn add(&mut self, name: &str, value: Value) {
        let name = plain(name);
        self.time = Time::better(self.time.take(), Time::of(&name, &value));
        self.keep(&name, value);
    }

    /// What was kept of an object in it.
    pub fn nest(&mut self, name: &str, nested: Self) {
        let name = plain(name);
        let is_part = SCHEMA.parts.contains_key(&name);
        for (path, value) in nested.values {
            if is_part {
                self.keep(&format!("{name}_{path}"), value);
            } else if self.values.len() < MOST {
                // As one of several objects, such as one for the texts and one for the numbers.
                self.values.entry(path).or_insert(value);
            }
        }
        self.time = Time::better(self.time.take(), nested.time.map(Time::of_inner));
        self.undated.extend(nested.undated);
        self.undated.truncate(COPIES);
    }

    fn keep(&mut self, name: &str, value: Value) {
        let short = value.as_str().is_none_or(|text| text.len() < MAX_LINE);
        if short
            && self.values.len() < MOST
            && let Some(path) = SCHEMA.path(name)
        {
            self.values.insert(path.to_owned(), value);
        }
    }

    /// The records that these are, as they were written. One without a time waits for the time of what is around it.
    pub fn records(&mut self) -> Vec<Value> {
        let before = |name: &String| {
            let before = name.strip_suffix(NAMED_BY)?;
            (before.is_empty() || before.ends_with('_')).then(|| before.to_owned())
        };
        let mut all: Vec<String> = self.values.keys().filter_map(before).collect();
        all.sort_unstable();
        all.iter().for_each(|before| self.take(before));
        let Self { time, undated, .. } = self;
        let is_dated = |record: &mut Map<String, Value>| {
            if let Some(time) = time {
                record.entry("timestamp").or_insert_with(|| time.text.clone().into());
            }
            record.contains_key("timestamp")
        };
        undated.extract_if(.., is_dated).map(Value::Object).collect()
    }

    /// Takes a record with this before all its names, if all of it is there.
    fn take(&mut self, before: &str) {
        let name_of = |path: &str| format!("{before}{path}");
        let there = |(path, field): (&String, &Field)| {
            !field.required || path == "timestamp" || IDS.contains(&&**path) || self.values.contains_key(&name_of(path))
        };
        if !SCHEMA.fields.iter().all(there) {
            return;
        }
        let mut record = Map::new();
        for (path, field) in &SCHEMA.fields {
            let value = self.values.remove(&name_of(path));
            let read = match value {
                Some(time) if path == "timestamp" => times::read(&time).map(Value::from),
                Some(value) => field.read(value),
                None => IDS.contains(&&**path).then(|| "".into()),
            };
            record.extend(read.map(|value| (field.name.clone(), value)));
        }
        self.undated.push(record);
    }
}

impl Field {
    fn read(&self, value: Value) -> Option<Value> {
        match value {
            Value::String(text) if self.number => Self::number(text.trim().parse().ok()?),
            Value::Number(number) if self.number => Self::number(number.as_f64()?),
            Value::Number(number) => Some(number.to_string().into()),
            Value::String(text) if text.is_empty() && !self.required => None,
            value => Some(value),
        }
    }

    /// `200.0` is written as 200.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it has no fraction, and is in range")]
    fn number(number: f64) -> Option<Value> {
        let whole = number.fract() == 0.0 && (0.0..9e15).contains(&number);
        Some(if whole { (number as u64).into() } else { serde_json::Number::from_f64(number)?.into() })
    }
}
