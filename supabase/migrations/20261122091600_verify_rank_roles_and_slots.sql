-- verify_rank_roles_and_slots: whether the roles of a slot template declare just the slots that are active.
--
-- Runs with the rights of whoever calls it, since it reads no table. No client calls it: a template that was verified
-- by itself proves nothing about the one that is staged, so sync_rank_match_roster runs it, in its own transaction. It
-- is not in `public`, where a project may have one of the same name and arguments, with callers of its own.
-- Contract: verify_rank_roles_and_slots 1.0.0
-- Called by: sync_rank_match_roster
-- Undo: drop function lockstep.verify_rank_roles_and_slots(jsonb, jsonb);
--   drop function lockstep.rank_template_slots, lockstep.refuse_template, lockstep.small_integer;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- The detail is for programs, and the same as in the installations of old; the path says where to look.
create or replace function lockstep.refuse_template(p_detail text, p_path text, p_why text)
returns void
language sql
volatile
set search_path = ''
as $$
  select lockstep.refuse(
    422,
    'invalid_slot_template',
    refuse_template.p_path || ' ' || refuse_template.p_why || '.',
    refuse_template.p_detail,
    refuse_template.p_path
  );
$$;

comment on function lockstep.refuse_template(text, text, text) is 'Refuses a slot template with 422 and a detail code.';
revoke all on function lockstep.refuse_template(text, text, text) from public, anon, authenticated, service_role;
grant execute on function lockstep.refuse_template(text, text, text) to rank_rpc_owner;

create or replace function lockstep.small_integer(p_value jsonb)
returns integer
language plpgsql
immutable
set search_path = ''
as $$
begin
  return case
    when jsonb_typeof(small_integer.p_value) <> 'number' then null
    when abs(small_integer.p_value::numeric) > 2147483647 then null
    when small_integer.p_value::numeric <> trunc(small_integer.p_value::numeric) then null
    else small_integer.p_value::numeric::integer
  end;
end;
$$;

comment on function lockstep.small_integer(jsonb) is 'A JSON number as an integer, or null where it is none.';
revoke all on function lockstep.small_integer(jsonb) from public, anon, authenticated, service_role;
grant execute on function lockstep.small_integer(jsonb) to rank_rpc_owner;

create or replace function lockstep.rank_template_slots(p_slots jsonb)
returns table (slot_index integer, role text, active boolean)
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_slot jsonb;
  v_position integer;
  v_path text;
  v_seen integer[] := '{}'::integer[];
  v_any_active boolean := false;
begin
  if jsonb_typeof(rank_template_slots.p_slots) is distinct from 'array' then
    perform lockstep.refuse_template('slots_must_be_array', 'slot_template.slots', 'must be an array');
  elsif jsonb_array_length(rank_template_slots.p_slots) > 64 then
    perform lockstep.refuse_template('too_many_slots', 'slot_template.slots', 'must have at most 64 entries');
  end if;

  for v_slot, v_position in
    select given.slot, (given.number - 1)::integer
    from jsonb_array_elements(rank_template_slots.p_slots) with ordinality as given (slot, number)
    order by given.number
  loop
    v_path := 'slot_template.slots[' || v_position || ']';
    if jsonb_typeof(v_slot) <> 'object' then
      perform lockstep.refuse_template('slot_must_be_object', v_path, 'must be an object');
    end if;

    slot_index := v_position;
    if jsonb_typeof(v_slot -> 'slot_index') <> 'null' then
      slot_index := lockstep.small_integer(v_slot -> 'slot_index');
    end if;
    if slot_index is null then
      perform lockstep.refuse_template('slot_index_must_be_integer', v_path || '.slot_index', 'must be an integer');
    elsif slot_index < 0 then
      perform lockstep.refuse_template('slot_index_negative', v_path || '.slot_index', 'is negative');
    elsif slot_index = any (v_seen) then
      perform lockstep.refuse_template(
        'duplicate_slot_index', v_path || '.slot_index', 'is ' || slot_index || ' for the second time'
      );
    end if;
    v_seen := v_seen || slot_index;

    if jsonb_typeof(v_slot -> 'active') not in ('boolean', 'null') then
      perform lockstep.refuse_template('slot_active_must_be_boolean', v_path || '.active', 'must be true or false');
    end if;
    active := coalesce((v_slot ->> 'active')::boolean, true);
    v_any_active := v_any_active or active;

    if jsonb_typeof(v_slot -> 'role') not in ('string', 'null') then
      perform lockstep.refuse_template('slot_role_must_be_text', v_path || '.role', 'must be a text');
    end if;
    role := nullif(btrim(v_slot ->> 'role', e' \t\n\r'), '');
    if char_length(role) > 80 then
      perform lockstep.refuse_template('slot_role_too_long', v_path || '.role', 'must have at most 80 characters');
    elsif active and role is null then
      perform lockstep.refuse_template('active_slot_missing_role', v_path || '.role', 'is missing on an active slot');
    end if;

    return next;
  end loop;

  if not v_any_active then
    perform lockstep.refuse_template('no_active_slots', 'slot_template.slots', 'has no active slot');
  end if;
