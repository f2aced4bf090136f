//! What it takes to stage a match, and who wins when several do.

use it::{Answer, Room};
use serde_json::{Value, json};
use shared::contract::{SYNC_RANK_MATCH_ROSTER, VERIFY_RANK_ROLES_AND_SLOTS};
use uuid::Uuid;

/// A staging with something changed in it.
fn with(room: &Room, version: i64, change: impl FnOnce(&mut Value)) -> Value {
    let mut staging = room.staging(version);
    change(&mut staging);
    staging
}

#[tokio::test]
async fn the_owner_stages_and_the_database_looks_up_what_it_decides() {
    let room = Room::new().await;
    let staging = with(&room, 3, |staging| {
        staging["roster"][0]["hero_name"] = json!("Forged");
        staging["roster"][0]["rating"] = json!(9999);
    });

    let staged = room.stage(&room.owner, &staging).send().await;

    assert_eq!(staged.status, 200, "{}", staged.body);
    let answer = staged.json();
    assert_eq!((&answer["inserted_count"], &answer["slot_template_version"]), (&json!(2), &json!(3)));
    let roles: Vec<&Value> = answer["role_counts"].as_array().unwrap().iter().map(|role| &role["role_name"]).collect();
    assert_eq!(roles, ["tank", "healer"]);
    let versions = [SYNC_RANK_MATCH_ROSTER, VERIFY_RANK_ROLES_AND_SLOTS].map(|rpc| rpc.tag()).join(", ");
    assert_eq!(staged.header("x-rpc-version"), versions);
    let roster = room.roster().await;
    assert_eq!((&roster[0]["hero_name"], &roster[0]["rating"]), (&json!("Owner's hero"), &json!(1500)));
    assert_eq!((&roster[1]["owner_id"], &roster[1]["rating"]), (&json!(room.guest.id), &json!(1600)));
    let record = staged.record().await;
    assert_eq!(record["db.stored_procedure.name"], "sync_rank_match_roster");
    assert_eq!(record["app.rpc.versions"], versions);
}

#[tokio::test]
async fn nobody_else_stages_the_room() {
    let room = Room::new().await;

    for who in [&room.guest, &room.stranger] {
        room.stage(who, &room.staging(1)).send().await.assert_problem(403, "not_room_owner");
    }
    let unknown = with(&room, 1, |staging| staging["room_id"] = json!(Uuid::new_v4()));
    room.stage(&room.owner, &unknown).send().await.assert_problem(404, "room_not_found");
    assert_eq!(room.roster().await, [] as [Value; 0]);
}

#[tokio::test]
async fn the_same_staging_again_is_a_replay_and_another_of_its_version_is_not() {
    let room = Room::new().await;
    let staging = room.staging(5);
    let first = room.stage(&room.owner, &staging).send().await;

    let again = room.stage(&room.owner, &staging).send().await;
    let other = room.stage(&room.owner, &room.staging(5)).send().await;
    let older = room.stage(&room.owner, &room.staging(4)).send().await;
    let newer = room.stage(&room.owner, &room.staging(6)).send().await;

    assert_eq!((first.status.as_u16(), again.status.as_u16()), (200, 200));
    assert_eq!(again.json()["inserted_count"], first.json()["inserted_count"]);
    assert_eq!((&first.json()["replayed"], &again.json()["replayed"]), (&json!(false), &json!(true)));
    other.assert_problem(409, "slot_version_conflict");
    older.assert_problem(409, "slot_version_conflict");
    let both: Value = serde_json::from_str(older.json()["details"].as_str().unwrap()).unwrap();
    assert_eq!(both, json!({ "current": 5, "given": 4 }));
    assert_eq!(newer.status, 200);
}

