-- The policies on the social tables: what they let through on behalf of whom, and the role they are for.

begin;

create extension if not exists pgtap with schema extensions;
set local search_path = public, extensions;

select plan(32);

-- Two channels: ada and grace in the first, with a message of each; ada alone in the second, with one of hers. --------

insert into auth.users (id, email)
values
  ('00000000-0000-4000-8000-00000000000a', 'ada@tables.test'),
  ('00000000-0000-4000-8000-00000000000b', 'grace@tables.test'),
  ('00000000-0000-4000-8000-00000000000e', 'eve@tables.test');

\ir shared/two_channels.psql
\ir shared/three_messages.psql

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

-- Row level security --------------------------------------------------------------------------------------------------

select is((select relrowsecurity from pg_class where oid = name::regclass), true, 'RLS is on for ' || name)
from (
  values ('public.social_channels'), ('public.social_channel_members'), ('public.social_messages')
) as tables (name);

select bag_eq(
  $$
    select tablename, policyname, lower(cmd), permissive, roles
    from pg_policies
    where schemaname = 'public' and tablename in ('social_channels', 'social_channel_members', 'social_messages')
  $$,
  $$ values
    ('social_channel_members'::name, 'members see memberships'::name, 'select', 'PERMISSIVE',
      array['social_rpc_owner']::name[]),
    ('social_channel_members', 'the social RPCs see no memberships of others', 'select', 'RESTRICTIVE', '{social_rpc_owner}'),
    ('social_channel_members', 'the social RPCs change no membership', 'update', 'RESTRICTIVE', '{social_rpc_owner}'),
    ('social_messages', 'members read messages', 'select', 'PERMISSIVE', '{social_rpc_owner}'),
    ('social_messages', 'members write messages', 'insert', 'PERMISSIVE', '{social_rpc_owner}'),
    ('social_messages', 'the social RPCs read no messages of other channels', 'select', 'RESTRICTIVE', '{social_rpc_owner}'),
    ('social_messages', 'the social RPCs write to no other channels and in no other name', 'insert', 'RESTRICTIVE',
      '{social_rpc_owner}')
  $$,
  'each policy is for the owner of the RPCs and for one command, and there are no others'
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

-- An RPC says which channel it is about. That is no permission.
select is_empty(
  format($$ select pg_temp.messages_seen() from set_config('lockstep.channel', %L, true) $$, channel.id),
  'on behalf of eve, no message either where the RPC is about channel ' || right(channel.id, 1)
)
from (
  values ('00000000-0000-4000-9000-000000000001'), ('00000000-0000-4000-9000-000000000002')
) as channel (id);
set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000b", "role": "authenticated"}';
select bag_eq(
  $$
    select pg_temp.messages_seen()
    from set_config('lockstep.channel', '00000000-0000-4000-9000-000000000002', true)
  $$,
  array['of ada', 'of grace'], 'on behalf of grace, none of a channel that is not hers'
);
select bag_eq(
  $$
    select pg_temp.messages_seen()
    from set_config('lockstep.channel', '00000000-0000-4000-9000-000000000001', true)
  $$,
  array['of ada', 'of grace'], 'and those of hers'
);

set local request.jwt.claims = '';
select is_empty('select pg_temp.messages_seen()', 'on behalf of nobody, no message');
select is_empty('select pg_temp.memberships_seen()', 'on behalf of nobody, no membership');

-- What the policies let be written ------------------------------------------------------------------------------------

create function pg_temp.said(p_channel_id uuid, p_sender_id uuid)
returns void
language sql
set role = social_rpc_owner
as $$
  insert into public.social_messages (channel_id, sender_id, body) values (p_channel_id, p_sender_id, 'said');
$$;

create function pg_temp.memberships_changed()
returns void
language sql
set role = social_rpc_owner
as $$
  update public.social_channel_members set inserted_at = inserted_at;
$$;

set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000b", "role": "authenticated"}';

select lives_ok(
  $$ select pg_temp.said('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-8000-00000000000b') $$,
  'on behalf of grace, social_rpc_owner writes to her channel in her name'
);
select throws_ok(
  format($$ select pg_temp.said(%L, %L) $$, refused.channel_id, refused.sender_id),
  '42501',
  'new row violates row-level security policy '
    '"the social RPCs write to no other channels and in no other name" for table "social_messages"',
  'and not ' || refused.meaning
)
from (
  values
    ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-8000-00000000000a', 'in the name of ada'),
    ('00000000-0000-4000-9000-000000000001', null, 'in no name'),
    ('00000000-0000-4000-9000-000000000002', '00000000-0000-4000-8000-00000000000b', 'to a channel that is not hers'),
    ('00000000-0000-4000-9000-00000000ffff', '00000000-0000-4000-8000-00000000000b', 'to one that does not exist')
) as refused (channel_id, sender_id, meaning);

select throws_ok(
  'select pg_temp.memberships_changed()',
  '42501',
  'permission denied for table social_channel_members',
  'and cannot change her membership, not even to what it is'
);

set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000e", "role": "authenticated"}';
select throws_ok(
  $$ select pg_temp.said('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-8000-00000000000e') $$,
  '42501', null,
  'on behalf of eve, it writes nothing'
);

set local request.jwt.claims = '';
select throws_ok(
  $$ select pg_temp.said('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-8000-00000000000a') $$,
  '42501', null,
  'on behalf of nobody, neither'
);
select throws_ok(
  $$ select pg_temp.said('00000000-0000-4000-9000-000000000001', null) $$,
  '42501', null,
  'also where nobody is the sender'
);

select * from finish();
rollback;
