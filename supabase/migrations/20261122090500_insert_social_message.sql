-- insert_social_message: say something in a channel the caller belongs to, once, however often the request is sent.
--
-- Contract: insert_social_message 1.0.0
-- Called by: messages-send
-- Undo: drop function public.insert_social_message(uuid, text, uuid);
--   drop function lockstep.hold_channel_membership(uuid);
--   drop function lockstep.require_patience(); drop function lockstep.is_no_message(text);
--   drop function lockstep.refuse_message(); drop function lockstep.sent_by_caller_at(integer, interval);

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- Refuses like require_channel_member(), and lets whoever is about to end the membership wait for the message.
create or replace function lockstep.hold_channel_membership(p_channel_id uuid)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_caller constant uuid := lockstep.caller_id();
begin
  perform lockstep.hold_for_message(hold_channel_membership.p_channel_id);
  perform
  from public.social_channel_members as membership
  where membership.channel_id = hold_channel_membership.p_channel_id
    and membership.user_id = v_caller;

  if not found then
    perform lockstep.refuse(403, 'not_channel_member', 'You are not a member of this channel.');
  end if;
  perform set_config('lockstep.channel', hold_channel_membership.p_channel_id::text, true);
end;
$$;

comment on function lockstep.hold_channel_membership(uuid) is
  'Refuses with 403 whoever does not belong to the channel, and keeps the others in it until the end of the request.';
