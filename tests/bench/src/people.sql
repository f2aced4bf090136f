-- The people of the benchmark: accounts, one channel to read and one to write, a game of all, a room for each.
--
-- :people is an array of their ids, :reading and :writing are the channels'. The rate limit is raised so that nobody is
-- refused; what it counts is kept small by people.rs.
-- Run by: bench, as postgres.

update lockstep.settings set value = '100000' where name in ('messages_per_minute', 'stagings_per_minute');

insert into auth.users (id, aud, role, email)
select person.id, 'authenticated', 'authenticated', person.id || '@bench.test'
from unnest(:people) as person (id);

insert into public.social_channels (id, name) values (:reading, 'bench: read'), (:writing, 'bench: written');

insert into public.social_channel_members (channel_id, user_id)
select channel.id, person.id
from unnest(:people) as person (id), (values (:reading), (:writing)) as channel (id);

insert into public.social_messages (channel_id, sender_id, body, client_message_id, inserted_at)
select
  :reading,
  (:people)[1 + said.number % cardinality(:people)],
  'Message ' || said.number || ': the lobby code is on the board, ask Mika, she wanted to join.',
  gen_random_uuid(),
  now() - interval '1 hour' - interval '1 minute' * said.number
from generate_series(1, 1000) as said (number);

insert into public.rank_games (id, owner_id, name) values ((:people)[1], (:people)[1], 'bench');

insert into public.rank_participants (game_id, owner_id, rating)
select (:people)[1], person.id, 1500 from unnest(:people) as person (id);

insert into public.rank_rooms (id, game_id, owner_id, code)
select person.id, (:people)[1], person.id, person.id::text from unnest(:people) as person (id);

insert into public.rank_room_slots (room_id, slot_index, role, occupant_owner_id)
select person.id, seat.slot_index, seat.role, (:people)[1 + (person.number - 1 + seat.slot_index) % cardinality(:people)]
from unnest(:people) with ordinality as person (id, number),
  (values (0, 'tank'), (1, 'healer')) as seat (slot_index, role);

analyze public.social_messages, public.social_channel_members;
