-- Overlays are announced: to each player what happened to the player's own, and to all that something ended.
--
-- A Realtime topic is authorised once, when it is joined, and then everything on it reaches everyone who joined. So what
-- says something goes to the personal topic `rank_overlay_ttl:<user id>`; `rank_overlay_ttl` carries no content. Both
-- are private. realtime.send() swallows every error, so the row is looked for, and what is not there waits in the outbox
-- for the sweep. Delivery is at most once all the same: clients look at the clock, and ask again when they reconnect.
-- Contract: none by itself.
-- Called by: every change of an overlay; the policy of Realtime, when a client joins a topic.
-- Undo: drop policy "players hear of their overlays" on realtime.messages;
--   drop trigger new_overlays_are_announced on public.rank_session_overlays;
--   drop trigger overlay_changes_are_announced on public.rank_session_overlays;
--   drop trigger overlay_ends_are_announced on public.rank_session_overlays;
--   drop function lockstep.notify_overlay_ttl, lockstep.overlay_event, lockstep.publish_overlay_events,
--   lockstep.send_overlay_events, lockstep.may_hear_overlay_topic;
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
-- not kept waiting for that: where one event could not be written, those after it are not tried. A plan that was made
-- while the partition of the day was empty must not read all of it in the evening.
create or replace function lockstep.send_overlay_events(p_events lockstep.rank_overlay_outbox[])
returns integer
language plpgsql
security definer
set search_path = ''
set timezone = 'UTC'
set lock_timeout = '50ms'
set enable_seqscan = off
as $$
declare
  v_event lockstep.rank_overlay_outbox;
  v_sent integer := 0;
begin
  foreach v_event in array send_overlay_events.p_events loop
    perform realtime.send(
      v_event.payload || jsonb_build_object('id', v_event.id), v_event.event, v_event.topic, true
    );
    perform
      from realtime.messages as message
      where message.inserted_at = localtimestamp
        and message.topic = v_event.topic
        and message.extension = 'broadcast'
        and message.private is true
        and message.payload ->> 'id' = v_event.id::text;
    exit when not found;
    v_sent := v_sent + 1;
  end loop;
  return v_sent;
exception
  -- Then none of them is there.
  when others then
    return 0;
end;
$$;

comment on function lockstep.send_overlay_events(lockstep.rank_overlay_outbox[]) is
  'Writes broadcasts in their order, and says how many are there: the first that is not ends it.';
revoke all on function lockstep.send_overlay_events(lockstep.rank_overlay_outbox[])
  from public, anon, authenticated, service_role;

create or replace function lockstep.publish_overlay_events(p_events lockstep.rank_overlay_outbox[])
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_sent constant integer := lockstep.send_overlay_events(publish_overlay_events.p_events);
begin
  if v_sent < cardinality(publish_overlay_events.p_events) then
    insert into lockstep.rank_overlay_outbox
    select * from unnest(publish_overlay_events.p_events[v_sent + 1:]);
  end if;
end;
$$;

comment on function lockstep.publish_overlay_events(lockstep.rank_overlay_outbox[]) is
  'Writes broadcasts, or leaves them in the outbox, in the same transaction as what they are about.';
revoke all on function lockstep.publish_overlay_events(lockstep.rank_overlay_outbox[])
  from public, anon, authenticated, service_role;

create or replace function lockstep.overlay_event(
  p_overlay_id uuid,
  p_session_id uuid,
  p_owner_id uuid,
  p_version bigint,
  p_expires_at timestamptz,
  p_event text,
  p_reason text
)
returns lockstep.rank_overlay_outbox
language plpgsql
volatile
set search_path = ''
as $$
begin
  return row(
    gen_random_uuid(),
    'rank_overlay_ttl:' || overlay_event.p_owner_id,
    overlay_event.p_event,
    jsonb_build_object(
      'overlay_id', overlay_event.p_overlay_id,
      'session_id', overlay_event.p_session_id,
      'version', overlay_event.p_version,
      'reason', overlay_event.p_reason,
      'expires_at', overlay_event.p_expires_at
    ),
    1,
    now()
  );
end;
$$;

comment on function lockstep.overlay_event(uuid, uuid, uuid, bigint, timestamptz, text, text) is
  'What a player is told of an overlay.';
revoke all on function lockstep.overlay_event(uuid, uuid, uuid, bigint, timestamptz, text, text)
  from public, anon, authenticated, service_role;

-- Once for a statement, since a room has many players. Renewing changes no version, and is nobody's news; nor is the
-- removal of what was told when it ended.
create or replace function lockstep.notify_overlay_ttl()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_events lockstep.rank_overlay_outbox[];
  v_any_ended boolean;
begin
  if tg_op = 'INSERT' then
    select array_agg(
      lockstep.overlay_event(
        made.id, made.session_id, made.owner_id, made.version, made.expires_at, 'overlay_opened', 'staged'
      )
    )
    into v_events
    from made;
  elsif tg_op = 'UPDATE' then
    select
      array_agg(
        lockstep.overlay_event(
          made.id, made.session_id, made.owner_id, made.version, made.expires_at,
          case when made.expires_at > now() then 'overlay_opened' else 'overlay_expired' end,
          case when made.expires_at > now() then 'staged' else 'ended' end
        )
      ),
      bool_or(made.expires_at <= now())
    into v_events, v_any_ended
    from made
    join gone on gone.id = made.id
    where made.version <> gone.version or (made.expired_notified_at is not null and gone.expired_notified_at is null);
  else
    select
      array_agg(
        lockstep.overlay_event(
          gone.id, gone.session_id, gone.owner_id, gone.version, gone.expires_at, 'overlay_expired',
          case when gone.expires_at <= now() then 'ttl' else 'ended' end
        )
      ),
      true
    into v_events, v_any_ended
    from gone
    where gone.expired_notified_at is null;
  end if;

  if v_events is null then
    return null;
  end if;
  -- To everybody, and without content.
  if v_any_ended then
    v_events := v_events
      || row(gen_random_uuid(), 'rank_overlay_ttl', 'overlay_expired', '{}', 1, now())::lockstep.rank_overlay_outbox;
  end if;
  perform lockstep.publish_overlay_events(v_events);
  return null;
end;
$$;

comment on function lockstep.notify_overlay_ttl() is
  'Tells players that overlays were opened, or are over, and everybody that something ended.';
revoke all on function lockstep.notify_overlay_ttl() from public, anon, authenticated, service_role;

create or replace trigger new_overlays_are_announced
  after insert on public.rank_session_overlays
  referencing new table as made
  for each statement execute function lockstep.notify_overlay_ttl();

create or replace trigger overlay_changes_are_announced
  after update on public.rank_session_overlays
  referencing old table as gone new table as made
  for each statement execute function lockstep.notify_overlay_ttl();

create or replace trigger overlay_ends_are_announced
  after delete on public.rank_session_overlays
  referencing old table as gone
  for each statement execute function lockstep.notify_overlay_ttl();

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
