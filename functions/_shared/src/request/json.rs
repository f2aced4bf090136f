//! Reads a JSON body into a type. A body that is no JSON, or no object, is refused as that before its fields are looked at.

use http::{HeaderMap, header};
use serde::de::{self, Deserialize as _};

use super::{Request, tree::Tree};
use crate::problem::Problem;

/// Reads a JSON body into a type.
pub fn json<T: de::DeserializeOwned>(request: &Request) -> Result<T, Problem> {
    let body = &request.body;
    if body.is_empty() {
        return Err(Problem::MalformedRequest("it has no body"));
    }
    acceptable(&request.headers, Some(body.len()))?;
    object(body)
}

/// Whether the headers announce plain JSON. Anything else is refused before the client has sent it. A request without
/// `Content-Type` and `Content-Length` may have no body at all, so it is let in.
pub fn acceptable(headers: &HeaderMap, length: Option<usize>) -> Result<(), Problem> {
    if length == Some(0) {
        return Ok(());
    }
    let texts = |name| headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default());
    if texts(header::CONTENT_ENCODING).any(|coding| !coding.trim().eq_ignore_ascii_case("identity")) {
        return Err(Problem::UnsupportedContentEncoding);
    }
    let is_json =
        |kind: &str| kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json");
    match texts(header::CONTENT_TYPE).next() {
        Some(kind) if is_json(kind) => Ok(()),
        None if length.is_none() => Ok(()),
        _ => Err(Problem::UnsupportedMediaType),
    }
}

/// Reads one JSON object into a type.
fn object<T: de::DeserializeOwned>(json: &[u8]) -> Result<T, Problem> {
    const NOT_JSON: Problem = Problem::MalformedRequest("its body is not JSON");
    let mut reader = serde_json::Deserializer::from_slice(json);
    // All of it, before a field is blamed: what follows a wrong one may be no JSON.
    let tree = Tree::deserialize(&mut reader).map_err(|_| NOT_JSON)?;
    reader.end().map_err(|_| Problem::MalformedRequest("something follows the JSON of its body"))?;
    tree.read()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Method;

    use super::*;
    use crate::request::{
        input,
        tests::{Fields, ID},
    };

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
        for (wrong, path) in [
            ("[]", "body"),
            ("7", "body"),
            (r#""`limit`""#, "body"),
            (&format!(r#"["{ID}",3,null]"#), "body"),
            (twice.as_str(), "channel_id"),
            (r#"{"channel_id":7}"#, "channel_id"),
            (r#"{"channel_id":["x"]}"#, "channel_id"),
            ("{}", "channel_id"),
            (&body.replace("limit", "since"), "since"),
        ] {
            let problem = post("application/json", wrong).unwrap_err();
            assert_eq!(problem.details(), Some(path), "{wrong}");
            assert!(!problem.message().contains("column"), "{}", problem.message());
        }
    }

    /// A broken body is malformed, also where a field before the break is wrong.
    #[test]
    fn a_wrong_field_does_not_make_json_of_what_follows() {
        for broken in [
            r#"{"channel_id":7"#,
            r#"{"channel_id":7,"limit":}"#,
            r#"{"unknown":1,}"#,
            r#"{"channel_id":7} {}"#,
            r#"{"channel_id":7,"x":"\ud800"}"#,
            "[1,2",
            "{\"channel_id\":7,\"x\":\"\u{1}\"}",
        ] {
            assert_eq!(post("application/json", broken).unwrap_err().code(), "malformed_request", "{broken}");
        }
    }

    #[test]
    fn a_body_that_is_encoded_is_not_read() {
        let send = |codings: &[&str]| {
            let codings = codings.iter().map(|coding| (header::CONTENT_ENCODING, coding.parse().unwrap()));
            let kind = (header::CONTENT_TYPE, "application/json".parse().unwrap());
            let headers = codings.chain([kind]).collect();
            let body = Bytes::from(format!(r#"{{"channel_id":"{ID}"}}"#));
            input::<Fields>(&Request { method: Method::POST, uri: "/x".parse().unwrap(), headers, body })
        };

        for plain in [&[][..], &["identity"], &["Identity"]] {
            assert!(send(plain).is_ok(), "{plain:?}");
        }
        for encoded in [&["gzip"][..], &["br"], &["identity, gzip"], &["identity", "zstd"], &[""], &["aws-chunked"]] {
            assert_eq!(send(encoded).unwrap_err(), Problem::UnsupportedContentEncoding, "{encoded:?}");
        }
    }

    /// Only a query has a `+` that became a space.
    #[test]
    fn a_space_in_a_body_is_a_space() {
        let cursor = format!("2026-11-22T09:30:00.123456 00:00,{ID}");

        let body = format!(r#"{{"channel_id":"{ID}","before":"{cursor}"}}"#);
        assert_eq!(post("application/json", &body).unwrap_err().details(), Some("before"));
        assert!(post("application/json", &body.replace(' ', "+")).is_ok());
    }
}
