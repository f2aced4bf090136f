//! What becomes of an upstream that misbehaves, and what it is sent in the first place.

use std::time::Duration;

use axum::{body::Body, response::Response};
use bytes::Bytes;
use it::{Scripted, response};
use serde_json::Value;
use shared::contract::FETCH_SOCIAL_MESSAGES;

const VERSION: (&str, &str) = ("x-rpc-version", FETCH_SOCIAL_MESSAGES.tag());

#[tokio::test]
async fn the_call_is_made_as_the_caller_with_the_projects_key_and_without_a_body() {
    let upstream = Scripted::answering(|_| async { response(200, &[VERSION], "[]") }).await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";

    let call = upstream.list().header("x-request-id", "order-17");
    let call = call.header("traceparent", &format!("00-{trace}-00f067aa0ba902b7-01"));
    let (answer, record) = upstream.answer(call).await;

    assert_eq!(answer.header("x-request-id"), "order-17");
    let [seen] = upstream.seen().try_into().expect("one call");
    let sent = |name: &str| seen.headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    assert_eq!(seen.method, "GET");
    assert!(seen.path.starts_with("/rest/v1/rpc/fetch_social_messages?p_channel_id="), "{}", seen.path);
    assert!(!seen.path.contains("p_limit"), "what was not given is left to the RPC's default: {}", seen.path);
    assert!(sent("authorization").starts_with("Bearer ey"));
    assert!(sent("apikey").starts_with("sb_publishable_"));
    assert_eq!(sent("x-rpc-expect"), FETCH_SOCIAL_MESSAGES.tag());
    assert_eq!(sent("x-request-id"), "order-17");
    assert_eq!(sent("traceparent"), format!("00-{trace}-{}-01", record["span_id"].as_str().unwrap()));
    // A chunked GET would be a second write, which waits for the first one's ACK where TCP_NODELAY is off.
    assert!(!seen.headers.contains_key("transfer-encoding"), "{:?}", seen.headers);
}

