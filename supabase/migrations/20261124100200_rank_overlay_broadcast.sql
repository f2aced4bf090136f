-- Overlays are announced: to each player what happened to the player's own, and to all that something ended.
--
-- A Realtime topic is authorised once, when it is joined, and then everything on it reaches everyone who joined. So what
-- says something goes to the personal topic `rank_overlay_ttl:<user id>`; `rank_overlay_ttl` carries no content. Both
-- are private. realtime.send() swallows every error, so the row is looked for, and what is not there waits in the outbox
-- for the sweep. Delivery is at most once all the same: clients look at the clock, and ask again when they reconnect.
-- Contract: none by itself.
-- Called by: every change of an overlay; the policy of Realtime, when a client joins a topic.
-- Undo: drop policy "players hear of their overlays" on realtime.messages;
--   drop trigger overlays_are_announced on public.rank_session_overlays;
--   drop trigger overlay_changes_are_announced on public.rank_session_overlays;
--   drop function lockstep.notify_overlay_ttl(), lockstep.publish_overlay_event(text, text, jsonb),
--   lockstep.tell_that_overlays_ended(), lockstep.try_overlay_event(text, text, jsonb),
--   lockstep.may_hear_overlay_topic(text);
--   drop table lockstep.rank_overlay_outbox;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create table if not exists lockstep.rank_overlay_outbox (
  id uuid primary key,
  topic text not null,
  event text not null,
  payload jsonb not null,
  attempts integer not null default 1,
  inserted_at timestamptz not null default now()
);

create index if not exists rank_overlay_outbox_by_age on lockstep.rank_overlay_outbox (inserted_at);

comment on table lockstep.rank_overlay_outbox is 'Broadcasts that could not be written. The sweep tries them again.';

alter table lockstep.rank_overlay_outbox enable row level security;
revoke all on lockstep.rank_overlay_outbox from public, anon, authenticated, service_role;

-- Realtime keeps times without their zone, which has to be UTC. Its tables are maintained while this runs, and a match is
-- not kept waiting for that: where one event could not be written, those after it in the transaction are not tried.
create or replace function lockstep.try_overlay_event(p_topic text, p_event text, p_payload jsonb)
returns boolean
language plpgsql
security definer
set search_path = ''
set timezone = 'UTC'
set lock_timeout = '50ms'
as $$
begin
  if current_setting('lockstep.realtime_is_away', true) = 'yes' then
    return false;
  end if;
  perform realtime.send(
    try_overlay_event.p_payload, try_overlay_event.p_event, try_overlay_event.p_topic, true
  );
  perform
    from realtime.messages as message
    where message.inserted_at = localtimestamp
      and message.topic = try_overlay_event.p_topic
      and message.extension = 'broadcast'
      and message.private is true
      and message.payload ->> 'id' = try_overlay_event.p_payload ->> 'id';
  if not found then
    perform set_config('lockstep.realtime_is_away', 'yes', true);
    return false;
  end if;
  return true;
exception
  when others then
    perform set_config('lockstep.realtime_is_away', 'yes', true);
    return false;
end;
$$;

comment on function lockstep.try_overlay_event(text, text, jsonb) is 'Writes a broadcast, and says whether it is there.';
revoke all on function lockstep.try_overlay_event(text, text, jsonb) from public, anon, authenticated, service_role;

create or replace function lockstep.publish_overlay_event(p_topic text, p_event text, p_payload jsonb)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_id constant uuid := gen_random_uuid();
  v_payload constant jsonb := publish_overlay_event.p_payload || jsonb_build_object('id', v_id);
begin
  if not lockstep.try_overlay_event(publish_overlay_event.p_topic, publish_overlay_event.p_event, v_payload) then
    insert into lockstep.rank_overlay_outbox (id, topic, event, payload)
    values (v_id, publish_overlay_event.p_topic, publish_overlay_event.p_event, v_payload);
  end if;
end;
$$;

comment on function lockstep.publish_overlay_event(text, text, jsonb) is
  'Writes a broadcast, or leaves it in the outbox, in the same transaction as what it is about.';
revoke all on function lockstep.publish_overlay_event(text, text, jsonb)
  from public, anon, authenticated, service_role;

-- To everybody, and without content: an overlay of somebody's has ended.
create or replace function lockstep.tell_that_overlays_ended()
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform lockstep.publish_overlay_event('rank_overlay_ttl', 'overlay_expired', '{}');
end;
$$;

comment on function lockstep.tell_that_overlays_ended() is 'Says on the common topic that something ended.';
revoke all on function lockstep.tell_that_overlays_ended() from public, anon, authenticated, service_role;
grant execute on function lockstep.tell_that_overlays_ended() to rank_rpc_owner;

create or replace function lockstep.notify_overlay_ttl()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_overlay constant public.rank_session_overlays := coalesce(new, old);
  v_event text;
  v_reason text;
begin
  if tg_op = 'INSERT' or (tg_op = 'UPDATE' and new.expires_at > now()) then
    v_event := 'overlay_opened';
    v_reason := 'staged';
  elsif tg_op = 'UPDATE' then
    v_event := 'overlay_expired';
    v_reason := 'ended';
  elsif old.expired_notified_at is null then
    v_event := 'overlay_expired';
    v_reason := case when old.expires_at <= now() then 'ttl' else 'ended' end;
  else
    return null;
  end if;

  perform lockstep.publish_overlay_event(
    'rank_overlay_ttl:' || v_overlay.owner_id,
    v_event,
    jsonb_build_object(
      'overlay_id', v_overlay.id,
      'session_id', v_overlay.session_id,
      'version', v_overlay.version,
      'reason', v_reason,
      'expires_at', v_overlay.expires_at
    )
  );
  return null;
end;
$$;

comment on function lockstep.notify_overlay_ttl() is 'Tells a player that an overlay was opened, or is over.';
revoke all on function lockstep.notify_overlay_ttl() from public, anon, authenticated, service_role;

-- Renewing changes no version, and is nobody's news.
create or replace trigger overlays_are_announced
  after insert or delete on public.rank_session_overlays
  for each row execute function lockstep.notify_overlay_ttl();

create or replace trigger overlay_changes_are_announced
  after update on public.rank_session_overlays
  for each row
  when (
    new.version <> old.version
    or (new.expired_notified_at is not null and old.expired_notified_at is null)
  )
  execute function lockstep.notify_overlay_ttl();

-- For the caller only, and false for whatever is not a topic of ours.
create or replace function lockstep.may_hear_overlay_topic(p_topic text)
returns boolean
language sql
stable
security definer
set search_path = ''
as $$
  select coalesce(
    auth.uid() is not null
    and not lockstep.is_unwelcome_guest()
    and may_hear_overlay_topic.p_topic in ('rank_overlay_ttl', 'rank_overlay_ttl:' || auth.uid()),
    false
  );
$$;

comment on function lockstep.may_hear_overlay_topic(text) is 'Whether the topic is the caller''s, or everybody''s.';
revoke all on function lockstep.may_hear_overlay_topic(text) from public, anon, authenticated, service_role;
grant execute on function lockstep.may_hear_overlay_topic(text) to authenticated;

-- To listen, and not to send: there is no policy for insert.
drop policy if exists "players hear of their overlays" on realtime.messages;
create policy "players hear of their overlays" on realtime.messages
  for select to authenticated
  using (extension = 'broadcast' and (select lockstep.may_hear_overlay_topic((select realtime.topic()))));
