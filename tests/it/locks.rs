//! Whoever deletes what a request is about to point at waits for it, or is waited for. Nobody is the victim of a deadlock.

use it::{Installation, Server};
use serde_json::json;
use stack::database::Grants;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Error, error::SqlState};

const ROWS: &str = include_str!("locks/rows.sql");
const ADA: &str = "10c00000-0000-4000-8000-000000000001";

/// Where a call stops: at the row that it is there for, or at the overlays.
const WRITING: u32 = 42;
const OPENING: u32 = 43;

/// A statement of somebody's, which begins now.
struct Other {
    pid: i32,
    done: JoinHandle<Result<(), Error>>,
}

async fn begin(installation: &Installation, sql: &str) -> Other {
    let client = installation.cluster.connect("postgres").await.unwrap();
    let pid = client.query_one("select pg_backend_pid()", &[]).await.unwrap().get(0);
    let sql = sql.to_owned();
    Other { pid, done: tokio::spawn(async move { client.batch_execute(&sql).await }) }
}

/// Until it waits for a lock.
async fn waits(client: &Client, other: &Other) {
    let waiting = "select exists (select from pg_locks where pid = $1 and not granted)";
    while !client.query_one(waiting, &[&other.pid]).await.unwrap().get::<_, bool>(0) {
        assert!(!other.done.is_finished(), "it has ended, and waited for nothing");
        tokio::task::yield_now().await;
    }
}

fn message(error: &Error) -> &str {
    error.as_db_error().unwrap().message()
}

fn as_ada(call: &str) -> String {
    let claims = json!({ "sub": ADA, "role": "authenticated" });
    format!(
        "begin; select set_config('request.jwt.claims', '{claims}', true); set local role authenticated; {call}; commit"
    )
}

/// The call stops in the middle, where a trigger waits for a lock that is held here; then the deletion begins; then the
/// call goes on. Both come to their end.
async fn both_end(place: u32, call: &str, deletion: &str) {
    let installation = Installation::migrated(Grants::Today).await;
    installation.execute(ROWS).await;
    let holder = installation.cluster.connect("postgres").await.unwrap();
    holder.batch_execute(&format!("select pg_advisory_lock({place})")).await.unwrap();

    let called = begin(&installation, &as_ada(call)).await;
    waits(&holder, &called).await;
    let deleted = begin(&installation, deletion).await;
    waits(&holder, &deleted).await;
    holder.batch_execute(&format!("select pg_advisory_unlock({place})")).await.unwrap();

    for (what, other) in [(call, called), (deletion, deleted)] {
        let ended = other.done.await.unwrap();
        assert!(ended.is_ok(), "{what} against {deletion}: {:?}", ended.unwrap_err().as_db_error());
    }
    let left = "select exists (select from public.rank_session_overlays where session_id not in (select id from public.rank_sessions) or room_id not in (select id from public.rank_rooms)) or exists (select from lockstep.rank_room_templates where room_id not in (select id from public.rank_rooms) or session_id is not null and session_id not in (select id from public.rank_sessions))";
    assert!(!holder.query_one(left, &[]).await.unwrap().get::<_, bool>(0), "{deletion} leaves what hung on it");
}

const SEND: &str = "select public.insert_social_message('10c00000-0000-4000-8000-0000000000c1', 'hello')";
const STAGE: &str = "select stalled.staged(2)";

#[tokio::test]
async fn a_message_and_the_deletion_of_its_sender() {
    both_end(WRITING, SEND, "delete from auth.users where id = '10c00000-0000-4000-8000-000000000001'").await;
}

#[tokio::test]
async fn a_message_and_the_deletion_of_its_channel() {
    both_end(WRITING, SEND, "delete from public.social_channels where id = '10c00000-0000-4000-8000-0000000000c1'")
        .await;
}

#[tokio::test]
async fn a_staging_and_the_deletion_of_a_player() {
    both_end(WRITING, STAGE, "delete from auth.users where id = '10c00000-0000-4000-8000-000000000002'").await;
}

