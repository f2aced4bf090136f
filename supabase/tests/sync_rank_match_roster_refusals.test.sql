-- sync_rank_match_roster: who is refused, what is refused with which path, and that nothing is written then.

begin;

create extension if not exists pgtap with schema extensions;
set local search_path = public, extensions;

select plan(73);

-- Two rooms of ada's and two games. In the first she sits in slot 0, grace, who plays the other game, in slot 1. ------

insert into auth.users (id, email)
values
  ('00000000-0000-4000-8000-00000000000a', 'ada@refusals.test'),
  ('00000000-0000-4000-8000-00000000000b', 'grace@refusals.test'),
  ('00000000-0000-4000-8000-00000000000e', 'eve@refusals.test');

insert into public.heroes (id, owner_id, name)
values
  ('00000000-0000-4000-a000-00000000000b', '00000000-0000-4000-8000-00000000000b', 'Compiler'),
  ('00000000-0000-4000-a000-000000000000', null, 'Nobody''s');

insert into public.rank_games (id, name)
values ('00000000-0000-4000-b000-000000000001', 'Siege'), ('00000000-0000-4000-b000-000000000002', 'Duel');

insert into public.rank_participants (game_id, owner_id)
values
  ('00000000-0000-4000-b000-000000000001', '00000000-0000-4000-8000-00000000000e'),
  ('00000000-0000-4000-b000-000000000002', '00000000-0000-4000-8000-00000000000b');

insert into public.rank_rooms (id, game_id, owner_id, code)
values
  ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-b000-000000000001',
    '00000000-0000-4000-8000-00000000000a', 'refusals test 1'),
  ('00000000-0000-4000-9000-000000000002', '00000000-0000-4000-b000-000000000002',
    '00000000-0000-4000-8000-00000000000a', 'refusals test 2');

insert into public.rank_room_slots (id, room_id, slot_index, occupant_owner_id)
values
  ('00000000-0000-4000-c000-000000000000', '00000000-0000-4000-9000-000000000001', 0,
    '00000000-0000-4000-8000-00000000000a'),
  ('00000000-0000-4000-c000-000000000001', '00000000-0000-4000-9000-000000000001', 1,
    '00000000-0000-4000-8000-00000000000b'),
  ('00000000-0000-4000-c000-000000000002', '00000000-0000-4000-9000-000000000002', 0,
    '00000000-0000-4000-8000-00000000000e');

create function pg_temp.refusal(p_room uuid, p_game uuid, p_match uuid, p_roster jsonb, p_template jsonb)
returns text
language plpgsql
as $$
declare
  v_message text;
  v_detail text;
begin
  perform public.sync_rank_match_roster(p_room, p_game, p_match, p_roster, p_template);
  return 'not refused';
exception
  when sqlstate 'PGRST' then
    get stacked diagnostics v_message = message_text, v_detail = pg_exception_detail;
    return concat_ws(
      ' ', v_detail::jsonb ->> 'status', v_message::jsonb ->> 'code', v_message::jsonb ->> 'details',
      'at ' || (v_message::jsonb ->> 'hint')
    );
end;
$$;

-- A staging that would be taken, but for what is changed: keys of the template, and keys of the entry of slot 0.
create function pg_temp.refusal_of(p_template jsonb, p_entry jsonb)
returns text
language sql
as $$
  select pg_temp.refusal(
    '00000000-0000-4000-9000-000000000001', '00000000-0000-4000-b000-000000000001',
    '00000000-0000-4000-d000-000000000001',
    jsonb_build_array(
      '{"slot_index": 1, "role": "attack", "owner_id": "00000000-0000-4000-8000-00000000000b"}'::jsonb,
      '{"slot_index": 0, "role": "attack", "owner_id": "00000000-0000-4000-8000-00000000000a"}'::jsonb || p_entry
    ),
    '{"version": 5, "roles": [{"name": "attack", "slot_count": 2}],
      "slots": [{"role": "attack"}, {"role": "attack"}, {"role": "attack", "active": false}]}'::jsonb || p_template
  );
$$;

-- Who is refused ------------------------------------------------------------------------------------------------------

set local role authenticated;

set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000e", "role": "authenticated"}';
select is(pg_temp.refusal_of('{}', '{}'), '403 not_room_owner room_id', 'eve, who has nothing to do with the room');
set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000b", "role": "authenticated"}';
select is(pg_temp.refusal_of('{}', '{}'), '403 not_room_owner room_id', 'grace, who sits in it');
select is(pg_temp.refusal_of('{"version": "x"}', '{"x": 1}'), '403 not_room_owner room_id', 'whatever she sends');
set local request.jwt.claims = '{"role": "authenticated"}';
select is(pg_temp.refusal_of('{}', '{}'), '401 auth_required', 'claims without a user');
set local request.jwt.claims = '';
select is(pg_temp.refusal_of('{}', '{}'), '401 auth_required', 'no claims');
set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a", "is_anonymous": true}';
select is(pg_temp.refusal_of('{}', '{}'), '403 guest_not_allowed', 'a guest, even with a room');

