-- Flags: who is in at which percentage, what happens to overlays, and that only a fitting value can be set.
begin;
select no_plan();

-- The same numbers as in functions/_shared/src/flag.rs.
update lockstep.settings set value = '33' where name = 'flag_rank_overlays';
select results_eq(
  $$ select lockstep.flag_is_on('flag_rank_overlays', ('ada00000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid)
     from generate_series(1, 3) as n $$,
  array[true, false, false],
  'at 33 % the user of place 32 is in, those of 33 and 70 are not'
);
update lockstep.settings set value = '34' where name = 'flag_rank_overlays';
select ok(lockstep.flag_is_on('flag_rank_overlays', 'ada00000-0000-4000-8000-000000000002'), 'at 34 % place 33 is in');
select ok(lockstep.flag_is_on('flag_rank_overlays', 'ada00000-0000-4000-8000-000000000001'), 'and place 32 still is');

update lockstep.settings set value = '0' where name = 'flag_rank_overlays';
update lockstep.settings set value = '["ada00000-0000-4000-8000-000000000003"]' where name = 'flag_testers';
select ok(lockstep.flag_is_on('flag_rank_overlays', 'ada00000-0000-4000-8000-000000000003'), 'a tester is in at 0');
select ok(not lockstep.flag_is_on('flag_rank_overlays', 'ada00000-0000-4000-8000-000000000001'), 'nobody else is');
update lockstep.settings set value = '"off"' where name = 'flag_rank_overlays';
select ok(not lockstep.flag_is_on('flag_rank_overlays', 'ada00000-0000-4000-8000-000000000003'), 'off is for testers too');
update lockstep.settings set value = '"on"' where name = 'flag_rank_overlays';
select ok(lockstep.flag_is_on('flag_rank_overlays', 'ada00000-0000-4000-8000-000000000002'), 'on is for everybody');
select ok(not lockstep.flag_is_on('flag_rank_overlays', null), 'nobody is nobody');

select lives_ok(
  format('update lockstep.settings set value = %L where name = ''flag_rank_overlays''', value),
  'a flag may be ' || value
)
from unnest(array['"off"', '"on"', '0', '7', '50', '100']) as value;
select throws_ok(
  format('update lockstep.settings set value = %L where name = ''flag_rank_overlays''', value),
  '23514', null, 'a flag may not be ' || value
)
from unnest(array['true', '"50"', '101', '-1', '2.5', '1e1000', 'null', '[]', '"Off"']) as value;
select throws_ok(
  format('update lockstep.settings set value = %L where name = ''flag_testers''', value),
  '23514', null, 'testers may not be ' || value
)
from unnest(array['{}', '"ada00000-0000-4000-8000-000000000003"', '["ada"]', '[7]',
  '["ADA00000-0000-4000-8000-000000000003"]']) as value;

-- As Ada, by REST: off means that the application is told so, and that nothing is renewed.
update lockstep.settings set value = '0' where name = 'flag_rank_overlays';
update lockstep.settings set value = '[]' where name = 'flag_testers';
set local role authenticated;
set local request.jwt.claims to '{"sub": "ada00000-0000-4000-8000-000000000001", "role": "authenticated"}';
select throws_matching(
  'select public.fetch_rank_session_overlays()', 'feature_disabled', 'overlays are not told of where they are off'
);
select throws_matching(
  $$ select public.renew_rank_session_overlay('ada00000-0000-4000-8000-000000000009') $$,
  'feature_disabled', 'nor renewed'
);
reset role;
update lockstep.settings set value = '["ada00000-0000-4000-8000-000000000001"]' where name = 'flag_testers';
set local role authenticated;
select lives_ok('select public.fetch_rank_session_overlays()', 'a tester is told of hers');
reset role;

select function_privs_are(
  'lockstep', 'flag_is_on', array['text', 'uuid'], someone, array[]::text[], someone || ' may not ask for others'
)
from unnest(array['anon', 'authenticated', 'service_role']) as someone;

select * from finish();
rollback;
