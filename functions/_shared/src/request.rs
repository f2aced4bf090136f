//! The caller's input as types. Parsed once, at the edge; what is unknown, malformed or given twice is refused with
//! the field's path and the reason.

use bytes::Bytes;
use http::{HeaderMap, Method, Uri, header};
use serde::de;
use serde_json::{Map, Value, error::Category};

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
    let query = query(request)?;
    if request.body.is_empty() {
        return serde_path_to_error::deserialize(Value::Object(query)).map_err(|error| field_problem(&error));
    }
    if let Some(name) = query.keys().next() {
        return Err(Problem::invalid(name, "belongs into the body, where the other fields are"));
    }
    json(request)
}

/// Reads a JSON body into a type.
pub fn json<T: de::DeserializeOwned>(request: &Request) -> Result<T, Problem> {
    let body = &request.body;
    let kind = request.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if body.is_empty() {
        return Err(Problem::MalformedRequest("it has no body"));
    }
    if !kind.eq_ignore_ascii_case("application/json") {
        return Err(Problem::UnsupportedMediaType);
    }
    // A derived reader would take an array for a struct, field by field.
    if body.trim_ascii_start().first() != Some(&b'{') {
        let json = serde_json::from_slice::<de::IgnoredAny>(body);
        return Err(match json {
            Ok(_) => Problem::invalid("body", "not an object"),
            Err(_) => Problem::MalformedRequest("its body is not JSON"),
        });
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| match error.inner().classify() {
        Category::Data => field_problem(&error),
        Category::Syntax | Category::Eof | Category::Io => Problem::MalformedRequest("its body is not JSON"),
    })?;
    reader.end().map_err(|_| Problem::MalformedRequest("something follows the JSON of its body"))?;
    Ok(value)
}

/// The key under which a write is made once: a field of the body, or the header `Idempotency-Key`.
pub fn idempotency_key(request: &Request, field: Option<Id>) -> Result<Option<Id>, Problem> {
    const HEADER: &str = "Idempotency-Key";
    let mut values = request.headers.get_all(HEADER).iter();
    let Some(value) = values.next() else { return Ok(field) };
    if values.next().is_some() {
        return Err(Problem::invalid(HEADER, "given more than once"));
    }
    let text = value.to_str().unwrap_or_default().to_owned();
    let key = Id::try_from(text).map_err(|why| Problem::invalid(HEADER, why))?;
    match field {
        Some(other) if other != key => Err(Problem::invalid(HEADER, "differs from client_message_id")),
        _ => Ok(Some(key)),
    }
}

fn query(request: &Request) -> Result<Map<String, Value>, Problem> {
    let mut fields = Map::new();
    for (name, value) in form_urlencoded::parse(request.uri.query().unwrap_or_default().as_bytes()) {
        if IGNORED.contains(&name.as_ref()) {
            continue;
        }
        if fields.insert(name.clone().into_owned(), Value::String(value.into_owned())).is_some() {
            return Err(Problem::invalid(&name, "given more than once"));
        }
    }
    Ok(fields)
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
        Some(("duplicate field", _)) => "given more than once".to_owned(),
        // Where the parser stood is no concern of the caller, who is told the field.
        _ => reason.rsplit_once(" at line ").map_or(reason.clone(), |(what, _)| what.to_owned()),
    };
    Problem::InvalidParameter { path, reason }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::fields::{Cursor, Limit};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Fields {
        channel_id: Id,
        limit: Option<Limit>,
        before: Option<Cursor>,
    }

    const ID: &str = "0b6f8e7c-52d5-4a0e-9f3f-3d3b7d9f2c11";

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

    fn post(kind: &str, body: &str) -> Result<Fields, Problem> {
        let kind = (header::CONTENT_TYPE, kind.parse().unwrap());
        let body = Bytes::copy_from_slice(body.as_bytes());
        input(&Request {
            method: Method::POST,
            uri: "/x".parse().unwrap(),
            headers: HeaderMap::from_iter([kind]),
            body,
        })
    }

    #[test]
    fn a_body_is_json_and_nothing_else() {
        let body = format!(r#"{{"channel_id":"{ID}","limit":3}}"#);

        for (limit, accepted) in
            [("3.0", true), ("2147483647", true), ("2147483648", false), ("2.5", false), ("1e300", false)]
        {
            let body = body.replace(":3", &format!(":{limit}"));
            assert_eq!(post("application/json", &body).is_ok(), accepted, "{limit}");
        }
        assert!(post("Application/JSON; charset=utf-8", &body).is_ok());
        for kind in
            ["text/plain", "multipart/form-data; boundary=x", "application/jsonp", "application/x-www-form-urlencoded"]
        {
            assert_eq!(post(kind, &body).unwrap_err().code(), "unsupported_media_type", "{kind}");
        }
        for broken in ["{", "[1,", "nil", r#"{"channel_id":}"#, &format!("{body} {{}}")] {
            assert_eq!(post("application/json", broken).unwrap_err().code(), "malformed_request", "{broken}");
        }
        let twice = format!(r#"{{"channel_id":"{ID}","channel_id":"{ID}"}}"#);
        for (wrong, path) in [("[]", "body"), (twice.as_str(), "channel_id"), (r#"{"channel_id":7}"#, "channel_id")] {
            let problem = post("application/json", wrong).unwrap_err();
            assert_eq!(problem.details(), Some(path), "{wrong}");
            assert!(!problem.message().contains("column"), "{}", problem.message());
        }
    }

    #[test]
    fn what_invoke_adds_for_a_region_is_ignored() {
        assert!(read(&format!("channel_id={ID}&forceFunctionRegion=eu-west-1")).is_ok());
    }
}