set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}';
set local role anon;
select throws_ok($$ select pg_temp.refusal_of('{}', '{}') $$, '42501', null, 'anon gets no further than the function');
set local role service_role;
select throws_ok($$ select pg_temp.refusal_of('{}', '{}') $$, '42501', null, 'neither does service_role');

-- Which room, which game, which match ---------------------------------------------------------------------------------

set local role authenticated;

select is(pg_temp.refusal(given.room, given.game, given.match_instance_id, '[]', '{}'), given.answer, given.answer)
from (
  values
    (null::uuid, '00000000-0000-4000-b000-000000000001'::uuid, '00000000-0000-4000-d000-000000000001'::uuid,
      '422 invalid_parameter room_id'),
    ('00000000-0000-4000-9000-000000000001', null, null, '422 invalid_parameter game_id'),
    ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-b000-000000000001', null,
      '422 invalid_parameter match_instance_id'),
    ('00000000-0000-4000-9000-00000000ffff', '00000000-0000-4000-b000-000000000001',
      '00000000-0000-4000-d000-000000000001', '404 room_not_found room_id'),
    ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-b000-000000000002',
      '00000000-0000-4000-d000-000000000001', '422 game_mismatch game_id')
) as given (room, game, match_instance_id, answer);

-- The template --------------------------------------------------------------------------------------------------------

select is(
  pg_temp.refusal(
    '00000000-0000-4000-9000-000000000001', '00000000-0000-4000-b000-000000000001',
    '00000000-0000-4000-d000-000000000001', '[]', given.template::jsonb
  ),
  '422 invalid_parameter slot_template',
  'a template must be an object, not ' || coalesce(given.template, 'nothing')
)
from (values (null), ('null'), ('[]'), ('"x"'), ('5')) as given (template);

select is(pg_temp.refusal_of(given.template::jsonb, '{}'), '422 ' || given.answer, given.template)
from (
  values
    ('{"version": null}', 'invalid_parameter slot_template.version'),
    ('{"version": "6"}', 'invalid_parameter slot_template.version'),
    ('{"version": 6.5}', 'invalid_parameter slot_template.version'),
    ('{"version": -1}', 'invalid_parameter slot_template.version'),
    ('{"version": 9223372036854775808}', 'invalid_parameter slot_template.version'),
    ('{"version": 1e1000}', 'invalid_parameter slot_template.version'),
    ('{"source": 1}', 'invalid_parameter slot_template.source'),
    ('{"updated_at": "yesterday"}', 'invalid_parameter slot_template.updated_at'),
    ('{"updated_at": 1763800000000}', 'invalid_parameter slot_template.updated_at'),
    ('{"slot_map": {}}', 'invalid_parameter slot_template.slot_map'),
    ('{"roles": null}', 'invalid_slot_template roles_must_be_array at slot_template.roles'),
    ('{"roles": [{"name": "attack", "slot_count": 3}]}',
      'invalid_slot_template slot_count_mismatch:attack at slot_template.roles[0].slot_count'),
    ('{"slots": []}', 'invalid_slot_template no_active_slots at slot_template.slots')
) as given (template, answer);

-- The roster ----------------------------------------------------------------------------------------------------------

select is(
  pg_temp.refusal(
    '00000000-0000-4000-9000-000000000001', '00000000-0000-4000-b000-000000000001',
    '00000000-0000-4000-d000-000000000001', given.roster,
    '{"version": 5, "roles": [{"name": "attack", "slot_count": 1}], "slots": [{"role": "attack"}]}'
  ),
  '422 ' || given.answer,
  given.what
)
from (
  values
    (null::jsonb, 'empty_roster roster', 'no roster'),
    ('null', 'empty_roster roster', 'a roster of null'),
    ('[]', 'empty_roster roster', 'a roster without entries'),
    ('{}', 'invalid_parameter roster', 'a roster that is no array'),
    ('[null]', 'invalid_parameter roster[0]', 'an entry that is no object'),
    ((select jsonb_agg('{}'::jsonb) from generate_series(1, 65)), 'invalid_parameter roster', '65 entries')
) as given (roster, answer, what);

