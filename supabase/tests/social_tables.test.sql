-- The social tables and the role between them and the clients: who holds what, and what a row must look like.

begin;

create extension if not exists pgtap with schema extensions;
set local search_path = public, extensions;

select plan(49);

-- Two channels: ada and grace in the first, with a message of each; ada alone in the second, with one of hers. --------

insert into auth.users (id, email)
values
  ('00000000-0000-4000-8000-00000000000a', 'ada@tables.test'),
  ('00000000-0000-4000-8000-00000000000b', 'grace@tables.test'),
  ('00000000-0000-4000-8000-00000000000e', 'eve@tables.test');

insert into public.social_channels (id, name)
values
  ('00000000-0000-4000-9000-000000000001', 'ada and grace'),
  ('00000000-0000-4000-9000-000000000002', 'ada alone');

insert into public.social_channel_members (channel_id, user_id)
values
  ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-8000-00000000000a'),
  ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-8000-00000000000b'),
  ('00000000-0000-4000-9000-000000000002', '00000000-0000-4000-8000-00000000000a');

insert into public.social_messages (channel_id, sender_id, body, client_message_id)
values
  ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-8000-00000000000a', 'of ada',
    '00000000-0000-4000-a000-000000000001'),
  ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-8000-00000000000b', 'of grace', null),
  ('00000000-0000-4000-9000-000000000002', '00000000-0000-4000-8000-00000000000a', 'to herself', null);

-- The role that owns the RPCs -----------------------------------------------------------------------------------------

select results_eq(
  $$
    select rolcanlogin, rolsuper, rolbypassrls, rolinherit, rolcreaterole, rolcreatedb, rolreplication
    from pg_roles
    where rolname = 'social_rpc_owner'
  $$,
  $$ values (false, false, false, false, false, false, false) $$,
  'social_rpc_owner cannot log in, bypass RLS, or do anything else that is special'
);
select is_empty(
  $$ select roleid::regrole from pg_auth_members where member = 'social_rpc_owner'::regrole $$,
  'it is a member of no other role'
);
select is_empty(
  $$
    select member::regrole
    from pg_auth_members
    where roleid = 'social_rpc_owner'::regrole
      and member::regrole::text in ('anon', 'authenticated', 'service_role', 'authenticator')
  $$,
  'no client role can become it'
);
select isnt_empty(
  $$
    select
    from pg_auth_members
    where roleid = 'social_rpc_owner'::regrole and member = 'postgres'::regrole
  $$,
  'postgres can, since it runs the migrations'
);
select is_empty(
  $$ select oid::regclass from pg_class where relowner = 'social_rpc_owner'::regrole $$,
  'it owns no table, so no policy passes it over'
);
select is(has_schema_privilege('social_rpc_owner', 'public', 'usage'), true, 'it can use the schema public');
select is(has_schema_privilege('social_rpc_owner', 'public', 'create'), false, 'and create nothing there');
select is(has_schema_privilege('social_rpc_owner', 'auth', 'usage'), false, 'the schema auth is closed to it');

-- Who holds what on the tables ----------------------------------------------------------------------------------------

create temporary view held as
  select
    coalesce(nullif(acl.grantee, 0)::regrole::text, 'public') as role,
    pg_class.relname as name,
    lower(acl.privilege_type) as privilege
  from pg_class, aclexplode(coalesce(pg_class.relacl, acldefault('r', pg_class.relowner))) as acl
  where pg_class.relnamespace = 'public'::regnamespace
    and pg_class.relname in ('social_channels', 'social_channel_members', 'social_messages')
    and acl.grantee <> pg_class.relowner;

select is_empty(
  $$ select * from held where role in ('public', 'anon', 'authenticated') $$,
  'no client holds any privilege on any of the tables'
);
select bag_eq(
  $$ select name, privilege from held where role = 'service_role' $$,
  $$ values
    ('social_channels'::name, 'select'), ('social_channels', 'insert'),
    ('social_channels', 'update'), ('social_channels', 'delete'),
    ('social_channel_members', 'select'), ('social_channel_members', 'insert'),
    ('social_channel_members', 'update'), ('social_channel_members', 'delete'),
    ('social_messages', 'select'), ('social_messages', 'delete')
  $$,
  'service_role manages channels and members, and reads and removes messages'
);
select bag_eq(
  $$ select name, privilege from held where role = 'social_rpc_owner' $$,
  $$ values ('social_channel_members'::name, 'select'), ('social_messages', 'select') $$,
  'social_rpc_owner reads members and messages'
);
select is_empty(
  $$ select * from held where role not in ('service_role', 'social_rpc_owner') $$,
  'nobody else holds anything'
);
select is_empty(
  $$
    select attrelid::regclass, attname
    from pg_attribute
    where attacl is not null
      and attrelid in (
        'public.social_channels'::regclass, 'public.social_channel_members'::regclass,
        'public.social_messages'::regclass
      )
  $$,
  'no column is an exception'
);

-- Row level security --------------------------------------------------------------------------------------------------

select is((select relrowsecurity from pg_class where oid = name::regclass), true, 'RLS is on for ' || name)
from (
  values ('public.social_channels'), ('public.social_channel_members'), ('public.social_messages')
) as tables (name);

select policies_are('public', 'social_channels', array[]::name[]);
select policies_are('public', 'social_channel_members', array['members see their own memberships']);
select policies_are('public', 'social_messages', array['members read the messages of their channels']);
select policy_cmd_is(
  'public', 'social_channel_members', 'members see their own memberships'::name, 'select', 'memberships are only seen'
);
select policy_cmd_is(
  'public', 'social_messages', 'members read the messages of their channels'::name, 'select', 'messages are only read'
);
select policy_roles_are(
  'public', 'social_channel_members', 'members see their own memberships', array['social_rpc_owner']
);
select policy_roles_are(
  'public', 'social_messages', 'members read the messages of their channels', array['social_rpc_owner']
);

