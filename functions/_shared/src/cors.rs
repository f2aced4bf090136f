//! What a browser may do. Every answer has the same headers, errors included: the browser does not show a header that is not
//! exposed, and calls an error without CORS "failed to fetch". Without a configuration there is no permission.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

/// What supabase-js sends, what `functions.invoke` and our own clients add to it, and what those add that trace a page.
/// The variable `allowed_headers` has more.
pub const ALLOWED_HEADERS: &str = concat!(
    "authorization, x-client-info, apikey, content-type, x-retry-count, x-region, idempotency-key, x-request-id, ",
    // W3C Trace Context and Baggage, Sentry, Zipkin, Jaeger.
    "traceparent, tracestate, baggage, sentry-trace, ",
    "b3, x-b3-traceid, x-b3-spanid, x-b3-parentspanid, x-b3-sampled, x-b3-flags, uber-trace-id, ",
    // Datadog, Google Cloud, AWS X-Ray, New Relic, Elastic, Application Insights, Dynatrace, Honeycomb, Instana.
    "x-datadog-trace-id, x-datadog-parent-id, x-datadog-origin, x-datadog-sampling-priority, x-datadog-sampled, ",
    "x-datadog-tags, x-cloud-trace-context, x-amzn-trace-id, newrelic, elastic-apm-traceparent, request-id, ",
    "request-context, x-dynatrace, x-honeycomb-trace, x-instana-t, x-instana-s, x-instana-l, x-correlation-id",
);
/// What a client reads.
pub const EXPOSED_HEADERS: &str = "sb-error-code, x-relay-error, x-request-id, x-rpc-version, server-timing, retry-after, \
     x-idempotent-replay, x-region";

/// Adds the headers to a response to a page of this origin. An empty list means that any origin may call; `*` would do
/// for that, but never covers a later list, and caches keep what they saw. No list: nobody knows who may.
pub fn apply(headers: &mut HeaderMap, origin: Option<HeaderValue>, allowed: Option<&[String]>) {
    let granted = match (allowed, origin) {
        (None, _) => None,
        (Some([]), _) => Some(HeaderValue::from_static("*")),
        (Some(allowed), origin) => {
            origin.filter(|origin| allowed.iter().any(|entry| entry.as_bytes() == origin.as_bytes()))
        }
    };
    if let Some(granted) = granted {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, granted);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED_HEADERS));
    }
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
}

/// The answer to a preflight: 204, before authentication and everything else. `more`: headers that a page may send besides.
pub fn preflight(allow: &'static str, more: Option<&str>) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let allowed = more.and_then(|more| HeaderValue::try_from(format!("{ALLOWED_HEADERS}, {more}")).ok());
    let allowed = allowed.unwrap_or(HeaderValue::from_static(ALLOWED_HEADERS));
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(allow));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("3600"));
    response
}
