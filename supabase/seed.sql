-- seed: a small team to try things with. ada and grace talk in `general` and meet in a room; ada plans alone; eve
-- belongs nowhere.
--
-- Every id is fixed, and a second run changes nothing. Nobody here has a password, so on a real project nobody can
-- sign in as one of them.
-- Run by: `supabase db reset`, `supabase db push --include-seed`, the local stack; as postgres, after the migrations.
--
--   ada            ada00000-0000-4000-8000-000000000001
--   grace          97ace000-0000-4000-8000-000000000002
--   eve            e7e00000-0000-4000-8000-000000000003
--   general        c0000000-0000-4000-8000-000000000001   260 messages, several of them at one and the same time
--   raid-planning  c0000000-0000-4000-8000-000000000002    60 messages
--   GAME           9a3e0000-0000-4000-8000-000000000001   two of `attack`, two of `support`; all three take part
--   ROOM           400a0000-0000-4000-8000-000000000001   ada's, she in slot 0, grace in slot 2, slots 1 and 3 free
--   heroes         4e500000-0000-4000-8000-00000000000N   1 is ada's, 2 is grace's, 3 is eve's

-- Auth reads the tokens as text, and cannot sign in a user where one is null.
insert into auth.users (
  id, instance_id, aud, role, email, encrypted_password, email_confirmed_at,
  confirmation_token, recovery_token, email_change_token_new, email_change,
  raw_app_meta_data, raw_user_meta_data, created_at, updated_at
)
select
  person.id,
  '00000000-0000-0000-0000-000000000000',
  'authenticated',
  'authenticated',
  person.name || '@example.com',
  '',
  now(),
  '', '', '', '',
  '{"provider": "email", "providers": ["email"]}',
  jsonb_build_object('name', initcap(person.name)),
  now(),
  now()
from (
  values
    ('ada00000-0000-4000-8000-000000000001'::uuid, 'ada'),
    ('97ace000-0000-4000-8000-000000000002'::uuid, 'grace'),
    ('e7e00000-0000-4000-8000-000000000003'::uuid, 'eve')
) as person (id, name)
on conflict do nothing;

insert into public.social_channels (id, name)
values
  ('c0000000-0000-4000-8000-000000000001', 'general'),
  ('c0000000-0000-4000-8000-000000000002', 'raid-planning')
on conflict do nothing;

insert into public.social_channel_members (channel_id, user_id)
values
  ('c0000000-0000-4000-8000-000000000001', 'ada00000-0000-4000-8000-000000000001'),
  ('c0000000-0000-4000-8000-000000000001', '97ace000-0000-4000-8000-000000000002'),
  ('c0000000-0000-4000-8000-000000000002', 'ada00000-0000-4000-8000-000000000001')
on conflict do nothing;

-- A sentence every 20 minutes or so, the newest an hour ago. Each seventh is said at the same instant as the one
-- before it, to the microsecond, which is what paging has to survive. The ids are version 4 in form, so that strict
-- readers take them.
insert into public.social_messages (id, channel_id, sender_id, body, inserted_at)
select
  overlay(overlay(md5('general/' || said.number) placing '4' from 13) placing 'a' from 17)::uuid,
  'c0000000-0000-4000-8000-000000000001',
  case
    when said.number % 5 in (0, 2) then '97ace000-0000-4000-8000-000000000002'::uuid
    else 'ada00000-0000-4000-8000-000000000001'::uuid
  end,
  sentence.list[1 + said.number % cardinality(sentence.list)],
  date_trunc('minute', now()) - interval '1 hour'
    - interval '20 minutes' * (260 - said.number + case when said.number % 7 = 0 then 1 else 0 end)
from generate_series(1, 260) as said (number),
  (
    values (array[
      'Morning! Who is around tonight?',
      'I can play from eight, maybe a bit earlier.',
      'Count me in.',
      'The new map is out, have you seen the bridge?',
      'That last round was close.',
      'Good game everyone!',
      'Sorry, my connection dropped.',
      'Back now.',
      'Can somebody take the support slot?',
      'I would rather tank if nobody minds.',
      'Our rating went up again, 1482 now.',
      'The lobby code is on the board.',
      'Give me five minutes, coffee first.',
      'Did anyone record the final?',
      'Yes, I will upload it later today.',
      'The patch notes say healing was reduced.',
      'Then we need a second shield.',
      'Let us try the left side next time.',
      'I think we rush in too early.',
      'Agreed, wait for the count.',
      'Nice save in the third round!',
      'Thanks, that was pure luck.',
      'Is practice on Thursday or Friday this week?',
      'Thursday, same time as always.',
      'I am ten minutes late, start without me.',
      'We have a free slot for Saturday.',
      'Ask Mika, she wanted to join.',
      'The room was full, I made a new one.',
      'Ready when you are.',
      'See you tomorrow, good night!',
      'Who has the screenshot of the bracket?'
    ])
  ) as sentence (list)
