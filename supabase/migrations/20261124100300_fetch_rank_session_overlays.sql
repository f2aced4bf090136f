-- fetch_rank_session_overlays: the caller's overlays that are not over, and the server's time to compare clocks with.
--
-- For those for whom overlays are switched on. Browsers call it themselves, whenever they connect: a broadcast that was
-- missed is never sent again.
-- Contract: fetch_rank_session_overlays 1.1.0
-- Called by: the browser module.
-- Undo: drop function public.fetch_rank_session_overlays();

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create or replace function public.fetch_rank_session_overlays(out server_time timestamptz, out overlays jsonb)
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '5s'
as $$
declare
  v_caller uuid;
begin
  perform lockstep.announce_rpc('fetch_rank_session_overlays', '1.1.0');
  v_caller := lockstep.require_caller();
  perform lockstep.require_flag('flag_rank_overlays', v_caller);

  server_time := clock_timestamp();
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'session_id', live.session_id, 'version', live.version, 'expires_at', live.expires_at
      )
      order by live.expires_at desc, live.session_id
    ),
    '[]'
  )
  into overlays
  from public.rank_session_overlays_live as live
  where live.owner_id = v_caller;
end;
$$;

comment on function public.fetch_rank_session_overlays() is
  '{"rpc": "fetch_rank_session_overlays", "version": "1.1.0"}';

revoke all on function public.fetch_rank_session_overlays() from public, anon, authenticated, service_role;
grant execute on function public.fetch_rank_session_overlays() to authenticated;

grant create on schema public to rank_rpc_owner;
alter function public.fetch_rank_session_overlays() owner to rank_rpc_owner;
revoke create on schema public from rank_rpc_owner;

notify pgrst, 'reload schema';
