-- sync_rank_match_roster, staged again: which version wins, what is a replay, and whose a match is.

begin;

create extension if not exists pgtap with schema extensions;
set local search_path = public, extensions;

select plan(23);

-- A room of ada's, in which she sits in slot 0 and grace in slot 1, and one of grace's. -------------------------------

insert into auth.users (id, email)
values
  ('00000000-0000-4000-8000-00000000000a', 'ada@versions.test'),
  ('00000000-0000-4000-8000-00000000000b', 'grace@versions.test');

insert into public.rank_games (id, name) values ('00000000-0000-4000-b000-000000000001', 'Siege');

insert into public.rank_rooms (id, game_id, owner_id, code)
values
  ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-b000-000000000001',
    '00000000-0000-4000-8000-00000000000a', 'versions test 1'),
  ('00000000-0000-4000-9000-000000000002', '00000000-0000-4000-b000-000000000001',
    '00000000-0000-4000-8000-00000000000b', 'versions test 2');

create function pg_temp.usual_roster()
returns jsonb
language sql
as $$
  select '[
    {"slot_index": 1, "role": "attack", "owner_id": "00000000-0000-4000-8000-00000000000b"},
    {"slot_index": 0, "role": "attack", "owner_id": "00000000-0000-4000-8000-00000000000a",
      "joined_at": "2026-01-01T01:00:00+01:00"},
    {"slot_index": 2, "role": "support", "standin": true},
    {"slot_index": 3, "role": "support", "standin": true}
  ]'::jsonb;
$$;

\ir shared/staging.psql

create function pg_temp.audited()
returns bigint
language sql
security definer
as $$
  select count(*) from lockstep.audit_log where subject ->> 'room_id' = '00000000-0000-4000-9000-000000000001';
$$;

-- She stages again ----------------------------------------------------------------------------------------------------

set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}';

select is(pg_temp.stage('5') -> 'replayed', 'false', 'ada stages version 5');
set local timezone = 'Asia/Tokyo';
select is(
  pg_temp.stage('5', '{}', '[
    {"slot_index": 3, "role": "support", "standin": true},
    {"slot_index": 0, "role": "attack", "owner_id": "00000000-0000-4000-8000-00000000000a",
      "joined_at": "2026-01-01T01:00:00+01:00"},
    {"slot_index": 1, "role": "attack", "owner_id": "00000000-0000-4000-8000-00000000000b"},
    {"slot_index": 2, "role": "support", "standin": true}
  ]') -> 'replayed',
  'true',
  'and again, in another order, from another time zone'
);
select is(
  pg_temp.stage(
    '6', '{"source": " lobby ", "updated_at": null}',
    '[{"slot_index": 1, "role": "attack", "owner_id": "00000000-0000-4000-8000-00000000000a", "ready": null}]',
    '00000000-0000-4000-d000-000000000002'
  ) - 'role_counts',
  jsonb_build_object(
    'inserted_count', 1, 'slot_template_version', 6, 'replayed', false, 'slot_template_updated_at', now()
  ),
  'a template without a time is one of now'
);
select is(pg_temp.stored(), '6 lobby 1:6', 'the new roster has taken the place of the old one');
select is(pg_temp.audited(), 2::bigint, 'and that is in the audit log too');

-- An older version, the same one, and the same one with something else ------------------------------------------------

