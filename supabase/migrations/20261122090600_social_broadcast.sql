-- New messages are announced to the members of their channel, who then fetch them.
--
-- The announcement has two ids and nothing to read: a member who was removed a moment ago, and still listens, learns
-- nothing that matters. Topic `social:<channel_id>`, event `message`, private.
-- Contract: none by itself.
-- Called by: every insert into social_messages; the policies of Realtime, when a client joins a topic.
-- Undo: drop trigger new_messages_are_announced on public.social_messages;
--   drop function lockstep.announce_social_message();
--   drop policy "members hear their channels" on realtime.messages; drop function lockstep.may_hear_social_topic(text);

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- Runs as postgres, whom the policies of Realtime do not stop: clients cannot send, and so can only hear the truth.
-- Realtime keeps times without their zone, which has to be UTC, whatever zone the request prefers. Its tables are
-- maintained while messages are sent, and a message does not wait for that.
create or replace function lockstep.announce_social_message()
returns trigger
language plpgsql
security definer
set search_path = ''
set timezone = 'UTC'
set lock_timeout = '500ms'
as $$
begin
  perform realtime.send(
    jsonb_build_object('id', new.id, 'channel_id', new.channel_id), 'message', 'social:' || new.channel_id, true
  );
  return null;
exception
  -- The message was said, heard or not: who missed it finds it with the next read.
  when others then
    raise warning 'a message was not announced: %', sqlerrm;
    return null;
end;
$$;

comment on function lockstep.announce_social_message() is 'Tells the members of a channel that there is a new message.';
revoke all on function lockstep.announce_social_message() from public, anon, authenticated, service_role;

create or replace trigger new_messages_are_announced
  after insert on public.social_messages
  for each row execute function lockstep.announce_social_message();

-- For the caller only, and false for whatever is not a topic of ours: a policy that fails would end the connection of a
-- client who joins some other topic.
create or replace function lockstep.may_hear_social_topic(p_topic text)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  if p_topic is null or p_topic !~ '^social:[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' then
    return false;
  end if;

  return not lockstep.is_unwelcome_guest() and exists (
    select
    from public.social_channel_members as membership
    where membership.channel_id = substr(may_hear_social_topic.p_topic, length('social:') + 1)::uuid
      and membership.user_id = auth.uid()
  );
end;
$$;

comment on function lockstep.may_hear_social_topic(text) is
  'Whether the caller belongs to the channel that the topic names.';
revoke all on function lockstep.may_hear_social_topic(text) from public, anon, authenticated, service_role;
-- The policy runs as the client. Not being let into the schema, the client cannot ask in any other way.
grant execute on function lockstep.may_hear_social_topic(text) to authenticated;

-- To listen, and not to send: there is no policy for insert.
drop policy if exists "members hear their channels" on realtime.messages;
create policy "members hear their channels" on realtime.messages
  for select to authenticated
  using (extension = 'broadcast' and (select lockstep.may_hear_social_topic((select realtime.topic()))));

notify pgrst, 'reload schema';
