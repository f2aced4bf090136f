//! What a browser is told. The test client checks the headers of every answer; this is what only browsers send.

use http::Method;
use it::{Call, Scripted, response};
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
