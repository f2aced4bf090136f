//! Overlays at scale and under real pg_cron. What the RPCs, the broadcasts and the policies do, pgTAP holds
//! (supabase/tests/rank_overlay_*.test.sql); what browsers make of it, browser.mjs.

use std::time::Duration;

use it::{Installation, Room, running};
use serde_json::json;
use stack::database::Grants;
use tokio::task::JoinSet;
use uuid::Uuid;

/// The test sweeps, and nobody else: a minute may begin in the middle of it.
const WITHOUT_CRON: &str = "do $$ begin \
    if to_regclass('cron.job') is not null then perform cron.unschedule(jobname) from cron.job; end if; end $$";

/// Overlays of so many players in each of so many sessions, that are over.
async fn with_expired(installation: Installation, sessions: i32, players: i32) -> Installation {
    let rows = format!(
        "insert into auth.users (id, email) select gen_random_uuid(), 'p' || n || '@sweep.test' from generate_series(1, {players}) as n; \
         insert into public.rank_games (id, name) values ('00000000-0000-4000-b000-000000000001', 'Siege'); \
         insert into public.rank_rooms (id, game_id, owner_id, code) \
         select '00000000-0000-4000-9000-000000000001', '00000000-0000-4000-b000-000000000001', id, 'sweep' from auth.users limit 1; \
         insert into public.rank_sessions (game_id, owner_id) \
         select game_id, owner_id from public.rank_rooms, generate_series(1, {sessions}); \
         insert into public.rank_session_overlays (session_id, room_id, owner_id, version, renewed_at) \
         select session.id, '00000000-0000-4000-9000-000000000001', player.id, 1, now() - interval '10 minutes' \
         from public.rank_sessions as session, auth.users as player"
    );
    installation.execute(&rows).await;
    installation
}

#[tokio::test]
async fn ten_thousand_that_end_at_once_are_swept_in_bounded_batches_and_each_is_told() {
    let installation = Installation::migrated(Grants::Today).await;
    installation.execute(WITHOUT_CRON).await;
    let installation = with_expired(installation, 50, 200).await;
    let database = installation.cluster.connect("postgres").await.unwrap();
    let mut batches = Vec::new();

    loop {
        let swept: i32 = database.query_one("select lockstep.sweep_rank_overlays()", &[]).await.unwrap().get(0);
        if swept == 0 {
            break;
        }
        batches.push(swept);
    }

    assert!(batches.iter().all(|swept| *swept <= 2000), "{batches:?}");
    assert_eq!(batches.iter().sum::<i32>(), 10_000);
    let told = "select count(distinct payload ->> 'overlay_id') filter (where topic like 'rank_overlay_ttl:%' and payload ->> 'reason' = 'ttl'), \
         count(*) filter (where topic = 'rank_overlay_ttl'), \
         (select count(*) from lockstep.rank_overlay_outbox), (select count(*) from public.rank_session_overlays) \
         from realtime.messages where event = 'overlay_expired'";
    let told = database.query_one(told, &[]).await.unwrap();
    let told: [i64; 4] = std::array::from_fn(|column| told.get(column));
    assert_eq!(told, [10_000, i64::try_from(batches.len()).unwrap(), 0, 0]);
}

/// pg_cron of this machine, created by the migration, with the schedule that it found possible: seconds, or the next minute.
#[tokio::test]
async fn pg_cron_sweeps_by_itself() {
    if !running().has_test_extensions() {
        return;
    }
    let installation = Installation::empty(Grants::Today).await;
    let admin = installation.cluster.connect("supabase_admin").await.unwrap();
    // Hosted, postgres may create it without being a superuser.
    admin.batch_execute("drop extension pg_cron; alter role postgres superuser").await.unwrap();
    installation.migrate().await;
    admin.batch_execute("alter role postgres nosuperuser").await.unwrap();
    let installation = with_expired(installation, 1, 3).await;
    let (_listening, mut written) =
        installation.cluster.login("supabase_admin").listen("realtime_messages").await.unwrap();

    // Three for the players, one for all.
    for _ in 0..4 {
        let message = tokio::time::timeout(Duration::from_secs(90), written.recv()).await;
        message.expect("the job ran within one and a half minutes").expect("the database is there");
    }

    let database = installation.cluster.connect("postgres").await.unwrap();
    let left = database.query_one("select count(*) from public.rank_session_overlays", &[]).await.unwrap();
    assert_eq!(left.get::<_, i64>(0), 0);
}