end;
$$;

comment on function lockstep.rank_template_slots(jsonb) is
  'The slots of a template: active unless said otherwise, and with their position where they have no index.';
revoke all on function lockstep.rank_template_slots(jsonb) from public, anon, authenticated, service_role;
grant execute on function lockstep.rank_template_slots(jsonb) to rank_rpc_owner;

create or replace function lockstep.verify_rank_roles_and_slots(p_roles jsonb default '[]', p_slots jsonb default '[]')
returns table (role_name text, declared_slot_count integer, active_slot_count integer)
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  v_active jsonb;
  v_role jsonb;
  v_path text;
  v_seen text[] := '{}'::text[];
  v_undeclared text;
begin
  perform lockstep.announce_rpc('verify_rank_roles_and_slots', '1.0.0');

  select jsonb_object_agg(counted.role, counted.slots)
  into v_active
  from (
    select slot.role, count(*) as slots
    from lockstep.rank_template_slots(verify_rank_roles_and_slots.p_slots) as slot
    where slot.active
    group by slot.role
  ) as counted;

  if jsonb_typeof(verify_rank_roles_and_slots.p_roles) is distinct from 'array' then
    perform lockstep.refuse_template('roles_must_be_array', 'slot_template.roles', 'must be an array');
  elsif jsonb_array_length(verify_rank_roles_and_slots.p_roles) = 0 then
    perform lockstep.refuse_template('no_roles_defined', 'slot_template.roles', 'is empty');
  elsif jsonb_array_length(verify_rank_roles_and_slots.p_roles) > 64 then
    perform lockstep.refuse_template('too_many_roles', 'slot_template.roles', 'must have at most 64 entries');
  end if;

  for v_role, v_path in
    select given.role, 'slot_template.roles[' || given.number - 1 || ']'
    from jsonb_array_elements(verify_rank_roles_and_slots.p_roles) with ordinality as given (role, number)
    order by given.number
  loop
    if jsonb_typeof(v_role) <> 'object' then
      perform lockstep.refuse_template('role_must_be_object', v_path, 'must be an object');
    end if;

    role_name := btrim(v_role ->> 'name', e' \t\n\r');
    if jsonb_typeof(v_role -> 'name') is distinct from 'string' or role_name = '' then
      perform lockstep.refuse_template('role_name_required', v_path || '.name', 'must be a text, and not blank');
    elsif char_length(role_name) > 80 then
      perform lockstep.refuse_template('role_name_too_long', v_path || '.name', 'must have at most 80 characters');
    elsif role_name = any (v_seen) then
      perform lockstep.refuse_template(
        'duplicate_role_name', v_path || '.name', 'is "' || role_name || '" for the second time'
      );
    end if;
    v_seen := v_seen || role_name;

    declared_slot_count := lockstep.small_integer(v_role -> 'slot_count');
    active_slot_count := coalesce((v_active ->> role_name)::integer, 0);
    if declared_slot_count is null then
      perform lockstep.refuse_template(
        'slot_count_must_be_integer:' || role_name, v_path || '.slot_count', 'must be an integer'
      );
    elsif declared_slot_count < 0 then
      perform lockstep.refuse_template(
        'slot_count_negative:' || role_name, v_path || '.slot_count', 'is negative'
      );
    elsif declared_slot_count <> active_slot_count then
      perform lockstep.refuse_template(
        'slot_count_mismatch:' || role_name,
        v_path || '.slot_count',
        'is ' || declared_slot_count || ', and "' || role_name || '" has ' || active_slot_count || ' active slots'
      );
    end if;

    return next;
  end loop;

  select min(given.role)
  into v_undeclared
  from jsonb_object_keys(v_active) as given (role)
  where given.role <> all (v_seen);

  if v_undeclared is not null then
    perform lockstep.refuse_template(
      'slot_role_missing_declaration:' || v_undeclared,
      'slot_template.roles',
      'does not declare "' || v_undeclared || '"'
    );
  end if;
end;
$$;

comment on function lockstep.verify_rank_roles_and_slots(jsonb, jsonb) is
  '{"rpc": "verify_rank_roles_and_slots", "version": "1.0.0"}';

revoke all on function lockstep.verify_rank_roles_and_slots(jsonb, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function lockstep.verify_rank_roles_and_slots(jsonb, jsonb) to rank_rpc_owner;
