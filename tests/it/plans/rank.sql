-- The rank tables of the same project: 50,000 rooms, of which `user1` owns 25. Ids are the MD5 of a name.
-- Run by: the superuser, once, on a migrated database, beside social.sql.

set session_replication_role = replica;
set synchronous_commit = off;

insert into public.heroes (id, owner_id, name)
select md5('hero' || number)::uuid, md5('user' || 1 + number % 2000)::uuid, 'hero ' || number
from generate_series(0, 99999) as number;

insert into public.rank_games (id, owner_id, name)
select md5('game' || number)::uuid, md5('user' || number)::uuid, 'game ' || number
from generate_series(1, 2000) as number;

insert into public.rank_rooms (id, game_id, owner_id, code)
select
  md5('room' || number)::uuid, md5('game' || 1 + number % 2000)::uuid, md5('user' || 1 + number % 2000)::uuid,
  'code ' || number
from generate_series(0, 49999) as number;

insert into public.rank_room_slots (id, room_id, slot_index, role, occupant_owner_id)
select
  md5('slot' || number || '/' || seat)::uuid, md5('room' || number)::uuid, seat, 'attack',
  md5('user' || 1 + (number + seat) % 2000)::uuid
from generate_series(0, 49999) as number, generate_series(0, 3) as seat;

insert into public.rank_participants (game_id, owner_id)
select md5('game' || game)::uuid, md5('user' || player)::uuid
from generate_series(1, 2000) as game, generate_series(1, 100) as player;

insert into public.rank_match_roster (match_instance_id, room_id, game_id, slot_index, role, owner_id)
select
  md5('match' || number)::uuid, md5('room' || number)::uuid, md5('game' || 1 + number % 2000)::uuid, seat, 'attack',
  md5('user' || 1 + (number + seat) % 2000)::uuid
from generate_series(1, 49999) as number, generate_series(0, 7) as seat;

insert into public.rank_sessions (id, game_id, owner_id)
select md5('session' || number)::uuid, md5('game' || 1 + number % 2000)::uuid, md5('user' || 1 + number % 2000)::uuid
from generate_series(1, 49999) as number;

insert into lockstep.rank_room_templates (
  room_id, version, source, updated_at, match_instance_id, session_id, session_status
)
select
  md5('room' || number)::uuid, 1, 'room-stage', now(), md5('match' || number)::uuid, md5('session' || number)::uuid, 'active'
from generate_series(1, 49999) as number;

insert into public.rank_session_overlays (session_id, room_id, owner_id, version, renewed_at, expires_at)
select
  md5('session' || number)::uuid, md5('room' || number)::uuid, md5('user' || 1 + (number + seat) % 2000)::uuid, 1,
  now() - interval '1 hour', now() - interval '55 minutes'
from generate_series(1, 49999) as number, generate_series(0, 1) as seat;
