-- sync_rank_match_roster: what a staging writes, and what it answers.

begin;

create extension if not exists pgtap with schema extensions;
set local search_path = public, extensions;

select plan(7);

-- A room of ada's, and one of another game: she sits in slot 0, grace in slot 1; eve plays and sits nowhere. ----------

insert into auth.users (id, email)
values
  ('00000000-0000-4000-8000-00000000000a', 'ada@stage.test'),
  ('00000000-0000-4000-8000-00000000000b', 'grace@stage.test'),
  ('00000000-0000-4000-8000-00000000000e', 'eve@stage.test');

insert into public.heroes (id, owner_id, name, description, ability1)
values
  ('00000000-0000-4000-a000-00000000000a', '00000000-0000-4000-8000-00000000000a', 'Aegis', 'A wall', 'Hold'),
  ('00000000-0000-4000-a000-00000000000e', '00000000-0000-4000-8000-00000000000e', 'Echo', '', null);

insert into public.rank_games (id, name)
values ('00000000-0000-4000-b000-000000000001', 'Siege'), ('00000000-0000-4000-b000-000000000002', 'Duel');

insert into public.rank_participants (game_id, owner_id, rating, score, battles, win_rate)
values
  ('00000000-0000-4000-b000-000000000001', '00000000-0000-4000-8000-00000000000a', 1482, 96, 40, 0.6),
  ('00000000-0000-4000-b000-000000000002', '00000000-0000-4000-8000-00000000000a', 700, 0, 3, 0),
  ('00000000-0000-4000-b000-000000000001', '00000000-0000-4000-8000-00000000000e', 990, null, 0, null);

insert into public.rank_rooms (id, game_id, owner_id, code)
values
  ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-b000-000000000001',
    '00000000-0000-4000-8000-00000000000a', 'stage test 1'),
  ('00000000-0000-4000-9000-000000000002', '00000000-0000-4000-b000-000000000002',
    '00000000-0000-4000-8000-00000000000a', 'stage test 2');

create function pg_temp.usual_roster()
returns jsonb
language sql
as $$
  select '[
    {"slot_index": 1, "role": "attack", "owner_id": "00000000-0000-4000-8000-00000000000b"},
    {"slot_index": 0, "role": "attack", "owner_id": "00000000-0000-4000-8000-00000000000a", "ready": true,
      "hero_id": "00000000-0000-4000-a000-00000000000a", "joined_at": "2026-01-01T01:00:00+01:00",
      "slot_id": "00000000-0000-4000-c000-000000000000", "status": "alive", "match_source": "room"},
    {"slot_index": 2, "role": "support", "owner_id": "00000000-0000-4000-8000-00000000000e", "standin": true,
      "hero_id": "00000000-0000-4000-a000-00000000000e"},
    {"slot_index": 3, "role": "support", "standin": true}
  ]'::jsonb;
$$;

\ir shared/staging.psql

-- What X-RPC-Version says of an RPC that is there.
create function pg_temp.tag(p_rpc text)
returns text
language sql
as $$
  select p_rpc || '/' || (obj_description(pg_proc.oid, 'pg_proc')::jsonb ->> 'version')
  from pg_proc
  where proname = p_rpc and pronamespace in ('public'::regnamespace, 'lockstep'::regnamespace);
$$;

create function pg_temp.audited()
returns setof jsonb
language sql
security definer
as $$
  select subject || jsonb_build_object('actor', actor_id, 'rpc', rpc || '/' || rpc_version)
  from lockstep.audit_log
  where subject ->> 'room_id' = '00000000-0000-4000-9000-000000000001'
  order by id;
$$;

-- The room's owner stages ---------------------------------------------------------------------------------------------

set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}';
set local timezone = 'Asia/Tokyo';

select is(
  pg_temp.stage('5') - 'slot_template_updated_at',
  '{
    "inserted_count": 4, "slot_template_version": 5, "replayed": false,
    "role_counts": [
      {"role_name": "attack", "declared_slot_count": 2, "active_slot_count": 2},
      {"role_name": "support", "declared_slot_count": 2, "active_slot_count": 2}
    ]
  }',
  'she is told how many entries there are, under which version, and the roles that were verified'
);
select is(
  current_setting('response.headers')::jsonb #>> '{0,X-RPC-Version}',
  pg_temp.tag('sync_rank_match_roster') || ', ' || pg_temp.tag('verify_rank_roles_and_slots'),
  'both RPCs say their version'
);
select is(pg_temp.stored(), '5 room-stage 0:5,1:5,2:5,3:5', 'version and roster are stored');
select results_eq(
  'select pg_temp.audited()',
  $$ values (jsonb_build_object('rpc', pg_temp.tag('sync_rank_match_roster')) || '{
    "actor": "00000000-0000-4000-8000-00000000000a",
    "room_id": "00000000-0000-4000-9000-000000000001", "game_id": "00000000-0000-4000-b000-000000000001",
    "match_instance_id": "00000000-0000-4000-d000-000000000001", "slot_template_version": 5, "inserted_count": 4
  }') $$,
  'the audit log says who, what and where'
);

set local role postgres;
select results_eq(
  $$
    select slot_index, slot_id, role, owner_id, hero_id, ready, joined_at, status, standin, match_source
    from public.rank_match_roster
    where match_instance_id = '00000000-0000-4000-d000-000000000001'
    order by slot_index
  $$,
  $$ values
    (0, '00000000-0000-4000-c000-000000000000'::uuid, 'attack', '00000000-0000-4000-8000-00000000000a'::uuid,
      '00000000-0000-4000-a000-00000000000a'::uuid, true, timestamptz '2026-01-01 00:00Z', 'alive', false, 'room'),
    (1, '00000000-0000-4000-c000-000000000001', 'attack', '00000000-0000-4000-8000-00000000000b', null, false, null,
      null, false, null),
    (2, null, 'support', '00000000-0000-4000-8000-00000000000e', '00000000-0000-4000-a000-00000000000e', false, null,
      null, true, null),
    (3, null, 'support', null, null, false, null, null, true, null)
  $$,
  'who sits where is what she said'
);
select results_eq(
  $$
    select slot_index, hero_name, hero_summary ->> 'description', hero_summary ->> 'ability1', rating, score, battles,
      win_rate
    from public.rank_match_roster
    where match_instance_id = '00000000-0000-4000-d000-000000000001'
    order by slot_index
  $$,
  $$ values
    (0, 'Aegis', 'A wall', 'Hold', 1482, 96, 40, 0.6),
    (1, null, null, null, null, null, null, null),
    (2, 'Echo', '', null, 990, null, 0, null),
    (3, null, null, null, null, null, null, null)
  $$,
  'what they bring is what the database knows of them'
);
select results_eq(
  $$
    select distinct room_id, game_id, slot_template_version, slot_template_source, slot_template_updated_at
    from public.rank_match_roster
    where match_instance_id = '00000000-0000-4000-d000-000000000001'
  $$,
  $$ values (
    '00000000-0000-4000-9000-000000000001'::uuid, '00000000-0000-4000-b000-000000000001'::uuid, 5::bigint,
    'room-stage', '2026-01-02 00:00:00.5+00'::timestamptz
  ) $$,
  'each entry carries the room, its game and the template'
);

select * from finish();
rollback;
