-- end_rank_session: the match is over, so everybody's overlay of it is.
--
-- For the owner of the room. A session that is somebody else's is refused like one that does not exist.
-- Contract: end_rank_session 1.0.0
-- Called by: the browser module.
-- Undo: drop function public.end_rank_session(uuid); drop function lockstep.end_rank_overlays(uuid, uuid[]);

set local role postgres;
set local search_path = '';

-- Of all players but those who are named. As many as were not over.
create or replace function lockstep.end_rank_overlays(p_session_id uuid, p_but uuid[])
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
    and overlay.expires_at > now()
    and overlay.owner_id <> all (end_rank_overlays.p_but)
    -- Not those that the caller merely has in somebody else's room.
    and lockstep.owns_room(overlay.room_id);
  get diagnostics v_ended = row_count;
  return v_ended;
end;
$$;

comment on function lockstep.end_rank_overlays(uuid, uuid[]) is 'Ends the overlays of a session in a room of the caller.';
revoke all on function lockstep.end_rank_overlays(uuid, uuid[]) from public, anon, authenticated, service_role;
grant execute on function lockstep.end_rank_overlays(uuid, uuid[]) to rank_rpc_owner;

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
begin
  perform lockstep.announce_rpc('end_rank_session', '1.0.0');
  perform lockstep.require_caller();

  -- The policies show the caller's own sessions, and no others.
  update public.rank_sessions as session
  set status = 'ended', updated_at = now()
  where session.id = end_rank_session.p_session_id
    and exists (
      select
      from lockstep.rank_room_templates as template
      where template.session_id = session.id and lockstep.owns_room(template.room_id)
    )
  returning session.id into session_id;

  if not found then
    perform lockstep.refuse(404, 'session_not_found', 'There is no session of this id in a room of yours.');
  end if;
  ended_count := lockstep.end_rank_overlays(session_id, '{}');
  server_time := clock_timestamp();

  perform lockstep.audit(
    'end_rank_session', '1.0.0', jsonb_build_object('session_id', session_id, 'ended_count', ended_count)
  );
end;
$$;

comment on function public.end_rank_session(uuid) is '{"rpc": "end_rank_session", "version": "1.0.0"}';

revoke all on function public.end_rank_session(uuid) from public, anon, authenticated, service_role;
grant execute on function public.end_rank_session(uuid) to authenticated;

grant create on schema public to rank_rpc_owner;
alter function public.end_rank_session(uuid) owner to rank_rpc_owner;
revoke create on schema public from rank_rpc_owner;

notify pgrst, 'reload schema';
