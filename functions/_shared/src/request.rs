//! The caller's input as types. Parsed once, at the edge; what is unknown, malformed or given twice is refused with
//! the field's path and the reason.

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::{Map, Value};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::problem::Problem;

/// A request, free of the host's types.
#[derive(Debug, Clone)]
pub struct Request {
    /// As sent.
    pub method: Method,
    /// As sent.
    pub uri: Uri,
    /// The host's own headers stand after the client's, so the last of a name is the host's.
    pub headers: HeaderMap,
    /// Empty for a `GET`.
    pub body: Bytes,
}

/// What `functions.invoke` adds to the query when a region is asked for.
const IGNORED: &[&str] = &["forceFunctionRegion"];

/// Reads the query string into a type.
pub fn query<T: de::DeserializeOwned>(request: &Request) -> Result<T, Problem> {
    let mut fields = Map::new();
    for (name, value) in url::form_urlencoded::parse(request.uri.query().unwrap_or_default().as_bytes()) {
        if IGNORED.contains(&name.as_ref()) {
            continue;
        }
        if fields.insert(name.clone().into_owned(), Value::String(value.into_owned())).is_some() {
            return Err(Problem::invalid(&name, "given more than once"));
        }
    }
    serde_path_to_error::deserialize(Value::Object(fields)).map_err(|error| field_problem(&error))
}

/// serde names a missing or unknown field only in its message, in backquotes.
fn field_problem(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let reason = error.inner().to_string();
    let path = match error.path().to_string().as_str() {
        "." => reason.split('`').nth(1).unwrap_or("body").to_owned(),
        path => path.to_owned(),
    };
    let reason = match reason.split_once(" `") {
        Some(("missing field", _)) => "required".to_owned(),
        Some(("unknown field", _)) => "not a field of this request".to_owned(),
        _ => reason,
    };
    Problem::InvalidParameter { path, reason }
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

/// A page's size: what is sensible is the database's decision, this is only a whole number that it can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Limit(i32);

impl<'de> Deserialize<'de> for Limit {
    /// From a number, or from digits: a query string has only those.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = match Value::deserialize(deserializer)? {
            Value::Number(number) => number.as_i64().and_then(|n| i32::try_from(n).ok()),
            Value::String(digits) => digits.parse().ok(),
            _ => None,
        };
        number.map(Self).ok_or_else(|| de::Error::custom("not a whole number of 32 bits"))
    }
}

/// A moment with an offset (RFC 3339), kept as the caller wrote it: rounding it to milliseconds would lose messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Timestamp(String);

impl TryFrom<String> for Timestamp {
    type Error = &'static str;

    /// An unescaped `+` of the offset arrives as a space.
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let text = text.replacen(' ', "+", 1);
        match OffsetDateTime::parse(&text, &Rfc3339) {
            Ok(_) => Ok(Self(text)),
            Err(_) => Err("not an RFC 3339 timestamp with an offset"),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Fields {
        channel_id: Id,
        limit: Option<Limit>,
        before: Option<Cursor>,
    }

    const ID: &str = "0b6f8e7c-52d5-4a0e-9f3f-3d3b7d9f2c11";

    fn read(query_string: &str) -> Result<Fields, Problem> {
        query(&Request {
            method: Method::GET,
            uri: format!("/messages-list?{query_string}").parse().unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        })
    }

    #[test]
    fn each_fault_names_its_field() {
        for (query_string, path) in [
            ("", "channel_id"),
            ("channel_id=general", "channel_id"),
            (&format!("channel_id={}", ID.replace('-', "")), "channel_id"),
            (&format!("channel_id={ID}&channel_id={ID}"), "channel_id"),
            (&format!("channel_id={ID}&limit=many"), "limit"),
            (&format!("channel_id={ID}&limit=2147483648"), "limit"),
            (&format!("channel_id={ID}&limit=2.5"), "limit"),
            (&format!("channel_id={ID}&before=yesterday"), "before"),
            (&format!("channel_id={ID}&befor=x"), "befor"),
        ] {
            let problem = read(query_string).unwrap_err();
            assert_eq!(problem.details(), Some(path), "{query_string}: {problem:?}");
        }
    }

    #[test]
    fn a_cursor_keeps_its_microseconds_and_survives_a_lost_plus() {
        let fields = read(&format!("channel_id={ID}&limit=-3&before=2026-11-22T09:30:00.123456+00:00,{ID}")).unwrap();
        let cursor = fields.before.unwrap();
        assert_eq!(cursor.inserted_at, Timestamp("2026-11-22T09:30:00.123456+00:00".into()));
        assert_eq!(fields.limit, Some(Limit(-3)));
        assert_eq!(cursor.id, fields.channel_id);
    }

    #[test]
    fn what_invoke_adds_for_a_region_is_ignored() {
        assert!(read(&format!("channel_id={ID}&forceFunctionRegion=eu-west-1")).is_ok());
    }
}
