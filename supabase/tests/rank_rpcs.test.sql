-- The rank RPCs: what the contract says of each of them, and who may execute it.

begin;

create extension if not exists pgtap with schema extensions;
set local search_path = public, extensions;

select plan(17);

create temporary table rpc (
  name name,
  -- As PostgreSQL writes them, with their defaults and with what comes out.
  arguments text,
  result text,
  volatility "char",
  definer boolean,
  settings text[],
  clients text[]
);

insert into rpc
values
  (
    'verify_rank_roles_and_slots',
    'p_roles jsonb DEFAULT ''[]''::jsonb, p_slots jsonb DEFAULT ''[]''::jsonb',
    'TABLE(role_name text, declared_slot_count integer, active_slot_count integer)',
    's',
    false,
    array['search_path=""'],
    '{}'
  ),
  (
    'sync_rank_match_roster',
    'p_room_id uuid, p_game_id uuid, p_match_instance_id uuid, p_roster jsonb, p_slot_template jsonb, '
      || 'OUT inserted_count integer, OUT slot_template_version bigint, '
      || 'OUT slot_template_updated_at timestamp with time zone, OUT role_counts jsonb, OUT replayed boolean',
    'record',
    'v',
    true,
    array['search_path=""', 'statement_timeout=5s'],
    array['authenticated']
  );

create temporary view found as
  select rpc.*, pg_proc.*
  from rpc
  join pg_proc on pg_proc.proname = rpc.name and pg_proc.pronamespace = 'public'::regnamespace;

-- What the contract says of the functions -----------------------------------------------------------------------------

select is(
  (select count(*) from found where found.name = rpc.name), 1::bigint,
  'there is one ' || name || ': PostgREST answers 300 to an overload'
)
from rpc;
select is(pg_get_function_arguments(oid), arguments, name || ' takes the arguments of the contract') from found;
select is(pg_get_function_result(oid), result, name || ' gives the columns of the contract') from found;
select is(provolatile, volatility, name || ' writes, or does not, as the contract says') from found;
select is(prosecdef, definer, name || ' runs with the rights that the contract says') from found;
select is(proowner, 'rank_rpc_owner'::regrole::oid, name || ' belongs to rank_rpc_owner') from found;
select is(proconfig, settings, name || ' finds nothing by an unqualified name') from found;
select is(
  obj_description(oid, 'pg_proc')::jsonb,
  jsonb_build_object('rpc', name, 'version', case name when 'sync_rank_match_roster' then '1.1.0' else '1.0.0' end),
  'the comment of ' || name || ' is its version'
)
from found;

-- Who may execute them ------------------------------------------------------------------------------------------------

select is_empty(
  $$
    select found.name, acl.grantee::regrole
    from found, aclexplode(coalesce(found.proacl, acldefault('f', found.proowner))) as acl
    where acl.grantee <> found.proowner and acl.grantee::regrole::text <> all (found.clients)
    union all
    select found.name, client.role::regrole
    from found, unnest(found.clients) as client (role)
    where not has_function_privilege(client.role, found.oid, 'execute')
  $$,
  'authenticated may execute sync_rank_match_roster, its owner may execute both, and nobody else either'
);

select * from finish();
rollback;
