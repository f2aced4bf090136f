//! Which object is a record, whatever a pipeline did to it: dots in names became objects or underscores, numbers became
//! texts or fractions, and the time was moved to the object around it. What a record has is said by its JSON Schema.

use std::{collections::HashMap, sync::LazyLock};

use record::{MAX_LINE, Record};
use serde_json::{Map, Value};

use crate::moment;

/// Under these names pipelines put the time of what they pass on, in the order in which they are believed.
const TIMES: [&str; 8] =
    ["timestamp", "_timestamp", "time", "date", "ts", "eventtime", "timegenerated", "__realtime_timestamp"];

/// What the schema says of a record's fields. Their paths are their names without dots.
struct Schema {
    fields: HashMap<String, Field>,
    required: Vec<String>,
    /// What can be a part of a path: `status_code` of `http_response_status_code`, and whether that is its end.
    parts: HashMap<String, bool>,
}

struct Field {
    name: String,
    number: bool,
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let schema = schemars::schema_for!(Record<'_>);
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let field = |(name, of_it): (&String, &Value)| {
        let number = matches!(of_it["type"].as_str(), Some("integer" | "number"));
        (plain(name), Field { name: name.clone(), number })
    };
    let fields: HashMap<String, Field> = properties.map(field).collect();
    let mut parts: HashMap<String, bool> = TIMES.map(|name| (name.to_owned(), true)).into();
    for path in fields.keys() {
        let words: Vec<&str> = path.split('_').collect();
        for (start, end) in (0..words.len()).flat_map(|start| (start + 1..=words.len()).map(move |end| (start, end))) {
            *parts.entry(words[start..end].join("_")).or_default() |= end == words.len();
        }
    }
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    Schema { fields, required: required.filter_map(Value::as_str).map(plain).collect(), parts }
});

/// `http.response.status_code`, `http_response_status_code` and the object in an object in an object are one.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect()
}

/// Those of an object's fields, and of the objects in it, that a record could have.
#[derive(Debug, Default)]
pub struct Fields {
    values: HashMap<&'static str, Value>,
    /// A record whose time is still to be found.
    undated: Option<Map<String, Value>>,
}

impl Fields {
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.undated.is_none()
    }

    /// A field of the object's own.
    pub fn add(&mut self, name: &str, value: Value) {
        self.keep(&plain(name), value);
    }

    /// What was kept of an object in it.
    pub fn nest(&mut self, name: &str, nested: Self) {
        let name = plain(name);
        if SCHEMA.parts.contains_key(&name) {
            for (path, value) in nested.values {
                self.keep(&format!("{name}_{path}"), value);
            }
        }
        self.undated = nested.undated.or(self.undated.take());
    }

    fn keep(&mut self, path: &str, value: Value) {
        let short = value.as_str().is_none_or(|text| text.len() < MAX_LINE);
        if let Some((path, true)) = SCHEMA.parts.get_key_value(path)
            && short
        {
            self.values.insert(path, value);
        }
    }

    /// The record that these are, as it was written. One without a time waits for the time of what is around it.
    pub fn record(&mut self) -> Option<Value> {
        let there = |path: &String| path == "timestamp" || self.values.contains_key(&**path);
        if SCHEMA.required.iter().all(there) {
            let field =
                |(path, field): (&String, &Field)| Some((field.name.clone(), field.read(self.values.get(&**path)?)?));
            self.undated = Some(SCHEMA.fields.iter().filter_map(field).collect());
        }
        self.undated.as_ref()?;
        let time = TIMES.into_iter().find_map(|name| time_of(self.values.get(name)?))?;
        let mut record = self.undated.take()?;
        record.insert("timestamp".to_owned(), time.into());
        Some(Value::Object(record))
    }
}

impl Field {
    fn read(&self, value: &Value) -> Option<Value> {
        match value {
            Value::String(text) if self.number => Self::whole(text.trim().parse().ok()?),
            Value::Number(number) if self.number => Self::whole(number.as_f64()?),
            Value::Number(number) => Some(number.to_string().into()),
            Value::String(text) if text.is_empty() && !SCHEMA.required.contains(&plain(&self.name)) => None,
            value => Some(value.clone()),
        }
    }

    /// `200.0` is 200.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it has no fraction, and is in range")]
    fn whole(number: f64) -> Option<Value> {
        let whole = number.fract() == 0.0 && (0.0..9e15).contains(&number);
        Some(if whole { (number as u64).into() } else { serde_json::Number::from_f64(number)?.into() })
    }
}

/// RFC 3339 and what databases and loggers write like it, in UTC where they do not say: `2026-11-25 12:14:48,02 +0000`.
/// Or since 1970 in seconds, milli-, micro- or nanoseconds.
fn time_of(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().trim_end_matches(" UTC"),
        Value::Number(number) => return since_1970(number.as_f64()?),
        _ => return None,
    };
    if let Ok(number) = text.parse() {
        return since_1970(number);
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
        1e9..1e11 => number * 1e3,
        1e11..1e14 => number,
        1e14..1e17 => number / 1e3,
        1e17..1e20 => number / 1e6,
        _ => return None,
    };
    Some(moment::rfc3339(ms as i64))
}
