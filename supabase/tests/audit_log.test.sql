-- The audit log: a row for each write, of who and what and when, that nobody changes or removes.

begin;

create extension if not exists pgtap with schema extensions;
set local search_path = public, extensions;

select plan(61);

-- A channel of ada's and grace's. -------------------------------------------------------------------------------------

insert into auth.users (id, email)
values
  ('00000000-0000-4000-8000-00000000000a', 'ada@audit.test'),
  ('00000000-0000-4000-8000-00000000000b', 'grace@audit.test');

insert into public.social_channels (id, name) values ('00000000-0000-4000-9000-000000000001', 'the channel');

insert into public.social_channel_members (channel_id, user_id)
values
  ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-8000-00000000000a'),
  ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-8000-00000000000b');

-- Other tests may be writing to the log of this database at the same time.
create temporary view entries as
  select *
  from lockstep.audit_log
  where actor_id in ('00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b');

-- The owner of the RPCs has no pgTAP, so it acts in functions of its own.
create function pg_temp.audited(p_rpc text, p_version text, p_subject jsonb)
returns void
language sql
set role = social_rpc_owner
as $$
  select lockstep.audit(p_rpc, p_version, p_subject);
$$;

create function pg_temp.by_owner(p_sql text)
returns void
language plpgsql
set role = social_rpc_owner
as $$
begin
  execute p_sql;
end;
$$;

-- A write leaves a row ------------------------------------------------------------------------------------------------

set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}';

select public.insert_social_message(
  '00000000-0000-4000-9000-000000000001', 'said once', '00000000-0000-4000-a000-000000000001'
);

set local role postgres;
select results_eq(
  'select actor_id, rpc, rpc_version, subject, happened_at from entries',
  $$
    select
      '00000000-0000-4000-8000-00000000000a'::uuid, 'insert_social_message',
      obj_description('public.insert_social_message'::regproc, 'pg_proc')::jsonb ->> 'version',
      jsonb_build_object('channel_id', channel_id, 'message_id', id), now()
    from public.social_messages
    where body = 'said once'
  $$,
  'who, through which RPC of which version, on what, and when'
);
select is_empty($$ select from entries where entries::text ~ 'said' $$, 'and not what was said');

set local role authenticated;
select public.insert_social_message(
  '00000000-0000-4000-9000-000000000001', 'said once', '00000000-0000-4000-a000-000000000001'
);
select throws_ok(
  $$
    select public.insert_social_message(
      '00000000-0000-4000-9000-000000000001', 'other', '00000000-0000-4000-a000-000000000001'
    )
  $$,
  'PGRST'
);
select throws_ok($$ select public.insert_social_message('00000000-0000-4000-9000-00000000ffff', 'there') $$, 'PGRST');
select count(*) from public.fetch_social_messages('00000000-0000-4000-9000-000000000001');

set local role postgres;
select results_eq(
  'select count(*) from entries', array[1::bigint], 'a replay, a refusal and a read write nothing, and leave no row'
);

-- No row without the write, and no write without the row --------------------------------------------------------------

savepoint undone;
set local role authenticated;
select public.insert_social_message('00000000-0000-4000-9000-000000000001', 'taken back');
rollback to savepoint undone;

select results_eq('select count(*) from entries', array[1::bigint], 'what is rolled back is not in the log');

savepoint unlogged;
alter table lockstep.audit_log add constraint nothing_is_logged check (false) not valid;
set local role authenticated;
select throws_ok(
  $$ select public.insert_social_message('00000000-0000-4000-9000-000000000001', 'unheard of') $$,
  '23514', null,
  'where the log takes nothing, nothing is said'
);
set local role postgres;
select is_empty($$ select from public.social_messages where body = 'unheard of' $$, 'and nothing is there');
rollback to savepoint unlogged;

-- Who acted is the caller ---------------------------------------------------------------------------------------------

set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000b", "role": "authenticated"}';
select lives_ok(
  $$ select pg_temp.audited('demo', '1.0.0', '{"room_id": "00000000-0000-4000-8000-00000000000a", "version": 7}') $$,
  'social_rpc_owner appends'
);
select results_eq(
  $$ select actor_id from entries where rpc = 'demo' $$, array['00000000-0000-4000-8000-00000000000b']::uuid[],
  'in the name of the caller, whatever it says'
);

set local request.jwt.claims = '';
select throws_ok(
  $$ select pg_temp.audited('demo', '1.0.0', '{}') $$, '23502', null, 'nobody leaves no row'
);
set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000b", "role": "authenticated"}';

