//! What projects have of their own, and what becomes of each.

/// Trigger function `t`, with what it does.
macro_rules! trigger {
    ($when:literal, $does:literal) => {
        concat!(
            "create function public.t() returns trigger language plpgsql as $$ begin ",
            $does,
            " end $$; create trigger t ",
            $when,
            " for each row execute function public.t()"
        )
    };
}

/// What is seen to differ, and the object that has to be named.
pub const DIFFERS: &[(&str, &str)] = &[
    (
        "alter table public.social_messages drop column body, add column body text generated always as ('x') stored",
        "column public.social_messages.body",
    ),
    (
        "alter table public.rank_sessions drop column status, add column ended timestamptz, add column status text generated always as (case when ended is null then 'on' else 'ended' end) stored",
        "column public.rank_sessions.status",
    ),
    (
        "alter table public.rank_match_roster alter column slot_index add generated always as identity",
        "column public.rank_match_roster.slot_index",
    ),
    (
        "create domain public.must as text not null; alter table public.social_messages add column own public.must",
        "column public.social_messages.own",
    ),
    (
        "create domain public.text_id as uuid; alter table public.social_messages alter column channel_id type public.text_id",
        "column public.social_messages.channel_id",
    ),
    (
        "create type public.word as enum ('attack'); alter table public.rank_room_slots alter column role type public.word using null",
        "column public.rank_room_slots.role",
    ),
    (
        "alter table public.social_messages alter column inserted_at drop default, alter column inserted_at drop not null",
        "column public.social_messages.inserted_at",
    ),
    (
        "alter table public.social_messages alter column inserted_at type timestamp",
        "column public.social_messages.inserted_at",
    ),
    (
        "create table public.older (client_message_id text) inherits (public.social_messages)",
        "column public.social_messages.client_message_id",
    ),
    (
        "drop table public.social_messages; create type public.said as (id uuid, channel_id uuid, sender_id uuid, body text, inserted_at timestamptz); create table public.social_messages of public.said (id default gen_random_uuid(), inserted_at default now())",
        "column public.social_messages.client_message_id",
    ),
    (
        "drop table public.social_messages; create table public.social_messages (id uuid, channel_id uuid, sender_id uuid, body text, inserted_at timestamptz default now()) partition by range (inserted_at)",
        "table public.social_messages",
    ),
    (
        "create table public.said (like public.social_messages) partition by list (channel_id); alter table public.said attach partition public.social_messages default",
        "table public.social_messages",
    ),
    ("create type public.social_channels as enum ('all')", "table public.social_channels"),
    (
        "reset role; create foreign data wrapper away; create server away foreign data wrapper away; create foreign table public.social_channels (id uuid) server away",
        "table public.social_channels",
    ),
    ("create materialized view public.social_channels as select 1 as id", "table public.social_channels"),
    ("create domain public.rank_session_overlays as text", "table public.rank_session_overlays"),
    (
        "create table public.own (id uuid constraint one_overlay_per_player unique)",
        "index public.one_overlay_per_player",
    ),
    ("create table public.rank_session_overlays_by_room ()", "index public.rank_session_overlays_by_room"),
    (
        "create index social_messages_by_channel_and_age on public.social_messages (inserted_at)",
        "index public.social_messages_by_channel_and_age",
    ),
    (
        r#"create policy "members read messages" on public.social_messages using (true)"#,
        r#"policy "members read messages" on public.social_messages"#,
    ),
    (
        "create policy closed on public.rank_match_roster as restrictive for delete using (false)",
        r#"policy "closed" on public.rank_match_roster"#,
    ),
    (
        "create trigger new_messages_are_announced after insert on public.social_messages for each row execute function pg_catalog.suppress_redundant_updates_trigger()",
        "trigger new_messages_are_announced on public.social_messages",
    ),
    (
        "create rule away as on insert to public.social_messages do instead nothing",
        "rule away on public.social_messages",
    ),
    (
        "create rule kept as on delete to public.rank_match_roster do instead nothing",
        "rule kept on public.rank_match_roster",
    ),
    (
        "alter publication supabase_realtime add table public.rank_match_roster where (slot_index > 0)",
        "table public.rank_match_roster",
    ),
    ("alter publication supabase_realtime add table public.rank_match_roster (role)", "table public.rank_match_roster"),
    (
        "create policy own on public.social_messages for select using (exists (select from public.social_messages as other where other.sender_id = auth.uid()))",
        r#"policy "own" on public.social_messages"#,
    ),
    (
        "create table public.bans (room_id uuid); alter table public.bans enable row level security; create policy bans on public.bans using (exists (select from public.rank_participants as player where player.id = room_id)); create policy own on public.rank_participants using (exists (select from public.bans as ban where ban.room_id = rank_participants.id))",
        r#"policy "own" on public.rank_participants"#,
    ),
    ("create role rank_rpc_owner login", "role rank_rpc_owner"),
    ("reset role; create role rank_rpc_owner replication", "role rank_rpc_owner"),
    ("reset role; create role social_rpc_owner in role postgres", "role social_rpc_owner"),
    ("reset role; alter schema public owner to supabase_admin", "schema public"),
    ("revoke usage on schema public from public, authenticated", "schema public"),
];

