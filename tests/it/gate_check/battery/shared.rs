//! Tables that are an installation's too, and Realtime's: policies, triggers, rules, columns and constraints.

use super::Case;

pub const SHARED: &[Case] = &[
    Case::changes(
        "policy_unexpected",
        "create policy closed on public.rank_rooms as restrictive for select using (false)",
    ),
    Case::changes(
        "policy_unexpected",
        "create policy published on public.rank_rooms as restrictive for select to public using (status = 'published')",
    ),
    Case::changes(
        "policy_unexpected",
        "create policy own on public.rank_participants as restrictive for select using (owner_id = auth.uid())",
    ),
    Case::changes(
        "policy_unexpected",
        "create policy own on public.heroes as restrictive for all to rank_rpc_owner using (owner_id = lockstep.caller_id())",
    ),
    Case::changes(
        "policy_unexpected",
        "create policy frozen on public.rank_match_roster as restrictive for insert with check (standin)",
    ),
    Case::changes(
        "policy_unexpected",
        "create policy frozen on public.rank_match_roster as restrictive for delete using (created_at < now() - interval '1 year')",
    ),
    Case::changes(
        "policy_unexpected",
        "create policy paid on public.rank_sessions as restrictive for insert with check (rating_hint is not null)",
    ),
    Case::changes(
        "policy_unexpected",
        "create policy frozen on public.rank_sessions as restrictive for update using (turn > 100)",
    ),
    Case::harmless(
        "create table public.bans (user_id uuid); alter table public.bans enable row level security; create policy banned on public.rank_rooms for select using (exists (select from public.bans where user_id = auth.uid()))",
    ),
    Case::changes(
        "grant_missing",
        "create table public.bans (user_id uuid); create policy banned on public.rank_room_slots as restrictive for select using (not exists (select from public.bans where user_id = auth.uid()))",
    ),
    Case::changes(
        "grant_missing",
        "create table public.bans (user_id uuid, until timestamptz); grant select on public.bans to anon, authenticated; create policy banned on public.heroes as restrictive for select using (not exists (select from public.bans where user_id = owner_id and until > now()))",
    ),
    Case::changes(
        "execute_missing",
        "create function public.is_banned() returns boolean language sql as 'select false'; revoke all on function public.is_banned() from public, anon, authenticated, service_role; create policy banned on public.rank_participants as restrictive for select to rank_rpc_owner using (not public.is_banned())",
    ),
    Case::changes(
        "policy_unexpected",
        "create policy around on public.rank_room_slots for select using (exists (select from public.rank_rooms where id = room_id)); create policy back on public.rank_rooms for select using (exists (select from public.rank_room_slots where room_id = rank_rooms.id))",
    ),
    Case::changes(
        "policy_unexpected",
        "create policy silent on realtime.messages as restrictive for select to authenticated using (false)",
    ),
    Case::changes(
        "policy_unexpected",
        "create policy games on realtime.messages as restrictive for select using (realtime.topic() like 'game:%')",
    ),
    Case::changes(
        "policy_unexpected",
        "create policy presence on realtime.messages as restrictive for select to authenticated using (extension = 'presence')",
    ),
    Case::changes(
        "grant_missing",
        "create table public.subscribers (user_id uuid); revoke all on public.subscribers from public, anon, authenticated, service_role; create policy subscribed on realtime.messages for select to authenticated using (exists (select from public.subscribers where user_id = auth.uid()))",
    ),
    Case::operators("create policy own on public.rank_rooms as restrictive for all using (owner_id = auth.uid())"),
    Case::harmless(
        "create policy open on public.rank_rooms as restrictive for select using (created_at is not null and status = 'open')",
    ),
    Case::harmless(
        "create policy everything on public.rank_match_roster for select using (true); create policy theirs on public.heroes for all to authenticated using (auth.uid() = owner_id)",
    ),
    Case::operators(
        "create policy closed on public.rank_rooms as restrictive for all to authenticated, anon using (false)",
    ),
    Case::harmless(
        "create policy games on realtime.messages for select to authenticated using (realtime.topic() like 'game:%'); create policy polite on realtime.messages as restrictive for insert to authenticated with check (realtime.topic() like 'game:%')",
    ),
    Case::changes(
        "trigger_unexpected",
        "create function public.skip() returns trigger language plpgsql as $$ begin return null; end $$; create trigger skip before insert on public.rank_match_roster for each row execute function public.skip()",
    ),
    Case::changes(
        "trigger_unexpected",
        "create function public.skip() returns trigger language plpgsql as $$ begin if old.turn = 0 then return null; end if; return new; end $$; create trigger skip before update on public.rank_sessions for each row execute function public.skip()",
    ),
    Case::changes(
        "trigger_unexpected",
        "create function public.keep() returns trigger language plpgsql as $$ begin raise exception 'the roster is closed'; end $$; create trigger keep before delete or insert on public.rank_match_roster for each statement execute function public.keep()",
    ),
    Case::changes(
        "trigger_unexpected",
        "create function public.own() returns trigger language plpgsql as $$ begin new.status := 'waiting'; return new; end $$; create trigger own before insert on public.rank_sessions for each row execute function public.own()",
    ),
    Case::changes(
        "trigger_unexpected",
        "create function public.skip() returns trigger language plpgsql as $$ begin return null; end $$; create trigger skip before insert on realtime.messages for each row execute function public.skip()",
    ),
    Case::harmless(
        "create function public.touch() returns trigger language plpgsql as $$ begin new.updated_at = now(); return new; end $$; create trigger touch before update on public.rank_sessions for each row execute function public.touch(); create trigger touch before update on public.rank_rooms for each row execute function public.touch()",
    ),
    Case::harmless(
        "create table public.history (at timestamptz, room uuid); create function public.note() returns trigger language plpgsql security definer as $$ begin insert into public.history values (now(), new.room_id); return null; end $$; create trigger note after insert on public.rank_match_roster for each row execute function public.note()",
    ),
    Case::harmless(
        "create function public.refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$; create trigger refuse before insert on public.heroes for each row execute function public.refuse(); create trigger refuse before update of game_id on public.rank_sessions for each row execute function public.refuse()",
    ),
    Case::changes("rule_unexpected", "create rule away as on insert to public.rank_match_roster do instead nothing"),
    Case::changes("rule_unexpected", "create rule away as on update to public.rank_sessions do instead nothing"),
    Case::harmless(
        "create table public.joins (room uuid); create rule note as on insert to public.rank_participants do also insert into public.joins values (null)",
    ),
    Case::changes(
        "column_changed",
        "update public.rank_match_roster set joined_at = now() where true; alter table public.rank_match_roster alter column joined_at set not null",
    ),
    Case::changes(
        "column_changed",
        "update public.rank_match_roster set hero_name = 'x' where true; alter table public.rank_match_roster alter column hero_name set not null",
    ),
    Case::changes("column_changed", "alter table public.rank_sessions alter column status drop default"),
    Case::changes("column_changed", "alter table public.rank_sessions alter column status set default 'waiting'"),
    Case::changes(
        "column_unexpected",
        "alter table public.rank_sessions add column season integer not null default 1; alter table public.rank_sessions alter column season drop default",
    ),
    Case::changes(
        "column_changed",
        "alter table public.rank_match_roster drop column slot_index cascade; alter table public.rank_match_roster add column slot_index integer generated always as identity",
    ),
    Case::changes("column_missing", "alter table public.rank_rooms rename column owner_id to host_id"),
    Case::latent(
        "column_changed",
        "alter table public.heroes alter column ability1 type jsonb using to_jsonb(ability1)",
    ),
    Case::changes(
        "constraint_unexpected",
        "alter table public.rank_sessions add constraint status_known check (status in ('waiting', 'playing')) not valid",
    ),
    Case::changes(
        "constraint_unexpected",
        "alter table public.rank_match_roster add constraint versions check (slot_template_version < 5) not valid",
    ),
    Case::changes(
        "constraint_unexpected",
        "create table public.profiles (id uuid primary key); alter table public.rank_match_roster add constraint profiled foreign key (owner_id) references public.profiles (id) not valid",
    ),
    Case::changes(
        "index_unexpected",
        "create unique index one_seat on public.rank_match_roster (match_instance_id, role) where slot_template_version > 8",
    ),
    Case::latent(
        "index_unexpected",
        "create unique index one_session on public.rank_sessions (status) where turn = 0 and game_id = '9a3e0000-0000-4000-8000-000000000001'",
    ),
    Case::harmless(
        "create unique index seats on public.rank_match_roster (room_id, slot_index, match_instance_id); alter table public.rank_match_roster add constraint named check (char_length(role) > 0)",
    ),
    Case::harmless(
        "alter table public.rank_rooms add column note text not null default ''; alter table public.rank_rooms add constraint codes check (code <> ''); create unique index on public.heroes (id, name)",
    ),
    Case::harmless(
        "alter table public.rank_sessions add constraint status_known check (status in ('active', 'ended', 'paused')) not valid",
    ),
    Case::changes(
        "relation_missing",
        "alter table public.heroes rename to characters; create view public.heroes as select * from public.characters",
    ),
    Case::harmless(
        "alter table public.rank_rooms owner to supabase_admin; revoke all on public.rank_rooms from postgres",
    ),
];
