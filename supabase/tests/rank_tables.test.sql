-- The rank tables and the role between them and the clients: who holds what, where they were created by us.

begin;

create extension if not exists pgtap with schema extensions;
set local search_path = public, extensions;

select plan(54);

create temporary view rank_table as
  select oid, relname as name, relrowsecurity, relacl, relowner
  from pg_class
  where oid in (
    'public.heroes'::regclass, 'public.rank_games'::regclass, 'public.rank_rooms'::regclass,
    'public.rank_room_slots'::regclass, 'public.rank_participants'::regclass, 'public.rank_match_roster'::regclass,
    'public.rank_sessions'::regclass, 'lockstep.rank_room_templates'::regclass
  );

create temporary view held as
  select
    coalesce(nullif(acl.grantee, 0)::regrole::text, 'public') as role,
    rank_table.name::text as name,
    lower(acl.privilege_type) as privilege
  from rank_table, aclexplode(coalesce(rank_table.relacl, acldefault('r', rank_table.relowner))) as acl
  where acl.grantee <> rank_table.relowner;

-- The role that owns the RPCs -----------------------------------------------------------------------------------------

select results_eq(
  $$
    select rolcanlogin, rolsuper, rolbypassrls, rolinherit, rolcreaterole, rolcreatedb, rolreplication
    from pg_roles
    where rolname = 'rank_rpc_owner'
  $$,
  $$ values (false, false, false, false, false, false, false) $$,
  'rank_rpc_owner cannot log in, bypass RLS, or do anything else that is special'
);
select is_empty(
  $$ select roleid::regrole from pg_auth_members where member = 'rank_rpc_owner'::regrole $$,
  'it is a member of no other role'
);
select is_empty(
  $$
    select member::regrole
    from pg_auth_members
    where roleid = 'rank_rpc_owner'::regrole
      and member::regrole::text in ('anon', 'authenticated', 'service_role', 'authenticator', 'social_rpc_owner')
  $$,
  'no client role can become it, and neither can the owner of the social RPCs'
);
select is_empty(
  $$ select oid::regclass from pg_class where relowner = 'rank_rpc_owner'::regrole $$,
  'it owns no table, so no policy passes it over'
);
select bag_eq(
  $$ select proname::text from pg_proc where proowner = 'rank_rpc_owner'::regrole $$,
  array[
    'sync_rank_match_roster', 'fetch_rank_session_overlays',
    'renew_rank_session_overlay', 'end_rank_session'
  ],
  'it owns the rank RPCs'
);
select is(has_schema_privilege('rank_rpc_owner', 'public', 'create'), false, 'it can create nothing in public');
select is(has_schema_privilege('rank_rpc_owner', 'auth', 'usage'), false, 'the schema auth is closed to it');

-- Who holds what on the tables ----------------------------------------------------------------------------------------

select is_empty(
  $$ select * from held where role in ('public', 'anon', 'authenticated') $$,
  'no client holds any privilege on any of the tables'
);
select bag_eq(
  $$ select name, privilege from held where role = 'rank_rpc_owner' $$,
  $$ values
    ('heroes', 'select'), ('rank_rooms', 'select'), ('rank_room_slots', 'select'), ('rank_participants', 'select'),
    ('rank_match_roster', 'select'), ('rank_match_roster', 'insert'), ('rank_match_roster', 'delete'),
    ('rank_room_templates', 'select'), ('rank_room_templates', 'insert'), ('rank_room_templates', 'update'),
    ('rank_sessions', 'select')
  $$,
  'rank_rpc_owner reads what it checks, and writes the roster and its template'
);
select bag_eq(
  $$ select name, privilege from held where role = 'service_role' $$,
  $$
    select name, privilege
    from
      (values ('heroes'), ('rank_games'), ('rank_rooms'), ('rank_room_slots'), ('rank_participants'), ('rank_sessions'))
        as managed (name),
      (values ('select'), ('insert'), ('update'), ('delete')) as of (privilege)
    union all
    values ('rank_match_roster', 'select'), ('rank_match_roster', 'delete')
  $$,
  'service_role manages everything but the roster, which it reads and removes'
);
select is_empty(
  $$ select * from held where role not in ('service_role', 'rank_rpc_owner') $$,
  'nobody else holds anything'
);
select is_empty(
  $$
    select attrelid::regclass, attname
    from pg_attribute
    where attacl is not null and attrelid in (select oid from rank_table)
      and attrelid <> 'public.rank_sessions'::regclass
  $$,
  'no column is an exception, but of the sessions that the host makes and ends'
);