#[tokio::test]
async fn an_answer_is_read_by_its_code_and_not_by_its_status() {
    for (status, body, expected, code) in [
        (300, r#"{"code":"PGRST203","message":"ambiguous"}"#, 503, "rpc_contract_mismatch"),
        (404, r#"{"code":"PGRST202","message":"missing"}"#, 503, "rpc_contract_mismatch"),
        (404, r#"{"code":"42883","message":"function public.f() does not exist"}"#, 503, "rpc_contract_mismatch"),
        (405, r#"{"code":"25006","message":"read-only"}"#, 503, "rpc_contract_mismatch"),
        (503, r#"{"code":"rpc_contract_mismatch","message":"other version"}"#, 503, "rpc_contract_mismatch"),
        (500, r#"{"code":"57014","message":"canceling statement due to statement timeout"}"#, 504, "deadline_exceeded"),
        (503, r#"{"code":"PGRST002","message":"schema cache"}"#, 503, "upstream_unavailable"),
        (504, r#"{"code":"PGRST003","message":"pool"}"#, 503, "upstream_unavailable"),
        (503, r#"{"code":"08006","message":"no connection"}"#, 503, "upstream_unavailable"),
        (401, r#"{"code":"PGRST301","message":"JWT expired"}"#, 401, "token_expired"),
        (401, r#"{"code":"PGRST303","message":"JWT expired"}"#, 401, "token_expired"),
        (401, r#"{"code":"PGRST301","message":"JWSError JWSInvalidSignature"}"#, 503, "upstream_unavailable"),
        (401, r#"{"code":"PGRST302","message":"Anonymous access is disabled"}"#, 503, "upstream_unavailable"),
        (401, r#"{"code":"PGRST303","message":"JWT issued at future"}"#, 503, "upstream_unavailable"),
        (401, r#"{"code":"PGRST303","message":"JWT not in audience"}"#, 503, "upstream_unavailable"),
        (401, r#"{"code":"auth_required","message":"Sign in first."}"#, 503, "upstream_unavailable"),
        (401, r#"{"message":"Invalid API key","hint":"-"}"#, 500, "upstream_misconfigured"),
        (403, r#"{"code":"42501","message":"permission denied for function f"}"#, 403, "forbidden"),
        (403, r#"{"code":"not_channel_member","message":"-"}"#, 403, "not_channel_member"),
        (403, r#"{"code":"not_channel_member","message":{},"details":["x"],"hint":7}"#, 403, "not_channel_member"),
        (400, r#"{"code":"22008","message":"date/time field value out of range"}"#, 422, "invalid_parameter"),
        (400, r#"{"code":"22009","message":"time zone displacement out of range"}"#, 422, "invalid_parameter"),
        (500, r#"{"code":"XX000","message":"relation with OID 17"}"#, 503, "upstream_failed"),
        (500, "<html>Oops</html>", 503, "upstream_failed"),
        (502, "<html>Bad Gateway</html>", 503, "upstream_unavailable"),
        (503, r#"{"code":"53200","message":"out of memory"}"#, 503, "upstream_unavailable"),
        (520, "error code: 520", 503, "upstream_unavailable"),
        (521, "<html>Web server is down</html>", 503, "upstream_unavailable"),
        (522, "", 503, "upstream_unavailable"),
        (525, "", 503, "upstream_unavailable"),
        (530, r#"{"error_code":1016}"#, 503, "upstream_unavailable"),
        (540, r#"{"message":"Project paused"}"#, 503, "upstream_unavailable"),
        (544, r#"{"message":"Project timed out"}"#, 503, "upstream_unavailable"),
        (429, "{}", 503, "upstream_unavailable"),
        (302, "", 503, "upstream_failed"),
        (200, "<html>select your region</html>", 503, "upstream_failed"),
        (200, r#"{"not":"an array"}"#, 503, "upstream_failed"),
        (200, r#"[{"id":1},{"id""#, 503, "upstream_failed"),
        (200, "", 503, "upstream_failed"),
        (204, "", 503, "upstream_failed"),
    ] {
        let upstream = Scripted::answering(move |_| async move { response(status, &[VERSION], body) }).await;

        let (answer, record) = upstream.answer(upstream.list()).await;

        answer.assert_problem(expected, code);
        assert_eq!(record["app.upstream.status_code"], status);
        assert_eq!(record["error.type"], code);
        let cause = record["app.error.cause"].as_str();
        assert!(answer.status != 503 || cause.is_some_and(|cause| !cause.is_empty()), "{record}");
    }
}

#[tokio::test]
async fn a_silent_upstream_is_given_up_when_the_time_is_used_up() {
    let silent =
        Scripted::with_variables(|_| std::future::pending::<Response>(), &[("request_timeout_ms", "150")]).await;

    let (answer, record) = silent.answer(silent.list()).await;

    answer.assert_problem(504, "deadline_exceeded");
    assert!(record["rpc_ms"].as_f64().unwrap() >= 149.0, "{record}");
}

/// The first bytes are there in time, the rest never is.
#[tokio::test]
async fn an_upstream_that_stops_in_the_middle_is_given_up_too() {
    let stuck = |_| async {
        let (sender, receiver) = tokio::sync::mpsc::channel::<Result<Bytes, std::io::Error>>(1);
        sender.send(Ok(Bytes::from_static(b"[{"))).await.unwrap();
        let body = Body::from_stream(Stuck(receiver, sender));
        Response::builder().header(VERSION.0, VERSION.1).body(body).unwrap()
    };
    let upstream = Scripted::with_variables(stuck, &[("request_timeout_ms", "150")]).await;

    let (answer, _) = upstream.answer(upstream.list()).await;

    answer.assert_problem(504, "deadline_exceeded");
}

/// Holds its own sender, so it never ends.
struct Stuck(
    tokio::sync::mpsc::Receiver<Result<Bytes, std::io::Error>>,
    tokio::sync::mpsc::Sender<Result<Bytes, std::io::Error>>,
);

impl futures::Stream for Stuck {
    type Item = Result<Bytes, std::io::Error>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        let _held = &self.1;
        self.0.poll_recv(cx)
    }
}

/// Each byte comes soon after the one before, and there is no end of them.
#[tokio::test]
async fn an_upstream_that_sends_byte_after_byte_is_given_up_as_well() {
    let dripping = |_| async {
        let pace = tokio::time::interval(Duration::from_millis(10));
        let drops = futures::stream::unfold(pace, |mut pace| async {
            pace.tick().await;
            Some((Ok::<_, std::io::Error>(Bytes::from_static(b" ")), pace))
        });
        Response::builder().header(VERSION.0, VERSION.1).body(Body::from_stream(drops)).unwrap()
    };
    let upstream = Scripted::with_variables(dripping, &[("request_timeout_ms", "150")]).await;

    let (answer, _) = upstream.answer(upstream.list()).await;

    answer.assert_problem(504, "deadline_exceeded");
}

#[tokio::test]
async fn an_answer_that_is_far_too_long_is_not_read_to_its_end() {
    let huge = |_| async {
        let mebibyte = Bytes::from(vec![b' '; 1 << 20]);
        let body = Body::from_stream(futures::stream::repeat_with(move || Ok::<_, std::io::Error>(mebibyte.clone())));
        Response::builder().header(VERSION.0, VERSION.1).body(body).unwrap()
    };
    let upstream = Scripted::answering(huge).await;

    let (answer, record) = upstream.answer(upstream.list()).await;

    answer.assert_problem(503, "upstream_failed");
    assert!(record["app.error.cause"].as_str().unwrap().contains("larger"), "{record}");
}

#[tokio::test]
async fn an_upstream_that_is_not_there_is_tried_again_once_and_can_be_tried_again_later() {
    // Held, so that nobody else listens there, and not listening either.
    let nowhere = tokio::net::TcpSocket::new_v4().unwrap();
    nowhere.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", nowhere.local_addr().unwrap());
    let issuer = "https://issuer.example";
    let upstream = Scripted::with_variables(
        |_| async { response(200, &[VERSION], "[]") },
        &[("supabase_url", &url), ("jwt_issuer", issuer)],
    )
    .await;
    let token = upstream.token(it::user(), |claims| claims.issuer = Some(issuer.into()));

    let (answer, record) = upstream.answer(upstream.anonymous().bearer(&token)).await;

    answer.assert_problem(503, "upstream_unavailable");
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(record["app.rpc.retries"], 1);
    assert_eq!(record["app.upstream.status_code"], Value::Null);
}

#[tokio::test]
async fn every_fault_of_the_configuration_is_reported_at_once_and_to_the_operator_only() {
    let upstream = Scripted::with_variables(
        |_| async { response(200, &[VERSION], "[]") },
        &[("supabase_url", "http://db.example.com"), ("supabase_jwt_secret", "short"), ("request_timeout_ms", "soon")],
    )
    .await;

    let (answer, record) = upstream.answer(upstream.list()).await;

    answer.assert_problem(500, "misconfigured");
    let cause = record["app.error.cause"].as_str().unwrap();
    for name in ["supabase_url", "supabase_jwt_secret", "request_timeout_ms"] {
        assert!(cause.contains(name), "{name} in {cause}");
        assert!(!answer.body.contains(name), "{name} in {}", answer.body);
    }
    assert!(!cause.contains("short"), "a secret in the log: {cause}");
}

/// So that a hundred requests in a row show that nothing is kept from one to the next.
#[tokio::test]
async fn an_instance_that_is_used_again_mixes_nothing_up() {
    let channels = [it::Channel::with_messages(1).await, it::Channel::with_messages(2).await];
    let host = it::running().again(None).await;

    let mut calls = tokio::task::JoinSet::new();
    for n in 0..100 {
        let channel = &channels[n % 2];
        let (call, expected) = (
            channel.list(&channel.member, "").at(host.address()).header("x-request-id", &format!("mix-{n}")),
            n % 2 + 1,
        );
        calls.spawn(async move {
            let answer = call.send().await;
            assert_eq!(answer.header("x-request-id"), format!("mix-{n}"));
            assert_eq!(answer.rows().len(), expected);
        });
    }
    let done = tokio::time::timeout(Duration::from_secs(60), calls.join_all()).await;

    assert_eq!(done.expect("a hundred answers").len(), 100);
}
