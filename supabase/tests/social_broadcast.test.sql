-- The broadcast of new messages: what is announced, who hears it, and that nobody else can say it.

begin;

create extension if not exists pgtap with schema extensions;
set local search_path = public, extensions;

select plan(46);

-- ada, and a guest, belong to a channel; eve does not. ----------------------------------------------------------------

insert into auth.users (id, email)
values
  ('00000000-0000-4000-8000-00000000000a', 'ada@broadcast.test'),
  ('00000000-0000-4000-8000-00000000000d', null),
  ('00000000-0000-4000-8000-00000000000e', 'eve@broadcast.test');

insert into public.social_channels (id, name)
values
  ('00000000-0000-4000-9000-00000000000c', 'the channel'),
  ('00000000-0000-4000-9000-00000000000f', 'the other channel');

insert into public.social_channel_members (channel_id, user_id)
values
  ('00000000-0000-4000-9000-00000000000c', '00000000-0000-4000-8000-00000000000a'),
  ('00000000-0000-4000-9000-00000000000c', '00000000-0000-4000-8000-00000000000d');

update lockstep.settings set value = 'false' where name = 'guests_allowed';

create temporary view announced as
  select *
  from realtime.messages
  where topic in ('social:00000000-0000-4000-9000-00000000000c', 'social:00000000-0000-4000-9000-00000000000f');

create function pg_temp.become(p_claims jsonb)
returns void
language sql
as $$
  select set_config('request.jwt.claims', (p_claims || '{"role": "authenticated"}')::text, true);
$$;

-- How many messages Realtime would find for the caller on this topic: it asks so when a client joins.
create function pg_temp.heard(p_topic text)
returns bigint
language sql
as $$
  select set_config('realtime.topic', p_topic, true);
  select count(*) from realtime.messages where topic = p_topic;
$$;

-- What is announced ---------------------------------------------------------------------------------------------------

-- The clock of the request is nine hours ahead of what Realtime keeps.
set local timezone = 'Asia/Tokyo';
set local role authenticated;
select pg_temp.become('{"sub": "00000000-0000-4000-8000-00000000000a"}');

select public.insert_social_message(
  '00000000-0000-4000-9000-00000000000c', 'not to be heard', '00000000-0000-4000-a000-000000000001'
);
select public.insert_social_message(
  '00000000-0000-4000-9000-00000000000c', 'not to be heard', '00000000-0000-4000-a000-000000000001'
);

set local role postgres;
select results_eq(
  'select topic, event, private, extension, payload, inserted_at from announced',
  $$
    select
      'social:00000000-0000-4000-9000-00000000000c', 'message', true, 'broadcast',
      jsonb_build_object('id', id, 'channel_id', channel_id), now() at time zone 'UTC'
    from public.social_messages
    where body = 'not to be heard'
  $$,
  'a message is announced once, in private, by its ids, in the time of Realtime'
);
select is_empty($$ select from announced where announced::text ~ 'heard|00000000000a' $$, 'not what, and not by whom');

savepoint unsaid;
set local role authenticated;
select public.insert_social_message('00000000-0000-4000-9000-00000000000c', 'taken back');
rollback to savepoint unsaid;
select is((select count(*) from announced), 1::bigint, 'what is rolled back was never announced');

-- Who hears it --------------------------------------------------------------------------------------------------------

set local role authenticated;

select is(pg_temp.heard('social:00000000-0000-4000-9000-00000000000c'), 1::bigint, 'a member hears it');
select pg_temp.become('{"sub": "00000000-0000-4000-8000-00000000000e"}');
select is(pg_temp.heard('social:00000000-0000-4000-9000-00000000000c'), 0::bigint, 'an outsider does not');
select pg_temp.become('{"sub": "00000000-0000-4000-8000-00000000000d", "is_anonymous": true}');
select is(pg_temp.heard('social:00000000-0000-4000-9000-00000000000c'), 0::bigint, 'a guest does not, member or not');
select pg_temp.become('{}');
select is(pg_temp.heard('social:00000000-0000-4000-9000-00000000000c'), 0::bigint, 'nobody does not');

set local role anon;
select pg_temp.become('{"sub": "00000000-0000-4000-8000-00000000000a"}');
select is(
  pg_temp.heard('social:00000000-0000-4000-9000-00000000000c'), 0::bigint, 'anon does not, whatever the claims say'
);

set local role postgres;
update lockstep.settings set value = 'true' where name = 'guests_allowed';
set local role authenticated;
select pg_temp.become('{"sub": "00000000-0000-4000-8000-00000000000d", "is_anonymous": true}');
select is(
  pg_temp.heard('social:00000000-0000-4000-9000-00000000000c'), 1::bigint,
  'where guests are allowed, a guest who is a member hears it'
);

