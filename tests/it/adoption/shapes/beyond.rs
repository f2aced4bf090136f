//! What reaches beyond its own table: policies that look at others, triggers that copy whole rows, names that are kept.

/// What is seen to differ, and the object that has to be named.
pub const DIFFERS: &[(&str, &str)] = &[
    (
        "drop policy rank_games_read on public.rank_games; drop policy rank_games_own on public.rank_games; create policy readers on public.rank_games for select to authenticated using (true); create policy listed on public.rank_rooms as restrictive for select using (exists (select from public.rank_games as game where game.id = game_id))",
        r#"policy "listed" on public.rank_rooms"#,
    ),
    (
        "create table public.bans (user_id uuid); alter table public.bans enable row level security; create policy own on public.bans for select to authenticated using (true); create policy allowed on public.social_messages as restrictive for select using (not exists (select from public.bans where bans.user_id = sender_id))",
        r#"policy "allowed" on public.social_messages"#,
    ),
    (
        "create table public.blocks (by uuid); create function public.is_ok() returns boolean language sql stable security definer set search_path = '' as 'select true'; revoke execute on function public.is_ok() from public, anon; create policy allowed on public.rank_rooms as restrictive for select using (public.is_ok() and not exists (select from public.blocks where blocks.by = owner_id))",
        r#"policy "allowed" on public.rank_rooms"#,
    ),
    (
        "create table public.social_channel_members (channel_id uuid, user_id uuid, inserted_at timestamptz default now(), primary key (channel_id, user_id)); alter table public.social_channel_members enable row level security; create policy speakers on public.social_channel_members for select using (exists (select from public.social_messages as message where message.channel_id = social_channel_members.channel_id))",
        r#"policy "speakers" on public.social_channel_members"#,
    ),
    (
        "create policy fielded on public.rank_participants as restrictive for select using (hero_id is null or exists (select from public.heroes as hero where hero.id = hero_id))",
        r#"policy "fielded" on public.rank_participants"#,
    ),
    (
        "alter table public.social_messages add column place integer default 0, add unique nulls not distinct (place)",
        "index public.social_messages_place_key",
    ),
    (
        "alter table public.social_messages add column client_message_id uuid, add unique nulls not distinct (sender_id, client_message_id)",
        "index public.social_messages_sender_id_client_message_id_key",
    ),
    (
        "create index rank_match_roster_by_room on public.rank_match_roster (room_id) where status = 'live'",
        "index public.rank_match_roster_by_room",
    ),
    (
        "create policy mfa on public.social_messages as restrictive to authenticated using ((select auth.jwt() ->> 'aal') = 'aal2')",
        r#"policy "mfa" on public.social_messages"#,
    ),
    (
        "create table public.social_channel_members (channel_id uuid, user_id uuid, left_at timestamptz, inserted_at timestamptz default now(), primary key (channel_id, user_id)); create policy stays on public.social_channel_members as restrictive for select to authenticated using (left_at is null)",
        r#"policy "stays" on public.social_channel_members"#,
    ),
    (
        "create table public.bans (user_id uuid); create function public.me() returns uuid language sql stable as 'select auth.uid()'; create policy unbanned on public.social_messages as restrictive for insert with check (public.me() = sender_id and not exists (select from public.bans where bans.user_id = sender_id))",
        r#"policy "unbanned" on public.social_messages"#,
    ),
    (
        "create table public.bans (user_id uuid); create view public.my_bans with (security_invoker = true) as select * from public.bans; create policy unbanned on public.social_messages as restrictive for insert with check (not exists (select from public.my_bans))",
        r#"policy "unbanned" on public.social_messages"#,
    ),
    (
        "reset role; create table public.bans (user_id uuid); grant select on public.bans to postgres; set local role postgres; create policy unbanned on public.social_messages as restrictive for insert with check (not exists (select from public.bans where user_id = sender_id))",
        r#"policy "unbanned" on public.social_messages"#,
    ),
    (
        "create table public.channels (id uuid primary key); alter table public.social_messages add foreign key (channel_id) references public.channels (id)",
        "constraint social_messages_channel_id_fkey on public.social_messages",
    ),
    (
        "drop policy \"signed in may read\" on public.social_messages; create table public.social_channel_members (channel_id uuid, user_id uuid, left_at timestamptz, inserted_at timestamptz default now(), primary key (channel_id, user_id)); create policy members on public.social_messages for select to authenticated using (exists (select from public.social_channel_members as member where member.channel_id = social_messages.channel_id and member.left_at is null))",
        "column public.social_channel_members.left_at",
    ),
    (
        "reset role; create table public.older () inherits (public.social_messages)",
        "column public.social_messages.client_message_id",
    ),
    (
        "create role social_rpc_owner; grant social_rpc_owner to postgres; create schema own; grant all on schema own to social_rpc_owner; set local role social_rpc_owner; create function own.f() returns integer language sql as 'select 1'",
        "role social_rpc_owner",
    ),
];

