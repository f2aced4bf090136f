-- The social tables: who holds what on them, and what a row must look like.

begin;

create extension if not exists pgtap with schema extensions;
set local search_path = public, extensions;

select plan(27);

-- Two channels: ada and grace in the first, with a message of each; ada alone in the second, with one of hers. --------

insert into auth.users (id, email)
values
  ('00000000-0000-4000-8000-00000000000a', 'ada@tables.test'),
  ('00000000-0000-4000-8000-00000000000b', 'grace@tables.test'),
  ('00000000-0000-4000-8000-00000000000e', 'eve@tables.test');

\ir shared/two_channels.psql
\ir shared/three_messages.psql

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
select bag_eq(
  $$
    select attrelid::regclass::text, attname, acl.grantee::regrole::text, lower(acl.privilege_type)
    from pg_attribute, aclexplode(attacl) as acl
    where attrelid in (
      'public.social_channels'::regclass, 'public.social_channel_members'::regclass, 'public.social_messages'::regclass
    )
  $$,
  $$ values
    ('social_messages', 'channel_id'::name, 'social_rpc_owner', 'insert'),
    ('social_messages', 'sender_id', 'social_rpc_owner', 'insert'),
    ('social_messages', 'body', 'social_rpc_owner', 'insert'),
    ('social_messages', 'client_message_id', 'social_rpc_owner', 'insert')
  $$,
  'it writes the four columns that a sender decides'
);

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
  format(
    $$
      insert into public.social_messages (channel_id, sender_id, body)
      values ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-8000-00000000000a', %L)
    $$,
    refused.body
  ),
  '23514', null,
  'a message of ' || refused.meaning || ' is refused'
)
from (
  values (e' \t\n', 'white space'), (e'\u00a0\u3000\u200b', 'wider white space'), (e'e\u0301', 'a letter in two parts')
) as refused (body, meaning);
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
