//! Goes through one value of JSON and keeps of it only what can still become a record.

use std::{borrow::Cow, fmt, mem};

use serde::{
    Deserializer,
    de::{DeserializeSeed, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Number, Value};

use super::{
    COPIES, Unwrapper,
    columns::Cells,
    fields::{Fields, plain},
    marked,
};
use crate::input::LONGEST;

/// Under these plain names pipelines put the text of a line; it may be a part of one.
const CONTENT: [&str; 11] = [
    "log",
    "message",
    "_message",
    "msg",
    "_msg",
    "line",
    "textpayload",
    "logentry",
    "logmessage",
    "_raw",
    "event_message",
];
/// Under these, whose line it is.
const ORIGIN: [&str; 7] = ["stream", "container_id", "partial_id", "pod", "podname", "containername", "_systemd_unit"];
/// Lists of names and values: OpenTelemetry's, CloudWatch Logs Insights'.
const NAME: [&str; 3] = ["key", "field", "name"];
/// Objects with one of these are the value itself: OpenTelemetry's `{"stringValue":"…"}`, which Protocol Buffers also write
/// with an underscore, BigQuery's `{"v":"…"}`, Athena's `{"VarCharValue":"…"}`, MongoDB's `{"$date":"…"}`, DynamoDB's
/// `{"S":"…"}`, Avro's `{"string":"…"}`, and the `{"seconds":1,"nanos":1}` of Protocol Buffers.
const VALUE: [&str; 22] = [
    "value",
    "stringvalue",
    "intvalue",
    "doublevalue",
    "numbervalue",
    "string_value",
    "int_value",
    "double_value",
    "number_value",
    "_date",
    "_numberlong",
    "_numberdouble",
    "s",
    "n",
    "string",
    "long",
    "int",
    "double",
    "seconds",
    "v",
    "longvalue",
    "varcharvalue",
];
/// How many of a list are looked at to find a time.
const ROW: usize = 4;

/// What is left of a value.
pub enum Kept {
    /// There was nothing in it, or all of it has been handed over.
    Nothing,
    Scalar(Value),
    /// Short enough to be a part of a record.
    Text(String),
    Fields(Fields),
    /// One of a list of names and values.
    Pair(String, Value),
}

pub struct Walk<'w, 'u>(pub &'w mut Unwrapper<'u>);

impl<'de> DeserializeSeed<'de> for Walk<'_, '_> {
    type Value = Kept;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kept, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_, '_> {
    type Value = Kept;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Kept, E> {
        Ok(Kept::Nothing)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Kept, E> {
        Ok(Kept::Nothing)
    }

    fn visit_u64<E>(self, number: u64) -> Result<Kept, E> {
        Ok(Kept::Scalar(number.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Kept, E> {
        Ok(Kept::Scalar(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Kept, E> {
        Ok(Number::from_f64(number).map_or(Kept::Nothing, |number| Kept::Scalar(number.into())))
    }

    fn visit_str<E>(self, text: &str) -> Result<Kept, E> {
        let around = mem::take(&mut self.0.undated);
        let met = self.0.base64(text) || marked(text) && self.0.text(text);
        self.0.column = false;
        Ok(match mem::replace(&mut self.0.undated, around).undated() {
            Some(undated) => Kept::Fields(undated),
            None if met || text.len() > LONGEST => Kept::Nothing,
            None => Kept::Text(text.to_owned()),
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Kept, A::Error> {
        let (mut bytes, mut fields, mut only, mut length) = (Vec::new(), Fields::default(), Kept::Nothing, 0_usize);
        let (mut events, mut row, mut pairs, mut cells) = (self.0.events(), false, false, Cells::default());
        while let Some(kept) = list.next_element_seed(Walk(self.0))? {
            length += 1;
            // A number, or a text that is no record: the list is a row, such as Loki's of a time, a line and its fields. And
            // so are all of Grafana's columns, of which one has the lines and another their fields.
            row |= matches!(kept, Kept::Scalar(_) | Kept::Text(_)) || self.0.column;
            if row && length < COPIES {
                events.join(self.0);
            } else {
                events.end_one(self.0);
            }
            cells.add(&kept, self.0.columns.len());
            match &kept {
                Kept::Scalar(value) => {
                    // As many as there are numbers, or it is no text.
                    let byte = value.as_u64().and_then(|number| u8::try_from(number).ok());
                    bytes.extend(byte.filter(|_| length <= LONGEST));
                    if length <= ROW {
                        fields.add_unnamed(value);
                    }
                }
                Kept::Text(text) if length <= ROW => fields.add_unnamed(&Value::from(&**text)),
                _ => {}
            }
            match mem::replace(&mut only, kept) {
                Kept::Pair(name, value) => fields.add(plain(&name), value),
                Kept::Fields(inner) => fields.gather(inner),
                _ => {}
            }
            pairs |= matches!(only, Kept::Pair(..));
        }
        events.end(self.0);
        self.0.column = length > 1 && !row && !pairs;
        if length > 1 && bytes.len() == length {
            // journald's way with a text that is not all printable.
            let text = String::from_utf8_lossy(&bytes);
            let met = marked(&text) && self.0.text(&text);
            let is_text = !text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\x1b'));
            return Ok(if is_text && !met { Kept::Text(text.into_owned()) } else { Kept::Nothing });
        }
        if length == 1 && !pairs {
            return Ok(only);
        }
        match only {
            Kept::Pair(name, value) => fields.add(plain(&name), value),
            Kept::Fields(inner) => fields.gather(inner),
            _ => {}
        }
        cells.end(length, &mut self.0.columns, &mut fields);
        Ok(self.close(fields))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kept, A::Error> {
        let (mut fields, mut origin, mut content) = (Fields::default(), String::new(), None);
        let (mut name, mut value, mut nanos, mut typed, mut length) = (None, None, None, false, 0);
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            length += 1;
            let key = plain(&key);
            let scalar = match map.next_value_seed(Walk(self.0))? {
                Kept::Nothing | Kept::Pair(..) => continue,
                Kept::Fields(nested) => {
                    fields.nest(&key, nested);
                    continue;
                }
                Kept::Text(text) if CONTENT.contains(&&*key) => {
                    content = Some(text);
                    continue;
                }
                Kept::Text(text) => text.into(),
                Kept::Scalar(scalar) => scalar,
            };
            if ORIGIN.contains(&&*key) {
                origin += scalar.as_str().unwrap_or_default();
            }
            match &*key {
                "nanos" => nanos = scalar.as_f64(),
                "type" => typed = true,
                key if NAME.contains(&key) => name = scalar.as_str().map(str::to_owned),
                key if VALUE.contains(&key) => value = Some(scalar.clone()),
                _ => {}
            }
            fields.add(key, scalar);
        }
        self.0.column = false;
        if let Some(content) = content {
            self.0.piece(&origin, &content);
        }
        Ok(match (name, value) {
            (Some(name), Some(value)) if length == 2 => Kept::Pair(name, value),
            (None, Some(value)) if length == 1 + usize::from(typed) => Kept::Scalar(value),
            (None, Some(seconds)) if length == 2 && nanos.is_some() => {
                let seconds = seconds.as_str().map_or_else(|| seconds.as_f64(), |text| text.parse().ok());
                Kept::Scalar(seconds.zip(nanos).map(|(seconds, nanos)| seconds + nanos / 1e9).into())
            }
            _ => self.close(fields),
        })
    }
}

impl Walk<'_, '_> {
    /// At the end of an object or a list: whether it was a record.
    fn close(self, mut fields: Fields) -> Kept {
        self.0.meet_all(&mut fields);
        if fields.is_empty() { Kept::Nothing } else { Kept::Fields(fields) }
    }
}
