//! The caller's input as types. Parsed once, at the edge; what is unknown, malformed or given twice is refused with
//! the field's path and the reason.

mod fault;
mod json;
mod tree;

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use serde::de;

pub use self::json::{acceptable, json};
use self::tree::Tree;
use crate::{fields::Id, problem::Problem};

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

impl Request {
    /// Whether the path is this function's, in one of the two forms in which a gateway passes it.
    pub fn names(&self, function: &str) -> bool {
        let path = self.uri.path();
        path.strip_prefix("/functions/v1/").or(path.strip_prefix('/')) == Some(function)
    }
}

/// What `functions.invoke` adds to the query when a region is asked for.
const IGNORED: &[&str] = &["forceFunctionRegion"];

/// Reads the caller's fields into a type: from a JSON body, or from the query string where there is no body.
/// `functions.invoke` posts by default, with or without one.
pub fn input<T: de::DeserializeOwned>(request: &Request) -> Result<T, Problem> {
    let query = query(request);
    if request.body.is_empty() {
        return Tree::Object(query).read();
    }
    if let Some((name, _)) = query.first() {
        return Err(Problem::invalid(name, "belongs into the body, where the other fields are"));
    }
    json(request)
}

/// The key under which a write is made once: a field of the body, or the header `Idempotency-Key`.
pub fn idempotency_key(request: &Request, field: Option<Id>) -> Result<Option<Id>, Problem> {
    const HEADER: &str = "Idempotency-Key";
    let mut values = request.headers.get_all(HEADER).iter();
    let Some(value) = values.next() else { return Ok(field) };
    if values.next().is_some() {
        return Err(Problem::invalid(HEADER, "given more than once"));
    }
    // As a structured field has it (RFC 9651, section 3.3.3; draft-ietf-httpapi-idempotency-key-header), or bare.
    let text = value.to_str().unwrap_or_default();
    let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let key = Id::try_from(bare.to_owned()).map_err(|why| Problem::invalid(HEADER, why))?;
    match field {
        Some(other) if other != key => Err(Problem::invalid(HEADER, "differs from client_message_id")),
        _ => Ok(Some(key)),
    }
}

fn query(request: &Request) -> Vec<(String, Tree)> {
    form_urlencoded::parse(request.uri.query().unwrap_or_default().as_bytes())
        .filter(|(name, _)| !IGNORED.contains(&name.as_ref()))
        // No field has a space: it is the `+` of a timestamp's offset, which was not escaped.
        .map(|(name, value)| (name.into_owned(), Tree::Text(value.replace(' ', "+"))))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::fields::{Cursor, Limit};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Fields {
        channel_id: Id,
        limit: Option<Limit>,
        before: Option<Cursor>,
    }

    pub(super) const ID: &str = "0b6f8e7c-52d5-4a0e-9f3f-3d3b7d9f2c11";

    fn read(query_string: &str) -> Result<Fields, Problem> {
        input(&Request {
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
        let kept = serde_json::to_value(&cursor.inserted_at).unwrap();
        assert_eq!(kept, "2026-11-22T09:30:00.123456+00:00");
        assert_eq!(serde_json::to_value(fields.limit).unwrap(), -3);
        assert_eq!(cursor.id, fields.channel_id);
    }

    /// RFC 9651 has a string in quotes; most clients send none.
    #[test]
    fn a_key_in_quotes_is_the_same_key() {
        let key = |value: &str| {
            let headers = HeaderMap::from_iter([("idempotency-key".parse().unwrap(), value.parse().unwrap())]);
            let body = Bytes::new();
            let request = Request { method: Method::POST, uri: "/x".parse().unwrap(), headers, body };
            idempotency_key(&request, Some(Id::try_from(ID.to_owned()).unwrap())).map(|key| key.is_some())
        };

        assert_eq!((key(ID), key(&format!("\"{ID}\""))), (Ok(true), Ok(true)));
        for refused in [format!("\"{ID}"), format!("{ID}\""), format!("'{ID}'"), format!("\"\"{ID}\"\""), "\"\"".into()]
        {
            assert!(key(&refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn what_invoke_adds_for_a_region_is_ignored() {
        assert!(read(&format!("channel_id={ID}&forceFunctionRegion=eu-west-1")).is_ok());
    }
}
