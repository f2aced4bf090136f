//! What a browser may do. The same headers on every answer, errors included: a header that is not exposed does not
//! exist for the browser, and an error without CORS is only ever "failed to fetch".

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

/// What supabase-js sends, and what `functions.invoke` and our own clients add to it.
pub const ALLOWED_HEADERS: &str = "authorization, x-client-info, apikey, content-type, x-retry-count, traceparent, \
     tracestate, baggage, x-region, idempotency-key, x-request-id";
/// What a client reads.
pub const EXPOSED_HEADERS: &str = "sb-error-code, x-relay-error, x-request-id, x-rpc-version, server-timing, retry-after, \
     x-idempotent-replay, x-region";

/// Adds the headers to a response. An empty list means that any origin may call; `*` would do for that, but never
/// covers a later list, and caches keep what they saw.
pub fn apply(headers: &mut HeaderMap, request: &HeaderMap, allowed: &[String]) {
    let origin = request.get(header::ORIGIN);
    let granted = match origin {
        _ if allowed.is_empty() => Some(HeaderValue::from_static("*")),
        Some(origin) => allowed.iter().any(|entry| entry.as_bytes() == origin.as_bytes()).then(|| origin.clone()),
        None => None,
    };
    if let Some(granted) = granted {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, granted);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED_HEADERS));
    }
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
}

/// The answer to a preflight: 204, before authentication and everything else.
pub fn preflight(allow: &'static str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(allow));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(ALLOWED_HEADERS));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("3600"));
    response
}