select throws_ok(
  format('select pg_temp.audited(%L, %L, %L)', 'demo', '1.0.0', refused.subject), '23514', null,
  'the log does not take ' || refused.meaning
)
from (
  values
    ('{"body": "hello"}', 'a text'),
    ('{"channel": {"names": ["general"]}}', 'a text far inside'),
    ('{"id": "00000000-0000-4000-8000-00000000000a hello"}', 'a text behind an id'),
    (e'{"id": "00000000-0000-4000-8000-00000000000a\\\\n"}', 'a line break behind an id'),
    ('[]', 'what is not an object'),
    ('"hello"', 'a text alone')
) as refused (subject, meaning);

-- Nobody changes it ---------------------------------------------------------------------------------------------------

create temporary table change (sql text);
grant select on change to authenticated, service_role;
insert into change
values
  ('update lockstep.audit_log set subject = ''{}'''),
  ('update lockstep.audit_log set subject = ''{}'' where false'),
  ('delete from lockstep.audit_log'),
  ('truncate lockstep.audit_log'),
  ('truncate lockstep.audit_log restart identity cascade'),
  (
    'merge into lockstep.audit_log as entry using (values (1)) as one (x) on true when matched then delete'
  ),
  (
    'insert into lockstep.audit_log (id, actor_id, rpc, rpc_version, subject) overriding system value '
      || 'select id, actor_id, rpc, rpc_version, subject from lockstep.audit_log '
      || 'on conflict (id) do update set subject = ''{}'''
  );

select throws_like(sql, 'the audit log grows only: no %', 'its owner cannot: ' || sql) from change;
select throws_ok(
  format('select pg_temp.by_owner(%L)', sql), '42501', 'permission denied for table audit_log',
  'social_rpc_owner cannot: ' || sql
)
from change;
select throws_ok(
  format('select pg_temp.by_owner(%L)', sql), '42501', 'permission denied for table audit_log',
  'social_rpc_owner cannot: ' || sql
)
from (
  values
    ('select from lockstep.audit_log'),
    (
      'insert into lockstep.audit_log (actor_id, rpc, rpc_version, subject) '
        || 'select gen_random_uuid(), ''x'', ''x'', ''{}'''
    )
) as door (sql);

set local role service_role;
select throws_ok(sql, '42501', 'permission denied for schema lockstep', 'service_role cannot: ' || sql) from change;
set local role authenticated;
select throws_ok(sql, '42501', 'permission denied for schema lockstep', 'authenticated cannot: ' || sql) from change;
set local role postgres;

-- Also not with more rights than it has.
grant usage on schema lockstep to service_role;
grant all on lockstep.audit_log to service_role;
set local role service_role;
select throws_like(sql, 'the audit log grows only: no %', 'nor, were it granted everything: ' || sql)
from change
-- The sequence has an owner of its own to ask.
where sql !~ 'restart identity';
set local role postgres;

select is(
  (select tgenabled from pg_trigger where tgname = 'audit_log_grows_only'), 'A',
  'the trigger also holds where a session has switched triggers off'
);
select results_eq('select count(*) from entries', array[2::bigint], 'both rows are still there');

-- What need not be kept -----------------------------------------------------------------------------------------------

insert into lockstep.audit_log (actor_id, rpc, rpc_version, subject, happened_at)
select '00000000-0000-4000-8000-00000000000a', 'old', '1.0.0', '{}', now() - interval '1 day' * days.ago
from (values (29), (31), (32), (33)) as days (ago);
select is(lockstep.purge_audit_log(), 0, 'unless the owner says how long, everything is kept');
update lockstep.settings set value = '30' where name = 'audit_days';
select throws_ok(
  $$ delete from lockstep.audit_log where rpc = 'old' $$, '42501', 'the audit log grows only: no delete',
  'what is younger cannot be removed with what is older'
);
-- Of the entries of this database, those that were added here are the oldest by their time, and the newest by their ids.
update lockstep.settings set value = to_jsonb((select count(*) - 1 from lockstep.audit_log)) where name = 'audit_entries_per_night';
select is(lockstep.purge_audit_log(), 2, 'what is older is removed, in one night no more than was said');
select is(lockstep.purge_audit_log(), 1, 'and the rest in the next');
select isnt_empty(
  $$ select from entries where happened_at > now() - interval '30 days' and rpc = 'old' $$, 'what is younger is there'
);

-- It outlives the account ---------------------------------------------------------------------------------------------

delete from auth.users where id = '00000000-0000-4000-8000-00000000000a';
select isnt_empty(
  $$ select from entries where actor_id = '00000000-0000-4000-8000-00000000000a' $$,
  'an entry stays when the account goes'
);

select * from finish();
rollback;
