//! What a browser is told. The test client checks the headers of every answer; this is what only browsers send.

use http::Method;
use it::{Call, Scripted, response};
use serde_json::json;
use shared::contract::FETCH_SOCIAL_MESSAGES;

#[tokio::test]
async fn a_preflight_is_answered_before_anything_else() {
    let answer = Call::new(Method::OPTIONS, "/functions/v1/messages-list")
        .header("origin", "https://app.example")
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "authorization, x-client-info, apikey")
        .send()
        .await;

    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-max-age"), "3600");
    let allowed = answer.header("access-control-allow-headers");
    for name in ["authorization", "x-client-info", "apikey", "content-type", "x-region", "idempotency-key"] {
        assert!(allowed.split(", ").any(|entry| entry == name), "{name} in {allowed}");
    }
}

/// An application has an origin of its own, and signs people in from there: the stack's Auth lets it, as the real one does.
#[tokio::test]
async fn a_page_of_another_origin_may_sign_in() {
    let token =
        |method| Call::new(method, "/auth/v1/token?grant_type=password").header("origin", "https://app.example");

    let preflight = token(Method::OPTIONS)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "apikey,authorization,content-type,x-client-info")
        .send_anywhere()
        .await;
    let without_key = token(Method::POST).json(&json!({})).send_anywhere().await;

    assert_eq!(preflight.status, 200);
    let allowed = preflight.header("access-control-allow-headers");
    for name in ["apikey", "authorization", "content-type", "x-client-info", "x-supabase-api-version"] {
        assert!(allowed.split(',').any(|entry| entry.trim() == name), "{name} in {allowed}");
    }
    assert_eq!(without_key.status, 401);
    assert_eq!(without_key.header("access-control-allow-origin"), "*");
}

/// What a page's tracing adds to every request: one header that is not allowed, and no request leaves the page.
#[tokio::test]
async fn a_page_that_is_traced_may_call() {
    for asked in [
        "authorization,baggage,sentry-trace",
        "traceparent,tracestate",
        "b3",
        "x-b3-flags,x-b3-parentspanid,x-b3-sampled,x-b3-spanid,x-b3-traceid",
        "x-datadog-origin,x-datadog-parent-id,x-datadog-sampling-priority,x-datadog-trace-id,x-datadog-tags",
        "x-cloud-trace-context",
        "x-amzn-trace-id",
        "newrelic,traceparent,tracestate",
        "elastic-apm-traceparent",
        "request-context,request-id",
        "uber-trace-id",
        "x-honeycomb-trace",
        "x-instana-l,x-instana-s,x-instana-t",
        "x-correlation-id",
    ] {
        let preflight = Call::new(Method::OPTIONS, "/functions/v1/messages-list")
            .header("origin", "https://app.example")
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", asked)
            .send()
            .await;
        let allowed = preflight.header("access-control-allow-headers");
        for name in asked.split(',') {
            assert!(allowed.split(", ").any(|entry| entry == name), "{name} in {allowed}");
        }
    }
}

/// Origins that no browser would ever send: nobody could call, and nobody would be told why.
#[tokio::test]
async fn a_list_that_no_page_can_be_in_is_the_operators_fault() {
    for list in
        ["https://*.example.com", "https://a.example;https://b.example", "ftp://a.example", "https://a.example:99999"]
    {
        let changed = [("allowed_origins", list)];
        let upstream = Scripted::with_variables(|_| async { response(200, &[], "[]") }, &changed).await;

        for method in [Method::GET, Method::OPTIONS] {
            let call = Call::new(method, &upstream.url("messages-list")).header("origin", "https://a.example");
            let (answer, record) = upstream.answer(call).await;
            answer.assert_problem(500, "misconfigured");
            assert!(!answer.headers.contains_key("access-control-allow-origin"));
            let cause = record["app.error.cause"].as_str().unwrap();
            assert!(cause.starts_with("variable allowed_origins: "), "{cause}");
        }
    }
}

#[tokio::test]
async fn only_listed_origins_are_granted_when_there_is_a_list() {
    let version = [("x-rpc-version", FETCH_SOCIAL_MESSAGES.tag())];
    let upstream = Scripted::with_variables(
        move |_| async move { response(200, &version, "[]") },
        &[("allowed_origins", "https://app.example, https://admin.example")],
    )
    .await;

    for (origin, granted) in [
        ("https://app.example", Some("https://app.example")),
        ("https://admin.example", Some("https://admin.example")),
        ("https://evil.example", None),
        ("https://app.example.evil.example", None),
        ("null", None),
    ] {
        let answer = upstream.list().header("origin", origin).send_anywhere().await;
        let header = answer.headers.get("access-control-allow-origin").map(|value| value.to_str().unwrap());
        assert_eq!(header, granted, "{origin}");
        assert_eq!(answer.header("vary"), "Origin");
    }
}