-- Row level security --------------------------------------------------------------------------------------------------

select is(relrowsecurity, true, 'RLS is on for ' || name) from rank_table;

select policies_are('public', 'rank_games', array[]::name[]);
select policies_are(
  'public', 'rank_sessions',
  array[
    'room owners see the sessions of their rooms', 'the rank RPCs see no other sessions',
    'room owners open sessions of their games', 'the rank RPCs open no other sessions',
    'room owners end the sessions of their rooms', 'the rank RPCs change no other sessions'
  ]
);
select policies_are(
  'public', 'rank_rooms', array['room owners see their rooms', 'the rank RPCs see no other rooms']
);
select policies_are(
  'public', 'rank_room_slots',
  array['room owners see the slots of their rooms', 'the rank RPCs see the slots of no other rooms']
);
select policies_are(
  'public', 'rank_participants',
  array['room owners see who plays the game', 'the rank RPCs see who plays no other game']
);
select policies_are(
  'public', 'heroes', array['room owners see the heroes they may field', 'the rank RPCs see no other heroes']
);
select policies_are(
  'public', 'rank_match_roster',
  array['room owners replace the roster of their rooms', 'the rank RPCs touch the roster of no other rooms']
);
select policies_are('lockstep', 'rank_room_templates', array['room owners keep the template of their rooms']);
select is_empty(
  $$
    select polname from pg_policy where polrelid in (select oid from rank_table)
      and polroles <> array['rank_rpc_owner'::regrole::oid]
  $$,
  'all of them are for rank_rpc_owner alone'
);
select bag_eq(
  $$
    select polrelid::regclass::text
    from pg_policy
    where polrelid in (select oid from rank_table) and not polpermissive
  $$,
  array['rank_rooms', 'rank_room_slots', 'rank_participants', 'heroes', 'rank_match_roster', 'rank_sessions',
    'rank_sessions', 'rank_sessions'],
  'and what an installation may have policies for is also closed by one that others cannot widen'
);

-- What the RPCs look for, and what a delete follows back --------------------------------------------------------------

select is_empty(
  $$
    select conrelid::regclass, conkey
    from pg_constraint
    where contype = 'f'
      and conrelid in (select oid from rank_table)
      and not exists (select from pg_index where indrelid = conrelid and indkey[0] = conkey[1])
  $$,
  'every foreign key has an index'
);
select col_is_unique('public', 'rank_match_roster', array['match_instance_id', 'slot_index']);
select col_is_unique('public', 'rank_room_slots', array['room_id', 'slot_index']);
select col_is_unique('public', 'rank_participants', array['game_id', 'owner_id']);
select col_is_unique('lockstep', 'rank_room_templates', array['match_instance_id']);

-- Clients at the door -------------------------------------------------------------------------------------------------

set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}';
create temporary table door as select oid::regclass::text as name from rank_table;
grant select on door to authenticated, anon, service_role;

set local role authenticated;
select throws_ok(format('select * from %s', name), '42501', null, 'authenticated cannot read ' || name) from door;
select throws_ok('truncate public.rank_match_roster', '42501', null, 'authenticated cannot empty the roster');
set local role anon;
select throws_ok(format('select * from %s', name), '42501', null, 'anon cannot read ' || name) from door;
set local role service_role;
select throws_ok(
  $$
    insert into public.rank_match_roster (match_instance_id, game_id, slot_index, role)
    values (gen_random_uuid(), gen_random_uuid(), 0, 'attack')
  $$,
  '42501', null, 'service_role cannot write the roster'
);
select throws_ok(
  'select * from lockstep.rank_room_templates', '42501', null, 'service_role does not reach the templates'
);

select * from finish();
rollback;