/// What shows only when it is tried, and what is said of it.
pub const CANNOT: &[(&str, &str)] = &[
    (
        "create table public.history (like public.social_messages); create function public.t() returns trigger language plpgsql security definer set search_path = public as 'begin insert into history select new.*; return null; end'; create trigger t after insert on public.social_messages for each row execute function public.t()",
        "table public.social_messages: the RPCs could not read or write there: INSERT has more expressions than target columns",
    ),
    (
        "alter table public.social_messages add column approved boolean not null default false; create policy shown on public.social_messages as restrictive for select using (approved)",
        r#"table public.social_messages: its policy "shown" hides what the RPCs write"#,
    ),
    (
        "alter table public.rank_match_roster add column published boolean not null default false; create policy shown on public.rank_match_roster as restrictive for select using (published)",
        r#"table public.rank_match_roster: its policy "shown" hides what the RPCs write"#,
    ),
    (
        "create policy office on public.rank_match_roster as restrictive using (auth.role() = 'service_role')",
        r#"table public.rank_match_roster: its policy "office" hides what the RPCs write"#,
    ),
    (
        "create policy office on public.rank_rooms as restrictive for select using (auth.role() = 'service_role')",
        r#"table public.rank_rooms: its policy "office" hides what the RPCs write"#,
    ),
    (
        "create table public.edits (like public.social_messages); create function public.t() returns trigger language plpgsql security definer set search_path = public as 'begin insert into edits select old.*; return new; end'; create trigger t before update on public.social_messages for each row execute function public.t()",
        "table public.social_messages: a trigger copies its rows, and does not know the columns that are added: INSERT has more",
    ),
    (
        "alter table public.heroes drop column ability4; create table public.former (like public.heroes); create function public.t() returns trigger language plpgsql as 'begin insert into former select old.*; return null; end'; create trigger t after delete on public.heroes for each row execute function public.t()",
        "table public.heroes: a trigger copies its rows, and does not know the columns that are added: INSERT has more",
    ),
    (
        "create function public.t() returns trigger language plpgsql as 'begin if new.hero_id is not null then update public.heroes set updated_at = now() where id = new.hero_id; end if; return new; end'; create trigger t after insert on public.rank_match_roster for each row execute function public.t()",
        "table public.rank_match_roster: the RPCs could not read or write there: permission denied for table heroes",
    ),
    (
        "create function public.member_of(uuid) returns boolean language plpgsql stable as 'begin return auth.uid() is not null; end'; create policy own on public.social_messages as restrictive for select using (sender_id = auth.uid() or public.member_of(channel_id))",
        "table public.social_messages: the RPCs could not read or write there: permission denied for schema auth",
    ),
    (
        "reset role; create function public.no() returns event_trigger language plpgsql as $$ begin if exists (select from pg_event_trigger_ddl_commands() where schema_name = 'public') then raise exception 'tables go into app'; end if; end $$; create event trigger no on ddl_command_end when tag in ('CREATE TABLE') execute function public.no()",
        "make what they make: tables go into app",
    ),
];

