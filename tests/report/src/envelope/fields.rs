//! Which object is a record, whatever a pipeline did to it: dots in names became objects or underscores, names got something
//! before or behind them, numbers became texts or fractions, and the time or the trace was moved to the object around it.
//! What a record has is said by its JSON Schema.

use std::{borrow::Cow, collections::HashMap, mem, sync::LazyLock};

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
pub fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    plain.extend(name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }));
    plain
}

/// Whether these plain names are those of all that a record needs.
pub fn are_of_a_record(names: &[String]) -> bool {
    if !names.iter().any(|name| name.contains(NAMED_BY)) {
        return false;
    }
    let known: Vec<&str> = names.iter().filter_map(|name| SCHEMA.path(name)).collect();
    let before = |name: &&str| name.strip_suffix(NAMED_BY).map(str::to_owned);
    known.iter().find_map(before).is_some_and(|before| {
        let mut needed = SCHEMA.fields.iter().filter(|(path, field)| field.is_needed(path));
        needed.all(|(path, _)| known.contains(&&*with(&before, path)))
    })
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

    /// Of what has a name, such as a column.
    pub fn name(&self) -> Option<&str> {
        self.values.get("name").and_then(Value::as_str)
    }

    /// A field of the object's own, by its plain name.
    pub fn add(&mut self, name: String, value: Value) {
        self.time = Time::better(self.time.take(), Time::of(&name, &value));
        self.keep(name, value);
    }

    /// One of a row, which has no name.
    pub fn add_unnamed(&mut self, value: &Value) {
        self.time = Time::better(self.time.take(), Time::unnamed(value));
    }

    /// What was kept of an object in it.
    pub fn nest(&mut self, name: &str, mut nested: Self) {
        let is_part = SCHEMA.parts.contains_key(name);
        for (path, value) in mem::take(&mut nested.values) {
            if is_part {
                self.keep(format!("{name}_{path}"), value);
            } else if self.values.len() < MOST {
                // As one of several objects, such as one for the texts and one for the numbers.
                self.values.entry(path).or_insert(value);
            }
        }
        self.gather(nested);
    }

    /// Of what is in it, records that have no time, and the time for others.
    pub fn gather(&mut self, inner: Self) {
        self.time = Time::better(self.time.take(), inner.time.map(Time::of_inner));
        self.undated.extend(inner.undated);
        self.undated.truncate(COPIES);
    }

    /// Its records that have no time.
    pub fn undated(self) -> Option<Self> {
        let undated = self.undated;
        (!undated.is_empty()).then(|| Self { undated, ..Self::default() })
    }

    /// The same, of a time that stands in a text before them.
    pub fn dated_by(self, text: &str) -> Self {
        Self { time: Time::in_text(text), ..self }
    }

    fn keep(&mut self, mut name: String, value: Value) {
        let short = value.as_str().is_none_or(|text| text.len() < MAX_LINE);
        if short
            && self.values.len() < MOST
            && let Some(path) = SCHEMA.path(&name).map(str::len)
        {
            name.truncate(path);
            self.values.insert(name, value);
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
        let there =
            |(path, field): (&String, &Field)| !field.is_needed(path) || self.values.contains_key(&*with(before, path));
        if !SCHEMA.fields.iter().all(there) {
            return;
        }
        let mut record = Map::new();
        for (path, field) in &SCHEMA.fields {
            let value = self.values.remove(&*with(before, path));
            let read = match value {
                // The object's own time is known.
                Some(_) if path == "timestamp" && before.is_empty() => None,
                Some(time) if path == "timestamp" => times::rfc_3339(&time).map(Value::from),
                Some(value) => field.in_its_type(value),
                None => IDS.contains(&&**path).then(|| "".into()),
            };
            record.extend(read.map(|value| (field.name.clone(), value)));
        }
        self.undated.push(record);
    }
}

/// A name as it is with this before it.
fn with<'p>(before: &str, path: &'p str) -> Cow<'p, str> {
    if before.is_empty() { path.into() } else { format!("{before}{path}").into() }
}

impl Field {
    /// What pipelines move to somewhere else is not.
    fn is_needed(&self, path: &str) -> bool {
        self.required && path != "timestamp" && !IDS.contains(&path)
    }

    fn in_its_type(&self, value: Value) -> Option<Value> {
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
