-- Overlays: what a player is shown while a staged match is on, and until when. The database says when it is over.
--
-- One row for each player of a session. It lives five minutes from its last renewal at most, and may end early. Clients
-- have no rights here; `service_role` may look and remove.
-- Contract: the view is what fetch_rank_session_overlays reads.
-- Called by: sync_rank_match_roster, the overlay RPCs, the sweep.
-- Undo: drop view public.rank_session_overlays_live; drop table public.rank_session_overlays;
--   drop function lockstep.keep_overlay_times(); drop function lockstep.seated_in_hand();
--   drop trigger seats_given_are_noted on public.rank_room_slots;
--   drop trigger seats_given_are_forgotten on public.rank_room_slots; drop function lockstep.note_who_is_seated();
--   drop table lockstep.rank_seats_given;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create table if not exists public.rank_session_overlays (
  id uuid primary key default gen_random_uuid(),
  -- No foreign keys: a project may truncate its sessions and rooms. Triggers do what keys would.
  session_id uuid not null,
  room_id uuid not null,
  owner_id uuid not null references auth.users (id) on delete cascade,
  -- Of the slot template that the room was staged with.
  version bigint not null,
  inserted_at timestamptz not null default now(),
  renewed_at timestamptz not null default now(),
  -- Given by a trigger where nobody gives it: a generated column could not end early.
  expires_at timestamptz not null,
  -- When its player was told that it ended. Null again when it is renewed.
  expired_notified_at timestamptz,

  constraint one_overlay_per_player unique (session_id, owner_id),
  constraint overlay_lives_five_minutes_at_most check (expires_at <= renewed_at + interval '5 minutes'),
  constraint overlay_version_is_not_negative check (version >= 0)
);

-- What the sweep looks for; and what is followed backwards when a user or a room goes.
create index if not exists rank_session_overlays_by_expiry on public.rank_session_overlays (expires_at);
create index if not exists rank_session_overlays_by_owner on public.rank_session_overlays (owner_id);
create index if not exists rank_session_overlays_by_room on public.rank_session_overlays (room_id);

comment on table public.rank_session_overlays is 'What players are shown during a staged match, and until when.';

alter table public.rank_session_overlays enable row level security;
revoke all on public.rank_session_overlays from public, anon, authenticated, service_role;
grant select, delete on public.rank_session_overlays to service_role;
grant select, insert (session_id, room_id, owner_id, version), update (version, renewed_at, expires_at)
  on public.rank_session_overlays to rank_rpc_owner;

-- Nobody renews from the future, and who renews gets the whole time unless less is asked for.
create or replace function lockstep.keep_overlay_times()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.renewed_at := least(new.renewed_at, now());
  if tg_op = 'INSERT' then
    new.expires_at := coalesce(new.expires_at, new.renewed_at + interval '5 minutes');
  elsif new.renewed_at is distinct from old.renewed_at and new.expires_at is not distinct from old.expires_at then
    new.expires_at := new.renewed_at + interval '5 minutes';
  end if;

  -- Ending early is told at once, and renewing makes a notice possible again.
  if new.expires_at > now() then
    new.expired_notified_at := null;
  elsif tg_op = 'UPDATE' and old.expires_at > now() then
    new.expired_notified_at := now();
  end if;
  return new;
end;
$$;

comment on function lockstep.keep_overlay_times() is 'Sets until when an overlay lives, and whether its end was told.';
revoke all on function lockstep.keep_overlay_times() from public, anon, authenticated, service_role;

create or replace trigger overlays_keep_their_times
  before insert or update on public.rank_session_overlays
  for each row execute function lockstep.keep_overlay_times();

-- Seats that somebody else has given to their occupants. An installation may let hosts do that; it does not make the
-- occupants players whom the host may reach.
create table if not exists lockstep.rank_seats_given (
  -- No foreign key: a project may truncate its slots.
  slot_id uuid primary key
);

comment on table lockstep.rank_seats_given is 'Slots whose occupants did not sit down by themselves.';

alter table lockstep.rank_seats_given enable row level security;
revoke all on lockstep.rank_seats_given from public, anon, authenticated, service_role;
grant select on lockstep.rank_seats_given to rank_rpc_owner;

drop policy if exists "which seats were given is no secret to the rank RPCs" on lockstep.rank_seats_given;
create policy "which seats were given is no secret to the rank RPCs" on lockstep.rank_seats_given
  for select to rank_rpc_owner
  using (true);

