-- verify_rank_roles_and_slots: which slot templates are taken, and what is said of those that are not.

begin;

create extension if not exists pgtap with schema extensions;
set local search_path = public, extensions;

select plan(53);

-- Only the owner of the rank RPCs may execute it, and that role has no pgTAP: it acts in here. Gives the rows as text, or the refusal.
create function pg_temp.verified(p_roles jsonb, p_slots jsonb)
returns text
language plpgsql
set role = rank_rpc_owner
as $$
declare
  v_message text;
  v_detail text;
begin
  return coalesce(
    (
      select string_agg(v.role_name || ' ' || v.declared_slot_count || '/' || v.active_slot_count, ', ')
      from lockstep.verify_rank_roles_and_slots(p_roles, p_slots) as v
    ),
    'nothing'
  );
exception
  when sqlstate 'PGRST' then
    get stacked diagnostics v_message = message_text, v_detail = pg_exception_detail;
    return concat_ws(
      ' ', v_detail::jsonb ->> 'status', v_message::jsonb ->> 'code', v_message::jsonb ->> 'details', 'at',
      v_message::jsonb ->> 'hint'
    );
end;
$$;

create function pg_temp.headers()
returns text
language sql
as $$
  select current_setting('response.headers', true);
$$;

-- No client calls it --------------------------------------------------------------------------------------------------

set local role authenticated;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}';
select throws_ok(
  'select * from lockstep.verify_rank_roles_and_slots()',
  '42501', 'permission denied for schema lockstep',
  'a signed-in user gets no further than the schema'
);
set local role postgres;

-- Templates that are taken --------------------------------------------------------------------------------------------

select is(pg_temp.verified(given.roles::jsonb, given.slots::jsonb), given.answer, given.what)
from (
  values
    ('[{"name": "a", "slot_count": 2}, {"name": "b", "slot_count": 1}]',
      '[{"slot_index": 0, "role": "a"}, {"slot_index": 1, "role": "b"}, {"slot_index": 2, "role": "a"}]',
      'a 2/2, b 1/1', 'a role for each slot, in the order of the roles'),
    ('[{"name": "a", "slot_count": 1}]', '[{"role": "a"}, {"role": "a", "active": false}]',
      'a 1/1', 'a slot is active unless it says that it is not'),
    ('[{"name": "a", "slot_count": 1}]', '[{"role": "a", "active": null, "slot_index": null}]',
      'a 1/1', 'null is as good as nothing'),
    ('[{"name": "a", "slot_count": 1}]', '[{"role": "a"}, {"active": false}]',
      'a 1/1', 'a slot that is not active needs no role'),
    ('[{"name": "a", "slot_count": 1}, {"name": "b", "slot_count": 0}]', '[{"role": "a"}]',
      'a 1/1, b 0/0', 'a role may have no slots'),
    ('[{"name": " a ", "slot_count": 1}]', e'[{"role": "\\ta"}]',
      'a 1/1', 'blanks around a name do not count'),
    ('[{"name": "a", "slot_count": 2.0}]', '[{"role": "a", "slot_index": 2147483647}, {"role": "a"}]',
      'a 2/2', 'indexes need not follow each other'),
    ('[{"name": "a", "slot_count": 1, "score_delta": 5}]', '[{"role": "a", "hero": 1}]',
      'a 1/1', 'what else a role or a slot carries is not looked at')
) as given (roles, slots, answer, what);

select is(
  pg_temp.verified(
    '[{"name": "a", "slot_count": 64}]', (select jsonb_agg('{"role": "a"}'::jsonb) from generate_series(1, 64))
  ),
  'a 64/64',
  '64 slots are taken'
);

-- Templates that are not ----------------------------------------------------------------------------------------------