/// What fits, and works.
pub const FITS: &[&str] = &[
    "create table public.bans (user_id uuid); create policy allowed on public.social_messages as restrictive for select using (not exists (select from public.bans where bans.user_id = sender_id)); create policy may_say on public.social_messages as restrictive for insert with check (not exists (select from public.bans where bans.user_id = sender_id))",
    "create table public.social_channel_members (channel_id uuid, user_id uuid, inserted_at timestamptz default now(), primary key (channel_id, user_id)); create table public.leavers (user_id uuid); create policy stays on public.social_channel_members as restrictive for select using (not exists (select from public.leavers where leavers.user_id = social_channel_members.user_id)); create index by_member on public.social_channel_members (user_id)",
    "create function public.t() returns trigger language plpgsql as $$ begin if new.status <> old.status then raise insufficient_privilege using message = 'a session is written once'; end if; return new; end $$; create trigger t before update on public.rank_sessions for each row execute function public.t()",
    "create table public.social_channel_members (channel_id uuid, user_id uuid, role text not null default 'member', inserted_at timestamptz default now(), primary key (channel_id, user_id)); alter table public.social_channel_members enable row level security; create policy admins on public.social_channel_members as restrictive for update using (role = 'admin')",
    "alter table public.rank_sessions add column started boolean not null default false; create policy started on public.rank_sessions as restrictive for update using (started)",
    "create table public.maintenance (since timestamptz); create policy open on public.social_messages as restrictive using (not exists (select from public.maintenance)); create policy open on public.rank_room_slots as restrictive using ((select count(*) from public.maintenance) = 0)",
    "create policy mfa on public.social_messages as restrictive using (auth.jwt() ->> 'role' = 'authenticated' and auth.role() = 'authenticated')",
    "create policy by_rpc on public.social_messages as restrictive for insert to authenticated with check (false)",
    "drop policy \"signed in may read\" on public.social_messages; create table public.social_channel_members (channel_id uuid, user_id uuid, left_at timestamptz, inserted_at timestamptz default now(), primary key (channel_id, user_id)); alter table public.social_channel_members enable row level security; create policy members on public.social_messages for select to authenticated using (exists (select from public.social_channel_members as member where member.channel_id = social_messages.channel_id and member.left_at is null)); create policy stays on public.social_channel_members as restrictive for select using (left_at is null)",
    "create table public.social_channel_members (channel_id uuid, user_id uuid, role text, inserted_at timestamptz default now(), primary key (channel_id, user_id)); create policy moderators on public.social_messages for delete to authenticated using (exists (select from public.social_channel_members as member where member.channel_id = social_messages.channel_id and member.role = 'moderator')); create policy hidden on public.social_messages for select to authenticated using (exists (select from public.social_channel_members as member where member.channel_id = social_messages.channel_id and member.role = 'moderator'))",
    "create table public.edits (id uuid, body text); create function public.t() returns trigger language plpgsql security definer set search_path = public as 'begin insert into edits values (old.id, old.body); return new; end'; create trigger t before update on public.social_messages for each row execute function public.t()",
    "create policy open on public.rank_sessions as restrictive for select using (status = 'active')",
    "drop policy rank_rooms_read on public.rank_rooms; drop policy rank_rooms_own on public.rank_rooms; create policy readers on public.rank_rooms for select to authenticated using (true); create policy seated on public.rank_room_slots as restrictive for select using (exists (select from public.rank_rooms as room where room.id = room_id))",
    "alter table public.social_messages add column seq bigint generated always as identity unique, add column legacy bigint unique; alter table public.rank_match_roster add column seat uuid default gen_random_uuid() unique; alter table public.rank_sessions add column join_code text unique",
    "alter table public.rank_rooms alter column code type varchar(40); alter table public.heroes alter column name type varchar(80), alter column image_url type varchar; alter table public.rank_games alter column name type varchar(200); alter table public.social_messages alter column inserted_at type timestamptz(3); alter table public.rank_participants alter column win_rate type numeric(5, 2)",
    "alter table public.social_messages rename to chat; alter table public.rank_sessions rename to matches",
];
