//! What a project could do with its own tables before the migrations, it can do after them.

use it::{Installation, Server};
use stack::database::Grants;

/// With an overlay and a template that hang on what the project has.
const STAGED: &str = "insert into public.rank_session_overlays (session_id, room_id, owner_id, version) \
    select session.id, room.id, person.id, 1 from public.rank_sessions as session, public.rank_rooms as room, auth.users as person limit 1; \
    update lockstep.rank_room_templates set session_id = (select session_id from public.rank_session_overlays) where true";

/// Each is tried before and after, and rolled back.
const OPERATIONS: &[&str] = &[
    "truncate public.rank_rooms, public.rank_room_slots, public.rank_match_roster",
    "truncate public.rank_sessions, public.rank_turns",
    "truncate public.rank_room_slots",
    "truncate public.rank_participants",
    "truncate public.rank_match_roster",
    "truncate public.social_messages",
    "truncate public.rank_games cascade",
    "truncate public.heroes cascade",
    "delete from public.rank_rooms",
    "delete from public.rank_sessions",
    "delete from public.rank_games",
    "delete from public.heroes",
    "delete from public.social_messages",
    "delete from auth.users",
    "delete from public.rank_turns; update public.rank_sessions set id = gen_random_uuid()",
    "delete from public.rank_room_slots; delete from public.rank_match_roster; update public.rank_rooms set id = gen_random_uuid()",
    "update public.social_messages set id = gen_random_uuid()",
    "update public.rank_match_roster set id = gen_random_uuid()",
    "insert into public.rank_rooms (id, code) values (gen_random_uuid(), 'OWN')",
    "insert into public.rank_sessions (id, game_id) select gen_random_uuid(), id from public.rank_games limit 1",
    "alter table public.rank_rooms rename to rooms",
    "alter table public.social_messages rename to chat",
    "alter table public.social_messages rename column body to content",
    "alter table public.rank_sessions set schema auth_own",
    "alter table public.rank_rooms disable row level security",
    "alter table public.rank_rooms force row level security",
    "alter table public.social_messages replica identity full",
    "alter publication supabase_realtime add table public.rank_sessions",
    "alter publication supabase_realtime drop table public.social_messages",
    "alter table public.heroes drop column portrait_prompt",
    "alter table public.rank_rooms alter column code type varchar(40)",
    "alter table public.rank_rooms alter column score_window type bigint",
    "alter table public.rank_sessions add column season text",
    "alter table public.social_messages alter column body type varchar(20000)",
    "alter table public.rank_sessions alter column status drop default",
    "alter table public.rank_match_roster drop constraint rank_match_roster_room_id_fkey",
    "alter table public.rank_match_roster drop constraint rank_match_roster_match_instance_id_slot_index_key",
    "drop index public.rooms_of_owner",
    "drop policy rank_rooms_own on public.rank_rooms",
    "drop table public.rank_turns",
    "drop table public.rank_match_roster",
    "drop table public.rank_sessions cascade",
    "drop table public.social_messages",
    "alter table public.rank_match_roster drop column room_id",
    "alter table public.rank_match_roster drop column hero_name",
    "alter table public.rank_match_roster drop constraint rank_match_roster_game_id_fkey, alter column game_id type text",
    "alter table public.rank_sessions drop constraint rank_sessions_game_id_fkey, alter column game_id type text",
    "alter table public.social_messages alter column channel_id type text",
    "alter table public.social_messages drop column channel_id",
];

/// Those that PostgreSQL refuses afterwards, since the policies and RPCs stand on it. `ADOPTING.md` says so.
const NO_MORE: &[&str] = &[
    "drop table public.social_messages",
    "alter table public.rank_match_roster drop column room_id",
    "alter table public.rank_match_roster drop constraint rank_match_roster_game_id_fkey, alter column game_id type text",
    "alter table public.rank_sessions drop constraint rank_sessions_game_id_fkey, alter column game_id type text",
    "alter table public.social_messages alter column channel_id type text",
    "alter table public.social_messages drop column channel_id",
];

async fn tried(installation: &Installation) -> Vec<(&'static str, Result<(), String>)> {
    let database = installation.cluster.connect("postgres").await.unwrap();
    let mut all = Vec::new();
    for operation in OPERATIONS {
        let done = database.batch_execute(&format!("begin; {operation}; set constraints all immediate")).await;
        database.batch_execute("rollback").await.unwrap();
        all.push((*operation, done.map_err(|error| format!("{:?}", error.as_db_error()))));
    }
    all
}

#[tokio::test]
async fn what_a_project_could_do_with_its_tables_it_can_still_do() {
    let installation = Installation::in_use_on(Server::Machine, Grants::BeforeOctober2026).await;
    installation.execute("create schema auth_own").await;
    let before = tried(&installation).await;
    installation.migrate().await;
    installation.execute(STAGED).await;

    let after = tried(&installation).await;

    let was_refused: Vec<_> = before.iter().filter(|(_, done)| done.is_err()).collect();
    assert!(was_refused.is_empty(), "{was_refused:#?}");
    let refused: Vec<_> = after.iter().filter(|(_, done)| done.is_err()).collect();
    assert_eq!(refused.iter().map(|(operation, _)| *operation).collect::<Vec<_>>(), NO_MORE, "{refused:#?}");
}
