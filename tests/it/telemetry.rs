//! The one line that remains of a request.

use it::Channel;
use serde_json::{Value, json};

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
        ("app.auth.outcome", json!("ok")),
        ("db.system.name", json!("postgresql")),
        ("db.stored_procedure.name", json!("fetch_social_messages")),
        ("app.rpc.version.expected", json!("1.0.0")),
        ("app.rpc.version.matched", json!("1.0.0")),
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
    assert_eq!(record["app.rpc.version.matched"], "1.0.0");
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
