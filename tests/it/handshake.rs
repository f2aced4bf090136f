//! The version handshake between a component and the database, from both ends.

use it::{Channel, Scripted, response};
use serde_json::{Value, json};
use shared::contract::FETCH_SOCIAL_MESSAGES;

#[tokio::test]
async fn the_rpc_names_itself_on_success_and_on_refusal() {
    let channel = Channel::with_messages(1).await;
    let path = format!("/rest/v1/rpc/fetch_social_messages?p_channel_id={}", channel.id);

    for (person, status) in [(&channel.member, 200), (&channel.outsider, 403)] {
        let asked = person.get(&path).apikey().header("x-rpc-expect", FETCH_SOCIAL_MESSAGES.tag());
        let answer = asked.send_anywhere().await;
        assert_eq!(answer.status, status, "{}", answer.body);
        assert_eq!(answer.header("x-rpc-version"), FETCH_SOCIAL_MESSAGES.tag());
    }
}

#[tokio::test]
async fn the_database_refuses_who_was_built_for_another_version() {
    let channel = Channel::with_messages(1).await;
    let path = format!("/rest/v1/rpc/fetch_social_messages?p_channel_id={}", channel.id);

    let (minor, _) = FETCH_SOCIAL_MESSAGES.tag().rsplit_once('.').unwrap();
    let newer_patch = format!("{minor}.999");
    for (expect, status) in [
        ("fetch_social_messages/2.0.0", 503),
        ("fetch_social_messages/0.9.0", 503),
        (&newer_patch, 503),
        ("fetch_social_messages/1.999.0", 503),
        ("other/9.9.9, fetch_social_messages/2.0.0", 503),
        ("fetch_social_messages/one", 400),
        ("fetch_social_messages", 400),
        ("other/9.9.9", 200),
        ("", 200),
    ] {
        let answer = channel.member.get(&path).apikey().header("x-rpc-expect", expect).send_anywhere().await;
        assert_eq!(answer.status, status, "{expect:?}: {}", answer.body);
        assert_eq!(answer.header("x-rpc-version"), FETCH_SOCIAL_MESSAGES.tag(), "{expect:?}");
    }
}

/// An RPC that has lost its handshake, or is another version, is a deploy fault, whatever rows it gave.
#[tokio::test]
async fn an_answer_without_the_right_version_is_a_contract_mismatch() {
    for (header, matched) in [
        (None, Value::Null),
        (Some("fetch_social_messages/2.0.0"), json!("2.0.0")),
        (Some("fetch_social_messages/0.9.0"), json!("0.9.0")),
        (Some("fetch_social_messages/x"), json!("x")),
        (Some("another_rpc/1.0.0"), Value::Null),
        (Some(""), Value::Null),
    ] {
        let headers: Vec<(&str, &str)> = header.map(|version| ("x-rpc-version", version)).into_iter().collect();
        let headers: &'static [(&str, &str)] = Vec::leak(headers);
        let upstream = Scripted::answering(move |_| async move { response(200, headers, "[]") }).await;

        let (answer, record) = upstream.answer(upstream.list()).await;

        answer.assert_problem(503, "rpc_contract_mismatch");
        assert_eq!(record["app.rpc.version.matched"], matched, "{header:?}");
        assert_eq!(record["app.rpc.version.expected"], FETCH_SOCIAL_MESSAGES.version);
    }
}

#[tokio::test]
async fn a_newer_minor_version_among_others_is_accepted() {
    let headers = [("x-rpc-version", "verify/3.0.0, fetch_social_messages/1.999.2")];
    let upstream = Scripted::answering(move |_| async move { response(200, &headers, "[]") }).await;

    let (answer, record) = upstream.answer(upstream.list()).await;

    assert_eq!(answer.rows(), [] as [Value; 0]);
    assert_eq!(record["app.rpc.version.matched"], "1.999.2");
}

/// On an error the version is the database's word or nothing: never filled in from the contract.
#[tokio::test]
async fn the_matched_version_of_an_error_is_only_what_the_database_said() {
    let refusal = r#"{"code":"not_channel_member","message":"no","details":null,"hint":null}"#;
    let named = Scripted::answering(move |_| async move {
        response(403, &[("x-rpc-version", "fetch_social_messages/1.0.3")], refusal)
    })
    .await;
    let unnamed = Scripted::answering(move |_| async move { response(403, &[], refusal) }).await;

    for (upstream, matched) in [(&named, json!("1.0.3")), (&unnamed, Value::Null)] {
        let (answer, record) = upstream.answer(upstream.list()).await;
        answer.assert_problem(403, "not_channel_member");
        assert_eq!(record["app.rpc.version.matched"], matched);
    }
}
