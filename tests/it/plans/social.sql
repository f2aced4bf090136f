-- A project after years: a million messages, 400,000 of them in one channel. `user1` is in two thousand channels. Ids are
-- the MD5 of a name: md5('channel1') is the large channel.
-- Run by: the superuser, once, on a migrated database. Without triggers and foreign keys it takes seconds.

set session_replication_role = replica;
set synchronous_commit = off;

insert into auth.users (id, email)
select md5('user' || number)::uuid, 'user' || number || '@plans.test' from generate_series(1, 2000) as number;

insert into public.social_channels (id, name)
select md5('channel' || number)::uuid, 'channel ' || number from generate_series(1, 2000) as number;

insert into public.social_channel_members (channel_id, user_id)
select md5('channel' || number)::uuid, md5('user1')::uuid from generate_series(1, 2000) as number
union
select md5('channel' || number)::uuid, md5('user' || 1 + (number * 7 + nth * 13) % 2000)::uuid
from generate_series(1, 2000) as number, generate_series(1, 20) as nth;

-- The indexes are made from all rows at once, as a restore makes them: that is four times as fast.
update pg_index set indisready = false where indrelid = 'public.social_messages'::regclass;

insert into public.social_messages (id, channel_id, sender_id, body, inserted_at)
select
  md5('message' || number)::uuid,
  md5('channel' || case when number <= 400000 then 1 else 2 + number % 1999 end)::uuid,
  md5('user' || 1 + number % 2000)::uuid,
  'message ' || number,
  now() - number * interval '1 second'
from generate_series(1, 1000000) as number;

reindex table public.social_messages;

insert into lockstep.audit_log (actor_id, rpc, rpc_version, subject)
select md5('user' || 1 + number % 2000)::uuid, 'insert_social_message', '1.0.0', '{}'
from generate_series(1, 100000) as number;