/// What shows only when it is tried, and what is said of it.
pub const CANNOT: &[(&str, &str)] = &[
    (
        trigger!("before insert on public.social_messages", "new.sender_id := auth.uid(); return new;"),
        "table public.social_messages: the RPCs could not read or write there: permission denied for schema auth",
    ),
    (
        concat!(
            "create table public.log (said text);",
            trigger!("after insert on public.social_messages", "insert into log values (new.body); return new;")
        ),
        "table public.social_messages: the RPCs could not read or write there: relation \"log\" does not exist",
    ),
    (
        trigger!(
            "after insert on public.rank_match_roster",
            "update public.rank_rooms set updated_at = now() where id = new.room_id; return new;"
        ),
        "table public.rank_match_roster: the RPCs could not read or write there: permission denied for table rank_rooms",
    ),
    (
        trigger!("before insert on public.rank_sessions", "return null;"),
        "table public.rank_sessions: a trigger leaves it out, or writes something else",
    ),
    (
        trigger!("before insert on public.social_messages", "new.channel_id := gen_random_uuid(); return new;"),
        "table public.social_messages: a trigger leaves it out, or writes something else",
    ),
    (
        trigger!("before delete on public.rank_match_roster", "return null;"),
        "table public.rank_match_roster: a trigger keeps what is removed",
    ),
    (
        "create function public.own() returns text language sql as 'select 1::text'; revoke all on function public.own() from public, anon, authenticated; alter table public.social_messages add column own text default public.own()",
        "table public.social_messages: the RPCs could not read or write there: permission denied for function own",
    ),
    (
        "create domain public.must as text check (value is not null); alter table public.social_messages add column own public.must",
        "table public.social_messages: the RPCs could not read or write there: value for domain public.must violates",
    ),
    (
        "reset role; create sequence public.numbers; alter table public.social_messages add column own bigint default nextval('public.numbers'); revoke all on sequence public.numbers from postgres",
        "table public.social_messages: the RPCs could not read or write there: permission denied for sequence numbers",
    ),
    (
        "create function public.is_member() returns boolean language sql stable as 'select auth.uid() is not null'; create policy own on public.social_messages for select using (public.is_member())",
        "table public.social_messages: the RPCs could not read or write there: permission denied for schema auth",
    ),
    (
        "create function public.is_member() returns boolean language plpgsql stable as 'begin return auth.uid() is not null; end'; create policy own on public.rank_room_slots as restrictive using (public.is_member())",
        "table public.rank_room_slots: the RPCs could not read or write there: permission denied for schema auth",
    ),
    (
        "create policy own on public.rank_rooms as restrictive using (current_user = 'authenticated' and owner_id = auth.uid())",
        "table public.rank_rooms: its policy \"own\" lets a row pass for authenticated, and not for another role",
    ),
    (
        "create policy own on public.social_messages as restrictive for insert with check (current_role = 'authenticated')",
        "table public.social_messages: its policy \"own\" lets a row pass for authenticated, and not for another role",
    ),
    (
        "reset role; create function public.no() returns event_trigger language plpgsql as $$ begin raise exception 'ask the operators'; end $$; create event trigger no on ddl_command_end when tag in ('ALTER FUNCTION') execute function public.no()",
        "make what they make: ask the operators",
    ),
    (
        "reset role; revoke references on auth.users from postgres",
        "make what they make: permission denied for table users",
    ),
];