-- What the policies let through, function or not ----------------------------------------------------------------------

create function pg_temp.messages_seen()
returns setof text
language sql
set role = social_rpc_owner
as $$
  select body from public.social_messages;
$$;

create function pg_temp.memberships_seen()
returns setof uuid
language sql
set role = social_rpc_owner
as $$
  select channel_id from public.social_channel_members;
$$;

set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}';
select bag_eq(
  'select pg_temp.messages_seen()', array['of ada', 'of grace', 'to herself'],
  'on behalf of ada, social_rpc_owner sees the messages of both her channels'
);
select bag_eq(
  'select pg_temp.memberships_seen()',
  array['00000000-0000-4000-9000-000000000001', '00000000-0000-4000-9000-000000000002']::uuid[],
  'and her memberships, not those of others'
);

set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000b", "role": "authenticated"}';
select bag_eq(
  'select pg_temp.messages_seen()', array['of ada', 'of grace'],
  'on behalf of grace, those of the one they share'
);

set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000e", "role": "authenticated"}';
select is_empty('select pg_temp.messages_seen()', 'on behalf of eve, no message');
select is_empty('select pg_temp.memberships_seen()', 'on behalf of eve, no membership');

set local request.jwt.claims = '';
select is_empty('select pg_temp.messages_seen()', 'on behalf of nobody, no message');
select is_empty('select pg_temp.memberships_seen()', 'on behalf of nobody, no membership');

-- Clients at the door of the tables -----------------------------------------------------------------------------------

set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}';

set local role authenticated;
select throws_ok('select * from public.social_messages', '42501', null, 'authenticated cannot read messages');
select throws_ok('select * from public.social_channel_members', '42501', null, 'authenticated cannot read members');
select throws_ok('select * from public.social_channels', '42501', null, 'authenticated cannot read channels');
select throws_ok(
  $$
    insert into public.social_messages (channel_id, sender_id, body)
    values ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-8000-00000000000a', 'past the RPC')
  $$,
  '42501', null,
  'authenticated cannot write a message'
);
select throws_ok('truncate public.social_messages', '42501', null, 'authenticated cannot empty the table');

set local role anon;
select throws_ok('select * from public.social_messages', '42501', null, 'anon cannot read messages');
select throws_ok('truncate public.social_messages', '42501', null, 'anon cannot empty the table');

-- The back office -----------------------------------------------------------------------------------------------------

set local role service_role;
select lives_ok(
  $$
    insert into public.social_channels (id, name) values ('00000000-0000-4000-9000-000000000003', 'new');
    insert into public.social_channel_members (channel_id, user_id)
    values ('00000000-0000-4000-9000-000000000003', '00000000-0000-4000-8000-00000000000e');
    delete from public.social_channels where id = '00000000-0000-4000-9000-000000000003';
  $$,
  'service_role makes a channel, lets somebody in, and closes it'
);
select throws_ok(
  $$
    insert into public.social_messages (channel_id, sender_id, body)
    values ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-8000-00000000000a', 'not by ada')
  $$,
  '42501', null,
  'service_role cannot write in somebody''s name'
);
select throws_ok(
  $$ update public.social_messages set body = 'changed' where body = 'of ada' $$,
  '42501', null,
  'service_role cannot change what was said'
);
select lives_ok(
  $$ delete from public.social_messages where body = 'of grace' $$,
  'service_role may remove a message'
);

-- What a row must look like -------------------------------------------------------------------------------------------

set local role postgres;

select throws_ok(
  format(
    $$
      insert into public.social_messages (channel_id, sender_id, body)
      values ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-8000-00000000000a', repeat('ä', %s))
    $$,
    length
  ),
  '23514', null,
  'a message of ' || length || ' characters is refused'
)
from (values (0), (4001)) as refused (length);
select lives_ok(
  $$
    insert into public.social_messages (channel_id, sender_id, body)
    values ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-8000-00000000000a', repeat('ä', 4000))
  $$,
  'a message of 4000 characters is taken, however many bytes'
);
select throws_ok(
  $$ insert into public.social_channels (name) values ('') $$, '23514', null, 'a channel must have a name'
);
select throws_ok(
  $$
    insert into public.social_messages (channel_id, sender_id, body, client_message_id)
    values (
      '00000000-0000-4000-9000-000000000002', '00000000-0000-4000-8000-00000000000a', 'again',
      '00000000-0000-4000-a000-000000000001'
    )
  $$,
  '23505', null,
  'nobody uses a client_message_id twice'
);
select lives_ok(
  $$
    insert into public.social_messages (channel_id, sender_id, body, client_message_id)
    values (
      '00000000-0000-4000-9000-000000000001', '00000000-0000-4000-8000-00000000000b', 'hers',
      '00000000-0000-4000-a000-000000000001'
    )
  $$,
  'but somebody else may use the same'
);

delete from auth.users where id = '00000000-0000-4000-8000-00000000000a';

select isnt_empty(
  $$ select from public.social_messages where body = 'of ada' and sender_id is null $$,
  'a message outlives the account of its sender'
);
select is_empty(
  $$ select from public.social_channel_members where user_id = '00000000-0000-4000-8000-00000000000a' $$,
  'a membership does not'
);

select * from finish();
rollback;
