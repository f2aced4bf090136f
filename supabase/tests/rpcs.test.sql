-- Every RPC: whose it is, how it is made, how it says its version, and who may execute it. What each of them takes and
-- gives stands in the contract alone, to which `gate check` holds a database.

begin;

create extension if not exists pgtap with schema extensions;
set local search_path = public, extensions;

select plan(9);

-- An RPC is a function of the exposed schema that belongs to one of the roles made for it.
create temporary view rpc as
  select
    pg_proc.*,
    pg_proc.oid::regprocedure as signature,
    obj_description(pg_proc.oid, 'pg_proc')::jsonb as comment
  from pg_proc
  join pg_roles on pg_roles.oid = proowner and rolname in ('social_rpc_owner', 'rank_rpc_owner')
  where pronamespace = 'public'::regnamespace;

select results_eq(
  'select distinct proowner::regrole::text from rpc order by 1', array['rank_rpc_owner', 'social_rpc_owner'],
  'each of the roles has an RPC'
);
select is_empty(
  $$
    select proname
    from pg_proc
    where pronamespace = 'public'::regnamespace and proname in (select proname from rpc)
    group by proname
    having count(*) > 1
  $$,
  'none has an overload: PostgREST answers 300'
);

-- How it is made ------------------------------------------------------------------------------------------------------

select is_empty(
  $$ select signature from rpc where not coalesce('search_path=""' = any (proconfig), false) $$,
  'none finds anything by an unqualified name'
);
select is_empty(
  $$ select signature from rpc where prosecdef and not 'statement_timeout=5s' = any (proconfig) $$,
  'those that clients call end after five seconds'
);

-- How it says its version ---------------------------------------------------------------------------------------------

select is_empty(
  $$
    select signature
    from rpc
    where comment is null or comment ->> 'rpc' <> proname or comment ->> 'version' !~ '^\d+\.\d+\.\d+$'
  $$,
  'the comment is its name and its version'
);
select is_empty(
  $$
    select signature
    from rpc
    where prosrc !~ format(
      E'^(\\s*#variable_conflict use_variable)?\\s*(declare.*\\s)?begin\\s+perform lockstep.announce_rpc\\(''%s'', ''%s''\\);',
      proname, comment ->> 'version'
    )
  $$,
  'and what its first statement announces'
);

-- Who may execute it --------------------------------------------------------------------------------------------------

select is_empty(
  $$
    select signature, acl.grantee::regrole
    from rpc, aclexplode(coalesce(proacl, acldefault('f', proowner))) as acl
    where acl.grantee not in (proowner, 'authenticated'::regrole)
  $$,
  'nobody but signed-in users and its owner: neither everybody, nor anon, nor service_role'
);
select is_empty(
  $$ select signature from rpc where prosecdef and not has_function_privilege('authenticated', oid, 'execute') $$,
  'signed-in users may execute what has the rights of its owner'
);
select is_empty(
  $$ select signature from rpc where not prosecdef and has_function_privilege('authenticated', oid, 'execute') $$,
  'and not what would have theirs, and is there for other RPCs'
);

select * from finish();
rollback;
