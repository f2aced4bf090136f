-- What hangs on a room or a session goes with it: overlays and templates, as with foreign keys.
--
-- They are no foreign keys, since those would forbid a project to truncate its rooms and sessions, and to give them
-- other ids. A staging holds room and session before it writes, so what is written hangs on something that is there.
-- Contract: none by itself.
-- Called by: deletes and truncates of rooms and sessions, and changes of their ids.
-- Undo: drop trigger what_hangs_on_it_goes_with_it on public.rank_sessions;
--   drop trigger what_hangs_on_them_goes_with_them on public.rank_sessions;
--   drop trigger what_hangs_on_it_goes_with_it on public.rank_rooms;
--   drop trigger what_hangs_on_them_goes_with_them on public.rank_rooms;
--   drop function lockstep.follow_session(); drop function lockstep.follow_room();

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create or replace function lockstep.follow_room()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from public.rank_session_overlays where true;
    delete from lockstep.rank_room_templates where true;
  elsif tg_op = 'DELETE' then
    delete from public.rank_session_overlays as overlay where overlay.room_id = old.id;
    delete from lockstep.rank_room_templates as template where template.room_id = old.id;
  else
    update public.rank_session_overlays as overlay set room_id = new.id where overlay.room_id = old.id;
    update lockstep.rank_room_templates as template set room_id = new.id where template.room_id = old.id;
  end if;
  return null;
exception
  -- Renamed, as far as the project does that: no RPC works then, and what the project does goes on.
  when undefined_column then
    return null;
end;
$$;

comment on function lockstep.follow_room() is 'Does to what hangs on a room what is done to the room.';
revoke all on function lockstep.follow_room() from public, anon, authenticated, service_role;

create or replace trigger what_hangs_on_it_goes_with_it
  after delete or update of id on public.rank_rooms
  for each row execute function lockstep.follow_room();

create or replace trigger what_hangs_on_them_goes_with_them
  after truncate on public.rank_rooms
  for each statement execute function lockstep.follow_room();

create or replace function lockstep.follow_session()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from public.rank_session_overlays where true;
    update lockstep.rank_room_templates set session_id = null where session_id is not null;
  elsif tg_op = 'DELETE' then
    delete from public.rank_session_overlays as overlay where overlay.session_id = old.id;
    update lockstep.rank_room_templates as template set session_id = null where template.session_id = old.id;
  else
    update public.rank_session_overlays as overlay set session_id = new.id where overlay.session_id = old.id;
    update lockstep.rank_room_templates as template set session_id = new.id where template.session_id = old.id;
  end if;
  return null;
exception
  -- Renamed, as far as the project does that: no RPC works then, and what the project does goes on.
  when undefined_column then
    return null;
end;
$$;

comment on function lockstep.follow_session() is 'Does to what hangs on a session what is done to the session.';
revoke all on function lockstep.follow_session() from public, anon, authenticated, service_role;

create or replace trigger what_hangs_on_it_goes_with_it
  after delete or update of id on public.rank_sessions
  for each row execute function lockstep.follow_session();

create or replace trigger what_hangs_on_them_goes_with_them
  after truncate on public.rank_sessions
  for each statement execute function lockstep.follow_session();