select is(
  pg_temp.verified(given.roles::jsonb, given.slots::jsonb), '422 invalid_slot_template ' || given.answer, given.answer
)
from (
  values
    ('[]', null, 'slots_must_be_array at slot_template.slots'),
    ('[]', 'null', 'slots_must_be_array at slot_template.slots'),
    ('[]', '{"slot_index": 0}', 'slots_must_be_array at slot_template.slots'),
    ('[]', '[1]', 'slot_must_be_object at slot_template.slots[0]'),
    ('[]', '[{"role": "a"}, null]', 'slot_must_be_object at slot_template.slots[1]'),
    ('[]', '[{"slot_index": -1}]', 'slot_index_negative at slot_template.slots[0].slot_index'),
    ('[]', '[{"slot_index": 0.5}]', 'slot_index_must_be_integer at slot_template.slots[0].slot_index'),
    ('[]', '[{"slot_index": "0"}]', 'slot_index_must_be_integer at slot_template.slots[0].slot_index'),
    ('[]', '[{"slot_index": 2147483648}]', 'slot_index_must_be_integer at slot_template.slots[0].slot_index'),
    ('[]', '[{"slot_index": 1e99}]', 'slot_index_must_be_integer at slot_template.slots[0].slot_index'),
    ('[]', '[{"slot_index": 1, "role": "a"}, {"role": "a"}]',
      'duplicate_slot_index at slot_template.slots[1].slot_index'),
    ('[]', '[{"role": "a", "active": false}, {"slot_index": 0, "active": false}]',
      'duplicate_slot_index at slot_template.slots[1].slot_index'),
    ('[]', '[{"role": "a", "active": "yes"}]', 'slot_active_must_be_boolean at slot_template.slots[0].active'),
    ('[]', '[{"role": "a", "active": 1}]', 'slot_active_must_be_boolean at slot_template.slots[0].active'),
    ('[]', '[{"role": 7}]', 'slot_role_must_be_text at slot_template.slots[0].role'),
    ('[]', '[{"role": {"name": "a"}}]', 'slot_role_must_be_text at slot_template.slots[0].role'),
    ('[]', '[{"slot_index": 0}]', 'active_slot_missing_role at slot_template.slots[0].role'),
    ('[]', '[{"role": null}]', 'active_slot_missing_role at slot_template.slots[0].role'),
    ('[]', e'[{"role": " \\t\\n"}]', 'active_slot_missing_role at slot_template.slots[0].role'),
    ('[]', '[]', 'no_active_slots at slot_template.slots'),
    ('[]', '[{"role": "a", "active": false}]', 'no_active_slots at slot_template.slots'),
    (null, '[{"role": "a"}]', 'roles_must_be_array at slot_template.roles'),
    ('{"a": 1}', '[{"role": "a"}]', 'roles_must_be_array at slot_template.roles'),
    ('"a"', '[{"role": "a"}]', 'roles_must_be_array at slot_template.roles'),
    ('[]', '[{"role": "a"}]', 'no_roles_defined at slot_template.roles'),
    ('["a"]', '[{"role": "a"}]', 'role_must_be_object at slot_template.roles[0]'),
    ('[{"slot_count": 1}]', '[{"role": "a"}]', 'role_name_required at slot_template.roles[0].name'),
    ('[{"name": " ", "slot_count": 1}]', '[{"role": "a"}]', 'role_name_required at slot_template.roles[0].name'),
    ('[{"name": 7, "slot_count": 1}]', '[{"role": "7"}]', 'role_name_required at slot_template.roles[0].name'),
    ('[{"name": "a", "slot_count": 1}, {"name": "a ", "slot_count": 1}]', '[{"role": "a"}]',
      'duplicate_role_name at slot_template.roles[1].name'),
    ('[{"name": "a"}]', '[{"role": "a"}]',
      'slot_count_must_be_integer:a at slot_template.roles[0].slot_count'),
    ('[{"name": "a", "slot_count": "1"}]', '[{"role": "a"}]',
      'slot_count_must_be_integer:a at slot_template.roles[0].slot_count'),
    ('[{"name": "a", "slot_count": 1.5}]', '[{"role": "a"}]',
      'slot_count_must_be_integer:a at slot_template.roles[0].slot_count'),
    ('[{"name": "a", "slot_count": -1}]', '[{"role": "a"}]',
      'slot_count_negative:a at slot_template.roles[0].slot_count'),
    ('[{"name": "a", "slot_count": 2}]', '[{"role": "a"}]',
      'slot_count_mismatch:a at slot_template.roles[0].slot_count'),
    ('[{"name": "a", "slot_count": 1}, {"name": "b", "slot_count": 1}]', '[{"role": "a"}, {"role": "A"}]',
      'slot_count_mismatch:b at slot_template.roles[1].slot_count'),
    ('[{"name": "a", "slot_count": 1}]', '[{"role": "a"}, {"role": "b"}]',
      'slot_role_missing_declaration:b at slot_template.roles')
) as given (roles, slots, answer);

select is(
  pg_temp.verified(
    '[{"name": "a", "slot_count": 65}]', (select jsonb_agg('{"role": "a"}'::jsonb) from generate_series(1, 65))
  ),
  '422 invalid_slot_template too_many_slots at slot_template.slots',
  '65 slots are too many'
);
select is(
  pg_temp.verified(
    (select jsonb_agg(jsonb_build_object('name', n::text, 'slot_count', 0)) from generate_series(1, 65) as n),
    '[{"role": "a"}]'
  ),
  '422 invalid_slot_template too_many_roles at slot_template.roles',
  'so are 65 roles'
);
select is(
  pg_temp.verified(jsonb_build_array(jsonb_build_object('name', repeat('a', 81), 'slot_count', 1)), '[{"role": "a"}]'),
  '422 invalid_slot_template role_name_too_long at slot_template.roles[0].name',
  'a name of 81 characters is too long'
);
select is(
  pg_temp.verified('[]', jsonb_build_array(jsonb_build_object('role', repeat('a', 81)))),
  '422 invalid_slot_template slot_role_too_long at slot_template.slots[0].role',
  'on a slot too'
);

-- The version ---------------------------------------------------------------------------------------------------------

set local response.headers = '';
select is(
  (select pg_temp.headers()::jsonb from pg_temp.verified('[{"name": "a", "slot_count": 1}]', '[{"role": "a"}]')),
  (
    select jsonb_build_array(jsonb_build_object('X-RPC-Version', comment ->> 'rpc' || '/' || (comment ->> 'version')))
    from cast(obj_description('lockstep.verify_rank_roles_and_slots'::regproc, 'pg_proc') as jsonb) as comment
  ),
  'it says its version'
);

set local request.headers = '{"x-rpc-expect": "verify_rank_roles_and_slots/2.0.0"}';
select matches(
  pg_temp.verified('[{"name": "a", "slot_count": 1}]', '[{"role": "a"}]'), '^503 rpc_contract_mismatch ',
  'and refuses who was built for another'
);

select * from finish();
rollback;
