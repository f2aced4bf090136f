//! Our own tables: columns, constraints, indexes, triggers and form beyond the contract.

use super::Case;

pub const TABLES: &[Case] = &[
    Case::changes("column_unexpected", "alter table public.social_messages add column mood text default 'fine'"),
    Case::changes("column_unexpected", "alter table public.social_messages add column edited_at timestamptz"),
    Case::changes("column_unexpected", "alter table public.social_messages add column number bigserial"),
    Case::changes(
        "column_unexpected",
        "alter table public.social_messages add column length integer generated always as (char_length(body)) stored",
    ),
    Case::changes("column_unexpected", "alter table public.rank_session_overlays add column number bigserial"),
    Case::changes(
        "column_unexpected",
        "create function public.own_default() returns text language sql as 'select ''x'''; revoke all on function public.own_default() from public, anon, authenticated, service_role; alter table lockstep.rank_room_templates add column note text default public.own_default()",
    ),
    Case::changes(
        "column_unexpected",
        "alter table lockstep.audit_log add column reason text not null default 'x'; alter table lockstep.audit_log alter column reason drop default",
    ),
    Case::changes("column_changed", "alter table public.social_messages alter column inserted_at drop default"),
    Case::changes(
        "column_changed",
        "alter table public.social_messages alter column inserted_at set default now() - interval '1 day'",
    ),
    Case::latent("column_changed", "alter table public.social_messages alter column sender_id set not null"),
    Case::latent("column_changed", "alter table public.social_messages alter column body drop not null"),
    Case::changes("column_missing", "alter table public.social_messages rename column sender_id to author_id"),
    Case::changes("column_missing", "alter table public.social_channel_members rename column user_id to member_id"),
    Case::changes(
        "column_missing",
        "alter table public.rank_session_overlays rename column expired_notified_at to told_at",
    ),
    Case::changes("column_missing", "alter table lockstep.settings rename column value to content"),
    Case::changes(
        "index_unexpected",
        "create unique index one_body on public.social_messages (sender_id, body) where body = 'hello'",
    ),
    Case::changes("index_unexpected", "create unique index one_entry on lockstep.audit_log (actor_id, rpc)"),
    Case::changes("index_unexpected", "create unique index one_overlay on public.rank_session_overlays (room_id)"),
    Case::changes("index_unexpected", "create index by_body on public.social_messages (body)"),
    Case::changes(
        "index_unexpected",
        "create function public.own_key(text) returns text language plpgsql immutable as 'begin return $1; end'; revoke all on function public.own_key(text) from public, anon, authenticated, service_role; create index by_key on public.social_messages (left(public.own_key(body), 10))",
    ),
    Case::changes(
        "index_unexpected",
        "create index by_number on public.social_messages ((case when body = 'hello' then body::integer end))",
    ),
    Case::harmless(
        "create index by_age on public.social_messages (inserted_at); create index on lockstep.audit_log (happened_at, rpc)",
    ),
    Case::harmless("create index by_words on public.social_messages using gin (to_tsvector('simple', body))"),
    Case::changes(
        "constraint_unexpected",
        "alter table public.social_messages add constraint polite check (body <> 'hello') not valid",
    ),
    Case::changes(
        "constraint_unexpected",
        "alter table public.social_messages add constraint one_each exclude using btree (client_message_id with =)",
    ),
    Case::changes(
        "constraint_unexpected",
        "create table public.reactions (overlay_id uuid references public.rank_session_overlays (id)); create function public.react() returns trigger language plpgsql security definer as 'begin insert into public.reactions values (new.id); return null; end'; create trigger react after insert on public.rank_session_overlays for each row execute function public.react()",
    ),
    Case::latent(
        "constraint_unexpected",
        "create table public.pins (message_id uuid references public.social_messages (id) on delete restrict)",
    ),
    Case::changes(
        "constraint_unexpected",
        "create table public.pins (message_id uuid references public.social_messages (id)); revoke all on public.pins from anon, authenticated; insert into public.pins select id from public.social_messages",
    ),
    Case::changes(
        "constraint_unexpected",
        "create table public.pins (channel_id uuid not null references public.social_channels (id) on delete set null); revoke all on public.pins from anon, authenticated; insert into public.pins select id from public.social_channels",
    ),
    Case::harmless(
        "create table public.likes (message_id uuid references public.social_messages (id) on delete cascade, channel_id uuid references public.social_channels (id) on delete set null)",
    ),
    Case::latent("constraint_missing", "alter table public.social_messages drop constraint message_body_is_normalised"),
    Case::latent(
        "constraint_missing",
        "alter table public.social_messages drop constraint one_message_per_client_message_id",
    ),
    Case::changes(
        "constraint_missing",
        "alter table public.rank_session_overlays drop constraint one_overlay_per_player",
    ),
    Case::changes("constraint_changed", "alter table public.social_messages disable trigger all"),
    Case::latent("constraint_changed", "alter table public.rank_session_overlays disable trigger all"),
    Case::changes("trigger_disabled", "alter table public.rank_session_overlays disable trigger user"),
    Case::latent("trigger_disabled", "alter table public.rank_rooms disable trigger what_hangs_on_it_goes_with_it"),
    Case::latent("trigger_missing", "drop trigger what_hangs_on_them_goes_with_them on public.rank_sessions"),
    Case::changes(
        "trigger_disabled",
        "alter table public.social_messages enable replica trigger new_messages_are_announced",
    ),
    Case::changes(
        "trigger_unexpected",
        "create function public.refuse_bad_words() returns trigger language plpgsql as $$ begin if new.body ilike '%hello%' then raise exception 'no'; end if; return new; end $$; create trigger refuse_bad_words before insert on public.social_messages for each row execute function public.refuse_bad_words()",
    ),
    Case::changes(
        "trigger_unexpected",
        "create function public.skip() returns trigger language plpgsql as 'begin return null; end'; create trigger skip before delete on public.rank_session_overlays for each row execute function public.skip()",
    ),
    Case::changes(
        "rule_unexpected",
        "create rule away as on delete to lockstep.rank_overlay_outbox do instead nothing",
    ),
    Case::latent("storage_changed", "alter table lockstep.audit_log set unlogged"),
    Case::latent("storage_changed", "alter table lockstep.rank_overlay_outbox set unlogged"),
    Case::changes(
        "storage_changed",
        "create table public.older_messages () inherits (public.social_messages); revoke all on public.older_messages from anon, authenticated; insert into public.older_messages (channel_id, body) select id, 'old' from public.social_channels",
    ),
    Case::changes(
        "storage_changed",
        "alter table public.rank_session_overlays replica identity nothing; create publication everything for table public.rank_session_overlays",
    ),
    Case::harmless("create publication everything for table public.rank_session_overlays, public.social_messages"),
    Case::latent(
        "column_changed",
        "create collation public.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false); alter table public.social_channels alter column name type text collate public.loose",
    ),
    Case::latent(
        "column_changed",
        "alter table lockstep.rank_overlay_outbox alter column attempts type text using attempts::text",
    ),
    Case::latent("index_missing", "drop index public.social_messages_by_channel_and_age"),
    Case::latent("row_security_off", "alter table public.social_channel_members disable row level security"),
    Case::changes(
        "policy_unexpected",
        "create policy quiet on public.social_messages as restrictive for select using (body <> 'Count me in.')",
    ),
    Case::changes("grant_missing", "revoke all on public.social_messages from postgres"),
    Case::changes("grant_missing", "revoke all on lockstep.settings from postgres"),
    Case::changes("grant_missing", "revoke insert on lockstep.audit_log from postgres"),
    Case::latent("relation_owner", "alter table public.social_messages owner to supabase_admin"),
    Case::changes("relation_missing", "drop view public.rank_session_overlays_live"),
    Case::harmless(
        "comment on table public.social_messages is 'x'; alter table public.social_messages set (fillfactor = 90); alter table public.social_messages alter column body set storage external; analyze public.social_messages",
    ),
    Case::harmless(
        "alter table lockstep.settings add column note text; alter table lockstep.audit_log add column host text default 'x'",
    ),
    Case::harmless(
        "alter table public.social_messages force row level security; alter table public.social_messages replica identity full",
    ),
    Case::harmless(
        "create statistics public.together on channel_id, sender_id from public.social_messages; alter table public.social_messages alter column sender_id set statistics 500",
    ),
];
