-- Who may make a session: rank_rpc_owner, for a game that a room of the caller plays; and end it, for a room's owner.
--
-- As with the other rank tables: an installation's rights and policies stay, and the restrictive policies keep the RPCs
-- where they belong.
-- Contract: none by itself.
-- Called by: sync_rank_match_roster, end_rank_session.
-- Undo: revoke all on public.rank_sessions from rank_rpc_owner;
--   drop policy "room owners see the sessions of their rooms" on public.rank_sessions;
--   drop policy "the rank RPCs see no other sessions" on public.rank_sessions;
--   drop policy "room owners open sessions of their games" on public.rank_sessions;
--   drop policy "the rank RPCs open no other sessions" on public.rank_sessions;
--   drop policy "room owners end the sessions of their rooms" on public.rank_sessions;
--   drop policy "the rank RPCs change no other sessions" on public.rank_sessions;
--   drop function lockstep.session_in_hand(); drop function lockstep.room_of_session(uuid);
--   drop function lockstep.has_opening_status(uuid); drop function lockstep.status_of_session(uuid);

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

grant select, insert (id, game_id, owner_id), update (status, updated_at) on public.rank_sessions
  to rank_rpc_owner;

-- Whose session it is goes by the room: it may have another owner than when the session was opened. These two pass by the
-- policies.
create or replace function lockstep.room_of_session(p_session_id uuid)
returns uuid
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return (
    select template.room_id
    from lockstep.rank_room_templates as template
    join public.rank_rooms as room on room.id = template.room_id
    where template.session_id = room_of_session.p_session_id and room.owner_id = auth.uid()
  );
end;
$$;

comment on function lockstep.room_of_session(uuid) is 'The room of the caller that is in the session, or null.';
revoke all on function lockstep.room_of_session(uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.room_of_session(uuid) to rank_rpc_owner;

create or replace function lockstep.session_in_hand()
returns uuid
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_room constant uuid := nullif(current_setting('lockstep.room', true), '')::uuid;
begin
  return (
    select template.session_id from lockstep.rank_room_templates as template where template.room_id = v_room
  );
end;
$$;

comment on function lockstep.session_in_hand() is 'The session that the room in hand is in.';
revoke all on function lockstep.session_in_hand() from public, anon, authenticated, service_role;
grant execute on function lockstep.session_in_hand() to rank_rpc_owner;

-- Of a session that was just opened, too, which the policies still hide.
create or replace function lockstep.status_of_session(p_session_id uuid)
returns text
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return (
    select session.status::text from public.rank_sessions as session where session.id = status_of_session.p_session_id
  );
end;
$$;

comment on function lockstep.status_of_session(uuid) is 'The status of a session, as text.';
revoke all on function lockstep.status_of_session(uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.status_of_session(uuid) to rank_rpc_owner;

create or replace function lockstep.has_opening_status(p_session_id uuid)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return exists (
    select
    from lockstep.rank_room_templates as template
    join public.rank_sessions as session on session.id = template.session_id
    where template.session_id = has_opening_status.p_session_id
      and session.status::text is not distinct from template.session_status
  );
end;
$$;

comment on function lockstep.has_opening_status(uuid) is
  'Whether a session of a staged room has the status that it was opened with, so that nobody has ended it.';
revoke all on function lockstep.has_opening_status(uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.has_opening_status(uuid) to rank_rpc_owner;

drop policy if exists "room owners see the sessions of their rooms" on public.rank_sessions;
create policy "room owners see the sessions of their rooms" on public.rank_sessions
  for select to rank_rpc_owner
  using (true);

drop policy if exists "the rank RPCs see no other sessions" on public.rank_sessions;
create policy "the rank RPCs see no other sessions" on public.rank_sessions
  as restrictive for select to rank_rpc_owner
  using (id = (select lockstep.session_in_hand()));

drop policy if exists "room owners open sessions of their games" on public.rank_sessions;
create policy "room owners open sessions of their games" on public.rank_sessions
  for insert to rank_rpc_owner
  with check (true);

drop policy if exists "the rank RPCs open no other sessions" on public.rank_sessions;
create policy "the rank RPCs open no other sessions" on public.rank_sessions
  as restrictive for insert to rank_rpc_owner
  with check (
    owner_id = (select lockstep.caller_id())
    and game_id = (select nullif(current_setting('lockstep.game', true), '')::uuid)
  );

drop policy if exists "room owners end the sessions of their rooms" on public.rank_sessions;
create policy "room owners end the sessions of their rooms" on public.rank_sessions
  for update to rank_rpc_owner
  using (true)
  with check (true);

drop policy if exists "the rank RPCs change no other sessions" on public.rank_sessions;
create policy "the rank RPCs change no other sessions" on public.rank_sessions
  as restrictive for update to rank_rpc_owner
  using (id = (select lockstep.session_in_hand()))
  with check (id = (select lockstep.session_in_hand()));
