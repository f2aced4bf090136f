-- The schema `lockstep`: who reaches the helpers and the settings in it, and what a setting must look like.

begin;

create extension if not exists pgtap with schema extensions;
set local search_path = public, extensions;

select plan(34);

-- The owner of the RPCs has no pgTAP, so it acts in functions of its own.
create function pg_temp.announced_by_owner()
returns void
language sql
set role = social_rpc_owner
as $$
  select lockstep.announce_rpc('demo', '1.2.0');
$$;

create function pg_temp.setting_of_owner(p_name text)
returns jsonb
language sql
set role = social_rpc_owner
as $$
  select lockstep.setting(p_name);
$$;

create function pg_temp.settings_of_owner()
returns setof lockstep.settings
language sql
set role = social_rpc_owner
as $$
  select * from lockstep.settings;
$$;

-- Clients cannot call the helpers -------------------------------------------------------------------------------------

select is(
  has_schema_privilege(client.role, 'lockstep', 'usage'), client.may,
  client.role || case when client.may then ' reaches' else ' does not reach' end || ' the schema'
)
from (
  values ('anon', false), ('authenticated', false), ('service_role', false), ('social_rpc_owner', true)
) as client (role, may);

select is_empty(
  $$
    select grantee::regrole, privilege_type
    from pg_namespace, aclexplode(nspacl) as acl
    where nspname = 'lockstep'
      and (acl.grantee = 0 or acl.grantee::regrole::text in ('anon', 'authenticated', 'service_role'))
  $$,
  'neither does everybody'
);
select bag_eq(
  $$
    select proname, coalesce(nullif(acl.grantee, 0)::regrole::text, 'public')
    from pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) as acl
    where pronamespace = 'lockstep'::regnamespace
      and (acl.grantee = 0 or acl.grantee::regrole::text in ('anon', 'authenticated', 'service_role'))
  $$,
  $$
    values
      ('may_hear_social_topic'::name, 'authenticated'), ('may_hear_overlay_topic', 'authenticated'),
      ('may_hear_topic', 'public'), ('is_own_topic', 'public')
  $$,
  'and no client may execute one of the functions, but those that a policy asks'
);
select bag_eq(
  $$
    select proname
    from pg_proc
    where pronamespace = 'lockstep'::regnamespace and has_function_privilege('social_rpc_owner', oid, 'execute')
  $$,
  array[
    'caller_id', 'set_header', 'refuse', 'announce_rpc', 'setting', 'require_caller', 'audit', 'is_blank',
    'channel_in_hand', 'require_channel_member', 'hold_channel_membership', 'sent_by_caller_at',
    'sent_by_caller_with', 'require_patience',
    'is_no_message', 'refuse_message', 'is_spent_by_caller', 'is_own_topic', 'may_hear_topic',
    'hold_for_message', 'note_what_was_sent', 'was_sent_by_caller'
  ]::name[],
  'the owner of the RPCs may execute those that the RPCs need'
);
select is_empty(
  $$
    select proname
    from pg_proc
    where pronamespace = 'lockstep'::regnamespace
      and 'search_path=""' <> all (coalesce(proconfig, '{}'))
  $$,
  'each of them finds nothing by an unqualified name'
);
select is_empty(
  $$ select proname from pg_proc where pronamespace = 'lockstep'::regnamespace and proowner <> 'postgres'::regrole $$,
  'each of them belongs to postgres'
);

set local role authenticated;
select throws_ok(
  $$ select lockstep.announce_rpc('demo', '1.2.0') $$, '42501', 'permission denied for schema lockstep',
  'authenticated cannot announce'
);
set local role postgres;
select lives_ok('select pg_temp.announced_by_owner()', 'social_rpc_owner can');

-- Who reaches the tables ----------------------------------------------------------------------------------------------

create temporary view held as
  select relname as name, coalesce(nullif(acl.grantee, 0)::regrole::text, 'public') as role
  from pg_class, aclexplode(relacl) as acl
  where relnamespace = 'lockstep'::regnamespace and acl.grantee <> relowner;

select is_empty(
  $$ select * from held where role in ('public', 'anon', 'authenticated', 'service_role') $$,
  'no client holds anything on the tables'
);
select is_empty(
  $$ select * from held where name in ('settings', 'audit_log', 'audit_log_id_seq') $$,
  'nobody but the owner does on the settings and the log'
);
select is_empty(
  $$
    select relname
    from pg_class
    where relnamespace = 'lockstep'::regnamespace and relkind in ('r', 'p')
      and not (relrowsecurity and relowner = 'postgres'::regrole)
  $$,
  'who is postgres, and RLS is on'
);

select throws_ok('select * from pg_temp.settings_of_owner()', '42501', null, 'social_rpc_owner cannot read settings');
select ok(pg_temp.setting_of_owner('messages_per_minute') is not null, 'but asks for one');

set local role service_role;
select throws_ok(
  $$ update lockstep.settings set value = 'true' where name = 'guests_allowed' $$,
  '42501', null,
  'service_role cannot let guests in'
);
set local role authenticated;
select throws_ok(
  $$ update lockstep.settings set value = '1000' where name = 'messages_per_minute' $$,
  '42501', null,
  'authenticated cannot raise its own limit'
);
set local role postgres;

-- What a setting must look like ---------------------------------------------------------------------------------------

select bag_eq(
  $$ select name, kind from lockstep.settings where name in ('messages_per_minute', 'guests_allowed') $$,
  $$ values ('messages_per_minute', 'count'), ('guests_allowed', 'switch') $$,
  'there is a limit to sending, and a switch for guests'
);
select is_empty($$ select name from lockstep.settings where meaning = '' $$, 'each setting says what it does');

select throws_ok(
  format('update lockstep.settings set value = %L where name = %L', refused.value, refused.name),
  '23514', null,
  refused.name || ' cannot be ' || refused.value
)
from (
  values
    ('messages_per_minute', '0'), ('messages_per_minute', '-1'), ('messages_per_minute', '1.5'),
    ('messages_per_minute', '"60"'), ('messages_per_minute', 'null'), ('messages_per_minute', '1000000000'),
    ('messages_per_minute', 'true'), ('guests_allowed', '"true"'), ('guests_allowed', '1'), ('guests_allowed', 'null')
) as refused (name, value);
select throws_ok(
  $$ insert into lockstep.settings (name, kind, value, meaning) values ('another', 'colour', '"red"', 'What.') $$,
  '23514', null,
  'there is no kind but those'
);

update lockstep.settings set value = '120' where name = 'messages_per_minute';
select is(lockstep.setting('messages_per_minute'), '120', 'what an operator sets is what the RPCs read');

delete from lockstep.settings where name = 'messages_per_minute';
select throws_ok(
  $$ select lockstep.setting('messages_per_minute') $$,
  'PGRST',
  '{"code": "setting_missing", "hint": null, "details": "messages_per_minute", '
    || '"message": "This database is not set up completely."}',
  'a setting that is gone is nobody''s guess'
);

select is(
  (
    select string_agg(proname, ', ' order by proname)
    from pg_proc
    where prosrc ~ 'set_config\(\s*''lockstep\.(room|game)'''
      and pronamespace in ('lockstep'::regnamespace, 'public'::regnamespace)
  ),
  'end_rank_session, read_as_owners, require_caller, require_room_owner', 'nobody else says which room is in hand'
);

select * from finish();
rollback;
