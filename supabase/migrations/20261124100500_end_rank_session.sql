-- end_rank_session: the match is over, so everybody's overlay of it is.
--
-- For the owner of the room. A session that is somebody else's is refused like one that does not exist.
-- Contract: end_rank_session 1.0.0
-- Called by: the browser module.
-- Undo: drop function public.end_rank_session(uuid); drop function lockstep.end_rank_overlays(uuid, uuid, uuid[]);
--   drop function lockstep.note_session_end(uuid);

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- Of all players but those who are named. As many as were not over.
create or replace function lockstep.end_rank_overlays(p_session_id uuid, p_room_id uuid, p_but uuid[])
returns integer
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_ended integer;
begin
  update public.rank_session_overlays as overlay
  set expires_at = now()
  where overlay.session_id = end_rank_overlays.p_session_id
    -- Not now(), for which the index of all overlays that are not over could be read.
    and overlay.expires_at > clock_timestamp()
    and overlay.owner_id <> all (end_rank_overlays.p_but)
    -- Not those that the caller merely has in somebody else's room.
    and overlay.room_id = end_rank_overlays.p_room_id;
  get diagnostics v_ended = row_count;
  return v_ended;
end;
$$;

comment on function lockstep.end_rank_overlays(uuid, uuid, uuid[]) is 'Ends the overlays of a session in a room.';
revoke all on function lockstep.end_rank_overlays(uuid, uuid, uuid[]) from public, anon, authenticated, service_role;
grant execute on function lockstep.end_rank_overlays(uuid, uuid, uuid[]) to rank_rpc_owner;

-- For whoever reads the table. An installation may allow other words only, have a trigger that refuses or a policy that hides,
-- and a match does not go on for that. What says that the database is busy is no refusal.
create or replace function lockstep.note_session_end(p_session_id uuid)
returns void
language plpgsql
volatile
set search_path = ''
as $$
begin
  update public.rank_sessions as session
  set status = 'ended', updated_at = now()
  where session.id = note_session_end.p_session_id and lockstep.has_opening_status(session.id);
exception
  when transaction_rollback or insufficient_resources or lock_not_available or operator_intervention then
    raise;
  when others then
    raise warning 'session % has ended, and its status could not be set: %', p_session_id, sqlerrm;
end;
$$;

comment on function lockstep.note_session_end(uuid) is 'Sets the status of a session that has ended.';
revoke all on function lockstep.note_session_end(uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.note_session_end(uuid) to rank_rpc_owner;

create or replace function public.end_rank_session(
  p_session_id uuid,
  out session_id uuid,
  out ended_count integer,
  out server_time timestamptz
)
language plpgsql
volatile
security definer
set search_path = ''
set statement_timeout = '5s'
as $$
declare
  v_room uuid;
  v_ended_before boolean;
begin
  perform lockstep.announce_rpc('end_rank_session', '1.0.0');
  perform lockstep.require_caller();

  -- One change of a room at a time, as in a staging: the lock first, and what it is about again under it.
  v_room := lockstep.room_of_session(end_rank_session.p_session_id);
  perform pg_advisory_xact_lock(hashtextextended('rank_match_roster:' || v_room, 0)) where v_room is not null;
  perform lockstep.hold_for_staging(v_room, null, '[]') where v_room is not null;
  perform set_config('lockstep.room', v_room::text, true);

  select template.session_id, template.session_ended
  into session_id, v_ended_before
  from lockstep.rank_room_templates as template
  where template.room_id = v_room and template.session_id = end_rank_session.p_session_id;

  if not found then
    perform lockstep.refuse(404, 'session_not_found', 'There is no session of this id in a room of yours.');
  end if;
  perform lockstep.note_session_end(session_id);
  ended_count := lockstep.end_rank_overlays(session_id, v_room, '{}');
  update lockstep.rank_room_templates as template
  set session_ended = true
  where template.room_id = v_room and not template.session_ended;
  server_time := clock_timestamp();

  -- Ending it again changes nothing.
  if not v_ended_before or ended_count > 0 then
    perform lockstep.audit(
      'end_rank_session', '1.0.0', jsonb_build_object('session_id', session_id, 'ended_count', ended_count)
    );
  end if;
end;
$$;

comment on function public.end_rank_session(uuid) is '{"rpc": "end_rank_session", "version": "1.0.0"}';

revoke all on function public.end_rank_session(uuid) from public, anon, authenticated, service_role;
grant execute on function public.end_rank_session(uuid) to authenticated;

grant create on schema public to rank_rpc_owner;
alter function public.end_rank_session(uuid) owner to rank_rpc_owner;
revoke create on schema public from rank_rpc_owner;

notify pgrst, 'reload schema';