-- The back office may seat whom it likes. It has no user id; the subject of its token may be no id at all.
create or replace function lockstep.note_who_is_seated()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  c_uuid constant text := '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$';
  v_subject constant text := auth.jwt() ->> 'sub';
begin
  if tg_op = 'TRUNCATE' then
    delete from lockstep.rank_seats_given where true;
    return null;
  elsif tg_op = 'UPDATE' and new.occupant_owner_id is not distinct from old.occupant_owner_id then
    return null;
  end if;

  delete from lockstep.rank_seats_given as given where given.slot_id = coalesce(new.id, old.id);
  if v_subject ~ c_uuid and new.occupant_owner_id <> v_subject::uuid then
    insert into lockstep.rank_seats_given (slot_id) values (new.id);
  end if;
  return null;
exception
  -- Renamed by the project: no RPC works then, and what the project does goes on.
  when undefined_column then
    return null;
end;
$$;

comment on function lockstep.note_who_is_seated() is 'Remembers which occupants did not sit down by themselves.';
revoke all on function lockstep.note_who_is_seated() from public, anon, authenticated, service_role;

create or replace trigger seats_given_are_noted
  after insert or delete or update of occupant_owner_id on public.rank_room_slots
  for each row execute function lockstep.note_who_is_seated();

create or replace trigger seats_given_are_forgotten
  after truncate on public.rank_room_slots
  for each statement execute function lockstep.note_who_is_seated();

-- Passes by the policies that ask it, once for a statement.
create or replace function lockstep.seated_in_hand()
returns uuid[]
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_room constant uuid := nullif(current_setting('lockstep.room', true), '')::uuid;
begin
  return (
    select array_agg(slot.occupant_owner_id)
    from public.rank_room_slots as slot
    where slot.room_id = v_room
      and not exists (select from lockstep.rank_seats_given as given where given.slot_id = slot.id)
  );
end;
$$;

comment on function lockstep.seated_in_hand() is 'Who has sat down in the room in hand.';
revoke all on function lockstep.seated_in_hand() from public, anon, authenticated, service_role;
grant execute on function lockstep.seated_in_hand() to rank_rpc_owner;

drop policy if exists "players see their overlays" on public.rank_session_overlays;
create policy "players see their overlays" on public.rank_session_overlays
  for select to rank_rpc_owner
  using (owner_id = (select lockstep.caller_id()));

drop policy if exists "players renew their overlays" on public.rank_session_overlays;
create policy "players renew their overlays" on public.rank_session_overlays
  for update to rank_rpc_owner
  using (owner_id = (select lockstep.caller_id()))
  with check (owner_id = (select lockstep.caller_id()));

drop policy if exists "room owners see the overlays of their rooms" on public.rank_session_overlays;
create policy "room owners see the overlays of their rooms" on public.rank_session_overlays
  for select to rank_rpc_owner
  using (room_id = (select nullif(current_setting('lockstep.room', true), '')::uuid));

-- A host reaches who has sat down in the room, and nobody else.
drop policy if exists "room owners open overlays for who sits in their rooms" on public.rank_session_overlays;
create policy "room owners open overlays for who sits in their rooms" on public.rank_session_overlays
  for insert to rank_rpc_owner
  with check (
    room_id = (select nullif(current_setting('lockstep.room', true), '')::uuid)
    and owner_id = any ((select lockstep.seated_in_hand())::uuid[])
  );

-- Those who left can be ended, and not kept alive.
drop policy if exists "room owners end the overlays of their rooms" on public.rank_session_overlays;
create policy "room owners end the overlays of their rooms" on public.rank_session_overlays
  for update to rank_rpc_owner
  using (room_id = (select nullif(current_setting('lockstep.room', true), '')::uuid))
  with check (
    room_id = (select nullif(current_setting('lockstep.room', true), '')::uuid)
    and (expires_at <= now() or owner_id = any ((select lockstep.seated_in_hand())::uuid[]))
  );

-- What is over is not there, whether or not the sweep has come by. Not now(): what PostgreSQL knows of these times is
-- older than five minutes, so it would expect to find few that are not over, and read them all for one player's.
create or replace view public.rank_session_overlays_live
with (security_invoker = true) as
select overlay.id, overlay.session_id, overlay.room_id, overlay.owner_id, overlay.version, overlay.expires_at
from public.rank_session_overlays as overlay
where overlay.expires_at > clock_timestamp();

comment on view public.rank_session_overlays_live is 'The overlays that are not over.';
revoke all on public.rank_session_overlays_live from public, anon, authenticated, service_role;
grant select on public.rank_session_overlays_live to service_role, rank_rpc_owner;

notify pgrst, 'reload schema';