revoke all on function lockstep.hold_channel_membership(uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.hold_channel_membership(uuid) to social_rpc_owner;

-- Counts what was sent to channels that the caller has left, too. The policies hide those, so this runs as postgres; it
-- answers for the caller only, and with a time only.
create or replace function lockstep.sent_by_caller_at(p_nth integer, p_within interval)
returns timestamptz
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_caller constant uuid := auth.uid();
begin
  return (
    select message.inserted_at
    from public.social_messages as message
    where message.sender_id = v_caller
      and message.inserted_at > now() - sent_by_caller_at.p_within
    order by message.inserted_at desc
    offset sent_by_caller_at.p_nth - 1
    limit 1
  );
end;
$$;

comment on function lockstep.sent_by_caller_at(integer, interval) is
  'When the caller sent the n-th newest message of so long a time; null where there are fewer.';
revoke all on function lockstep.sent_by_caller_at(integer, interval) from public, anon, authenticated, service_role;
grant execute on function lockstep.sent_by_caller_at(integer, interval) to social_rpc_owner;

-- Reads no more than a thousand messages, however many are allowed: a higher limit is held in proportion. 60,000 in a
-- minute are a thousand in a second.
create or replace function lockstep.require_patience()
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_limit constant integer := lockstep.setting('messages_per_minute')::integer;
  v_counted constant integer := least(v_limit, 1000);
  v_window constant interval := interval '60 seconds' * v_counted / v_limit;
  v_oldest_in_window constant timestamptz := lockstep.sent_by_caller_at(v_counted, v_window);
begin
  if v_oldest_in_window is not null then
    perform lockstep.set_header(
      'Retry-After', greatest(1, ceil(extract(epoch from v_oldest_in_window + v_window - clock_timestamp())))::text
    );
    perform lockstep.refuse(429, 'rate_limited', 'Too many messages. Wait a little.');
  end if;
end;
$$;

comment on function lockstep.require_patience() is 'Refuses with 429 who has sent too many messages of late.';
revoke all on function lockstep.require_patience() from public, anon, authenticated, service_role;
grant execute on function lockstep.require_patience() to social_rpc_owner;

-- The time that normalising takes grows with the square of a run of combining characters, and cannot be cancelled. So a
-- long text is first measured in pieces. One character is composed of four at the most: where two pieces are joined,
-- three characters can go, and no more.
create or replace function lockstep.is_no_message(p_body text)
returns boolean
language plpgsql
immutable
set search_path = ''
as $$
begin
  if is_no_message.p_body is null
    or char_length(is_no_message.p_body) > 4 * 4000
    or lockstep.is_blank(is_no_message.p_body)
  then
    return true;
  elsif char_length(is_no_message.p_body) <= 4000 then
    return false;
  end if;

  return (
    select sum(char_length(normalize(piece.matched[1], nfc)) - 3) + 3 > 4000
    from regexp_matches(is_no_message.p_body, '.{1,100}', 'g') as piece (matched)
  );
end;
$$;

comment on function lockstep.is_no_message(text) is 'Whether a text is blank or surely has more than 4000 characters.';
revoke all on function lockstep.is_no_message(text) from public, anon, authenticated, service_role;
grant execute on function lockstep.is_no_message(text) to social_rpc_owner;

create or replace function lockstep.refuse_message()
returns void
language plpgsql
volatile
set search_path = ''
as $$
begin
  perform lockstep.refuse(
    422, 'invalid_parameter', 'A message has 1 to 4000 characters, and not only blank ones.', 'body'
  );
end;
$$;

comment on function lockstep.refuse_message() is 'Refuses with 422 what is no message.';
revoke all on function lockstep.refuse_message() from public, anon, authenticated, service_role;
grant execute on function lockstep.refuse_message() to social_rpc_owner;

create or replace function public.insert_social_message(
  p_channel_id uuid,
  p_body text,
  p_client_message_id uuid default null
)
returns public.social_messages
language plpgsql
volatile
security definer
set search_path = ''
set statement_timeout = '5s'
set timezone = 'UTC' -- An older default is timezone('utc', now()), which is a time of the caller's zone.
as $$
declare
  v_caller uuid;
  v_body text;
  v_replay boolean;
  v_message public.social_messages;
begin
  perform lockstep.announce_rpc('insert_social_message', '1.0.0');
  v_caller := lockstep.require_caller();

  if insert_social_message.p_channel_id is null then
    perform lockstep.refuse(422, 'invalid_parameter', 'A message needs a channel.', 'channel_id');
  end if;
  perform lockstep.hold_channel_membership(insert_social_message.p_channel_id);

  if lockstep.is_no_message(insert_social_message.p_body) then
    perform lockstep.refuse_message();
  end if;

  -- From here on the messages of one user go one at a time: the next one sees the row of this one, and counts it.
  perform pg_advisory_xact_lock(hashtextextended('insert_social_message:' || v_caller, 0));

  v_message := lockstep.sent_by_caller_with(insert_social_message.p_client_message_id);
  v_replay := v_message.id is not null;

  -- Before the text is normalised, which can take long.
  if not v_replay then
    if lockstep.is_spent_by_caller(insert_social_message.p_client_message_id) then
      perform lockstep.refuse(409, 'client_message_id_reused', 'The message of this client_message_id was removed.');
    end if;
    perform lockstep.require_patience();
  end if;

  v_body := normalize(insert_social_message.p_body, nfc);
  if char_length(v_body) > 4000 then
    perform lockstep.refuse_message();
  end if;

  if v_replay then
    if v_message.channel_id <> insert_social_message.p_channel_id
      or v_message.body <> v_body
        and not lockstep.was_sent_by_caller(insert_social_message.p_client_message_id, v_body)
    then
      perform lockstep.refuse(
        409, 'client_message_id_reused', 'Another message was sent with this client_message_id.'
      );
    end if;
    perform lockstep.set_header('X-Idempotent-Replay', 'true');
    return v_message;
  end if;

  insert into public.social_messages as message (channel_id, sender_id, body, client_message_id)
  values (insert_social_message.p_channel_id, v_caller, v_body, insert_social_message.p_client_message_id)
  returning message.* into v_message;
  if not found then
    raise exception 'This project does not take the message.';
  end if;
  -- A trigger of the project's may hide a word.
  if v_message.body <> v_body and v_message.client_message_id is not null then
    perform lockstep.note_what_was_sent(v_message.client_message_id, v_body);
  end if;

  perform lockstep.audit(
    'insert_social_message',
    '1.0.0',
    jsonb_build_object('channel_id', v_message.channel_id, 'message_id', v_message.id)
  );
  perform lockstep.set_header('X-Idempotent-Replay', 'false');
  perform set_config('response.status', '201', true);
  return v_message;
end;
$$;

comment on function public.insert_social_message(uuid, text, uuid) is
  '{"rpc": "insert_social_message", "version": "1.0.0"}';

revoke all on function public.insert_social_message(uuid, text, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.insert_social_message(uuid, text, uuid) to authenticated;

grant create on schema public to social_rpc_owner;
alter function public.insert_social_message(uuid, text, uuid) owner to social_rpc_owner;
revoke create on schema public from social_rpc_owner;

notify pgrst, 'reload schema';