/// What fits, and works.
pub const FITS: &[&str] = &[
    "alter table public.social_messages add column n bigserial, add column i bigint generated always as identity; alter table public.rank_match_roster add column n bigserial",
    "alter table public.social_messages add column length integer generated always as (char_length(body)) stored",
    "create domain public.word as text default 'x' not null; alter table public.social_messages add column own public.word",
    "create type public.word as enum ('active', 'done'); alter table public.rank_sessions alter column status drop default, alter column status type public.word using 'active', alter column status set default 'active'",
    "create table public.older () inherits (public.social_messages); create table public.other () inherits (public.rank_match_roster)",
    "drop table public.social_messages; create unlogged table public.social_messages (id uuid default gen_random_uuid(), channel_id uuid, sender_id uuid, body text, inserted_at timestamptz default now())",
    "reset role; create collation public.any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false); set local role postgres; alter table public.social_messages alter column body type text collate public.any_case; alter table public.rank_match_roster alter column role type text collate public.any_case",
    "alter table public.social_messages force row level security; alter table public.rank_match_roster force row level security; alter table public.rank_sessions force row level security; alter table public.rank_rooms force row level security",
    "alter table public.rank_match_roster drop constraint rank_match_roster_match_instance_id_slot_index_key, add unique (match_instance_id, slot_index) deferrable; alter table public.rank_participants drop constraint rank_participants_game_id_owner_id_key, add unique nulls not distinct (game_id, owner_id) deferrable initially deferred",
    "alter table public.rank_match_roster drop constraint rank_match_roster_pkey; reset role; create publication inserts for table public.rank_match_roster with (publish = 'insert')",
    "create rule copies as on insert to public.social_messages do also notify said",
    "create role rank_rpc_owner; create role social_rpc_owner; alter role rank_rpc_owner set statement_timeout = '1ms'",
    "alter default privileges grant all on tables to anon; alter default privileges grant all on functions to anon",
    trigger!("before insert on public.social_messages", "new.body := upper(new.body); return new;"),
    "create policy own on public.rank_rooms to anon using (exists (select from public.rank_room_slots as slot where slot.room_id = rank_rooms.id)); create policy slots on public.rank_room_slots to public using (exists (select from public.rank_rooms as room where room.id = room_id))",
    trigger!("before update on public.rank_sessions", "new.updated_at := now(); return new;"),
    trigger!(
        "before insert on public.social_messages",
        "if new.channel_id <> 'ad000000-0000-4000-8000-0000000000c1' then raise insufficient_privilege; end if; return new;"
    ),
    "create function public.t() returns trigger language plpgsql security definer as 'begin new.sender_id := auth.uid(); return new; end'; create trigger t before insert on public.social_messages for each row execute function public.t()",
    "create function public.t() returns trigger language plpgsql as 'begin return null; end'; create trigger t after insert on public.social_messages referencing new table as said for each statement execute function public.t()",
    "create policy own on public.rank_participants as restrictive for select using (owner_id = auth.uid()); create policy own on public.social_messages as restrictive for insert with check (sender_id = auth.uid())",
    "create view public.chat as select id, channel_id, body from public.social_messages; grant select on public.chat to authenticated, anon; create materialized view public.busiest as select channel_id, count(*) from public.social_messages group by 1; grant select on public.busiest to anon",
    "create function public.unread(p uuid) returns bigint language sql stable security definer set search_path = public as 'select count(*) from social_messages where channel_id = p'; create function public.post(p uuid, t text) returns void language plpgsql security definer as 'begin insert into public.social_messages (channel_id, sender_id, body) values (p, auth.uid(), t); end'; create function public.roster(p uuid) returns setof public.rank_match_roster language sql stable security definer begin atomic select * from public.rank_match_roster where room_id = p; end",
    "grant all on public.social_messages to public; grant all on public.rank_match_roster to public; grant select on public.rank_rooms to public",
    "create policy own on public.rank_rooms as restrictive using (current_user <> 'anon'); create policy own on public.rank_match_roster as restrictive using (auth.role() = 'authenticated')",
];

/// Of each kind one, in one project: what is said, each of which has to be in what the first migration says.
pub const TOGETHER: &[(&str, &str)] = &[
    (
        "alter table public.rank_room_slots alter column slot_index type bigint",
        "column public.rank_room_slots.slot_index",
    ),
    (
        "alter table public.social_messages add column metadata jsonb not null",
        "column public.social_messages.metadata: it is not null",
    ),
    ("create table public.rank_session_overlays_by_room ()", "index public.rank_session_overlays_by_room"),
    (
        trigger!("before insert on public.social_messages", "new.sender_id := auth.uid(); return new;"),
        "table public.social_messages: the RPCs could not read or write there: permission denied for schema auth",
    ),
    (
        "create policy own on public.rank_rooms as restrictive using (current_user = 'authenticated')",
        "table public.rank_rooms: its policy \"own\" lets a row pass for authenticated",
    ),
    ("create role rank_rpc_owner login", "role rank_rpc_owner"),
];
