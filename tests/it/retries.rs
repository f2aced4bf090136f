//! When a client is told to come back, and when it must not be.

use std::time::{Duration, SystemTime};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use it::{Scripted, Seen, document::document, response};
use serde_json::{Value, json};
use shared::contract::INSERT_SOCIAL_MESSAGE;
use tokio::{io::AsyncReadExt as _, net::TcpListener};
use uuid::Uuid;

const STORED: (&str, &str) = ("x-rpc-version", INSERT_SOCIAL_MESSAGE.tag());

/// By whoever answers: the database, or Auth before it.
#[tokio::test]
async fn what_an_upstream_asks_for_is_passed_on_and_never_shortened() {
    let tomorrow = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(86_400));
    for check in ["off", "all"] {
        for (status, asked, told) in [
            (429, "37", 37..=37),
            (503, "120", 120..=120),
            (540, "0", 1..=1),
            (521, "soon", 1..=1),
            (503, &tomorrow, 86_300..=86_400),
        ] {
            let (status, asked) = (status, asked.to_owned());
            let script = move |_: Seen| std::future::ready(response(status, &[("retry-after", &asked)], "{}"));
            let upstream = Scripted::with_variables(script, &[("session_check", check)]).await;

            let (answer, _) = upstream.answer(upstream.list()).await;

            answer.assert_problem(503, "upstream_unavailable");
            let seconds = answer.header("retry-after").parse().unwrap();
            assert!(told.contains(&seconds), "{status}, {check}: {seconds}");
        }
    }
}

#[tokio::test]
async fn a_limit_of_the_database_is_passed_on_too() {
    let limited = r#"{"code":"rate_limited","message":"-","details":{"odd":true}}"#;
    let script = move |_: Seen| std::future::ready(response(429, &[STORED, ("retry-after", "41")], limited));
    let upstream = Scripted::with_variables(script, &[("session_check", "off")]).await;

    let (answer, _) = upstream.answer(unkeyed(&upstream)).await;

    answer.assert_problem(429, "rate_limited");
    assert_eq!(answer.header("retry-after"), "41");
}

/// Both versions, whether the database writes them as JSON or as JSON in a text.
#[tokio::test]
async fn details_may_be_an_object() {
    for details in [r#"{"current":2,"given":1}"#, r#""{\"current\":2,\"given\":1}""#] {
        let body = format!(r#"{{"code":"slot_version_conflict","message":"-","details":{details},"hint":{{}}}}"#);
        let script = move |_: Seen| std::future::ready(response(409, &[], &body));
        let upstream = Scripted::with_variables(script, &[("session_check", "off")]).await;
        let stage = &document()["paths"]["/functions/v1/stage-room-match"]["post"]["requestBody"];
        let staging = &stage["content"]["application/json"]["example"];

        let (answer, _) = upstream.answer(upstream.post("stage-room-match", staging)).await;

        answer.assert_problem(409, "slot_version_conflict");
        assert_eq!(answer.json()["details"], r#"{"current":2,"given":1}"#);
    }
}

fn unkeyed(upstream: &Scripted) -> it::Call {
    upstream.post("messages-send", &json!({ "channel_id": Uuid::new_v4(), "body": "x" }))
}

fn keyed(upstream: &Scripted) -> it::Call {
    unkeyed(upstream).header("idempotency-key", &Uuid::new_v4().to_string())
}

/// Without a key the answer says that nobody knows; with one the client may simply come back.
async fn is_told_apart(upstream: &Scripted, with_key: &str) {
    let (open, record) = upstream.answer(unkeyed(upstream)).await;
    let (safe, _) = upstream.answer(keyed(upstream)).await;

    open.assert_problem(504, "outcome_unknown");
    assert_eq!(open.header("retry-after"), "");
    assert!(!open.body.to_lowercase().contains("again"), "{}", open.body);
    assert_eq!(record["app.rpc.retries"], 0);
    assert_ne!(record["app.error.cause"], Value::Null);
    assert_eq!(safe.json()["code"], with_key);
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_may_have_been_made() {
    let half = |_: Seen| async {
        let broken = Err(std::io::Error::other("broken off"));
        let body = Body::from_stream(futures::stream::iter([Ok(Bytes::from_static(b"{")), broken]));
        Response::builder().status(201).header(STORED.0, STORED.1).body(body).unwrap()
    };
    let answers = |status: u16, body: &'static str| {
        move |_: Seen| std::future::ready(response(status, &[STORED, ("retry-after", "9")], body))
    };
    let silent = |_: Seen| std::future::pending::<Response>();
    let off = ("session_check", "off");

    is_told_apart(&Scripted::with_variables(half, &[off]).await, "upstream_unavailable").await;
    is_told_apart(&Scripted::with_variables(answers(201, "<html>"), &[off]).await, "upstream_failed").await;
    is_told_apart(&Scripted::with_variables(answers(504, ""), &[off]).await, "upstream_unavailable").await;
    is_told_apart(&Scripted::with_variables(answers(502, "<html>"), &[off]).await, "upstream_unavailable").await;
    let changed = [off, ("request_timeout_ms", "300")];
    is_told_apart(&Scripted::with_variables(silent, &changed).await, "deadline_exceeded").await;
}

#[tokio::test]
async fn a_connection_that_ends_without_an_answer_leaves_a_write_open() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let hanging_up = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            // Something of the request is there, so it was sent.
            let _first = stream.read(&mut [0; 16]).await;
        }
    });
    let changed = [("session_check", "off"), ("supabase_url", &url), ("jwt_issuer", "*")];
    let upstream = Scripted::with_variables(|_| std::future::pending::<Response>(), &changed).await;

    is_told_apart(&upstream, "upstream_unavailable").await;
    hanging_up.abort();
}
