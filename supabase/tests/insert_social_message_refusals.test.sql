-- insert_social_message: how many messages are too many, who may not send at all, and what holds when it forgets.

begin;

create extension if not exists pgtap with schema extensions;
set local search_path = public, extensions;

select plan(28);

-- ada belongs to three channels, grace to the first of them, eve to none. Three messages a minute. --------------------

insert into auth.users (id, email)
values
  ('00000000-0000-4000-8000-00000000000a', 'ada@refused.test'),
  ('00000000-0000-4000-8000-00000000000b', 'grace@refused.test'),
  ('00000000-0000-4000-8000-00000000000e', 'eve@refused.test');

insert into public.social_channels (id, name)
select ('00000000-0000-4000-9000-00000000000' || number)::uuid, 'channel ' || number
from generate_series(1, 3) as number;

insert into public.social_channel_members (channel_id, user_id)
values
  ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-8000-00000000000a'),
  ('00000000-0000-4000-9000-000000000002', '00000000-0000-4000-8000-00000000000a'),
  ('00000000-0000-4000-9000-000000000003', '00000000-0000-4000-8000-00000000000a'),
  ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-8000-00000000000b');

update lockstep.settings set value = '3' where name = 'messages_per_minute';

\ir shared/send.psql
\ir shared/become.psql

-- What ada has sent, as of now.
create temporary view sent as
  select id, body from public.social_messages where sender_id = '00000000-0000-4000-8000-00000000000a';

-- Too many are too many -----------------------------------------------------------------------------------------------

insert into public.social_messages (channel_id, sender_id, body, inserted_at)
select '00000000-0000-4000-9000-000000000001', said.sender_id, said.body, now() - said.ago
from (
  values
    ('00000000-0000-4000-8000-00000000000a'::uuid, 'a minute ago', interval '60 seconds'),
    ('00000000-0000-4000-8000-00000000000a', 'just now', interval '20 seconds'),
    ('00000000-0000-4000-8000-00000000000b', 'of grace', interval '0 seconds')
) as said (sender_id, body, ago);

set local role authenticated;
select pg_temp.become('a');

select is(pg_temp.send(1, 'second'), '201', 'what is a minute old, or another''s, does not count');
select is(pg_temp.send(2, 'third', '00000000-0000-4000-a000-000000000003'), '201', 'up to the limit is fine');
-- In 40 seconds, less what has passed since this transaction began.
select matches(
  pg_temp.send(1, 'fourth'), '^429 rate_limited (40|3[0-9])$', 'one more has to wait until the oldest is a minute old'
);
select matches(pg_temp.send(3, 'fourth'), '^429 rate_limited (40|3[0-9])$', 'in every channel');
select is(
  pg_temp.send(2, 'third', '00000000-0000-4000-a000-000000000003'), '200', 'what was sent already may be sent again'
);
select is(
  pg_temp.send(2, 'other', '00000000-0000-4000-a000-000000000003'), '409 client_message_id_reused',
  'and another message with its key is told so, not that it is late'
);
select is(pg_temp.send(1, ' '), '422 invalid_parameter', 'what is no message is none, however many were sent');

select pg_temp.become('b');
select is(pg_temp.send(1, 'of grace'), '201', 'the limit is for each user');
select pg_temp.become('a');

set local role postgres;
delete from public.social_channel_members where channel_id = '00000000-0000-4000-9000-000000000002';
set local role authenticated;
select matches(pg_temp.send(1, 'fourth'), '^429 rate_limited ', 'what was sent to a channel that one has left counts');

set local role postgres;
update lockstep.settings set value = '2' where name = 'messages_per_minute';
set local role authenticated;
select matches(
  pg_temp.send(1, 'fourth'), '^429 rate_limited (60|5[0-9])$',
  'where the limit was lowered, it is the newest but one that has to be a minute old'
);

set local role postgres;
update lockstep.settings set value = '4' where name = 'messages_per_minute';
set local role authenticated;
select is(pg_temp.send(1, 'fourth'), '201', 'where it was raised, there is room at once');