set local role postgres;
delete from public.social_channel_members where user_id = '00000000-0000-4000-8000-00000000000a';
set local role authenticated;
select pg_temp.become('{"sub": "00000000-0000-4000-8000-00000000000a"}');
select is(pg_temp.heard('social:00000000-0000-4000-9000-00000000000c'), 0::bigint, 'a former member does not');

set local role postgres;
insert into public.social_channel_members (channel_id, user_id)
values ('00000000-0000-4000-9000-00000000000c', '00000000-0000-4000-8000-00000000000a');

-- Which topics are ours -----------------------------------------------------------------------------------------------

select is(
  lockstep.may_hear_social_topic(asked.topic), asked.heard,
  coalesce(to_json(left(asked.topic, 60))::text, 'null')
    || case when asked.heard then ' is heard' else ' is not heard' end
)
from (
  values
    ('social:00000000-0000-4000-9000-00000000000c', true),
    ('social:00000000-0000-4000-9000-00000000000C', true),
    ('social:00000000-0000-4000-9000-00000000000f', false),
    ('social:00000000-0000-4000-9000-00000000ffff', false),
    (null, false), ('', false), ('social', false), ('social:', false), (':', false),
    ('social:x', false), ('social:null', false), ('social:*', false), ('social:%', false),
    ('social:{00000000-0000-4000-9000-00000000000c}', false),
    ('social:0000000000004000900000000000000c', false),
    ('social:00000000-0000-4000-9000-00000000000c ', false),
    (e'social:00000000-0000-4000-9000-00000000000c\n', false),
    (e'\nsocial:00000000-0000-4000-9000-00000000000c', false),
    ('social:00000000-0000-4000-9000-00000000000c:more', false),
    ('social:00000000-0000-4000-9000-00000000000', false),
    ('social:0000000g-0000-4000-9000-00000000000c', false),
    ('Social:00000000-0000-4000-9000-00000000000c', false),
    ('xsocial:00000000-0000-4000-9000-00000000000c', false),
    ('realtime:social:00000000-0000-4000-9000-00000000000c', false),
    ('rank:00000000-0000-4000-9000-00000000000c', false),
    ('00000000-0000-4000-9000-00000000000c', false),
    (repeat('social:', 10000), false)
) as asked (topic, heard);

select ok(
  not lockstep.may_hear_social_topic('social:00000000-0000-4000-9000-00000000000c'), 'without a caller it is not heard'
)
from pg_temp.become('{}');

set local role authenticated;
select throws_ok(
  $$ select lockstep.may_hear_social_topic('social:00000000-0000-4000-9000-00000000000c') $$,
  '42501', 'permission denied for schema lockstep',
  'a client cannot ask but by listening'
);

-- Nobody else can say it ----------------------------------------------------------------------------------------------

select pg_temp.become('{"sub": "00000000-0000-4000-8000-00000000000a"}');
select set_config('realtime.topic', 'social:00000000-0000-4000-9000-00000000000c', true);
select throws_ok(
  $$
    insert into realtime.messages (topic, extension, event, private, payload)
    values ('social:00000000-0000-4000-9000-00000000000c', 'broadcast', 'message', true, '{"id": "forged"}')
  $$,
  '42501', 'new row violates row-level security policy for table "messages"',
  'a member cannot announce anything'
);
select throws_ok('select lockstep.announce_social_message()', '42501', null, 'nor by calling the trigger''s function');

set local role postgres;
select results_eq(
  $$
    select cmd, roles
    from pg_policies
    where schemaname = 'realtime' and tablename = 'messages' and policyname = 'members hear their channels'
  $$,
  $$ values ('SELECT', array['authenticated']::name[]) $$,
  'the policy is to listen, for signed-in users'
);

-- A message is said, announced or not ---------------------------------------------------------------------------------

select is(
  (select proconfig from pg_proc where oid = 'lockstep.announce_social_message()'::regprocedure),
  array['search_path=""', 'TimeZone=UTC', 'lock_timeout=500ms'],
  'a message waits half a second for Realtime, and no longer'
);

drop function realtime.send(jsonb, text, text, boolean);
set local client_min_messages = error;
set local role authenticated;
select isnt_empty(
  $$ select * from public.insert_social_message('00000000-0000-4000-9000-00000000000c', 'unannounced') $$,
  'where Realtime is out of order, a message is sent all the same'
);
set local role postgres;
select isnt_empty($$ select from public.social_messages where body = 'unannounced' $$, 'and is there');
select is((select count(*) from announced), 1::bigint, 'and was not announced');

select * from finish();
rollback;
