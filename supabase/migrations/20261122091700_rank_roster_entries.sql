-- What sync_rank_match_roster asks before it writes: whose room it is, and whether the roster fits it.
--
-- Contract: none by itself.
-- Called by: sync_rank_match_roster
-- Undo: drop function lockstep.room_exists, lockstep.require_room_owner, lockstep.is_match_of_another_room,
--   lockstep.read_rank_roster, lockstep.require_fitting_roster;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- The policies show an RPC only the rooms of its caller. This looks past them, for one bit: to tell 403 from 404.
create or replace function lockstep.room_exists(p_room_id uuid)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return exists (select from public.rank_rooms as room where room.id = room_exists.p_room_id);
end;
$$;

comment on function lockstep.room_exists(uuid) is 'Whether there is such a room, whoever owns it.';
revoke all on function lockstep.room_exists(uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.room_exists(uuid) to rank_rpc_owner;

create or replace function lockstep.require_room_owner(p_room_id uuid)
returns uuid
language plpgsql
stable
set search_path = ''
as $$
declare
  v_caller constant uuid := lockstep.caller_id();
  v_game uuid;
begin
  select room.game_id
  into v_game
  from public.rank_rooms as room
  where room.id = require_room_owner.p_room_id and room.owner_id = v_caller;

  if not found and lockstep.room_exists(require_room_owner.p_room_id) then
    perform lockstep.refuse(403, 'not_room_owner', 'The room is not yours.', 'room_id');
  elsif not found then
    perform lockstep.refuse(404, 'room_not_found', 'There is no such room.', 'room_id');
  end if;

  perform
    set_config('lockstep.room', require_room_owner.p_room_id::text, true),
    set_config('lockstep.game', v_game::text, true);
  return v_game;
end;
$$;

comment on function lockstep.require_room_owner(uuid) is
  'The game that the room plays; refuses with 403 whoever does not own the room, and with 404 where there is none.';
revoke all on function lockstep.require_room_owner(uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.require_room_owner(uuid) to rank_rpc_owner;

-- Looks past the policies too, for one more bit. Otherwise somebody who knows a match could put entries of a room of his
-- own into the slots that its roster leaves free.
create or replace function lockstep.is_match_of_another_room(p_match_instance_id uuid, p_room_id uuid)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return exists (
    select
    from public.rank_match_roster as roster
    where roster.match_instance_id = is_match_of_another_room.p_match_instance_id
      and roster.room_id is distinct from is_match_of_another_room.p_room_id
  ) or exists (
    select
    from lockstep.rank_room_templates as template
    where template.match_instance_id = is_match_of_another_room.p_match_instance_id
      and template.room_id <> is_match_of_another_room.p_room_id
  );
end;
$$;

comment on function lockstep.is_match_of_another_room(uuid, uuid) is 'Whether another room was staged for the match.';
revoke all on function lockstep.is_match_of_another_room(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.is_match_of_another_room(uuid, uuid) to rank_rpc_owner;

-- Gives the entries in the order of their slots and in one spelling, so that the same roster is the same JSON, however
-- it was written. `position` is where the entry stood, for the path in a refusal.
create or replace function lockstep.read_rank_roster(p_roster jsonb)
returns jsonb
language plpgsql
volatile
set search_path = ''
-- Times become text in here.
set timezone = 'UTC'
as $$
declare
  c_keys constant text[] := array[
    'slot_id', 'slot_index', 'role', 'owner_id', 'hero_id', 'ready', 'joined_at', 'status', 'standin', 'match_source'
  ];
  v_entry jsonb;
  v_read jsonb[] := '{}'::jsonb[];
  v_path text;
begin
  if coalesce(read_rank_roster.p_roster, '[]') in ('[]', 'null') then
    perform lockstep.refuse(422, 'empty_roster', 'The roster has no entries.', 'roster');
  elsif jsonb_typeof(read_rank_roster.p_roster) <> 'array' then
    perform lockstep.refuse_parameter('roster', 'must be an array');
  elsif jsonb_array_length(read_rank_roster.p_roster) > 64 then
    perform lockstep.refuse_parameter('roster', 'must have at most 64 entries');
  end if;

  for v_entry in select element from jsonb_array_elements(read_rank_roster.p_roster) as element loop
    v_path := 'roster[' || cardinality(v_read) || ']';
    perform lockstep.refuse_unknown_keys(v_entry, c_keys, v_path);

    v_read := v_read || jsonb_build_object(
      'position', cardinality(v_read),
      'slot_index', lockstep.integer_at(v_entry, 'slot_index', v_path, 2147483647),
      'slot_id', case when v_entry ? 'slot_id' then lockstep.uuid_at(v_entry, 'slot_id', v_path) end,
      'role', lockstep.text_at(v_entry, 'role', v_path),
      'owner_id', case when v_entry ? 'owner_id' then lockstep.uuid_at(v_entry, 'owner_id', v_path) end,
      'hero_id', case when v_entry ? 'hero_id' then lockstep.uuid_at(v_entry, 'hero_id', v_path) end,
      'ready', v_entry ? 'ready' and coalesce(lockstep.boolean_at(v_entry, 'ready', v_path), false),
      'joined_at', case when v_entry ? 'joined_at' then lockstep.time_at(v_entry, 'joined_at', v_path) end,
      'status', case when v_entry ? 'status' then lockstep.text_at(v_entry, 'status', v_path) end,
      'standin', v_entry ? 'standin' and coalesce(lockstep.boolean_at(v_entry, 'standin', v_path), false),
      'match_source', case when v_entry ? 'match_source' then lockstep.text_at(v_entry, 'match_source', v_path) end
    );
    if jsonb_typeof(v_read[cardinality(v_read)] -> 'slot_index') = 'null' then
      perform lockstep.refuse_parameter(v_path || '.slot_index', 'is missing');
    elsif jsonb_typeof(v_read[cardinality(v_read)] -> 'role') = 'null' then
      perform lockstep.refuse_parameter(v_path || '.role', 'is missing');
    end if;
  end loop;

  return (select jsonb_agg(entry order by (entry ->> 'slot_index')::integer, entry) from unnest(v_read) as entry);
end;
$$;

comment on function lockstep.read_rank_roster(jsonb) is 'The entries of a roster, each value of its type.';
revoke all on function lockstep.read_rank_roster(jsonb) from public, anon, authenticated, service_role;
grant execute on function lockstep.read_rank_roster(jsonb) to rank_rpc_owner;

-- Takes what read_rank_roster and rank_template_slots give. The first entry that does not fit is refused, with the path
-- of the value.
create or replace function lockstep.require_fitting_roster(
  p_room_id uuid,
  p_game_id uuid,
  p_roster jsonb,
  p_slots jsonb
)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_misfit record;
begin
  select
    'roster[' || entry.position || '].' || misfit.field as path,
    misfit.detail,
    misfit.why
  into v_misfit
  from jsonb_to_recordset(require_fitting_roster.p_roster) as entry (
    position integer, slot_index integer, slot_id uuid, role text, owner_id uuid, hero_id uuid, standin boolean
  )
  left join jsonb_to_recordset(require_fitting_roster.p_slots) as template (slot_index integer, role text, active boolean)
    on template.active and template.slot_index = entry.slot_index
  cross join lateral (
    values
      (1, 'duplicate_slot_index', 'slot_index', 'is taken by another entry', exists (
        select
        from jsonb_to_recordset(require_fitting_roster.p_roster) as other (position integer, slot_index integer)
        where other.slot_index = entry.slot_index and other.position < entry.position
      )),
      (2, 'slot_not_active', 'slot_index', 'is not an active slot of the template', template.slot_index is null),
      (3, 'role_mismatch', 'role', 'is not the role of the slot in the template', entry.role <> template.role),
      (4, 'slot_not_in_room', 'slot_id', 'is not the slot of the room with this index', entry.slot_id is not null
        and not exists (
          select
          from public.rank_room_slots as slot
          where slot.room_id = require_fitting_roster.p_room_id
            and slot.id = entry.slot_id
            and slot.slot_index = entry.slot_index
        )),
      (5, 'owner_required', 'owner_id', 'is missing, and the entry is no stand-in',
        entry.owner_id is null and not entry.standin),
      (6, 'owner_not_in_room', 'owner_id', 'does not occupy a slot of the room', entry.owner_id is not null
        and not entry.standin
        and entry.owner_id not in (
          select slot.occupant_owner_id
          from public.rank_room_slots as slot
          where slot.room_id = require_fitting_roster.p_room_id and slot.occupant_owner_id is not null
        )),
      (7, 'standin_not_participant', 'owner_id', 'stands in without participating in the game',
        entry.owner_id is not null
        and entry.standin
        and not exists (
          select
          from public.rank_participants as participant
          where participant.game_id = require_fitting_roster.p_game_id and participant.owner_id = entry.owner_id
        )),
      -- Also where there is no such hero, so that heroes cannot be probed.
      (8, 'hero_not_owned', 'hero_id', 'is not a hero of the owner', entry.hero_id is not null
        and not exists (
          select from public.heroes as hero where hero.id = entry.hero_id and hero.owner_id = entry.owner_id
        ))
  ) as misfit (rank, detail, field, why, given)
  where misfit.given
  order by entry.position, misfit.rank
  limit 1;

  if found then
    perform lockstep.refuse(
      422, 'invalid_roster', v_misfit.path || ' ' || v_misfit.why || '.', v_misfit.detail, v_misfit.path
    );
  end if;
end;
$$;

comment on function lockstep.require_fitting_roster(uuid, uuid, jsonb, jsonb) is
  'Refuses with 422 a roster that does not fit the template, or whose owners or heroes do not belong in it.';
revoke all on function lockstep.require_fitting_roster(uuid, uuid, jsonb, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function lockstep.require_fitting_roster(uuid, uuid, jsonb, jsonb) to rank_rpc_owner;