set local role postgres;
update lockstep.settings set value = '1000' where name = 'messages_per_minute';
select bag_eq(
  'select body from sent', array['a minute ago', 'just now', 'second', 'third', 'fourth'], 'nothing refused was written'
);
set local role authenticated;

-- Who does not belong is told nothing ---------------------------------------------------------------------------------

select is(
  pg_temp.send(2, 'third', '00000000-0000-4000-a000-000000000003'), '403 not_channel_member',
  'who has left a channel is refused there, a replay or not'
);
select is(
  pg_temp.send(1, 'third', '00000000-0000-4000-a000-000000000003'), '409 client_message_id_reused',
  'the key of a message in a channel that one has left stays used'
);

select pg_temp.become('e');
select is(pg_temp.send(1, 'of eve'), '403 not_channel_member', 'eve, an outsider, is refused');
select is(pg_temp.send(9, 'of eve'), '403 not_channel_member', 'and told the same of a channel that does not exist');
select is(pg_temp.send(1, ' '), '403 not_channel_member', 'and of what is no message');
select pg_temp.become('b');
select is(
  pg_temp.send(2, 'third', '00000000-0000-4000-a000-000000000003'), '403 not_channel_member',
  'grace, a member elsewhere, is refused, whatever key she guesses'
);

set local request.jwt.claims = '{"role": "authenticated"}';
select is(pg_temp.send(1, 'of nobody'), '401 auth_required', 'claims without a user are no user');
set local request.jwt.claims = '';
select is(pg_temp.send(1, 'of nobody'), '401 auth_required', 'neither are no claims');

select pg_temp.become('a');
set local role anon;
select throws_ok(
  $$ select public.insert_social_message('00000000-0000-4000-9000-000000000001', 'of anon') $$,
  '42501', 'permission denied for function insert_social_message', 'anon gets no further than the function'
);
set local role service_role;
select throws_ok(
  $$ select public.insert_social_message('00000000-0000-4000-9000-000000000001', 'of the service') $$,
  '42501', 'permission denied for function insert_social_message', 'neither does service_role'
);

set local role postgres;
select is_empty(
  $$ select from public.social_messages where body ~ '^of (eve|nobody|anon|the service)' $$, 'none of that is there'
);
select is((select count(*) from sent), 5::bigint, 'nor any other of ada''s');
select is_empty(
  $$ select from lockstep.audit_log where actor_id = '00000000-0000-4000-8000-00000000000e' $$, 'nor audited'
);

-- The function holds where the policies let everything through --------------------------------------------------------

select pg_get_expr(polqual, polrelid) as own_memberships
from pg_policy where polname = 'the social RPCs see no memberships of others' \gset
select pg_get_expr(polwithcheck, polrelid) as own_channels
from pg_policy where polname = 'the social RPCs write to no other channels and in no other name' \gset

alter policy "the social RPCs see no memberships of others" on public.social_channel_members using (true);
alter policy "the social RPCs write to no other channels and in no other name" on public.social_messages with check (true);
set local role authenticated;
select pg_temp.become('e');
select is(pg_temp.send(1, 'of eve'), '403 not_channel_member', 'without the policies, an outsider is still refused');
set local role postgres;
alter policy "the social RPCs see no memberships of others" on public.social_channel_members using (:own_memberships);
alter policy "the social RPCs write to no other channels and in no other name" on public.social_messages
  with check (:own_channels);

-- The policies hold where the function forgets, whatever policies a project has of its own ------------------------------

create policy "signed in may do all" on public.social_messages using (true);
create policy "signed in may look" on public.social_channel_members using (true);

create or replace function lockstep.hold_channel_membership(p_channel_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
end;
$$;
set local role authenticated;

select throws_ok(
  $$ select public.insert_social_message('00000000-0000-4000-9000-000000000001', 'of eve') $$,
  '42501',
  'new row violates row-level security policy '
    '"the social RPCs write to no other channels and in no other name" for table "social_messages"',
  'without its membership check, an outsider still writes nothing'
);
select pg_temp.become('b');
select is(pg_temp.send(1, 'again'), '201', 'without its membership check, a member writes as before');

select * from finish();
rollback;
