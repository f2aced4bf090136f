-- The role that owns the rank RPCs: no login, no bypass of RLS, no table of its own.
--
-- Not the social one: who stages a match reads nobody's messages, whatever goes wrong in a function.
-- Contract: `owner` of the rank RPCs.
-- Called by: nobody, a SECURITY DEFINER function runs as it.
-- Undo: drop owned by rank_rpc_owner; drop role rank_rpc_owner;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'rank_rpc_owner') then
    create role rank_rpc_owner nologin;
  end if;

  -- Only a superuser may take this away (before 16, only a superuser may even write `nobypassrls`).
  if exists (
    select from pg_catalog.pg_roles where rolname = 'rank_rpc_owner' and (rolsuper or rolbypassrls)
  ) then
    raise exception 'rank_rpc_owner bypasses RLS, and must not'
      using hint = 'As a superuser: alter role rank_rpc_owner nosuperuser nobypassrls;';
  end if;
end;
$$;

alter role rank_rpc_owner nologin noinherit nocreatedb nocreaterole;

-- So that migrations may hand functions over to it.
grant rank_rpc_owner to postgres;

grant usage on schema public, lockstep to rank_rpc_owner;
grant execute on function lockstep.caller_id() to rank_rpc_owner;
grant execute on function lockstep.set_header(text, text) to rank_rpc_owner;
grant execute on function lockstep.refuse(integer, text, text, text, text) to rank_rpc_owner;
grant execute on function lockstep.require_caller() to rank_rpc_owner;
grant execute on function lockstep.announce_rpc(text, text) to rank_rpc_owner;
grant execute on function lockstep.audit(text, text, jsonb) to rank_rpc_owner;
grant execute on function lockstep.hold_for_staging(uuid, uuid, jsonb) to rank_rpc_owner;
