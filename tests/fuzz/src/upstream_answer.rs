//! What is handed on as a success is JSON of the right kind, from an RPC that said its version. All else is a problem.
//!
//! The bytes: a line with the function's name and the status, one with `X-RPC-Version`, one with `Retry-After`, then the
//! body.

use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use shared::platform::Inbound;

use crate::world::{Asked, Function};

/// Panics where it does not hold. Says whether the answer was handed on.
pub fn holds(data: &[u8]) -> bool {
    let Some((function, said)) = parse(data) else { return false };
    let mut asked = Asked::by_a_user(function, Method::POST);
    asked.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    asked.body = function.example();

    let answer = asked.ask(Ok(said.clone()));

    let call = answer.call().unwrap_or_else(|| panic!("{}", answer.body));
    if answer.code().is_some() {
        assert!(answer.status != 404 || answer.code() == Some("room_not_found"));
        let again = answer.headers.get("retry-after").map(|value| value.to_str().expect("a number").parse::<u32>());
        assert!(again.is_none_or(|seconds| seconds.is_ok()));
        return false;
    }
    assert!(said.status.is_success(), "{}", said.status);
    assert_eq!(answer.text, String::from_utf8_lossy(&said.body), "it is handed on as it is");
    let first = |text: &str| text.trim_start().chars().next();
    let kind = first(std::str::from_utf8(&function.content().body).expect("JSON"));
    assert_eq!(first(&answer.text), kind, "{}", answer.text);
    let version = answer.headers["x-rpc-version"].to_str().expect("text");
    let path = call.uri.split('?').next().unwrap_or_default();
    for name in Function::runs(path.rsplit('/').next().unwrap_or_default()) {
        assert!(version.contains(name), "{name} did not say its version: {version}");
    }
    true
}

fn parse(data: &[u8]) -> Option<(Function, Inbound)> {
    let mut lines = data.splitn(4, |byte| *byte == b'\n');
    let first = std::str::from_utf8(lines.next()?).ok()?;
    let (name, status) = first.split_once(' ')?;
    let function = Function::named(name.as_bytes())?;
    let mut headers = http::HeaderMap::new();
    for name in ["x-rpc-version", "retry-after"] {
        if let (value @ [_, ..], Ok(name)) = (lines.next()?, name.parse::<HeaderName>()) {
            headers.insert(name, HeaderValue::from_bytes(value).ok()?);
        }
    }
    let status = StatusCode::from_bytes(status.as_bytes()).ok()?;
    Some((function, Inbound { status, headers, body: bytes::Bytes::copy_from_slice(lines.next()?) }))
}
