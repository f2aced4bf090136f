//! A table that a project had before the first migration: what is in the way of the RPCs, and what shows in their answers.

use super::Case;

pub const ADOPTED: &[Case] = &[
    Case::changes(
        "policy_unexpected",
        "create policy closed on public.social_messages as restrictive for select using (false)",
    ),
    Case::changes(
        "policy_unexpected",
        "create policy own on public.social_messages as restrictive for select to public using (auth.uid() = sender_id)",
    ),
    Case::changes(
        "policy_unexpected",
        "create policy keyed on public.social_messages as restrictive for insert with check (client_message_id is not null)",
    ),
    Case::harmless(
        "create policy own on public.social_messages as restrictive for insert with check (sender_id = auth.uid())",
    ),
    Case::changes(
        "trigger_unexpected",
        "create function public.skip() returns trigger language plpgsql as $$ begin return null; end $$; create trigger skip before insert on public.social_messages for each row execute function public.skip()",
    ),
    Case::changes(
        "trigger_unexpected",
        "create function public.refuse_bad_words() returns trigger language plpgsql as $$ begin if new.body ilike '%hello%' then raise exception 'no'; end if; return new; end $$; create trigger refuse_bad_words before insert on public.social_messages for each row execute function public.refuse_bad_words()",
    ),
    Case::changes(
        "trigger_unexpected",
        "create table public.history (body text); create function public.note() returns trigger language plpgsql as $$ begin insert into history values (new.body); return new; end $$; create trigger note after insert on public.social_messages for each row execute function public.note()",
    ),
    Case::changes("rule_unexpected", "create rule away as on insert to public.social_messages do instead nothing"),
    Case::changes(
        "constraint_unexpected",
        "alter table public.social_messages add constraint x check (sender_id is null) not valid",
    ),
    Case::changes(
        "constraint_unexpected",
        "alter table public.social_messages add constraint x check (client_message_id is not null) not valid",
    ),
    Case::changes(
        "constraint_unexpected",
        "alter table public.social_messages add constraint x check (char_length(body) < 3) not valid",
    ),
    Case::changes(
        "constraint_unexpected",
        "create table public.profiles (id uuid primary key); alter table public.social_messages add constraint profiled foreign key (sender_id) references public.profiles (id) not valid",
    ),
    Case::changes(
        "index_unexpected",
        "create unique index x on public.social_messages (channel_id) where body = 'hello'",
    ),
    Case::changes("index_unexpected", "create index x on public.social_messages (body)"),
    Case::harmless(
        "create unique index x on public.social_messages (sender_id, client_message_id); create index y on public.social_messages using hash (body)",
    ),
    Case::latent(
        "index_changed",
        "update pg_catalog.pg_index set indisvalid = false where indexrelid = 'public.rank_match_roster_by_room'::pg_catalog.regclass",
    ),
    Case::latent(
        "index_changed",
        "update pg_catalog.pg_index set indisvalid = false where indexrelid = 'public.one_message_per_client_message_id'::pg_catalog.regclass",
    ),
    Case::latent("index_missing", "drop index public.rooms_of_owner"),
    Case::latent("index_missing", "drop index public.social_messages_by_sender_and_age"),
    Case::latent(
        "index_missing",
        "drop index public.social_messages_by_channel_and_age; create index x on public.social_messages (channel_id, inserted_at, id desc)",
    ),
    Case::latent(
        "index_missing",
        "drop index public.rank_match_roster_by_room; create index x on public.rank_match_roster (room_id) where slot_index < 9",
    ),
    Case::harmless(
        "drop index public.rooms_of_owner; create index x on public.rank_rooms (owner_id desc, code); drop index public.social_messages_by_channel_and_age; create index y on public.social_messages (channel_id desc, inserted_at, id, sender_id)",
    ),
    Case::harmless(
        "drop index public.one_message_per_client_message_id; create unique index x on public.social_messages (sender_id, client_message_id); create index rank_rooms_by_owner on public.rank_rooms (owner_id)",
    ),
    Case::changes("column_changed", "alter table public.social_messages alter column inserted_at drop default"),
    Case::changes(
        "column_changed",
        "alter table public.social_messages alter column inserted_at drop default, alter column inserted_at drop not null",
    ),
    Case::changes(
        "column_changed",
        "alter table public.social_messages alter column inserted_at set default now() - interval '1 day'",
    ),
    Case::changes("column_changed", "alter table public.social_messages alter column id drop default"),
    Case::harmless(
        "alter table public.social_messages alter column inserted_at set default timezone('utc', now()); alter table public.social_messages alter column id set default md5(random()::text)::uuid",
    ),
    Case::changes("column_missing", "alter table public.social_messages rename column sender_id to author_id"),
    Case::latent("column_changed", "alter table public.social_messages alter column body type varchar(20000)"),
    Case::changes(
        "storage_changed",
        "create table public.older () inherits (public.social_messages); revoke all on public.older from anon, authenticated; insert into public.older (channel_id, body) select id, 'old' from public.social_channels",
    ),
    Case::changes(
        "storage_changed",
        "create table public.base (body text); grant select on public.base to anon; alter table public.social_messages inherit public.base",
    ),
    Case::changes("storage_changed", "alter table public.social_messages replica identity nothing"),
    Case::latent("storage_changed", "alter table public.social_messages alter column body set storage plain"),
    Case::latent("row_security_off", "alter table public.social_messages disable row level security"),
    Case::changes("grant_too_wide", "grant select on public.social_messages to anon"),
    Case::changes("grant_missing", "revoke select on public.social_messages from social_rpc_owner"),
    Case::changes("trigger_disabled", "alter table public.social_messages disable trigger new_messages_are_announced"),
    Case::changes(
        "way_around",
        "set local role postgres; create view public.feed as select * from public.social_messages; grant select on public.feed to anon; reset role",
    ),
    Case::latent("relation_owner", "alter table public.social_messages owner to social_rpc_owner"),
    Case::harmless(
        r#"alter table public.social_messages force row level security; drop policy "signed in may read" on public.social_messages"#,
    ),
];
