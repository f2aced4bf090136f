//! What a client gets from `messages-list`, and what it does not.

use std::collections::HashSet;

use it::{Call, Channel};
use serde_json::Value;
use shared::contract::{FETCH_SOCIAL_MESSAGES, FETCH_SOCIAL_MESSAGES_PAGE};

#[tokio::test]
async fn a_member_reads_the_channel_newest_first() {
    let channel = Channel::with_messages(60).await;

    let listed = channel.list(&channel.member, "").send().await;

    let rows = listed.rows();
    assert_eq!(rows.len(), 50, "the default");
    assert!(rows.is_sorted_by(|newer, older| position(newer) > position(older)));
    assert_eq!(listed.header("x-rpc-version"), FETCH_SOCIAL_MESSAGES.tag());
    let fields: Vec<&String> = rows[0].as_object().unwrap().keys().collect();
    assert_eq!(fields, ["body", "channel_id", "client_message_id", "id", "inserted_at", "sender_id"]);
}

/// The same answer as for a channel that was never created, so channels cannot be probed.
#[tokio::test]
async fn an_outsider_is_told_nothing_about_the_channel() {
    let channel = Channel::with_messages(3).await;
    let nowhere = Channel { id: uuid::Uuid::new_v4(), ..Channel::new().await };

    let refused = channel.list(&channel.outsider, "").send().await;
    let unknown = nowhere.list(&nowhere.member, "").send().await;

    refused.assert_problem(403, "not_channel_member");
    unknown.assert_problem(403, "not_channel_member");
    assert_eq!(without_ids(&refused.json()), without_ids(&unknown.json()));
}

#[tokio::test]
async fn who_leaves_a_channel_reads_nothing_any_more() {
    let channel = Channel::with_messages(3).await;
    assert_eq!(channel.list(&channel.member, "").send().await.rows().len(), 3);

    let leave = "delete from public.social_channel_members where channel_id = $1";
    channel.database.execute(leave, &[&channel.id]).await.unwrap();

    channel.list(&channel.member, "").send().await.assert_problem(403, "not_channel_member");
}

#[tokio::test]
async fn the_database_clamps_the_limit() {
    let channel = Channel::with_messages(210).await;

    for (limit, rows) in [("500", 200), ("200", 200), ("7", 7), ("1", 1), ("0", 1), ("-5", 1), ("2147483647", 200)] {
        let listed = channel.list(&channel.member, &format!("&limit={limit}")).send().await;
        assert_eq!(listed.rows().len(), rows, "limit={limit}");
    }
}

#[tokio::test]
async fn paging_back_returns_each_of_a_thousand_messages_exactly_once() {
    let channel = Channel::with_messages(1000).await;

    let mut read: Vec<Value> = channel.list(&channel.member, "&limit=70").send().await.rows();
    loop {
        let page = channel.page_before(read.last().unwrap(), 70).await;
        assert_eq!(page.header("x-rpc-version"), FETCH_SOCIAL_MESSAGES_PAGE.tag());
        let rows = page.rows();
        if rows.is_empty() {
            break;
        }
        read.extend(rows);
    }

    let ids: HashSet<&str> = read.iter().map(|message| message["id"].as_str().unwrap()).collect();
    let times: HashSet<&str> = read.iter().map(|message| message["inserted_at"].as_str().unwrap()).collect();
    assert_eq!((read.len(), ids.len()), (1000, 1000));
    assert_eq!(times.len(), 100, "ten messages to an instant, or this test proves nothing");
    assert!(read.is_sorted_by(|newer, older| position(newer) > position(older)));
}

#[tokio::test]
async fn since_returns_only_what_is_newer() {
    let channel = Channel::with_messages(30).await;
    let all = channel.list(&channel.member, "").send().await.rows();
    let middle = all[15]["inserted_at"].as_str().unwrap();

    for written in [middle.replace('+', "%2B"), middle.to_owned()] {
        let newer = channel.list(&channel.member, &format!("&since={written}")).send().await.rows();
        let expected: Vec<&Value> = all.iter().filter(|m| position(m).0 > position(&all[15]).0).collect();
        assert_eq!(newer.iter().collect::<Vec<_>>(), expected, "{written}");
    }
}

#[tokio::test]
async fn what_cannot_be_accepted_is_named() {
    let channel = Channel::with_messages(1).await;
    let id = uuid::Uuid::new_v4();

    for (query, field) in [
        ("&limit=many", "limit"),
        ("&limit=2147483648", "limit"),
        ("&limit=1.5", "limit"),
        ("&limit=1&limit=2", "limit"),
        ("&since=yesterday", "since"),
        ("&since=2026-11-22T09:30:00", "since"),
        ("&before=2026-11-22T09:30:00Z", "before"),
        ("&before=now,x", "before"),
        (&format!("&since=2026-11-22T09:30:00Z&before=2026-11-22T09:30:00Z,{id}"), "before"),
        ("&offset=3", "offset"),
    ] {
        let refused = channel.list(&channel.member, query).send().await;
        refused.assert_problem(422, "invalid_parameter");
        assert_eq!(refused.json()["details"], field, "{query}");
    }
    let without = channel.member.get("/functions/v1/messages-list").send().await;
    without.assert_problem(422, "invalid_parameter");
    assert_eq!(without.json()["details"], "channel_id");
}

/// A hosted gateway passes the bare name to the functions.
#[tokio::test]
async fn the_function_answers_under_its_bare_name_too() {
    let scripted = it::Scripted::answering(|_| async {
        it::response(200, &[("x-rpc-version", FETCH_SOCIAL_MESSAGES.tag())], "[]")
    })
    .await;

    let (answer, record) = scripted.answer(scripted.list()).await;

    assert_eq!(answer.rows(), [] as [Value; 0]);
    assert_eq!(record["http.route"], "/messages-list");
}

#[tokio::test]
async fn other_methods_are_refused_with_what_is_possible() {
    let channel = Channel::new().await;

    for method in [http::Method::PUT, http::Method::PATCH, http::Method::DELETE] {
        let path = format!("/functions/v1/messages-list?channel_id={}", channel.id);
        let refused = Call::new(method, &path).bearer(&channel.member.token).send().await;
        refused.assert_problem(405, "method_not_allowed");
        assert!(refused.header("allow").contains("GET"));
    }
}

/// Fixed width, since all of the database's timestamps have the same offset.
fn position(message: &Value) -> (String, &str) {
    let time = message["inserted_at"].as_str().unwrap().trim_end_matches("+00:00");
    let (seconds, fraction) = time.split_once('.').unwrap_or((time, ""));
    (format!("{seconds}.{fraction:0<6}"), message["id"].as_str().unwrap())
}

fn without_ids(body: &Value) -> Value {
    let mut body = body.clone();
    body["request_id"].take();
    body
}
