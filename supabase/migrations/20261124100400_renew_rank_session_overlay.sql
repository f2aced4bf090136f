-- renew_rank_session_overlay: the caller is still there, so the caller's overlay lives five minutes more.
--
-- One that is over stays over: it was announced as such, and what a browser has collapsed does not come back by itself.
-- Contract: renew_rank_session_overlay 1.0.0
-- Called by: the browser module.
-- Undo: drop function public.renew_rank_session_overlay(uuid);

set local role postgres;
set local search_path = '';

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
  perform lockstep.announce_rpc('renew_rank_session_overlay', '1.0.0');
  v_caller := lockstep.require_caller();

  update public.rank_session_overlays as overlay
  set renewed_at = now(), expires_at = now() + interval '5 minutes'
  where overlay.session_id = renew_rank_session_overlay.p_session_id
    and overlay.owner_id = v_caller
    and overlay.expires_at > now()
  returning overlay.session_id, overlay.version, overlay.expires_at
  into session_id, version, expires_at;

  if not found then
    perform lockstep.refuse(404, 'overlay_not_found', 'There is no overlay of yours in this session, or it is over.');
  end if;
  server_time := clock_timestamp();
end;
$$;

comment on function public.renew_rank_session_overlay(uuid) is
  '{"rpc": "renew_rank_session_overlay", "version": "1.0.0"}';

revoke all on function public.renew_rank_session_overlay(uuid) from public, anon, authenticated, service_role;
grant execute on function public.renew_rank_session_overlay(uuid) to authenticated;

grant create on schema public to rank_rpc_owner;
alter function public.renew_rank_session_overlay(uuid) owner to rank_rpc_owner;
revoke create on schema public from rank_rpc_owner;

notify pgrst, 'reload schema';
