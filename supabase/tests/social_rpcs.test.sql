-- The social RPCs: what the contract says of each of them, and who may execute it.

begin;

create extension if not exists pgtap with schema extensions;
set local search_path = public, extensions;

select plan(38);

create temporary table rpc (
  name name,
  types name[],
  -- In their order; the last ones have defaults.
  arguments text[],
  defaults text,
  result text,
  volatility text,
  version text
);

insert into rpc
values
  (
    'fetch_social_messages',
    array['uuid', 'integer', 'timestamp with time zone'],
    array['p_channel_id uuid', 'p_limit integer optional', 'p_since timestamp with time zone optional'],
    '50, NULL::timestamp with time zone',
    'setof social_messages',
    'stable',
    '1.0.0'
  ),
  (
    'fetch_social_messages_page',
    array['uuid', 'timestamp with time zone', 'uuid', 'integer'],
    array['p_channel_id uuid', 'p_before_inserted_at timestamp with time zone', 'p_before_id uuid',
      'p_limit integer optional'],
    '50',
    'setof social_messages',
    'stable',
    '1.0.0'
  ),
  (
    'insert_social_message',
    array['uuid', 'text', 'uuid'],
    array['p_channel_id uuid', 'p_body text', 'p_client_message_id uuid optional'],
    'NULL::uuid',
    'social_messages',
    'volatile',
    '1.0.0'
  );

create temporary view found as
  select rpc.*, pg_proc.*
  from rpc
  join pg_proc on pg_proc.proname = rpc.name and pg_proc.pronamespace = 'public'::regnamespace;

-- What the contract says of the functions -----------------------------------------------------------------------------

select has_function('public', name, types) from rpc;
select is(
  (select count(*) from found where found.name = rpc.name), 1::bigint,
  'there is one ' || name || ': PostgREST answers 300 to an overload'
)
from rpc;
select function_returns('public', name, types, result) from rpc;
select is_definer('public', name, types) from rpc;
select volatility_is('public', name, types, volatility) from rpc;
select function_owner_is('public', name, types, 'social_rpc_owner') from rpc;
select is(
  proconfig, array['search_path=""', 'statement_timeout=5s'],
  name || ' finds nothing by an unqualified name, and ends after five seconds'
)
from found;
select is(
  (
    select array_agg(
      argument.name || ' ' || argument.type::regtype
        || case when argument.number > pronargs - pronargdefaults then ' optional' else '' end
      order by argument.number
    )
    from unnest(proargnames, proargtypes::oid[]) with ordinality as argument (name, type, number)
  ),
  arguments,
  name || ' takes the arguments of the contract, of which the last may be left out'
)
from found;
select is(pg_get_expr(proargdefaults, 0), defaults, 'and these are what ' || name || ' takes for them') from found;
select is(
  obj_description(oid, 'pg_proc')::jsonb, jsonb_build_object('rpc', name, 'version', version),
  'the comment of ' || name || ' is its version'
)
from found;

-- Who may execute them ------------------------------------------------------------------------------------------------

select bag_eq(
  format(
    $$
      select client.role
      from unnest(array['authenticated', 'anon', 'service_role', 'authenticator']) as client (role)
      where has_function_privilege(client.role, %s, 'execute')
    $$,
    oid
  ),
  array['authenticated'],
  'of the clients, authenticated may execute ' || name || ', and neither anon nor service_role'
)
from found;
select is_empty(
  format(
    $$
      select acl.privilege_type
      from pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) as acl
      where pg_proc.oid = %s and acl.grantee not in ('authenticated'::regrole, 'social_rpc_owner'::regrole)
    $$,
    oid
  ),
  'nor everybody, nor anybody else: ' || name
)
from found;

-- The three of them are all there are, and each begins by saying its version ------------------------------------------

select bag_eq(
  $$
    select proname
    from pg_proc
    where pronamespace = 'public'::regnamespace and proowner = 'social_rpc_owner'::regrole
  $$,
  'select name from rpc',
  'social_rpc_owner owns these and no other function in public'
);
select is_empty(
  $$
    select name
    from found
    where prosrc !~ format(
      E'^\\s*(declare.*\\sbegin)?\\s*(select|perform) lockstep.announce_rpc\\(''%s'', ''%s''\\);', name, version
    )
  $$,
  'the first statement of each announces what the comment says'
);
select * from finish();
rollback;
