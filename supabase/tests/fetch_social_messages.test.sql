-- fetch_social_messages: who gets which messages.

begin;

create extension if not exists pgtap with schema extensions;
set local search_path = public, extensions;

select plan(30);

-- A channel of ada's with 210 messages, one a minute, `m210` the newest; grace is a member too, eve is not. ----------

insert into auth.users (id, email)
values
  ('00000000-0000-4000-8000-00000000000a', 'ada@fetch.test'),
  ('00000000-0000-4000-8000-00000000000b', 'grace@fetch.test'),
  ('00000000-0000-4000-8000-00000000000e', 'eve@fetch.test');

\ir shared/two_channels.psql

insert into public.social_messages (channel_id, sender_id, body, inserted_at)
select
  '00000000-0000-4000-9000-000000000001',
  '00000000-0000-4000-8000-00000000000a',
  'm' || number,
  timestamptz '2026-01-01 00:00:00+00' + interval '1 minute' * number
from generate_series(1, 210) as number;

insert into public.social_messages (channel_id, sender_id, body)
values ('00000000-0000-4000-9000-000000000002', '00000000-0000-4000-8000-00000000000a', 'elsewhere');

-- A member reads ------------------------------------------------------------------------------------------------------

set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000b", "role": "authenticated"}';

select results_eq(
  $$ select body from public.fetch_social_messages('00000000-0000-4000-9000-000000000001', 3) $$,
  $$ values ('m210'), ('m209'), ('m208') $$,
  'the newest comes first'
);
select results_eq(
  $$ select channel_id, sender_id, body from public.fetch_social_messages('00000000-0000-4000-9000-000000000001', 1) $$,
  $$ values (
    '00000000-0000-4000-9000-000000000001'::uuid, '00000000-0000-4000-8000-00000000000a'::uuid, 'm210'
  ) $$,
  'a member reads what others wrote'
);
select is(
  (select count(*) from public.fetch_social_messages('00000000-0000-4000-9000-000000000001')), 50::bigint,
  'without a limit it is 50'
);
select is(
  (select count(*) from public.fetch_social_messages('00000000-0000-4000-9000-000000000001', asked.number)),
  asked.given,
  'a limit of ' || coalesce(asked.number::text, 'null') || ' is ' || asked.given
)
from (
  values
    (null::integer, 50::bigint), (-1, 1), (0, 1), (1, 1), (51, 51), (199, 199), (200, 200), (201, 200),
    (2147483647, 200)
) as asked (number, given);

select results_eq(
  $$
    select body
    from public.fetch_social_messages('00000000-0000-4000-9000-000000000001', 10, '2026-01-01 03:28:00+00')
  $$,
  $$ values ('m210'), ('m209') $$,
  'p_since leaves out what was there at that time'
);
select results_eq(
  $$
    select body
    from public.fetch_social_messages('00000000-0000-4000-9000-000000000001', 1, '2026-01-01 00:00:00+00')
  $$,
  $$ values ('m210') $$,
  'p_since and a limit give the newest, not the oldest'
);
select is_empty(
  $$ select * from public.fetch_social_messages('00000000-0000-4000-9000-000000000001', 10, 'infinity') $$,
  'nothing is newer than the end of time'
);
select is(
  (
    select count(*)
    from public.fetch_social_messages(p_channel_id => '00000000-0000-4000-9000-000000000001', p_since => null)
  ),
  50::bigint,
  'p_since null is no p_since'
);

-- Everybody else is refused -------------------------------------------------------------------------------------------

select throws_ok(
  $$ select * from public.fetch_social_messages('00000000-0000-4000-9000-000000000002') $$,
  'PGRST',
  '{"code": "not_channel_member", "hint": null, "details": null, "message": "You are not a member of this channel."}',
  'grace, a member here, is refused in a channel of ada''s alone'
);

set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}';

select results_eq(
  $$ select body from public.fetch_social_messages('00000000-0000-4000-9000-000000000002') $$,
  $$ values ('elsewhere') $$,
  'ada reads it, and only what was said there'
);

set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000e", "role": "authenticated"}';

