//! What a project could do with its own tables before the migrations, it can do after them.

use it::{Installation, Server};
use serde_json::{Value, json};
use stack::database::Grants;

/// With an overlay and a template that hang on what the project has.
const STAGED: &str = "insert into public.rank_session_overlays (session_id, room_id, owner_id, version) \
    select session.id, room.id, person.id, 1 from public.rank_sessions as session, public.rank_rooms as room, auth.users as person limit 1; \
    update lockstep.rank_room_templates set session_id = (select session_id from public.rank_session_overlays) where true";

/// Somebody who may read each column of a table, to which one is added.
const ANALYST: &str = "alter table public.heroes drop column ability4; create role analyst; grant analyst to postgres; \
    grant usage on schema public to analyst; do $$ begin execute (select format('grant select (%s) on public.heroes to analyst', \
      string_agg(quote_ident(attname), ', ')) from pg_attribute \
      where attrelid = 'public.heroes'::regclass and attnum > 0 and not attisdropped); end $$";

/// Each is tried before and after, and rolled back.
const OPERATIONS: &[&str] = &[
    "set local role analyst; select * from public.heroes",
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
    "alter table public.social_messages rename column id to key; delete from public.social_messages",
    "alter table public.social_messages rename column sender_id to author; delete from public.social_messages",
    "alter table public.social_messages rename column id to key; insert into public.social_messages (channel_id, body) values (gen_random_uuid(), 'own')",
    "alter table public.rank_rooms rename column id to key; delete from public.rank_rooms",
    "alter table public.rank_sessions rename column id to key; delete from public.rank_sessions",
    "alter table public.rank_room_slots rename column id to key; delete from public.rank_room_slots",
    "alter table public.rank_room_slots rename column occupant_owner_id to player; update public.rank_room_slots set player = null",
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

/// Tables that others are made beside, and nobody's rows yet.
const ALONE: &str = "drop table public.rank_turns, public.rank_sessions, public.rank_match_roster, public.rank_participants, \
    public.rank_room_slots; \
    create table public.social_channels (id uuid primary key, name text); \
    insert into public.social_channels values (md5('a')::uuid, 'a'), (md5('b')::uuid, 'b')";

/// What is made points at them.
const POINTING: &str = "insert into public.social_channel_members (channel_id, user_id) \
        select channel.id, person.id from public.social_channels as channel, auth.users as person; \
    insert into public.rank_room_slots (room_id, slot_index, occupant_hero_id) \
        select room.id, row_number() over (), hero.id from public.rank_rooms as room, public.heroes as hero; \
    insert into public.rank_sessions (game_id) select id from public.rank_games; \
    insert into public.rank_participants (game_id, owner_id, hero_id) \
        select game.id, hero.owner_id, hero.id from public.rank_games as game, public.heroes as hero \
        where hero.owner_id is not null on conflict do nothing; \
    insert into public.rank_match_roster (match_instance_id, room_id, game_id, slot_index, role, hero_id) \
        select md5('match')::uuid, slot.room_id, room.game_id, slot.slot_index, 'attack', slot.occupant_hero_id \
        from public.rank_room_slots as slot join public.rank_rooms as room on room.id = slot.room_id";

/// Each is tried before and after, and rolled back.
const BESIDE: &[&str] = &[
    "truncate public.social_channels",
    "delete from public.social_channels",
    "update public.social_channels set id = gen_random_uuid()",
    "drop table public.social_channels",
    "alter table public.social_channels drop constraint social_channels_pkey, alter column id type text",
    "alter table public.social_channels drop column id",
    "truncate public.rank_games, public.rank_rooms",
    "truncate public.rank_rooms",
    "truncate public.heroes",
    "drop table public.heroes",
    "update public.heroes set id = gen_random_uuid()",
    "delete from public.heroes",
    "delete from public.rank_games",
    "alter table public.social_channels rename column id to key; delete from public.social_channels",
];

/// Those that PostgreSQL refuses afterwards, since triggers stand on the column. `ADOPTING.md` says so.
const NO_MORE_BESIDE: &[&str] = &[
    "alter table public.social_channels drop constraint social_channels_pkey, alter column id type text",
    "alter table public.social_channels drop column id",
];

async fn tried(installation: &Installation, operations: &[&'static str]) -> Vec<(&'static str, Result<(), String>)> {
    let database = installation.cluster.connect("postgres").await.unwrap();
    let mut all = Vec::new();
    for operation in operations {
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
    installation.execute(ANALYST).await;
    let before = tried(&installation, OPERATIONS).await;
    installation.migrate().await;
    installation.execute(STAGED).await;

    let after = tried(&installation, OPERATIONS).await;

    let was_refused: Vec<_> = before.iter().filter(|(_, done)| done.is_err()).collect();
    assert!(was_refused.is_empty(), "{was_refused:#?}");
    let refused: Vec<_> = after.iter().filter(|(_, done)| done.is_err()).collect();
    assert_eq!(refused.iter().map(|(operation, _)| *operation).collect::<Vec<_>>(), NO_MORE, "{refused:#?}");
}

/// No foreign key of ours holds a table of the project's; and what pointed at a row goes with it all the same.
#[tokio::test]
async fn what_is_made_beside_a_projects_tables_holds_nothing_there() {
    let installation = Installation::in_use_on(Server::Machine, Grants::BeforeOctober2026).await;
    installation.execute(ALONE).await;
    let before = tried(&installation, BESIDE).await;
    installation.migrate().await;
    installation.execute(POINTING).await;

    let after = tried(&installation, BESIDE).await;

    let refused = |tried: &[(&'static str, Result<(), String>)]| -> Vec<&str> {
        tried.iter().filter(|(_, done)| done.is_err()).map(|(operation, _)| *operation).collect()
    };
    assert_eq!((refused(&before), refused(&after)), (Vec::new(), NO_MORE_BESIDE.to_vec()), "{after:#?}");
    let counts = "select jsonb_build_array( \
        (select count(*) from public.social_channel_members where channel_id = md5('a')::uuid), \
        (select count(*) from public.social_channel_members where channel_id = md5('c')::uuid), \
        (select count(*) from public.rank_room_slots), (select count(*) from public.rank_match_roster), \
        (select count(*) from public.rank_participants where hero_id is not null), (select count(*) from public.rank_sessions) \
      )";
    let counted = async |sql: &str| -> Value {
        let database = installation.cluster.connect("postgres").await.unwrap();
        database.batch_execute(&format!("begin; {sql}")).await.unwrap();
        database.query_one(counts, &[]).await.unwrap().get(0)
    };
    let all = counted("select").await;
    let [members, _, slots, roster, players, sessions] = [0, 1, 2, 3, 4, 5].map(|which| all[which].clone());
    assert!(all[0] != 0 && all[2] != 0 && all[4] != 0, "{all}");
    let gone = counted("delete from public.social_channels").await;
    assert_eq!(gone, json!([0, 0, slots, roster, players, sessions]));
    let renamed = "update public.social_channels set id = md5('c')::uuid where name = 'a'";
    assert_eq!(counted(renamed).await, json!([0, members, slots, roster, players, sessions]));
    assert_eq!(counted("truncate public.heroes").await, json!([members, 0, slots, roster, 0, sessions]));
    assert_eq!(counted("truncate public.rank_rooms").await, json!([members, 0, 0, 0, players, sessions]));
    assert_eq!(counted("delete from public.rank_games").await, json!([members, 0, 0, 0, 0, 0]));
}
