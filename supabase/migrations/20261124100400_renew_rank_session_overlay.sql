-- renew_rank_session_overlay: the caller is still there, so the caller's overlay lives five minutes more.
--
-- For those for whom overlays are switched on. One that is over stays over: it was announced as such, and what a browser
-- has collapsed does not come back by itself.
-- Contract: renew_rank_session_overlay 1.1.0
-- Called by: the browser module.
-- Undo: drop function public.renew_rank_session_overlay(uuid); drop function lockstep.still_plays(uuid);

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- Sees what the policies hide from a player: the room, and whether its session goes on.
create or replace function lockstep.still_plays(p_session_id uuid)
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
    join public.rank_room_slots as slot on slot.room_id = template.room_id
    where template.session_id = still_plays.p_session_id
      and not template.session_ended
      and lockstep.has_opening_status(template.session_id)
      and slot.occupant_owner_id = auth.uid()
  );
end;
$$;

comment on function lockstep.still_plays(uuid) is 'Whether the caller sits in the room of a session that goes on.';
revoke all on function lockstep.still_plays(uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.still_plays(uuid) to rank_rpc_owner;

create or replace function public.renew_rank_session_overlay(
  p_session_id uuid,
  out session_id uuid,
  out version bigint,
  out expires_at timestamptz,
  out server_time timestamptz
)
language plpgsql
volatile
security definer
set search_path = ''
set statement_timeout = '5s'
as $$
declare
  v_caller uuid;
begin
  perform lockstep.announce_rpc('renew_rank_session_overlay', '1.1.0');
  v_caller := lockstep.require_caller();
  perform lockstep.require_flag('flag_rank_overlays', v_caller);

  update public.rank_session_overlays as overlay
  set renewed_at = now(), expires_at = now() + interval '5 minutes'
  where overlay.session_id = renew_rank_session_overlay.p_session_id
    and overlay.owner_id = v_caller
    -- Not now(): whoever waits for a row that is being ended must find that it has ended.
    and overlay.expires_at > clock_timestamp()
    and overlay.expired_notified_at is null
    and lockstep.still_plays(overlay.session_id)
  returning overlay.session_id, overlay.version, overlay.expires_at
  into session_id, version, expires_at;

  if not found then
    perform lockstep.refuse(404, 'overlay_not_found', 'There is no overlay of yours in this session, or it is over.');
  end if;
  server_time := clock_timestamp();
end;
$$;

comment on function public.renew_rank_session_overlay(uuid) is
  '{"rpc": "renew_rank_session_overlay", "version": "1.1.0"}';

revoke all on function public.renew_rank_session_overlay(uuid) from public, anon, authenticated, service_role;
grant execute on function public.renew_rank_session_overlay(uuid) to authenticated;

grant create on schema public to rank_rpc_owner;
alter function public.renew_rank_session_overlay(uuid) owner to rank_rpc_owner;
revoke create on schema public from rank_rpc_owner;

notify pgrst, 'reload schema';
