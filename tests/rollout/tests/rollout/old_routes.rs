//! The routes of before, which serve everybody until the application has moved: each of their calls works from before the
//! first migration until they are closed, and again after each way back.

use std::collections::BTreeMap;

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};
use stack::demo;

use crate::site::Site;

const ROOM: &str = "40000000-0000-4000-8000-000000000001";
const GAME: &str = "30000000-0000-4000-8000-000000000001";
const HOST: &str = "10000000-0000-4000-8000-000000000001";
const CHANNEL: &str = "70000000-0000-4000-8000-000000000001";

/// By name: status, and what was said but for ids and times.
type Answers = BTreeMap<&'static str, (u16, Value)>;

/// Every form of the RPCs with the service key, direct reads and writes of both, and of a guest who writes the roster.
async fn called(site: &Site) -> Answers {
    let service = site.stack.keys().project("service_role").unwrap();
    let user = site.stack.keys().user(HOST.parse().unwrap(), "host@installation.test").unwrap();
    let entry = json!([{ "slot_index": 0, "role": "attack", "owner_id": HOST }]);
    let ids = json!({ "p_room_id": ROOM, "p_game_id": GAME, "p_match_instance_id": demo::GENERAL, "p_roster": entry });
    let with = |more: Value| {
        let mut all = ids.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let template = json!({ "p_slot_template_version": 1, "p_slot_template_source": "room-stage", "p_slot_template_updated_at": "2026-01-01T00:00:00Z" });
    let roles = json!([{ "name": "attack", "slot_count": 2 }]);
    let said = json!({ "channel_id": CHANNEL, "sender_id": HOST, "body": "as ever" });
    let seat = json!({ "match_instance_id": demo::GENERAL, "room_id": ROOM, "game_id": GAME, "slot_index": 9, "role": "attack" });
    let calls: [(&str, &str, &str, &str, Option<Value>); 15] = [
        (
            "verify",
            &service,
            "POST",
            "rpc/verify_rank_roles_and_slots",
            Some(json!({ "p_roles": roles, "p_slots": [] })),
        ),
        (
            "verify, refused",
            &service,
            "POST",
            "rpc/verify_rank_roles_and_slots",
            Some(json!({ "p_roles": roles, "p_slots": {} })),
        ),
        ("verify, without arguments", &service, "POST", "rpc/verify_rank_roles_and_slots", Some(json!({}))),
        (
            "verify a registration",
            &service,
            "POST",
            "rpc/verify_rank_roles_and_slots",
            Some(json!({ "p_payload": { "roles": [] } })),
        ),
        ("sync, four arguments", &service, "POST", "rpc/sync_rank_match_roster", Some(ids.clone())),
        (
            "sync, with a version",
            &service,
            "POST",
            "rpc/sync_rank_match_roster",
            Some(with(json!({ "p_slot_template_version": 1 }))),
        ),
        (
            "sync, with an owner",
            &service,
            "POST",
            "rpc/sync_rank_match_roster",
            Some(with(json!({ "p_request_owner_id": HOST }))),
        ),
        (
            "sync, with another owner",
            &service,
            "POST",
            "rpc/sync_rank_match_roster",
            Some(with(json!({ "p_request_owner_id": ROOM }))),
        ),
        ("sync, all arguments", &service, "POST", "rpc/sync_rank_match_roster", Some(with(template))),
        ("the service writes one", &service, "POST", "social_messages", Some(said.clone())),
        ("a user writes one", &user, "POST", "social_messages", Some(said)),
        ("the service reads messages", &service, "GET", "social_messages?select=body&body=eq.as%20ever&limit=1", None),
        ("a user reads messages", &user, "GET", "social_messages?select=body&body=eq.as%20ever&limit=1", None),
        ("a user reads a roster", &user, "GET", "rank_match_roster?select=role&slot_index=eq.0&limit=1", None),
        ("the service writes a seat", &service, "POST", "rank_match_roster", Some(seat)),
    ];
    let environment = BTreeMap::from_iter(site.stack.environment().unwrap());
    let mut answers = Answers::new();
    for (name, token, method, path, body) in calls {
        let url = format!("{}/rest/v1/{path}", site.stack.origin());
        let (key, bearer) = (environment["SUPABASE_PUBLISHABLE_KEY"].clone(), format!("Bearer {token}"));
        let call = move || {
            let headers = [("apikey", key.as_str()), ("authorization", bearer.as_str())];
            gate::http::request(method, &url, &headers, body.as_ref())
        };
        let answer = tokio::task::spawn_blocking(call).await.unwrap().unwrap();
        answers.insert(name, (answer.status, answer.body));
    }
    site.database.batch_execute("delete from public.rank_match_roster where slot_index = 9").await.unwrap();
    answers
}

/// With a reader in the way, interrupted, or without a record, nothing is closed; and the next one closes all.
async fn closed_as_a_whole_or_not_at_all(site: &Site) {
    site.database.batch_execute("alter table public.rank_games disable row level security").await.unwrap();
    let mut reader = site.stack.cluster().connect("postgres").await.unwrap();
    let reading = reader.transaction().await.unwrap();
    reading.query("select from public.rank_games", &[]).await.unwrap();
    site.rollout(&["close"]).await.is(1).says("nothing has been closed").says("run this again");

    reading.commit().await.unwrap();

    let recording = |does: &str| {
        format!(
            "create or replace function public.recording() returns trigger language plpgsql as $$ begin {does}; return new; end $$; \
             create or replace trigger recording before insert on lockstep_rollout.runs \
             for each row execute function public.recording()"
        )
    };
    site.database.batch_execute(&recording("perform pg_sleep(600)")).await.unwrap();
    let child = site.command(&["close"]).spawn().unwrap();
    let sleeping = "from pg_stat_activity where wait_event = 'PgSleep'";
    site.until(&format!("select exists (select {sleeping})")).await;
    kill(Pid::from_raw(child.id().unwrap().cast_signed()), Signal::SIGINT).unwrap();
    site.said(child.wait_with_output().await.unwrap()).is(1).says("nothing has been closed: interrupted");
    site.database.batch_execute(&format!("select pg_terminate_backend(pid) {sleeping}")).await.unwrap();
    site.until(&format!("select not exists (select {sleeping})")).await;

    site.database.batch_execute(&recording("raise exception 'no room'")).await.unwrap();
    site.rollout(&["close"]).await.is(1).says("nothing has been closed").says("no room");
    site.database.batch_execute("drop function public.recording() cascade").await.unwrap();
    site.rollout(&["status"]).await.is(0).says(" open\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_their_calls_works_until_they_are_closed_and_after_each_way_back() {
    let site = Site::with_old_routes().await;
    site.environment(&[("steps", "[100]")]);
    let before = called(&site).await;
    let good = |name: &str| (200..300).contains(&before[name].0);
    for name in
        ["verify", "verify a registration", "sync, with an owner", "the service writes one", "a user writes one"]
    {
        assert!(good(name), "{name}: {:?}", before[name]);
    }
    assert_eq!(before["verify, refused"].1["details"], "slots_must_be_array");

    site.rollout(&["apply"]).await.is(0);
    assert_eq!(called(&site).await, before, "with everything applied and on");

    site.rollout(&["rollback"]).await.is(0);
    assert_eq!(called(&site).await, before, "after the way back");
    site.rollout(&["close"]).await.is(2).says("the flags of local are not all on");

    site.rollout(&["apply"]).await.is(0);
    site.rollout(&["close", "--dry-run"]).await.is(0).says("verify_rank_roles_and_slots(jsonb): service_role");
    assert_eq!(called(&site).await, before, "a dry run closes nothing");
    closed_as_a_whole_or_not_at_all(&site).await;
    assert_eq!(called(&site).await, before, "what could not be closed is as it was");
    site.rollout(&["close"]).await.is(0).says("social_messages: authenticated may insert");
    let closed = called(&site).await;
    for name in
        ["verify", "sync, with an owner", "the service writes one", "a user writes one", "a user reads messages"]
    {
        assert_eq!(closed[name].1["code"], "42501", "{name}");
    }
    assert_eq!(
        (&closed["a user reads a roster"], &closed["the service writes a seat"]),
        (&before["a user reads a roster"], &before["the service writes a seat"]),
        "what the contract leaves open"
    );
    site.rollout(&["status"]).await.is(0).says("Older ways: closed");
    site.rollout(&["close"]).await.is(0).says("No older way is open");
    // What is rolled out works without them.
    site.rollout(&["apply"]).await.is(0);

    site.rollout(&["reopen"]).await.is(0).says("open again");
    site.rollout(&["reopen"]).await.is(0).says("Nothing was closed");
    assert_eq!(site.status().await["older_ways"]["closed"], json!(false));
    assert_eq!(called(&site).await, before, "opened again");

    site.rollout(&["close"]).await.is(0);
    site.rollout(&["rollback", "--flags-only"]).await.is(0).says("open again");
    assert_eq!(called(&site).await, before, "whoever turns the functions off turns to the routes of before");
    assert_eq!(site.last_run().await["outcome"], "done");
}

/// A signed-in user may not write rosters: only where a project lets them, and until it is closed.
#[tokio::test(flavor = "multi_thread")]
async fn a_project_of_which_nothing_is_old_has_nothing_to_close() {
    let site = Site::in_use().await;

    site.rollout(&["close"]).await.is(0).says("No older way is open");
    site.rollout(&["rollback", "--flags-only"]).await.is(0);

    let closed = "select to_regclass('lockstep.closed_doors') is not null";
    assert!(site.database.query_one(closed, &[]).await.unwrap().get::<_, bool>(0), "it is as closed as before");
}
