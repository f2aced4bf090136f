-- Channels, who belongs to them, and what was said in them.
--
-- Clients have no rights on what is made here: they come through the RPCs. `service_role`, the team's own back office,
-- manages channels and members and may remove messages, never write them in somebody's name. A table that the project
-- had is taken as it is.
-- Contract: the columns of social_messages are the result of the social RPCs.
-- Called by: the social RPCs.
-- Undo: drop owned by social_rpc_owner; drop function lockstep.channel_in_hand();
--   select lockstep.drop_what_was_made('social_messages', 'social_channel_members', 'social_channels');
--   drop function lockstep.is_blank(text);

set local role postgres;
set local search_path = '';
-- Several tables are locked one after the other, and a reader of the first waits for all of them.
set local lock_timeout = '100ms';

create table if not exists public.social_channels (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  inserted_at timestamptz not null default now(),

  constraint channel_name_length check (char_length(name) between 1 and 120)
);

create table if not exists public.social_channel_members (
  channel_id uuid not null,
  user_id uuid not null references auth.users (id) on delete cascade,
  inserted_at timestamptz not null default now(),

  primary key (channel_id, user_id)
);

-- Whether there is nothing to see: Unicode's white space and controls, Default_Ignorable_Code_Point, the format characters
-- (Cf) but those that are signs themselves (Prepended_Concatenation_Mark), and the few letters and symbols that are drawn
-- as nothing. It says its collation, so that the answer is the same in every database.
create or replace function lockstep.is_blank(p_text text)
returns boolean
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  return is_blank.p_text collate "C" ~ (
    '^[\u0001-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f'
    || '\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U00013430-\U0001343f'
    || '\U00013441\U00013442\U00016fe4\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff]*$'
  );
end;
$$;

comment on function lockstep.is_blank(text) is 'Whether a text has nothing in it that can be seen.';
revoke all on function lockstep.is_blank(text) from public, anon, authenticated, service_role;
-- Who inserts a message is who has to be able to check it.
grant execute on function lockstep.is_blank(text) to social_rpc_owner;

create table if not exists public.social_messages (
  id uuid primary key default gen_random_uuid(),
  channel_id uuid not null,
  -- Null once the account is gone: the conversation of the others stays readable.
  sender_id uuid references auth.users (id) on delete set null,
  body text not null,
  client_message_id uuid,
  inserted_at timestamptz not null default now(),

  -- insert_social_message looks too, for a good error; these are the ones that cannot be forgotten.
  constraint message_body_length check (char_length(body) between 1 and 4000),
  constraint message_body_is_normalised check (body is nfc normalized),
  constraint message_body_is_not_blank check (not lockstep.is_blank(body)),
  constraint one_message_per_client_message_id unique (sender_id, client_message_id)
);

select lockstep.refer(
  'social_channels', '{social_channel_members channel_id cascade, social_messages channel_id cascade}'
);

-- A table that the project had may have no such column.
select lockstep.add_missing_column('social_messages', 'client_message_id', 'uuid');

select lockstep.keep_clients_out('social_channels');
select lockstep.keep_clients_out('social_channel_members');
select lockstep.keep_clients_out('social_messages');

grant select, insert, update, delete on public.social_channels to service_role;
grant select, insert, update, delete on public.social_channel_members to service_role;
grant select, delete on public.social_messages to service_role;

grant select on public.social_channel_members to social_rpc_owner;
grant select, insert (channel_id, sender_id, body, client_message_id) on public.social_messages to social_rpc_owner;

-- The RPCs run as social_rpc_owner, on behalf of the caller: these hold even where a function forgets to look. The
-- permissive ones let the RPCs in, the restrictive ones say how far: a project's own policies are permissive, and many
-- of them `using (true)` for everybody.
drop policy if exists "members see memberships" on public.social_channel_members;
create policy "members see memberships" on public.social_channel_members
  for select to social_rpc_owner
  using (true);

drop policy if exists "the social RPCs see no memberships of others" on public.social_channel_members;
create policy "the social RPCs see no memberships of others" on public.social_channel_members
  as restrictive for select to social_rpc_owner
  using (user_id = (select lockstep.caller_id()));

drop policy if exists "the social RPCs change no membership" on public.social_channel_members;
create policy "the social RPCs change no membership" on public.social_channel_members
  as restrictive for update to social_rpc_owner
  using (user_id = (select lockstep.caller_id()))
  with check (false);

-- An RPC says in the setting `lockstep.channel` which channel it is about. That opens nothing: this looks whether the
-- caller belongs to it.
create or replace function lockstep.channel_in_hand()
returns uuid
language plpgsql
stable
set search_path = ''
as $$
declare
  v_channel constant uuid := nullif(current_setting('lockstep.channel', true), '')::uuid;
begin
  if v_channel is null then
    return null;
  end if;

  return (
    select membership.channel_id
    from public.social_channel_members as membership
    where membership.channel_id = v_channel and membership.user_id = (select lockstep.caller_id())
  );
end;
$$;

comment on function lockstep.channel_in_hand() is
  'The channel that the RPC is about, where the caller belongs to it; otherwise null.';
revoke all on function lockstep.channel_in_hand() from public, anon, authenticated, service_role;
grant execute on function lockstep.channel_in_hand() to social_rpc_owner;

-- The channel in hand is looked up once for a statement, any other channel once for each message. The second is no
-- `exists`, for which the planner may read all channels of the caller.
drop policy if exists "members read messages" on public.social_messages;
create policy "members read messages" on public.social_messages
  for select to social_rpc_owner
  using (true);

drop policy if exists "the social RPCs read no messages of other channels" on public.social_messages;
create policy "the social RPCs read no messages of other channels" on public.social_messages
  as restrictive for select to social_rpc_owner
  using (
    channel_id = (select lockstep.channel_in_hand())
    or (
      select true
      from public.social_channel_members as membership
      where membership.channel_id = social_messages.channel_id
        and membership.user_id = (select lockstep.caller_id())
    )
  );

drop policy if exists "members write messages" on public.social_messages;
create policy "members write messages" on public.social_messages
  for insert to social_rpc_owner
  with check (true);

drop policy if exists "the social RPCs write to no other channels and in no other name" on public.social_messages;
create policy "the social RPCs write to no other channels and in no other name" on public.social_messages
  as restrictive for insert to social_rpc_owner
  with check (
    sender_id = (select lockstep.caller_id())
    and exists (
      select
      from public.social_channel_members as membership
      where membership.channel_id = social_messages.channel_id
        and membership.user_id = (select lockstep.caller_id())
    )
  );

select lockstep.let_read_what_policies_ask('social_rpc_owner', '{social_channel_members, social_messages}');

-- What a project says of its own table stays.
do $$
declare
  v_table text;
  v_comment text;
begin
  for v_table, v_comment in
    values
      ('social_channels', 'Where messages are said. Managed by the team''s back office.'),
      ('social_channel_members', 'Who may read and write in a channel.'),
      ('social_messages', 'What was said. Written and read through the social RPCs only.')
  loop
    continue when lockstep.has_adopted(v_table);
    execute format('comment on table public.%I is %L', v_table, v_comment);
  end loop;
end;
$$;
