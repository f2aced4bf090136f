-- What the RPCs are called with: two people, a channel of 200,000 messages a second apart, and a room that they sit in.
--
-- One channel is so large, because a list must not depend on how much was said before. Run by: bench, as superuser, with
-- neither triggers nor foreign keys, which would take minutes and are not what is measured.

insert into auth.users (id, aud, role, email)
select person.id::uuid, 'authenticated', 'authenticated', person.id || '@bench.test'
from (values
  ('ada00000-0000-4000-8000-000000000001'), ('b0b00000-0000-4000-8000-000000000002')
) as person (id);

insert into public.social_channels (id, name) values ('c4a00000-0000-4000-8000-000000000003', 'bench');

insert into public.social_channel_members (channel_id, user_id)
values
  ('c4a00000-0000-4000-8000-000000000003', 'ada00000-0000-4000-8000-000000000001'),
  ('c4a00000-0000-4000-8000-000000000003', 'b0b00000-0000-4000-8000-000000000002');

insert into public.social_messages (channel_id, sender_id, body, client_message_id, inserted_at)
select
  'c4a00000-0000-4000-8000-000000000003',
  'b0b00000-0000-4000-8000-000000000002',
  'Message ' || said.number || ': the lobby code is on the board, ask Mika, she wanted to join.',
  gen_random_uuid(),
  timestamptz '2026-01-01 00:00:00+00' + interval '1 second' * said.number
from generate_series(1, 200000) as said (number);

insert into public.rank_games (id, owner_id, name)
values ('9a3e0000-0000-4000-8000-000000000004', 'ada00000-0000-4000-8000-000000000001', 'bench');

insert into public.rank_participants (game_id, owner_id, rating)
select '9a3e0000-0000-4000-8000-000000000004', person.id, 1500 from auth.users as person where person.email like '%@bench.test';

insert into public.rank_rooms (id, game_id, owner_id, code)
values (
  '40030000-0000-4000-8000-000000000005', '9a3e0000-0000-4000-8000-000000000004',
  'ada00000-0000-4000-8000-000000000001', 'bench'
);

insert into public.rank_room_slots (room_id, slot_index, role, occupant_owner_id)
values
  ('40030000-0000-4000-8000-000000000005', 0, 'tank', 'ada00000-0000-4000-8000-000000000001'),
  ('40030000-0000-4000-8000-000000000005', 1, 'healer', 'b0b00000-0000-4000-8000-000000000002');

vacuum (analyze) public.social_messages, public.social_channel_members, public.rank_room_slots, public.rank_rooms;
