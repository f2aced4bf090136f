-- fetch_social_messages_page: the walk back through a channel, and who may take it.

begin;

create extension if not exists pgtap with schema extensions;
set local search_path = public, extensions;

select plan(28);

-- A channel of ada's with 205 messages: m1 to m90 one a minute, m91 to m200 all at one time, m201 to m205 later. ------

insert into auth.users (id, email)
values
  ('00000000-0000-4000-8000-00000000000a', 'ada@page.test'),
  ('00000000-0000-4000-8000-00000000000e', 'eve@page.test');

insert into public.social_channels (id, name) values ('00000000-0000-4000-9000-000000000001', 'the channel');

insert into public.social_channel_members (channel_id, user_id)
values ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-8000-00000000000a');

-- The microseconds are there to be lost by a reader who rounds them.
insert into public.social_messages (channel_id, sender_id, body, inserted_at)
select
  '00000000-0000-4000-9000-000000000001',
  '00000000-0000-4000-8000-00000000000a',
  'm' || number,
  timestamptz '2026-01-01 00:00:00.123456+00'
    + interval '1 minute' * case when number between 91 and 200 then 91 else number end
from generate_series(1, 205) as number;

-- Reads the whole channel as a client would: the newest page, then page after page from the last row seen.
create function pg_temp.walk(p_size integer)
returns setof public.social_messages
language plpgsql
as $$
declare
  v_page public.social_messages[];
  v_last public.social_messages;
begin
  v_page := array(select m from public.fetch_social_messages('00000000-0000-4000-9000-000000000001', p_size) as m);

  -- A page that does not move on would be walked for ever.
  for v_round in 1..300 loop
    exit when cardinality(v_page) = 0;
    return query select * from unnest(v_page);
    v_last := v_page[cardinality(v_page)];
    v_page := array(
      select m
      from public.fetch_social_messages_page(
        '00000000-0000-4000-9000-000000000001', v_last.inserted_at, v_last.id, p_size
      ) as m
    );
  end loop;
end;
$$;

-- A member walks back -------------------------------------------------------------------------------------------------

set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}';

-- 110 messages have one time, and in every one of these sizes some page ends among them.
select results_eq(
  format($$ select count(*), count(distinct id) from pg_temp.walk(%s) $$, pages.size),
  $$ values (205::bigint, 205::bigint) $$,
  'in pages of ' || pages.size || ' each message is returned exactly once'
)
from (values (1), (7), (50), (109), (110), (200)) as pages (size);

select results_eq(
  $$ select body from pg_temp.walk(7) where body not in (select 'm' || n from generate_series(91, 200) as n) $$,
  $$ select 'm' || n from generate_series(205, 1, -1) as n where n not between 91 and 200 $$,
  'the walk goes from the newest to the oldest'
);
select is_empty(
  $$
    select
    from (
      select (inserted_at, id) < lag((inserted_at, id)) over (order by ordinality) as is_further
      from pg_temp.walk(7) with ordinality
    ) as step
    where not is_further
  $$,
  'and from the higher to the lower id where times are equal'
);

select results_eq(
  $$
    select body
    from public.fetch_social_messages_page(
      '00000000-0000-4000-9000-000000000001', '2026-01-01 00:03:00.123456+00',
      '00000000-0000-0000-0000-000000000000', 10
    )
  $$,
  $$ values ('m2'), ('m1') $$,
  'the row of the cursor itself is not returned'
);
select is_empty(
  $$
    select *
    from public.fetch_social_messages_page(
      '00000000-0000-4000-9000-000000000001', '2026-01-01 00:00:00+00', 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    )
  $$,
  'before the first message there is nothing'
);
select is_empty(
  $$ select * from public.fetch_social_messages_page('00000000-0000-4000-9000-000000000001', null, null) $$,
  'a cursor of nulls is before everything'
);
select is(
  (
    select count(*)
    from public.fetch_social_messages_page(
      '00000000-0000-4000-9000-000000000001', 'infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    )
  ),
  50::bigint,
  'without a limit it is 50'
);
select is(
  (
    select count(*)
    from public.fetch_social_messages_page(
      '00000000-0000-4000-9000-000000000001', 'infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff', asked.number
    )
  ),
  asked.given,
  'a limit of ' || coalesce(asked.number::text, 'null') || ' is ' || asked.given
)
from (
  values (null::integer, 50::bigint), (-1, 1), (0, 1), (1, 1), (51, 51), (200, 200), (201, 200), (2147483647, 200)
) as asked (number, given);

-- Everybody else is refused -------------------------------------------------------------------------------------------

set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000e", "role": "authenticated"}';

select throws_ok(
  $$
    select *
    from public.fetch_social_messages_page('00000000-0000-4000-9000-000000000001', now(), gen_random_uuid())
  $$,
  'PGRST',
  '{"code": "not_channel_member", "hint": null, "details": null, "message": "You are not a member of this channel."}',
  'eve, an outsider, is refused'
);
select throws_ok(
  $$
    select *
    from public.fetch_social_messages_page('00000000-0000-4000-9000-00000000ffff', now(), gen_random_uuid())
  $$,
  'PGRST',
  '{"code": "not_channel_member", "hint": null, "details": null, "message": "You are not a member of this channel."}',
  'and told the same of a channel that does not exist'
);

set local request.jwt.claims = '';

select throws_ok(
  $$
    select *
    from public.fetch_social_messages_page('00000000-0000-4000-9000-000000000001', now(), gen_random_uuid())
  $$,
  'PGRST',
  '{"code": "auth_required", "hint": null, "details": null, "message": "Sign in first."}',
  'without claims one has to sign in'
);

set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}';

set local role anon;
select throws_ok(
  $$
    select *
    from public.fetch_social_messages_page('00000000-0000-4000-9000-000000000001', now(), gen_random_uuid())
  $$,
  '42501', 'permission denied for function fetch_social_messages_page',
  'anon gets no further than the function, whatever the claims say'
);

set local role service_role;
select throws_ok(
  $$
    select *
    from public.fetch_social_messages_page('00000000-0000-4000-9000-000000000001', now(), gen_random_uuid())
  $$,
  '42501', 'permission denied for function fetch_social_messages_page',
  'neither does service_role'
);

-- The policies hold where the function forgets ------------------------------------------------------------------------

set local role postgres;

\ir shared/without_membership_check.psql

set local role authenticated;

select is(
  (
    select count(*)
    from public.fetch_social_messages_page('00000000-0000-4000-9000-000000000001', 'infinity', gen_random_uuid())
  ),
  50::bigint,
  'without its membership check, a member reads as before'
);

set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000e", "role": "authenticated"}';
select is_empty(
  $$
    select *
    from public.fetch_social_messages_page('00000000-0000-4000-9000-000000000001', 'infinity', gen_random_uuid())
  $$,
  'without its membership check, an outsider still reads nothing'
);

set local request.jwt.claims = '';
select is_empty(
  $$
    select *
    from public.fetch_social_messages_page('00000000-0000-4000-9000-000000000001', 'infinity', gen_random_uuid())
  $$,
  'nor does nobody'
);

select * from finish();
rollback;
