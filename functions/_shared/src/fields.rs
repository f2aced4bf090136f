//! The vocabulary of requests: each type is made at the edge, and what could not be made is refused there.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A JSON object. A derived reader alone would take an array for a struct too, field by field.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members(PhantomData))
    }
}

struct Members<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
    type Value = Object<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members)).map(Object)
    }
}

/// A UUID in its canonical form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Id(String);

impl TryFrom<String> for Id {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let hyphenated = text.len() == 36;
        match uuid::Uuid::try_parse(&text) {
            Ok(id) if hyphenated => Ok(Self(id.hyphenated().to_string())),
            _ => Err("not a UUID"),
        }
    }
}

/// Text that the database can store: its length and content are the database's to judge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Text(String);

impl TryFrom<String> for Text {
    type Error = &'static str;

    /// PostgreSQL's text has no NUL.
    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.contains('\0') { Err("contains a NUL character") } else { Ok(Self(text)) }
    }
}

/// A page's size: what is sensible is the database's decision, this is only a whole number that it can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Limit(i32);

impl<'de> Deserialize<'de> for Limit {
    /// From a number, which JSON may write as `20.0` too, or from digits: a query string has only those.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = match Value::deserialize(deserializer)? {
            Value::Number(number) => {
                number.as_f64().filter(|n| n.fract() == 0.0).and_then(|n| i32::try_from(n as i64).ok())
            }
            Value::String(digits) => digits.parse().ok(),
            _ => None,
        };
        number.map(Self).ok_or_else(|| de::Error::custom("not a whole number of 32 bits"))
    }
}

/// With nanoseconds and an offset; RFC 3339 itself would allow any number of digits.
const LONGEST_TIMESTAMP: usize = 35;

/// A moment with an offset (RFC 3339), kept as the caller wrote it: rounding it to milliseconds would lose messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Timestamp(String);

impl TryFrom<String> for Timestamp {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match OffsetDateTime::parse(&text, &Rfc3339) {
            Ok(_) if text.len() <= LONGEST_TIMESTAMP => Ok(Self(text)),
            _ => Err("not an RFC 3339 timestamp with an offset"),
        }
    }
}

/// Where a page ended: `<inserted_at>,<id>` of its last message.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Cursor {
    /// The last message's time, untouched.
    pub inserted_at: Timestamp,
    /// Its id, which decides between equal times.
    pub id: Id,
}

impl TryFrom<String> for Cursor {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        const FORM: &str = "not a cursor: <inserted_at>,<id> of the last message";
        let (inserted_at, id) = text.split_once(',').ok_or(FORM)?;
        Ok(Self {
            inserted_at: Timestamp::try_from(inserted_at.to_owned()).map_err(|_| FORM)?,
            id: Id::try_from(id.to_owned()).map_err(|_| FORM)?,
        })
    }
}
