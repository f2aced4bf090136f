//! Which request this is: the caller's ids where they are well formed, our own otherwise.

use http::HeaderMap;

/// The ids that go into the response, the record and the upstream call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// `X-Request-Id`.
    pub request_id: String,
    /// 32 hexadecimal digits (W3C Trace Context).
    pub trace_id: String,
    /// 16 hexadecimal digits, this request's own span.
    pub span_id: String,
    flags: String,
}

impl Trace {
    /// Continues the caller's `traceparent` and `x-request-id`, or starts from `random`.
    pub fn of(headers: &HeaderMap, random: [u8; 16]) -> Self {
        let hex = uuid::Builder::from_random_bytes(random).into_uuid();
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let made = hex.simple().to_string();
        let (trace_id, flags) = text("traceparent").and_then(parent).unwrap_or_else(|| (made.clone(), "00".into()));
        Self {
            request_id: text("x-request-id")
                .filter(|id| well_formed(id))
                .map_or_else(|| hex.to_string(), str::to_owned),
            trace_id,
            span_id: made[16..].to_owned(),
            flags,
        }
    }

    /// The `traceparent` of the upstream call.
    pub fn traceparent(&self) -> String {
        format!("00-{}-{}-{}", self.trace_id, self.span_id, self.flags)
    }
}

/// Anything else could smuggle a line break into a log, or fill it.
fn well_formed(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

/// Trace id and flags of a `traceparent` (W3C Trace Context, section 3.2); an invalid one starts a new trace.
fn parent(header: &str) -> Option<(String, String)> {
    let hex = |part: &str, length| {
        part.len() == length && part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let mut parts = header.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let known = hex(version, 2) && version != "ff" && (version != "00" || parts.next().is_none());
    let real = |part: &str| part.bytes().any(|b| b != b'0');
    (known && hex(trace, 32) && real(trace) && hex(span, 16) && real(span) && hex(flags, 2))
        .then(|| (trace.to_owned(), flags.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &'static str, value: &str) -> Trace {
        let headers = HeaderMap::from_iter([(http::HeaderName::from_static(name), value.parse().unwrap())]);
        Trace::of(&headers, [7; 16])
    }

    #[test]
    fn a_callers_trace_is_continued_with_our_span() {
        let trace = with("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        assert_eq!(trace.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_ne!(trace.span_id, "00f067aa0ba902b7");
        assert!(trace.traceparent().ends_with("-01"));
    }

    #[test]
    fn a_malformed_parent_starts_a_new_trace() {
        for broken in [
            "",
            "00-0-0-00",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert_eq!(with("traceparent", broken).trace_id, "07070707070747078707070707070707", "{broken}");
        }
    }

    #[test]
    fn a_request_id_is_kept_only_when_it_cannot_harm_a_log() {
        assert_eq!(with("x-request-id", "order-17.a_b").request_id, "order-17.a_b");
        assert_ne!(with("x-request-id", "a b").request_id, "a b");
        let long = "x".repeat(65);
        assert_ne!(with("x-request-id", &long).request_id, long);
    }
}