select is(
  pg_temp.stage(older::text),
  jsonb_build_object('code', 'slot_version_conflict', 'details', '{"given": ' || older || ', "current": 6}'),
  'version ' || older || ' comes too late'
)
from unnest(array[5, 0]) as older;
select is(
  pg_temp.stage(
    '6', '{"source": "lobby", "updated_at": null}',
    '[{"match_source": null, "slot_index": 1, "owner_id": "00000000-0000-4000-8000-00000000000A", "role": " attack",
      "ready": false}]',
    '00000000-0000-4000-d000-000000000002'
  ) - 'role_counts',
  jsonb_build_object(
    'inserted_count', 1, 'slot_template_version', 6, 'replayed', true, 'slot_template_updated_at', now()
  ),
  'the same again, in another spelling, is answered as the first time'
);
select is(
  pg_temp.stage('6', changed.template, changed.roster, changed.match_instance_id) ->> 'details',
  '{"given": 6, "current": 6}',
  'version 6 with ' || changed.what || ' is refused'
)
from (
  values
    ('{"source": "lobby", "updated_at": null}'::jsonb,
      '[{"slot_index": 1, "role": "attack", "owner_id": "00000000-0000-4000-8000-00000000000b"}]'::jsonb,
      '00000000-0000-4000-d000-000000000002'::uuid, 'another owner'),
    ('{"source": "lobby", "updated_at": null}',
      '[{"slot_index": 1, "role": "attack", "owner_id": "00000000-0000-4000-8000-00000000000a"}]',
      '00000000-0000-4000-d000-000000000001', 'another match'),
    ('{"source": "lobby"}',
      '[{"slot_index": 1, "role": "attack", "owner_id": "00000000-0000-4000-8000-00000000000a"}]',
      '00000000-0000-4000-d000-000000000002', 'another time'),
    ('{"updated_at": null}',
      '[{"slot_index": 1, "role": "attack", "owner_id": "00000000-0000-4000-8000-00000000000a"}]',
      '00000000-0000-4000-d000-000000000002', 'another source'),
    ('{"source": "lobby", "updated_at": null, "roles": [{"name": "attack", "slot_count": 2}],
      "slots": [{"role": "attack"}, {"role": "attack"}]}',
      '[{"slot_index": 1, "role": "attack", "owner_id": "00000000-0000-4000-8000-00000000000a"}]',
      '00000000-0000-4000-d000-000000000002', 'other slots')
) as changed (template, roster, match_instance_id, what);
select is(pg_temp.stored(), '6 lobby 1:6', 'nothing of that was stored');
select is(pg_temp.audited(), 2::bigint, 'and nothing was added to the audit log');

-- Who has left since then does not turn a repeated request into a refusal.
set local role postgres;
update public.rank_room_slots set occupant_owner_id = null where id = '00000000-0000-4000-c000-000000000000';
set local role authenticated;
select is(
  pg_temp.stage(
    '6', '{"source": "lobby", "updated_at": null}',
    '[{"slot_index": 1, "role": "attack", "owner_id": "00000000-0000-4000-8000-00000000000a"}]',
    '00000000-0000-4000-d000-000000000002'
  ) -> 'replayed',
  'true',
  'a replay does not look at the room again'
);
select is(
  pg_temp.stage(
    '7', '{}', '[{"slot_index": 1, "role": "attack", "owner_id": "00000000-0000-4000-8000-00000000000a"}]'
  ) ->> 'details',
  'owner_not_in_room',
  'a new version does'
);

-- A roster that was written before there was an RPC: its version counts, its content is not known.
set local role postgres;
update lockstep.rank_room_templates
set version = 7, digest = null, match_instance_id = null
where room_id = '00000000-0000-4000-9000-000000000001';
set local role authenticated;
select is(pg_temp.stage('7') ->> 'code', 'slot_version_conflict', 'what cannot be compared is not the same');

-- A match is one room's -----------------------------------------------------------------------------------------------

set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000b", "role": "authenticated"}';
select is(
  pg_temp.stage(
    '1', '{}', '[{"slot_index": 0, "role": "attack", "owner_id": "00000000-0000-4000-8000-00000000000b"}]',
    '00000000-0000-4000-d000-000000000003', '00000000-0000-4000-9000-000000000002'
  ) -> 'inserted_count',
  '1',
  'grace stages her own room'
);
select is(pg_temp.stored(), '7 lobby 1:6', 'which is nothing to ada''s');

select is(
  pg_temp.stage(
    '2', '{}', '[{"slot_index": 1, "role": "attack", "owner_id": "00000000-0000-4000-8000-00000000000b"}]',
    '00000000-0000-4000-d000-000000000002', '00000000-0000-4000-9000-000000000002'
  ),
  '{"code": "match_instance_conflict", "details": "match_instance_id"}',
  'but not for the match that ada''s was staged for'
);
select is(
  pg_temp.stage(
    '2', '{}', '[{"slot_index": 0, "role": "attack", "owner_id": "00000000-0000-4000-8000-00000000000b"}]',
    '00000000-0000-4000-d000-000000000002', '00000000-0000-4000-9000-000000000002'
  ) ->> 'code',
  'match_instance_conflict',
  'not in a slot that ada left free either'
);
select is(
  pg_temp.stage(
    '1', '{}', '[{"slot_index": 0, "role": "attack", "owner_id": "00000000-0000-4000-8000-00000000000b"}]',
    '00000000-0000-4000-d000-000000000003', '00000000-0000-4000-9000-000000000002'
  ) -> 'replayed',
  'true',
  'her own roster is as it was'
);


select * from finish();
rollback;