on conflict do nothing;

insert into public.social_messages (id, channel_id, sender_id, body, inserted_at)
select
  overlay(overlay(md5('raid-planning/' || said.number) placing '4' from 13) placing 'a' from 17)::uuid,
  'c0000000-0000-4000-8000-000000000002',
  'ada00000-0000-4000-8000-000000000001',
  sentence.list[1 + said.number % cardinality(sentence.list)],
  date_trunc('minute', now()) - interval '30 minutes' - interval '45 minutes' * (60 - said.number)
from generate_series(1, 60) as said (number),
  (
    values (array[
      'Note to self: two healers, not three.',
      'Gate opens at 21:00, be there at 20:45.',
      'Grace leads the second group.',
      'Bring the fire resistance set.',
      'Phase two starts at 60 percent.',
      'Keep the slots in the order of the sheet.',
      'Ask for a stand-in on Friday.',
      'Record this one.',
      'Short break after the third attempt.',
      'Loot goes by need, as agreed.'
    ])
  ) as sentence (list)
on conflict do nothing;

-- The rank demo: a game of two roles, and a room of ada's in which two slots are taken.

insert into public.heroes (id, owner_id, name, description, ability1, ability2)
values
  ('4e500000-0000-4000-8000-000000000001', 'ada00000-0000-4000-8000-000000000001', 'Aegis',
    'Holds the bridge, alone if need be.', 'Shield wall', 'Second wind'),
  ('4e500000-0000-4000-8000-000000000002', '97ace000-0000-4000-8000-000000000002', 'Compiler',
    'Finds the fault in every plan.', 'Moth hunt', null),
  ('4e500000-0000-4000-8000-000000000003', 'e7e00000-0000-4000-8000-000000000003', 'Echo',
    'Was never there.', null, null)
on conflict do nothing;

insert into public.rank_games (id, owner_id, name, description, roles)
values (
  '9a3e0000-0000-4000-8000-000000000001', 'ada00000-0000-4000-8000-000000000001', 'Bridge Siege',
  'Two attack, two support.', '[{"name": "attack", "slot_count": 2}, {"name": "support", "slot_count": 2}]'
)
on conflict do nothing;

-- eve plays too, and sits in no room: the one who can stand in.
insert into public.rank_participants (id, game_id, owner_id, hero_id, role, rating, score, battles, win_rate)
values
  ('9a470000-0000-4000-8000-000000000001', '9a3e0000-0000-4000-8000-000000000001',
    'ada00000-0000-4000-8000-000000000001', '4e500000-0000-4000-8000-000000000001', 'attack', 1482, 96, 40, 0.6),
  ('9a470000-0000-4000-8000-000000000002', '9a3e0000-0000-4000-8000-000000000001',
    '97ace000-0000-4000-8000-000000000002', '4e500000-0000-4000-8000-000000000002', 'support', 1510, 104, 38, 0.63),
  ('9a470000-0000-4000-8000-000000000003', '9a3e0000-0000-4000-8000-000000000001',
    'e7e00000-0000-4000-8000-000000000003', '4e500000-0000-4000-8000-000000000003', 'attack', 1000, null, 0, null)
on conflict do nothing;

insert into public.rank_rooms (id, game_id, owner_id, code, slot_count, filled_count, ready_count)
values (
  '400a0000-0000-4000-8000-000000000001', '9a3e0000-0000-4000-8000-000000000001',
  'ada00000-0000-4000-8000-000000000001', 'BRIDGE', 4, 2, 1
)
on conflict do nothing;

insert into public.rank_room_slots (
  id, room_id, slot_index, role, occupant_owner_id, occupant_hero_id, occupant_ready, joined_at
)
values
  ('51070000-0000-4000-8000-000000000000', '400a0000-0000-4000-8000-000000000001', 0, 'attack',
    'ada00000-0000-4000-8000-000000000001', '4e500000-0000-4000-8000-000000000001', true, now()),
  ('51070000-0000-4000-8000-000000000001', '400a0000-0000-4000-8000-000000000001', 1, 'attack',
    null, null, false, null),
  ('51070000-0000-4000-8000-000000000002', '400a0000-0000-4000-8000-000000000001', 2, 'support',
    '97ace000-0000-4000-8000-000000000002', '4e500000-0000-4000-8000-000000000002', false, now()),
  ('51070000-0000-4000-8000-000000000003', '400a0000-0000-4000-8000-000000000001', 3, 'support',
    null, null, false, null)
on conflict do nothing;