#[tokio::test]
async fn a_staging_and_the_deletion_of_its_host() {
    both_end(WRITING, STAGE, "delete from auth.users where id = '10c00000-0000-4000-8000-000000000001'").await;
}

#[tokio::test]
async fn a_staging_and_the_deletion_of_a_hero() {
    both_end(WRITING, STAGE, "delete from public.heroes where id = '10c00000-0000-4000-8000-0000000000f2'").await;
}

#[tokio::test]
async fn a_staging_and_the_deletion_of_its_room() {
    both_end(WRITING, STAGE, "delete from public.rank_rooms where id = '10c00000-0000-4000-8000-0000000000b1'").await;
}

#[tokio::test]
async fn a_staging_and_the_deletion_of_its_game() {
    both_end(WRITING, STAGE, "delete from public.rank_games where id = '10c00000-0000-4000-8000-0000000000a1'").await;
}

#[tokio::test]
async fn a_staging_and_the_deletion_of_its_session() {
    both_end(OPENING, STAGE, "delete from public.rank_sessions where game_id = '10c00000-0000-4000-8000-0000000000a1'")
        .await;
}

/// Deletes while an overlay is in the way; the ending comes after it, waits for the room, and finds nothing to end.
async fn ending_waits_for(deletion: &str) {
    let installation = Installation::migrated(Grants::Today).await;
    installation.execute(ROWS).await;
    let holder = installation.cluster.connect("postgres").await.unwrap();
    let session = "select session_id::text from public.rank_session_overlays limit 1";
    let session: String = holder.query_one(session, &[]).await.unwrap().get(0);
    holder.batch_execute("begin; update public.rank_session_overlays set expires_at = expires_at").await.unwrap();

    let deleted = begin(&installation, deletion).await;
    waits(&holder, &deleted).await;
    let ended = begin(&installation, &as_ada(&format!("select public.end_rank_session('{session}')"))).await;
    waits(&holder, &ended).await;
    holder.batch_execute("rollback").await.unwrap();

    deleted.done.await.unwrap().unwrap_or_else(|error| panic!("{deletion}: {:?}", error.as_db_error()));
    let refused = ended.done.await.unwrap().unwrap_err();
    assert!(message(&refused).contains("session_not_found"), "{deletion}: {refused:?}");
}

#[tokio::test]
async fn an_ending_and_the_deletion_of_what_it_ends() {
    for deletion in [
        "delete from public.rank_sessions where true",
        "delete from public.rank_rooms where true",
        "delete from public.rank_games where true",
        "delete from auth.users where id = '10c00000-0000-4000-8000-000000000001'",
    ] {
        ending_waits_for(deletion).await;
    }
}

#[tokio::test]
async fn a_staging_for_the_next_match_and_who_writes_the_session_before_and_then_its_roster() {
    let installation = Installation::migrated(Grants::Today).await;
    installation.execute(ROWS).await;
    let server = installation.cluster.connect("postgres").await.unwrap();
    server.batch_execute("begin; update public.rank_sessions set turn = turn + 1").await.unwrap();

    let staged = begin(&installation, &as_ada("select stalled.staged(2, gen_random_uuid())")).await;
    waits(&server, &staged).await;
    server.batch_execute("update public.rank_match_roster set score = 1; commit").await.unwrap();

    staged.done.await.unwrap().unwrap();
}

