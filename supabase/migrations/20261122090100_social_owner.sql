-- The role that owns the social RPCs: no login, no bypass of RLS, no table of its own.
--
-- A function owned by postgres would bypass RLS, and the policies on the tables would be decoration.
-- Contract: `owner` of the social RPCs.
-- Called by: nobody, a SECURITY DEFINER function runs as it.
-- Undo: drop owned by social_rpc_owner; drop role social_rpc_owner;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'social_rpc_owner') then
    create role social_rpc_owner nologin;
  end if;

  -- Only a superuser may take this away (before 16, only a superuser may even write `nobypassrls`).
  if exists (
    select from pg_catalog.pg_roles where rolname = 'social_rpc_owner' and (rolsuper or rolbypassrls)
  ) then
    raise exception 'social_rpc_owner bypasses RLS, and must not'
      using hint = 'As a superuser: alter role social_rpc_owner nosuperuser nobypassrls;';
  end if;
end;
$$;

alter role social_rpc_owner nologin noinherit nocreatedb nocreaterole;

-- So that migrations may hand functions over to it.
grant social_rpc_owner to postgres;

grant usage on schema public, lockstep to social_rpc_owner;
grant execute on function lockstep.caller_id() to social_rpc_owner;
grant execute on function lockstep.set_header(text, text) to social_rpc_owner;
grant execute on function lockstep.refuse(integer, text, text, text, text) to social_rpc_owner;
grant execute on function lockstep.announce_rpc(text, text) to social_rpc_owner;
grant execute on function lockstep.setting(text) to social_rpc_owner;
grant execute on function lockstep.require_caller() to social_rpc_owner;
grant execute on function lockstep.audit(text, text, jsonb) to social_rpc_owner;
