//! What of a body reaches the database is JSON of known fields, and in a spelling that is read again as the same.
//!
//! The bytes: a line with the function's name and the content type, then the body.

use http::{HeaderValue, Method, header};
use serde_json::{Map, Value};

use crate::world::{Asked, Function};

/// Panics where it does not hold. Says whether the body was accepted.
pub fn holds(data: &[u8]) -> bool {
    let Some(end) = data.iter().position(|byte| *byte == b'\n') else { return false };
    let (line, body) = (&data[..end], &data[end + 1..]);
    let (name, kind) = line.split_at(line.iter().position(|byte| *byte == b' ').unwrap_or(line.len()));
    let Some(function) = Function::named(name) else { return false };
    let Ok(kind) = HeaderValue::from_bytes(kind.trim_ascii()) else { return false };
    let Some(sent) = sent(function, &kind, body) else { return false };

    if function != Function::List {
        let again = Value::Object(renamed(&sent)).to_string();
        let json = HeaderValue::from_static("application/json");
        assert_eq!(self::sent(function, &json, again.as_bytes()).as_ref(), Some(&sent), "{again}");
    }
    true
}

/// The arguments of the call that the body leads to.
fn sent(function: Function, kind: &HeaderValue, body: &[u8]) -> Option<Map<String, Value>> {
    let mut asked = Asked::by_a_user(function, Method::POST);
    asked.headers.insert(header::CONTENT_TYPE, kind.clone());
    asked.body = bytes::Bytes::copy_from_slice(body);

    let answer = asked.ask(Ok(function.content()));

    let Some(call) = answer.call() else {
        let code = answer.code().expect("what does not reach the database is refused");
        let refusals = ["malformed_request", "payload_too_large", "unsupported_media_type", "invalid_parameter"];
        assert!(refusals.contains(&code), "{code}");
        assert_eq!(code == "invalid_parameter", answer.body["details"].is_string(), "{}", answer.body);
        return None;
    };
    assert!([200, 201].contains(&answer.status), "{}", answer.body);
    Some(match &call.body {
        Some(body) => serde_json::from_slice(body).expect("arguments are an object"),
        None => Map::new(),
    })
}

/// As the client's fields are called; what was not given is null.
fn renamed(sent: &Map<String, Value>) -> Map<String, Value> {
    sent.iter().map(|(name, value)| (name.trim_start_matches("p_").to_owned(), value.clone())).collect()
}