#[tokio::test]
async fn stagings_of_one_user_at_once_are_each_counted() {
    const OTHER: &str = "10c00000-0000-4000-8000-0000000000b2";
    let installation = Installation::migrated(Grants::Today).await;
    installation.execute(ROWS).await;
    installation
        .execute(&format!(
            "update lockstep.settings set value = '2' where name = 'stagings_per_minute'; \
             insert into public.rank_rooms (id, game_id, owner_id, code) select '{OTHER}', game_id, owner_id, 'OTHER' from public.rank_rooms; \
             insert into public.rank_room_slots (room_id, slot_index, role, occupant_owner_id) \
             select '{OTHER}', slot_index, role, occupant_owner_id from public.rank_room_slots"
        ))
        .await;
    let first = installation.cluster.connect("postgres").await.unwrap();
    let staging = as_ada("select stalled.staged(2)");
    first.batch_execute(staging.strip_suffix("; commit").unwrap()).await.unwrap();

    let third = as_ada(&format!("select stalled.staged(1, gen_random_uuid(), '{OTHER}')"));
    let third = begin(&installation, &third).await;
    waits(&installation.cluster.connect("postgres").await.unwrap(), &third).await;
    first.batch_execute("commit").await.unwrap();

    let refused = third.done.await.unwrap().unwrap_err();
    assert!(message(&refused).contains("rate_limited"), "{refused:?}");
}

/// The project's heroes, and our slots: a user who goes is held before a hero is.
#[tokio::test]
async fn a_seat_and_the_deletion_of_who_takes_it() {
    let installation = Installation::in_use_on(Server::Machine, Grants::BeforeOctober2026).await;
    installation.execute("drop table public.rank_room_slots").await;
    installation.migrate().await;
    installation.execute(ROWS).await;
    let first = installation.cluster.connect("postgres").await.unwrap();
    let who = "id = '10c00000-0000-4000-8000-000000000002'";
    first.batch_execute(&format!("begin; select from auth.users where {who} for update")).await.unwrap();

    let seated = "update public.rank_room_slots set occupant_owner_id = '10c00000-0000-4000-8000-000000000002', \
         occupant_hero_id = '10c00000-0000-4000-8000-0000000000f2' where slot_index = 0 and room_id = '10c00000-0000-4000-8000-0000000000b1'";
    let seated = begin(&installation, seated).await;
    waits(&installation.cluster.connect("postgres").await.unwrap(), &seated).await;
    first.batch_execute(&format!("delete from auth.users where {who}; commit")).await.unwrap();

    let refused = seated.done.await.unwrap().unwrap_err();
    assert_eq!(refused.code(), Some(&SqlState::FOREIGN_KEY_VIOLATION), "{refused}");
}

const CHANNEL: &str =
    "insert into public.social_channels (id, name) values ('10c00000-0000-4000-8000-0000000000c1', 'own')";

/// The project's channels, and our memberships: a trigger does what a foreign key would.
#[tokio::test]
async fn a_membership_and_the_deletion_of_a_channel_that_the_project_had() {
    let installation = Installation::in_use_on(Server::Machine, Grants::BeforeOctober2026).await;
    installation.execute("create table public.social_channels (id uuid primary key, name text not null)").await;
    installation.migrate().await;
    installation.execute(&format!("insert into auth.users (id, email) values ('{ADA}', 'ada@locks.test')")).await;
    installation.execute(CHANNEL).await;
    let first = installation.cluster.connect("postgres").await.unwrap();
    let joins =
        format!("insert into public.social_channel_members values ('10c00000-0000-4000-8000-0000000000c1', '{ADA}')");
    let deletes = "delete from public.social_channels where true";

    first.batch_execute(&format!("begin; {joins}")).await.unwrap();
    let deleted = begin(&installation, deletes).await;
    waits(&first, &deleted).await;
    first.batch_execute("commit").await.unwrap();
    deleted.done.await.unwrap().unwrap();
    let left: i64 = first.query_one("select count(*) from public.social_channel_members", &[]).await.unwrap().get(0);
    assert_eq!(left, 0);

    installation.execute(CHANNEL).await;
    first.batch_execute(&format!("begin; {deletes}")).await.unwrap();
    let joined = begin(&installation, &joins).await;
    waits(&first, &joined).await;
    first.batch_execute("commit").await.unwrap();
    let refused = joined.done.await.unwrap().unwrap_err();
    assert_eq!(refused.code(), Some(&SqlState::FOREIGN_KEY_VIOLATION), "{refused}");
}
