//! The one line that remains of a request.

use it::{Channel, Scripted, response};
use serde_json::{Value, json};
use shared::contract::FETCH_SOCIAL_MESSAGES;

const VERSION: (&str, &str) = ("x-rpc-version", FETCH_SOCIAL_MESSAGES.tag());

/// As the gate knows the file.
fn contract_hash() -> String {
    let path = stack::setup::root().join("supabase/rank_required_rpcs.json");
    gate::contract::sha256(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[tokio::test]
async fn a_record_names_the_rpc_both_versions_the_rows_and_the_latency() {
    let channel = Channel::with_messages(3).await;

    let answer = channel.list(&channel.member, "").send().await;
    let record = answer.record().await;

    for (name, expected) in [
        ("faas.name", json!("messages-list")),
        ("http.request.method", json!("GET")),
        ("http.route", json!("/functions/v1/messages-list")),
        ("http.response.status_code", json!(200)),
        ("http.response.body.size", json!(answer.body.len())),
        ("error.type", Value::Null),
        ("app.auth.outcome", json!("accepted")),
        ("app.auth.reason", Value::Null),
        ("app.contract.sha256", json!(contract_hash())),
        ("feature_flag.key", json!("flag_messages_list")),
        ("app.feature_flag.setting", json!("on")),
        ("feature_flag.result.variant", json!("on")),
        ("http.request.body.size", json!(0)),
        ("db.system.name", json!("postgresql")),
        ("db.stored_procedure.name", json!("fetch_social_messages")),
        ("app.rpc.version.expected", json!(FETCH_SOCIAL_MESSAGES.version)),
        ("app.rpc.version.matched", json!(FETCH_SOCIAL_MESSAGES.version)),
        ("app.upstream.status_code", json!(200)),
        ("db.response.status_code", Value::Null),
        ("db.response.returned_rows", json!(3)),
        ("app.rpc.retries", json!(0)),
        ("cloud.region", json!("local")),
    ] {
        assert_eq!(record[name], expected, "{name}");
    }
    let milliseconds = |name: &str| record[name].as_f64().unwrap_or_else(|| panic!("{name} in {record}"));
    assert!(milliseconds("rpc_ms") > 0.0);
    assert!(milliseconds("duration_ms") >= milliseconds("rpc_ms") + milliseconds("auth_ms"));
    assert_eq!(record["trace_id"].as_str().unwrap().len(), 32);
    assert_eq!(answer.header("x-region"), "local");
    let stages: Vec<&str> = answer.header("server-timing").split(", ").filter_map(|s| s.split(';').next()).collect();
    assert_eq!(stages, ["auth", "rpc", "total"]);
}

#[tokio::test]
async fn a_refusal_is_recorded_with_its_code_and_the_version_that_refused() {
    let channel = Channel::with_messages(3).await;

    let record = channel.list(&channel.outsider, "").send().await.record().await;

    assert_eq!(record["error.type"], "not_channel_member");
    assert_eq!(record["db.response.status_code"], "not_channel_member");
    assert_eq!(record["app.rpc.version.matched"], FETCH_SOCIAL_MESSAGES.version);
    assert_eq!(record["db.response.returned_rows"], Value::Null);
}

#[tokio::test]
async fn nothing_that_identifies_a_person_or_proves_who_they_are_is_recorded() {
    let channel = Channel::with_messages(1).await;

    let record = channel.list(&channel.member, "&limit=77").send().await.record().await.to_string();

    let signature = channel.member.token.rsplit_once('.').unwrap().1;
    for secret in
        [signature, &channel.member.id.to_string(), "example.com", &channel.id.to_string(), "limit=77", "message 1"]
    {
        assert!(!record.contains(secret), "{secret} in {record}");
    }
}

/// The same person can be found again, in every function, and nobody can read who it is.
#[tokio::test]
async fn a_user_has_a_pseudonym_where_there_is_a_key_for_it_and_none_where_there_is_not() {
    let channel = Channel::with_messages(1).await;
    let message = json!({ "channel_id": channel.id, "body": "hello" });
    let pseudonym = |record: Value| record["enduser.pseudo.id"].as_str().map(str::to_owned);
    let upstream = Scripted::answering(|_| async { response(200, &[VERSION], "[]") }).await;

    let listed = pseudonym(channel.list(&channel.member, "").send().await.record().await).unwrap();
    let sent = channel.member.post("/functions/v1/messages-send", &message).send().await.record().await;
    let other = pseudonym(channel.list(&channel.outsider, "").send().await.record().await).unwrap();
    let (_, keyless) = upstream.answer(upstream.list()).await;

    assert_eq!(sent["http.request.body.size"], message.to_string().len());
    assert_eq!(pseudonym(sent), Some(listed.clone()));
    assert_ne!(other, listed);
    assert_eq!(keyless["app.auth.outcome"], "accepted");
    assert_eq!(pseudonym(keyless), None);
}

#[tokio::test]
async fn how_authentication_ended_is_recorded_with_the_reason() {
    let upstream = Scripted::answering(|_| async { response(503, &[], "{}") }).await;
    let keyless =
        Scripted::with_variables(|_| async { response(503, &[], "{}") }, &[("supabase_jwt_secret", "")]).await;
    let expired = upstream.token(it::user(), |claims| claims.expires_at = Some(1.into()));

    for (upstream, call, outcome, reason) in [
        (&upstream, upstream.anonymous(), "refused", "auth_required"),
        (&upstream, upstream.anonymous().bearer("a.b"), "refused", "it is not a well-formed JWT"),
        (&upstream, upstream.anonymous().bearer(&expired), "refused", "token_expired"),
        (&keyless, keyless.list(), "failed", "key_set_unavailable"),
    ] {
        let (_, record) = upstream.answer(call).await;
        assert_eq!((&record["app.auth.outcome"], &record["app.auth.reason"]), (&json!(outcome), &json!(reason)));
        assert_eq!(record["enduser.pseudo.id"], Value::Null);
    }
}

/// One record for each, whatever becomes of the request: what the harness holds each line to is in its `records.rs`.
#[tokio::test]
async fn every_way_out_leaves_a_record() {
    let answer = |_| async { response(200, &[VERSION], "[]") };
    let upstream = Scripted::with_variables(answer, &[("session_check", "off")]).await;
    let broken =
        Scripted::with_variables(|_| async { response(200, &[], "[]") }, &[("flag_messages_list", "perhaps")]).await;
    let list = || upstream.list();
    let other = |method: http::Method, path: &str| it::Call::new(method, &upstream.url(path));
    let message = json!({ "channel_id": uuid::Uuid::new_v4(), "body": "x" });
    let send = || upstream.post("messages-send", &message);

    for (upstream, call, status) in [
        (&upstream, list(), 200),
        (&upstream, other(http::Method::OPTIONS, "messages-list").header("origin", "https://a.example"), 204),
        (&upstream, send().body("{"), 400),
        (&upstream, upstream.anonymous(), 401),
        (&upstream, other(http::Method::GET, "nothing"), 404),
        (&upstream, other(http::Method::DELETE, "messages-list"), 405),
        (&upstream, other(http::Method::from_bytes(b"BREW").unwrap(), "messages-list"), 405),
        (&upstream, send().body(&"x".repeat(70_000)), 413),
        (
            &upstream,
            other(http::Method::GET, "messages-list?channel_id=x").bearer(&upstream.token(it::user(), |_| {})),
            422,
        ),
        (&broken, broken.list(), 500),
        (&upstream, send(), 503),
    ] {
        let (answer, record) = upstream.answer(call).await;
        assert_eq!((answer.status.as_u16(), &record["http.response.status_code"]), (status, &json!(status)));
        assert_eq!(record["error.type"].as_str().unwrap_or_default(), answer.header("sb-error-code"));
    }
}

/// The caller has gone; what was asked of the database in its name is recorded all the same.
#[tokio::test]
async fn a_caller_that_hangs_up_leaves_a_record_too() {
    let (asked, mut was_asked) = tokio::sync::mpsc::unbounded_channel();
    let silent = move |_| {
        let _told = asked.send(());
        std::future::pending::<axum::response::Response>()
    };
    let upstream = Scripted::with_variables(silent, &[("request_timeout_ms", "400")]).await;
    let call = upstream.list().header("x-request-id", "hung-up");

    tokio::select! {
        _ = call.send() => panic!("nobody answers"),
        _ = was_asked.recv() => {}
    }

    assert_eq!(upstream.record("hung-up").await["error.type"], "deadline_exceeded");
}