/// It is there to be had, and `postgres` may not create it.
#[tokio::test]
async fn pg_cron_that_cannot_be_created_stops_no_migration() {
    let installation = Installation::empty(Grants::Today).await;
    let admin = installation.cluster.connect("supabase_admin").await.unwrap();
    admin.batch_execute("drop extension if exists pg_cron").await.unwrap();

    installation.migrate().await;

    let swept = "select lockstep.sweep_rank_overlays(), (select count(*) from pg_extension where extname = 'pg_cron')";
    let row = admin.query_one(swept, &[]).await.unwrap();
    assert_eq!((row.get::<_, i32>(0), row.get::<_, i64>(1)), (0, 0));
}

/// The janitor of Realtime makes the partitions; without one, every broadcast is lost without an error.
#[tokio::test]
async fn without_the_days_partition_events_wait_and_are_sent_once_when_it_is_back() {
    let installation = with_expired(Installation::migrated(Grants::Today).await, 1, 5).await;
    let admin = installation.cluster.connect("supabase_admin").await.unwrap();
    let database = installation.cluster.connect("postgres").await.unwrap();
    let sweep =
        async || database.query_one("select lockstep.sweep_rank_overlays()", &[]).await.unwrap().get::<_, i32>(0);
    let waiting = async || {
        let count = "select count(*) from lockstep.rank_overlay_outbox";
        database.query_one(count, &[]).await.unwrap().get::<_, i64>(0)
    };
    let partition = "select to_char(now() at time zone 'UTC', '\"realtime.messages_\"YYYY_MM_DD'), \
         (now() at time zone 'UTC')::date::text, ((now() at time zone 'UTC')::date + 1)::text";
    let row = database.query_one(partition, &[]).await.unwrap();
    let [name, from, to]: [String; 3] = std::array::from_fn(|column| row.get(column));
    admin.batch_execute(&format!("drop table {name}")).await.unwrap();

    let swept = sweep().await;
    let (waited, again) = (waiting().await, sweep().await);
    admin
        .batch_execute(&format!(
            "create table {name} partition of realtime.messages for values from ('{from}') to ('{to}')"
        ))
        .await
        .unwrap();
    sweep().await;
    sweep().await;

    // Five players, and once for all.
    assert_eq!((swept, waited, again, waiting().await), (5, 6, 0, 0));
    let sent =
        "select count(*), count(distinct payload ->> 'id') from realtime.messages where event = 'overlay_expired'";
    let sent = database.query_one(sent, &[]).await.unwrap();
    assert_eq!((sent.get::<_, i64>(0), sent.get::<_, i64>(1)), (6, 6));
}

/// What happens to one room at the same moment happens one after the other, whatever the order.
#[tokio::test]
async fn ending_renewing_and_staging_at_once_leave_no_overlay_in_a_session_that_has_ended() {
    let room = Room::new().await;
    let query = "select template.session_id, count(live.id) filter (where template.session_ended or live.session_id <> template.session_id) \
         from lockstep.rank_room_templates as template \
         left join public.rank_session_overlays_live as live on live.room_id = template.room_id \
         where template.room_id = $1 group by template.session_id";
    for round in 0..20 {
        room.stage(&room.owner, &room.staging(2 * round + 1)).send().await;
        let session: Uuid = room.database.query_one(query, &[&room.id]).await.unwrap().get(0);
        let argument = json!({ "p_session_id": session });
        let mut calls = JoinSet::new();
        for _ in 0..4 {
            calls.spawn(room.guest.post("/rest/v1/rpc/renew_rank_session_overlay", &argument).apikey().send_anywhere());
        }
        calls.spawn(room.owner.post("/rest/v1/rpc/end_rank_session", &argument).apikey().send_anywhere());
        if round % 2 == 0 {
            calls.spawn(room.stage(&room.owner, &room.staging(2 * round + 2)).send_anywhere());
        }

        for answer in calls.join_all().await {
            assert!(answer.status.as_u16() < 500, "{}", answer.body);
        }

        let astray: i64 = room.database.query_one(query, &[&room.id]).await.unwrap().get(1);
        assert_eq!(astray, 0, "round {round}");
    }
}