select is(pg_temp.refusal_of('{}', given.entry::jsonb), '422 ' || given.answer, given.entry)
from (
  values
    ('{"score": 9000}', 'invalid_parameter roster[1].score'),
    ('{"ownerId": null}', 'invalid_parameter roster[1].ownerId'),
    ('{"slot_index": null}', 'invalid_parameter roster[1].slot_index'),
    ('{"slot_index": "0"}', 'invalid_parameter roster[1].slot_index'),
    ('{"slot_index": 0.5}', 'invalid_parameter roster[1].slot_index'),
    ('{"slot_index": -1}', 'invalid_parameter roster[1].slot_index'),
    ('{"slot_index": 2147483648}', 'invalid_parameter roster[1].slot_index'),
    ('{"slot_id": "x"}', 'invalid_parameter roster[1].slot_id'),
    ('{"role": null}', 'invalid_parameter roster[1].role'),
    ('{"role": ["attack"]}', 'invalid_parameter roster[1].role'),
    ('{"owner_id": "{00000000-0000-4000-8000-00000000000a}"}', 'invalid_parameter roster[1].owner_id'),
    ('{"hero_id": {}}', 'invalid_parameter roster[1].hero_id'),
    ('{"ready": "true"}', 'invalid_parameter roster[1].ready'),
    ('{"standin": 1}', 'invalid_parameter roster[1].standin'),
    ('{"joined_at": "now"}', 'invalid_parameter roster[1].joined_at'),
    ('{"joined_at": "2026-01-01T00:00:00"}', 'invalid_parameter roster[1].joined_at'),
    ('{"joined_at": "2026-02-30T00:00:00Z"}', 'invalid_parameter roster[1].joined_at'),
    ('{"status": {}}', 'invalid_parameter roster[1].status'),
    ('{"match_source": false}', 'invalid_parameter roster[1].match_source'),
    ('{"slot_index": 1}', 'invalid_roster duplicate_slot_index at roster[1].slot_index'),
    ('{"slot_index": 2}', 'invalid_roster slot_not_active at roster[1].slot_index'),
    ('{"slot_index": 3}', 'invalid_roster slot_not_active at roster[1].slot_index'),
    ('{"role": "Attack"}', 'invalid_roster role_mismatch at roster[1].role'),
    ('{"slot_id": "00000000-0000-4000-c000-000000000001"}', 'invalid_roster slot_not_in_room at roster[1].slot_id'),
    ('{"slot_id": "00000000-0000-4000-c000-000000000002"}', 'invalid_roster slot_not_in_room at roster[1].slot_id'),
    ('{"owner_id": null}', 'invalid_roster owner_required at roster[1].owner_id'),
    ('{"owner_id": "00000000-0000-4000-8000-00000000000e"}',
      'invalid_roster owner_not_in_room at roster[1].owner_id'),
    ('{"standin": true}', 'invalid_roster standin_not_participant at roster[1].owner_id'),
    ('{"standin": true, "owner_id": "00000000-0000-4000-8000-00000000000b"}',
      'invalid_roster standin_not_participant at roster[1].owner_id'),
    ('{"hero_id": "00000000-0000-4000-a000-00000000000b"}', 'invalid_roster hero_not_owned at roster[1].hero_id'),
    ('{"standin": true, "owner_id": null, "hero_id": "00000000-0000-4000-a000-000000000000"}',
      'invalid_roster hero_not_owned at roster[1].hero_id')
) as given (entry, answer);

select is(
  pg_temp.refusal_of('{}', jsonb_build_object('status', repeat('a', 81))),
  '422 invalid_parameter roster[1].status', 'a status of 81 characters'
);

-- The handshake -------------------------------------------------------------------------------------------------------

set local request.headers = '{"x-rpc-expect": "sync_rank_match_roster/2.0.0"}';
select matches(
  pg_temp.refusal_of('{}', '{}'), '^503 rpc_contract_mismatch sync_rank_match_roster: ', 'built for another version'
);
set local request.headers = '{"x-rpc-expect": "sync_rank_match_roster/1.0.0, verify_rank_roles_and_slots/1.999.0"}';
select matches(
  pg_temp.refusal_of('{}', '{}'), '^503 rpc_contract_mismatch verify_rank_roles_and_slots: ', 'or for another check'
);

-- Nothing was written, and nothing but what was changed stood in the way ----------------------------------------------

set local role postgres;
select is_empty(
  $$
    select room_id from lockstep.rank_room_templates where room_id = '00000000-0000-4000-9000-000000000001'
    union all
    select room_id from public.rank_match_roster where room_id = '00000000-0000-4000-9000-000000000001'
    union all
    select actor_id from lockstep.audit_log where subject ->> 'room_id' = '00000000-0000-4000-9000-000000000001'
  $$,
  'no template, no roster and no audit row has come of it'
);

set local role authenticated;
set local request.headers = '';
select is(pg_temp.refusal_of('{}', '{}'), 'not refused', 'without a change, the staging is taken');

select * from finish();
rollback;
