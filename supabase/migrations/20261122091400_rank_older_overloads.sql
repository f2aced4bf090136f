-- Takes away what an installation has under the names of the two rank RPCs, in every signature.
--
-- PostgREST answers 300 where two functions fit a call, and the older ones trust an owner that the caller names. All
-- other functions stay. Without cascade: what an installation has built on one of them is for its owner to change.
-- Contract: one function of each name.
-- Called by: nobody.
-- Undo: none, the installation's own migrations bring them back.

set local role postgres;
set local search_path = '';

do $$
declare
  v_routine regprocedure;
begin
  for v_routine in
    select routine.oid::regprocedure
    from pg_catalog.pg_proc as routine
    where routine.pronamespace = 'public'::regnamespace
      and routine.proname in ('verify_rank_roles_and_slots', 'sync_rank_match_roster')
      -- Ours are handed over to this role.
      and routine.proowner <> 'rank_rpc_owner'::regrole
    order by 1
  loop
    execute format('drop routine %s', v_routine);
  end loop;
end;
$$;

notify pgrst, 'reload schema';