#[tokio::test]
async fn what_is_wrong_with_a_staging_is_named_and_nothing_is_written() {
    let room = Room::new().await;
    let stranger = json!(room.stranger.id);

    for (what, change, code, details) in [
        (
            "a role without slots",
            Box::new(|s: &mut Value| s["slot_template"]["roles"][0]["slot_count"] = json!(2))
                as Box<dyn Fn(&mut Value)>,
            "invalid_slot_template",
            "slot_count_mismatch:tank",
        ),
        (
            "no slots",
            Box::new(|s: &mut Value| s["slot_template"]["slots"] = json!([])),
            "invalid_slot_template",
            "no_active_slots",
        ),
        (
            "no version",
            Box::new(|s: &mut Value| drop(s["slot_template"].as_object_mut().unwrap().remove("version"))),
            "invalid_parameter",
            "slot_template.version",
        ),
        (
            "a version that is no integer",
            Box::new(|s: &mut Value| s["slot_template"]["version"] = json!("new")),
            "invalid_parameter",
            "slot_template.version",
        ),
        ("nobody", Box::new(|s: &mut Value| s["roster"] = json!([])), "empty_roster", "roster"),
        ("another game", Box::new(|s: &mut Value| s["game_id"] = json!(Uuid::new_v4())), "game_mismatch", "game_id"),
        (
            "an owner without a slot",
            Box::new(move |s: &mut Value| s["roster"][1]["owner_id"] = stranger.clone()),
            "invalid_roster",
            "*",
        ),
        (
            "somebody else's hero",
            Box::new(|s: &mut Value| s["roster"][1]["hero_id"] = s["roster"][0]["hero_id"].clone()),
            "invalid_roster",
            "*",
        ),
        (
            "an unknown field",
            Box::new(|s: &mut Value| s["roster"][0]["mvp"] = json!(true)),
            "invalid_parameter",
            "roster[0].mvp",
        ),
        ("two spellings", Box::new(|s: &mut Value| s["roomId"] = s["room_id"].clone()), "invalid_parameter", "*"),
        (
            "no room",
            Box::new(|s: &mut Value| drop(s.as_object_mut().unwrap().remove("room_id"))),
            "invalid_parameter",
            "room_id",
        ),
    ] {
        let refused = room.stage(&room.owner, &with(&room, 1, change)).send().await;
        refused.assert_problem(422, code);
        if details != "*" {
            assert_eq!(refused.json()["details"].as_str().unwrap_or_default(), details, "{what}: {}", refused.body);
        }
    }
    assert_eq!(room.roster().await, [] as [Value; 0]);
}

/// As the game's clients write it.
#[tokio::test]
async fn camel_case_is_understood() {
    let room = Room::new().await;
    let body = json!({
        "roomId": room.id,
        "gameId": room.game,
        "matchInstanceId": Uuid::new_v4(),
        "roster": [{ "slotIndex": 0, "role": "tank", "ownerId": room.owner.id, "heroId": room.hero, "winRate": 1.0 }],
        "slotTemplate": { "version": 1, "roles": [{ "name": "tank", "slotCount": 1 }], "slotMap": [{ "slotIndex": 0, "role": "tank" }] },
    });

    let staged = room.stage(&room.owner, &body).send().await;

    assert_eq!(staged.status, 200, "{}", staged.body);
    assert_eq!(room.roster().await.len(), 1);
}

#[tokio::test]
async fn of_sixteen_stagings_at_once_the_highest_version_wins() {
    let room = Room::new().await;
    let mut calls = tokio::task::JoinSet::new();
    // In an order of their own, the highest neither first nor last.
    for n in 0..16 {
        let version = n * 7 % 16 + 1;
        calls.spawn(room.stage(&room.owner, &room.staging(version)).send());
    }

    let answers: Vec<Answer> = calls.join_all().await;

    assert!(answers.iter().all(|answer| [200, 409].contains(&answer.status.as_u16())), "{answers:?}");
    let roster = room.roster().await;
    assert_eq!(roster.len(), 2);
    assert!(roster.iter().all(|entry| entry["slot_template_version"] == 16), "{roster:?}");
}

#[tokio::test]
async fn of_eight_rooms_that_name_one_match_at_once_one_has_it() {
    let of_match = Uuid::new_v4();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let room = Room::new().await;
        calls.spawn(room.stage(&room.owner, &with(&room, 1, |s| s["match_instance_id"] = json!(of_match))).send());
    }

    let (staged, refused): (Vec<Answer>, Vec<Answer>) =
        calls.join_all().await.into_iter().partition(|answer| answer.status == 200);

    assert_eq!(staged.len(), 1, "{refused:?}");
    for answer in &refused {
        answer.assert_problem(409, "match_instance_conflict");
    }
}

/// The verification is part of the transaction: without it nothing may be staged.
#[tokio::test]
async fn without_its_verification_a_staging_fails_closed() {
    let room = Room::new().await;
    let claims = json!({ "sub": room.owner.id, "role": "authenticated" }).to_string();
    let staging = room.staging(1);
    let mut database = it::running().stack.cluster().connect("postgres").await.unwrap();

    // In a transaction that is rolled back, so no other test misses the function.
    let broken = database.transaction().await.unwrap();
    broken.batch_execute("drop function lockstep.verify_rank_roles_and_slots(jsonb, jsonb)").await.unwrap();
    broken.execute("select set_config('request.jwt.claims', $1, true)", &[&claims]).await.unwrap();
    broken.batch_execute("set local role authenticated").await.unwrap();
    let call = "select public.sync_rank_match_roster($1, $2, $3, $4, $5)";
    let (roster, template) = (&staging["roster"], &staging["slot_template"]);
    let error = broken.query(call, &[&room.id, &room.game, &Uuid::new_v4(), roster, template]).await.unwrap_err();
    broken.rollback().await.unwrap();

    assert_eq!(error.code().unwrap().code(), "42883");
}
