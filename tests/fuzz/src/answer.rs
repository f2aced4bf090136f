//! What is true of every answer, and of the one line that remains of it.

use http::{HeaderMap, Response, header};
use record::{MAX_LINE, Record};
use serde::de::IgnoredAny;
use serde_json::Value;
use shared::platform::Outbound;

/// An answer that was found to be well formed.
#[derive(Debug)]
pub struct Answer {
    /// HTTP's.
    pub status: u16,
    /// HTTP's.
    pub headers: HeaderMap,
    /// JSON.
    pub text: String,
    /// The same, as far as a [`Value`] can hold it.
    pub body: Value,
    /// What the database was asked, in this order.
    pub calls: Vec<Outbound>,
}

impl Answer {
    /// Panics where an answer, or its record, is not what every one must be.
    pub fn of(response: Response<bytes::Bytes>, log: &[String], calls: Vec<Outbound>) -> Self {
        let (parts, bytes) = response.into_parts();
        let (status, headers) = (parts.status.as_u16(), parts.headers);
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        assert_eq!(text(header::CONTENT_TYPE.as_str()), "application/json");
        assert_eq!(text(header::CONTENT_LENGTH.as_str()), bytes.len().to_string());
        assert!(!text("x-request-id").is_empty() && !text("server-timing").is_empty() && text("vary") == "Origin");
        let public = std::str::from_utf8(&bytes).expect("every answer is UTF-8");
        serde_json::from_str::<IgnoredAny>(public).expect("every answer is JSON");
        // What JSON may write and no Rust type holds: half a surrogate, a number beyond all floats.
        let body: Value = serde_json::from_str(public).unwrap_or_default();

        let [line] = log else { panic!("one record for one request: {log:?}") };
        assert!(line.len() < MAX_LINE && !line.contains('\n'), "one write is one record: {line}");
        assert!(!line.contains("eyJ"), "a token in the record: {line}");
        let record: Record<'_> = serde_json::from_str(line).expect("a record is JSON");
        assert_eq!(record.status, status);
        assert_eq!(record.response_bytes, bytes.len() as u64);

        if parts.status.is_success() {
            assert_eq!((record.error.as_deref(), record.cause.as_deref()), (None, None));
        } else {
            let fields: Vec<&str> = body.as_object().expect("an object").keys().map(String::as_str).collect();
            assert_eq!(fields, ["code", "details", "hint", "message", "msg", "request_id"]);
            assert_eq!(body["code"], text("sb-error-code"));
            assert_eq!(record.error.as_deref(), body["code"].as_str());
            assert_eq!(body["request_id"], text("x-request-id"));
            assert!(record.cause.is_none_or(|cause| cause.is_empty() || !public.contains(&*cause)), "{public}");
        }
        Self { status, headers, text: public.to_owned(), body, calls }
    }

    /// The code of an error.
    pub fn code(&self) -> Option<&str> {
        (self.status >= 400).then(|| self.body["code"].as_str().expect("a text"))
    }

    /// The call of the database, where there was one. More there never are.
    pub fn call(&self) -> Option<&Outbound> {
        assert!(self.calls.len() <= 1, "a request is one call: {:?}", self.calls);
        self.calls.first()
    }
}
