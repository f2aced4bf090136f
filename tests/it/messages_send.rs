//! What becomes of a message, once, however often it is sent.

use it::{Answer, Call, Channel, Person, running};
use serde_json::{Value, json};
use shared::contract::INSERT_SOCIAL_MESSAGE;
use uuid::Uuid;

const PATH: &str = "/functions/v1/messages-send";

fn send(channel: &Channel, who: &Person, body: &str) -> Call {
    who.post(PATH, &json!({ "channel_id": channel.id, "body": body }))
}

fn keyed(channel: &Channel, body: &str, key: Uuid) -> Call {
    channel.member.post(PATH, &json!({ "channel_id": channel.id, "body": body, "client_message_id": key }))
}

async fn count(channel: &Channel) -> i64 {
    let query = "select count(*) from public.social_messages where channel_id = $1";
    channel.database.query_one(query, &[&channel.id]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_member_sends_and_the_stored_row_comes_back() {
    let channel = Channel::new().await;

    let sent = send(&channel, &channel.member, "hello").send().await;

    assert_eq!(sent.status, 201, "{}", sent.body);
    let row = sent.json();
    assert_eq!((&row["body"], &row["sender_id"]), (&json!("hello"), &json!(channel.member.id)));
    assert_eq!(sent.header("x-idempotent-replay"), "false");
    assert_eq!(sent.header("x-rpc-version"), INSERT_SOCIAL_MESSAGE.tag());
    assert_eq!(channel.list(&channel.member, "").send().await.rows(), [row]);
    assert_eq!(sent.record().await["db.response.returned_rows"], 1);
}

#[tokio::test]
async fn an_outsider_sends_nothing() {
    let channel = Channel::new().await;

    let sent = send(&channel, &channel.outsider, "hello").send().await;

    sent.assert_problem(403, "not_channel_member");
    assert_eq!(count(&channel).await, 0);
}

#[tokio::test]
async fn the_same_key_again_is_the_same_message() {
    let channel = Channel::new().await;
    let key = Uuid::new_v4();
    let first = keyed(&channel, "once", key).send().await;

    let again = keyed(&channel, "once", key).send().await;
    let body = json!({ "channel_id": channel.id, "body": "once" });
    let header = channel.member.post(PATH, &body).header("idempotency-key", &key.to_string()).send().await;
    let quoted = channel.member.post(PATH, &body).header("idempotency-key", &format!("\"{key}\"")).send().await;
    let other = keyed(&channel, "twice", key).send().await;

    assert_eq!(first.status, 201);
    for replay in [again, header, quoted] {
        assert_eq!((replay.status.as_u16(), replay.header("x-idempotent-replay")), (200, "true"));
        assert_eq!(replay.json(), first.json());
    }
    other.assert_problem(409, "client_message_id_reused");
    assert_eq!(count(&channel).await, 1);
}

#[tokio::test]
async fn a_key_in_two_places_must_be_one_key() {
    let channel = Channel::new().await;
    let key = Uuid::new_v4();

    let same = keyed(&channel, "x", key).header("idempotency-key", &key.to_string()).send().await;
    let different = keyed(&channel, "x", key).header("idempotency-key", &Uuid::new_v4().to_string()).send().await;
    let malformed = keyed(&channel, "x", key).header("idempotency-key", "17").send().await;

    assert_eq!(same.status, 201);
    for refused in [different, malformed] {
        refused.assert_problem(422, "invalid_parameter");
        assert_eq!(refused.json()["details"], "Idempotency-Key");
    }
}

#[tokio::test]
async fn sixteen_at_once_with_one_key_store_one_message() {
    let channel = Channel::new().await;
    let key = Uuid::new_v4();

    let mut calls = tokio::task::JoinSet::new();
    (0..16).for_each(|_| drop(calls.spawn(keyed(&channel, "at once", key).send())));
    let answers: Vec<Answer> = calls.join_all().await;

    let ids: std::collections::HashSet<String> = answers.iter().map(|a| a.json()["id"].to_string()).collect();
    let created = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!((ids.len(), created, answers.iter().filter(|answer| answer.status == 200).count()), (1, 1, 15));
    assert_eq!(count(&channel).await, 1);
}

#[tokio::test]
async fn a_body_has_from_one_to_four_thousand_characters_after_normalisation() {
    let channel = Channel::new().await;
    let long = "é".repeat(4000);
    // An `e` and a combining accent: one character once it is normalised.
    let decomposed = "e\u{301}".repeat(4000);

    for (body, status) in [(long.as_str(), 201), (&decomposed, 201), ("🦀", 201)] {
        assert_eq!(send(&channel, &channel.member, body).send().await.status, status);
    }
    for body in ["", " ", "\n\t", "\u{a0}\u{3000}", &(long.clone() + "é")] {
        let refused = send(&channel, &channel.member, body).send().await;
        refused.assert_problem(422, "invalid_parameter");
        assert_eq!(refused.json()["details"], "body", "{}", refused.body);
    }
    let nul = send(&channel, &channel.member, "a\0b").send().await;
    nul.assert_problem(422, "invalid_parameter");
    assert_eq!(nul.json()["details"], "body");
    assert_eq!(count(&channel).await, 3);
}

#[tokio::test]
async fn the_clients_of_the_old_route_are_understood() {
    let channel = Channel::new().await;

    let sent =
        channel.member.post(PATH, &json!({ "channel_id": channel.id, "text": "old", "scope": "room" })).send().await;
    let both = json!({ "channel_id": channel.id, "text": "a", "body": "b" });
    let both = channel.member.post(PATH, &both).send().await;

    assert_eq!(sent.json()["body"], "old");
    both.assert_problem(422, "invalid_parameter");
}

/// Sixty a minute, unless the settings row says otherwise; what is a replay is never too much.
#[tokio::test]
async fn who_sends_too_much_is_told_when_to_try_again() {
    let channel = Channel::new().await;
    let key = Uuid::new_v4();
    assert_eq!(keyed(&channel, "first", key).send().await.status, 201);
    let fill = "insert into public.social_messages (channel_id, sender_id, body) \
         select $1, $2, 'fill ' || n from generate_series(1, 59) as n";
    channel.database.execute(fill, &[&channel.id, &channel.member.id]).await.unwrap();

    let refused = send(&channel, &channel.member, "one too many").send().await;
    let replay = keyed(&channel, "first", key).send().await;

    refused.assert_problem(429, "rate_limited");
    let seconds: u32 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert_eq!(replay.status, 200);
    assert_eq!(count(&channel).await, 60);
}

#[tokio::test]
async fn every_message_leaves_a_line_that_nobody_can_change() {
    let channel = Channel::new().await;
    let id = send(&channel, &channel.member, "audited").send().await.json()["id"].as_str().unwrap().to_owned();

    let query = "select to_jsonb(a) from lockstep.audit_log as a where actor_id = $1";
    let line: Value = channel.database.query_one(query, &[&channel.member.id]).await.unwrap().get(0);
    assert_eq!(
        (&line["rpc"], &line["rpc_version"]),
        (&json!("insert_social_message"), &json!(INSERT_SOCIAL_MESSAGE.version))
    );
    assert!(line["subject"].to_string().contains(&id), "{line}");
    assert!(!line.to_string().contains("audited"), "the text is in the audit: {line}");

    for statement in [
        "update lockstep.audit_log set rpc = 'x' where true",
        "delete from lockstep.audit_log where true",
        "truncate lockstep.audit_log",
    ] {
        let office = running().stack.cluster().connect("postgres").await.unwrap();
        for role in ["reset role", "set role service_role"] {
            office.batch_execute(role).await.unwrap();
            assert!(office.batch_execute(statement).await.is_err(), "{role}; {statement}");
        }
    }
}

/// Ids only: who was removed in the meantime hears that there is something, and cannot read it.
#[tokio::test]
async fn a_new_message_is_announced_to_the_channel_without_its_text() {
    let channel = Channel::new().await;
    let id = send(&channel, &channel.member, "secret plan").send().await.json()["id"].clone();

    let query = "select payload, private from realtime.messages where topic = $1";
    let topic = format!("social:{}", channel.id);
    let announced = channel.database.query_one(query, &[&topic]).await.unwrap();

    let payload: Value = announced.get(0);
    assert_eq!((&payload["id"], &payload["channel_id"]), (&id, &json!(channel.id)));
    assert!(!payload.to_string().contains("secret"), "{payload}");
    assert!(announced.get::<_, bool>(1));
}

/// A moderation trigger and a constraint are the project's own: what they say is for the caller, and not for the record.
#[tokio::test]
async fn what_the_project_refuses_is_told_as_it_says_it() {
    let channel = Channel::new().await;
    let name = format!("moderation_{}", channel.id.simple());
    let made = format!(
        "create function public.{name}() returns trigger language plpgsql as $$
         begin
           if new.body like 'muted%' then
             raise sqlstate 'PT403' using message = 'You are muted: ' || new.body, hint = 'Wait until noon.';
           elsif new.body like 'taken%' then
             raise unique_violation using message = new.body || ' is taken', detail = 'Once a day.';
           elsif new.body like 'silent%' then
             return null;
           end if;
           raise exception 'Not this word: %', new.body;
         end $$;
         create trigger {name} before insert on public.social_messages
           for each row when (new.channel_id = '{id}') execute function public.{name}();",
        id = channel.id
    );
    channel.database.batch_execute(&made).await.unwrap();

    let mut answers = Vec::new();
    for body in ["badword", "muted badword", "taken badword", "silent badword"] {
        answers.push(send(&channel, &channel.member, body).send().await);
    }
    channel.database.batch_execute(&format!("drop function public.{name}() cascade")).await.unwrap();

    for (answer, status, message, details, hint) in [
        (&answers[0], 400, "Not this word: badword", json!(null), json!(null)),
        (&answers[1], 403, "You are muted: muted badword", json!(null), json!("Wait until noon.")),
        (&answers[2], 409, "taken badword is taken", json!("Once a day."), json!(null)),
        (&answers[3], 400, "This project does not take the message.", json!(null), json!(null)),
    ] {
        answer.assert_problem(status, "refused_by_project");
        let body = answer.json();
        assert_eq!((&body["message"], &body["details"], &body["hint"]), (&json!(message), &details, &hint));
        let record = answer.record().await.to_string();
        assert!(!record.contains("badword"), "{record}");
    }
    assert_eq!(count(&channel).await, 0);
}
