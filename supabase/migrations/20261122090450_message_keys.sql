-- Keys of messages: nobody sends two with one, and what moderation has removed is not posted again.
--
-- A client sends again what it has no answer to, with the same client_message_id. Where the message is there, that is a
-- replay. Where it was removed, nothing else would remember it. Where a trigger of the project's has stored another text
-- than was sent, nothing else would remember that either.
-- Contract: none by itself.
-- Called by: every delete of a message; insert_social_message.
-- Undo: drop trigger keys_outlive_their_messages on public.social_messages; drop function lockstep.keep_message_key();
--   drop function lockstep.sent_by_caller_with(uuid); drop function lockstep.is_spent_by_caller(uuid);
--   drop function lockstep.note_what_was_sent(uuid, text); drop function lockstep.was_sent_by_caller(uuid, text);
--   drop table lockstep.spent_message_keys; drop table lockstep.rewritten_messages;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create table if not exists lockstep.spent_message_keys (
  -- No foreign key: a message may be removed together with its sender.
  sender_id uuid not null,
  client_message_id uuid not null,
  spent_at timestamptz not null default now(),

  primary key (sender_id, client_message_id)
);

comment on table lockstep.spent_message_keys is 'With which keys messages were sent that are no longer there.';

alter table lockstep.spent_message_keys enable row level security;
revoke all on lockstep.spent_message_keys from public, anon, authenticated, service_role;

create table if not exists lockstep.rewritten_messages (
  sender_id uuid not null references auth.users (id) on delete cascade,
  client_message_id uuid not null,
  sent bytea not null,

  primary key (sender_id, client_message_id)
);

comment on table lockstep.rewritten_messages is 'The SHA-256 of what was sent, where a trigger has stored another text.';

alter table lockstep.rewritten_messages enable row level security;
revoke all on lockstep.rewritten_messages from public, anon, authenticated, service_role;

create or replace function lockstep.keep_message_key()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  insert into lockstep.spent_message_keys (sender_id, client_message_id)
  values (old.sender_id, old.client_message_id)
  on conflict do nothing;
  delete from lockstep.rewritten_messages as rewritten
  where rewritten.sender_id = old.sender_id and rewritten.client_message_id = old.client_message_id;
  return null;
exception
  -- A project may rename its columns. Until they have their names again no RPC works, and nothing else has to wait for that.
  when undefined_column then
    return null;
end;
$$;

comment on function lockstep.keep_message_key() is 'Remembers the key of a message that is removed.';
revoke all on function lockstep.keep_message_key() from public, anon, authenticated, service_role;

create or replace trigger keys_outlive_their_messages
  after delete on public.social_messages
  for each row
  when (old.sender_id is not null and old.client_message_id is not null)
  execute function lockstep.keep_message_key();

create or replace function lockstep.is_spent_by_caller(p_client_message_id uuid)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return exists (
    select
    from lockstep.spent_message_keys as spent
    where spent.sender_id = auth.uid() and spent.client_message_id = is_spent_by_caller.p_client_message_id
  );
end;
$$;

comment on function lockstep.is_spent_by_caller(uuid) is 'Whether the caller has sent a message with this key that is gone.';
revoke all on function lockstep.is_spent_by_caller(uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.is_spent_by_caller(uuid) to social_rpc_owner;

-- Also a message to a channel that the caller has left, which the policies hide: nobody uses a key twice.
create or replace function lockstep.sent_by_caller_with(p_client_message_id uuid)
returns public.social_messages
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_message public.social_messages;
begin
  select message.*
  into v_message
  from public.social_messages as message
  where message.sender_id = auth.uid() and message.client_message_id = sent_by_caller_with.p_client_message_id;
  return v_message;
end;
$$;

comment on function lockstep.sent_by_caller_with(uuid) is 'The message that the caller has sent with this key.';
revoke all on function lockstep.sent_by_caller_with(uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.sent_by_caller_with(uuid) to social_rpc_owner;

create or replace function lockstep.note_what_was_sent(p_client_message_id uuid, p_body text)
returns void
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  insert into lockstep.rewritten_messages (sender_id, client_message_id, sent)
  values (
    auth.uid(), note_what_was_sent.p_client_message_id, sha256(convert_to(note_what_was_sent.p_body, 'UTF8'))
  );
end;
$$;

comment on function lockstep.note_what_was_sent(uuid, text) is 'Remembers a text of which another was stored.';
revoke all on function lockstep.note_what_was_sent(uuid, text) from public, anon, authenticated, service_role;
grant execute on function lockstep.note_what_was_sent(uuid, text) to social_rpc_owner;

create or replace function lockstep.was_sent_by_caller(p_client_message_id uuid, p_body text)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return exists (
    select
    from lockstep.rewritten_messages as rewritten
    where rewritten.sender_id = auth.uid()
      and rewritten.client_message_id = was_sent_by_caller.p_client_message_id
      and rewritten.sent = sha256(convert_to(was_sent_by_caller.p_body, 'UTF8'))
  );
end;
$$;

comment on function lockstep.was_sent_by_caller(uuid, text) is
  'Whether the caller has sent this text with this key, and another was stored.';
revoke all on function lockstep.was_sent_by_caller(uuid, text) from public, anon, authenticated, service_role;
grant execute on function lockstep.was_sent_by_caller(uuid, text) to social_rpc_owner;
