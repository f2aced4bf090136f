//! Doors: the older ways, which are closed and opened again as they were.

use tokio_postgres::error::SqlState;

use crate::migrations::{in_use, missing, picture};

#[tokio::test]
async fn what_is_closed_can_be_opened_again_as_it_was() {
    let installation = in_use().await;
    installation.execute("alter table public.rank_games disable row level security").await;
    installation.execute("revoke select on public.social_messages from authenticated").await;
    installation.execute("grant select (id, body) on public.social_messages to authenticated").await;
    let passed_on =
        "grant execute on function public.verify_rank_roles_and_slots(jsonb) to service_role with grant option";
    installation.execute(passed_on).await;
    installation.migrate().await;
    let open = picture(&installation).await;
    let database = installation.cluster.connect("postgres").await.unwrap();
    let doors = async || {
        let rows = database.query("select door, opened_to from lockstep.open_doors()", &[]).await.unwrap();
        rows.iter().map(|row| (row.get::<_, String>(0), row.get::<_, String>(1))).collect::<Vec<_>>()
    };
    let before = doors().await;
    let expected = [
        ("table public.rank_games", "everybody, since row level security is off"),
        ("table public.social_messages", "authenticated may select (body)"),
        ("table public.rank_match_roster", "anon may insert"),
        ("function public.verify_rank_roles_and_slots(jsonb,jsonb)", "service_role"),
    ];
    for (door, opened_to) in expected {
        assert!(before.contains(&(door.to_owned(), opened_to.to_owned())), "{door} {opened_to} is not in {before:?}");
    }

    let closed = database.query("select door, opened_to from lockstep.close_doors()", &[]).await.unwrap();

    assert_eq!((closed.len(), doors().await), (before.len(), vec![]));

    let opened = database.query("select door, opened_to from lockstep.reopen_doors()", &[]).await.unwrap();

    assert_eq!((opened.len(), doors().await), (before.len(), before));
    assert_eq!(missing(&open, &picture(&installation).await), []);
}

/// Whoever comes after a statement that waits for a lock waits, too.
#[tokio::test]
async fn closing_does_not_wait_for_a_reader() {
    let installation = in_use().await;
    installation.execute("alter table public.rank_games disable row level security").await;
    installation.migrate().await;
    let mut reader = installation.cluster.connect("postgres").await.unwrap();
    let reading = reader.transaction().await.unwrap();
    reading.query("select from public.rank_games", &[]).await.unwrap();
    let database = installation.cluster.connect("postgres").await.unwrap();
    let before = picture(&installation).await;

    let error = database.query("select * from lockstep.close_doors()", &[]).await.unwrap_err();

    assert_eq!(error.code(), Some(&SqlState::LOCK_NOT_AVAILABLE), "{error}");
    assert_eq!(picture(&installation).await, before, "nothing is closed");
    reading.commit().await.unwrap();
    assert!(!database.query("select * from lockstep.close_doors()", &[]).await.unwrap().is_empty());
}

/// pg_stat_statements counts, by the role that asked. What the RPCs are called for is no use of an older way.
#[tokio::test]
async fn who_used_a_door_and_how_often_is_counted() {
    let installation = in_use().await;
    installation.migrate().await;
    let admin = installation.cluster.connect("supabase_admin").await.unwrap();
    admin.batch_execute("create extension pg_stat_statements with schema extensions").await.unwrap();
    admin
        .batch_execute("create role \"back-office\"; grant select on public.social_messages to \"back-office\"")
        .await
        .unwrap();
    let uses = async |door: &str, opened_to: &str| {
        let asked = "select lockstep.uses_of_door($1, $2)";
        admin.query_one(asked, &[&door, &opened_to]).await.unwrap().get::<_, Option<i64>>(0)
    };
    admin.batch_execute("select extensions.pg_stat_statements_reset()").await.unwrap();
    let ids =
        "p_room_id := null::uuid, p_game_id := null::uuid, p_match_instance_id := null::uuid, p_roster := null::jsonb";
    for (role, statement) in [
        ("authenticated", "select count(*) from public.social_messages"),
        ("authenticated", "select count(*) from public.social_messages"),
        ("authenticated", "delete from public.\"social_messages\" where false"),
        ("\"back-office\"", "select count(*) from public.social_messages"),
        ("service_role", "select public.verify_rank_roles_and_slots(\"p_roles\" := '[]', \"p_slots\" := '[]')"),
        // The RPCs, and the one that has an older form of its name.
        ("authenticated", "explain select public.fetch_social_messages(p_channel_id := null::uuid)"),
        (
            "authenticated",
            &format!("explain select public.sync_rank_match_roster({ids}, p_slot_template := null::jsonb)"),
        ),
        (
            "authenticated",
            &format!("explain select public.sync_rank_match_roster({ids}, p_request_owner_id := null::uuid)"),
        ),
    ] {
        admin.batch_execute(&format!("set role {role}; {statement}; reset role")).await.unwrap();
    }

    let table = "table public.social_messages";
    let older =
        "function public.sync_rank_match_roster(uuid,uuid,uuid,uuid,jsonb,bigint,text,timestamp with time zone)";
    for (door, opened_to, expected) in [
        (table, "authenticated may select", 3),
        (table, "authenticated may select (body)", 3),
        (table, "authenticated may delete", 1),
        (table, "authenticated may insert", 0),
        (table, "anon may select", 0),
        (table, "\"back-office\" may select", 1),
        ("function public.verify_rank_roles_and_slots(jsonb,jsonb)", "service_role", 1),
        (older, "authenticated", 1),
        (older, "service_role", 0),
    ] {
        assert_eq!(uses(door, opened_to).await, Some(expected), "{door}: {opened_to}");
    }
    let postgres = installation.cluster.connect("postgres").await.unwrap();
    let unseen = "select lockstep.uses_of_door('table public.social_messages', 'authenticated may select')";
    let unseen: Option<i64> = postgres.query_one(unseen, &[]).await.unwrap().get(0);
    assert_eq!(unseen, None, "the text of others is not shown to everybody");
}