select throws_ok(
  $$ select * from public.fetch_social_messages('00000000-0000-4000-9000-000000000001') $$,
  'PGRST',
  '{"code": "not_channel_member", "hint": null, "details": null, "message": "You are not a member of this channel."}',
  'eve, an outsider, is refused'
);
select throws_ok(
  $$ select * from public.fetch_social_messages('00000000-0000-4000-9000-00000000ffff') $$,
  'PGRST',
  '{"code": "not_channel_member", "hint": null, "details": null, "message": "You are not a member of this channel."}',
  'and told the same of a channel that does not exist'
);
select throws_ok(
  $$ select * from public.fetch_social_messages(null) $$,
  'PGRST',
  '{"code": "not_channel_member", "hint": null, "details": null, "message": "You are not a member of this channel."}',
  'and of no channel at all'
);

set local request.jwt.claims = '{"role": "authenticated"}';

select throws_ok(
  $$ select * from public.fetch_social_messages('00000000-0000-4000-9000-000000000001') $$,
  'PGRST',
  '{"code": "auth_required", "hint": null, "details": null, "message": "Sign in first."}',
  'claims without a user are no user'
);

set local request.jwt.claims = '';

select throws_ok(
  $$ select * from public.fetch_social_messages('00000000-0000-4000-9000-000000000001') $$,
  'PGRST',
  '{"code": "auth_required", "hint": null, "details": null, "message": "Sign in first."}',
  'neither are no claims'
);

set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}';

set local role anon;
select throws_ok(
  $$ select * from public.fetch_social_messages('00000000-0000-4000-9000-000000000001') $$,
  '42501', 'permission denied for function fetch_social_messages',
  'anon gets no further than the function, whatever the claims say'
);

set local role service_role;
select throws_ok(
  $$ select * from public.fetch_social_messages('00000000-0000-4000-9000-000000000001') $$,
  '42501', 'permission denied for function fetch_social_messages',
  'neither does service_role'
);

-- The function holds where the policies let everything through --------------------------------------------------------

set local role postgres;

select pg_get_expr(polqual, polrelid) as own_memberships
from pg_policy where polname = 'the social RPCs see no memberships of others' \gset
select pg_get_expr(polqual, polrelid) as own_channels
from pg_policy where polname = 'the social RPCs read no messages of other channels' \gset

alter policy "the social RPCs see no memberships of others" on public.social_channel_members using (true);
alter policy "the social RPCs read no messages of other channels" on public.social_messages using (true);

set local role authenticated;

select is(
  (select count(*) from public.fetch_social_messages('00000000-0000-4000-9000-000000000001')), 50::bigint,
  'without the policies, a member reads as before'
);

set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000e", "role": "authenticated"}';
select throws_ok(
  $$ select * from public.fetch_social_messages('00000000-0000-4000-9000-000000000001') $$,
  'PGRST',
  '{"code": "not_channel_member", "hint": null, "details": null, "message": "You are not a member of this channel."}',
  'without the policies, an outsider is still refused'
);

set local role postgres;
alter policy "the social RPCs see no memberships of others" on public.social_channel_members using (:own_memberships);
alter policy "the social RPCs read no messages of other channels" on public.social_messages using (:own_channels);
set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}';

-- The policies hold where the function forgets, whatever policies a project has of its own ------------------------------

create policy "signed in may read" on public.social_messages using (true);
create policy "signed in may look" on public.social_channel_members using (true);

\ir shared/without_membership_check.psql

set local role authenticated;

select is(
  (select count(*) from public.fetch_social_messages('00000000-0000-4000-9000-000000000001')), 50::bigint,
  'without its membership check, a member reads as before'
);

set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000e", "role": "authenticated"}';
select is_empty(
  $$ select * from public.fetch_social_messages('00000000-0000-4000-9000-000000000001') $$,
  'without its membership check, an outsider still reads nothing'
);

set local request.jwt.claims = '';
select is_empty(
  $$ select * from public.fetch_social_messages('00000000-0000-4000-9000-000000000001') $$,
  'nor does nobody'
);

select * from finish();
rollback;
