-- installation_rows: the functions of an installation, in the forms that have drifted apart, and rows in every table.
--
--   host   10000000-0000-4000-8000-000000000001   owns ROOM 1, sits in its slot 0 with the hero 2…01
--   ally   10000000-0000-4000-8000-000000000002   sits in slot 1 of ROOM 1 with the hero 2…02, owns ROOM 2
--   rival  10000000-0000-4000-8000-000000000003   plays GAME 1 and sits nowhere, with the hero 2…03
--   GAME   30000000-0000-4000-8000-00000000000N   1 and 2
--   ROOM   40000000-0000-4000-8000-00000000000N   1 is staged in version 7, 2 was staged without a version, 3 never
-- Run by: postgres, after installation.sql and before the migrations.

-- Other functions ---------------------------------------------------------------------------------------------

create function public.touch_updated_at()
returns trigger
language plpgsql
as $$
begin
  new.updated_at = now();
  return new;
end;
$$;

create trigger touch_rank_match_roster before insert or update on public.rank_match_roster
  for each row execute function public.touch_updated_at();

create trigger touch_rank_rooms before update on public.rank_rooms
  for each row execute function public.touch_updated_at();

create function public.join_rank_queue(p_game_id uuid)
returns integer
language sql
security definer
set search_path = public
as $$
  select count(*)::integer from rank_participants where game_id = p_game_id;
$$;

-- The rank RPCs, each in several forms --------------------------------------------------------------------------

create function public.verify_rank_roles_and_slots(p_roles jsonb default '[]', p_slots jsonb default '[]')
returns table (role_name text, declared_slot_count int, active_slot_count int)
language plpgsql
security definer
set search_path = public
as $$
begin
  if jsonb_typeof(p_slots) <> 'array' then
    raise exception 'invalid_slots' using detail = 'slots_must_be_array';
  end if;
  return query
    select r ->> 'name', (r ->> 'slot_count')::int, (r ->> 'slot_count')::int from jsonb_array_elements(p_roles) as r;
end;
$$;

create function public.verify_rank_roles_and_slots(p_payload jsonb)
returns jsonb
language sql
security definer
set search_path = public
as $$
  select jsonb_build_object('ok', p_payload ? 'roles');
$$;

create function public.sync_rank_match_roster(
  p_room_id uuid, p_game_id uuid, p_match_instance_id uuid, p_roster jsonb,
  p_slot_template_version bigint default null,
  p_slot_template_source text default null,
  p_slot_template_updated_at timestamptz default null
)
returns table (inserted_count int, slot_template_version bigint, slot_template_updated_at timestamptz)
language plpgsql
security definer
set search_path = public
as $$
begin
  -- As published: the column is ambiguous, so this has never run.
  if exists (select 1 from rank_match_roster where room_id = p_room_id and slot_template_version > 0) then
    raise exception 'slot_version_conflict';
  end if;
end;
$$;

create function public.sync_rank_match_roster(
  p_room_id uuid, p_game_id uuid, p_match_instance_id uuid, p_request_owner_id uuid, p_roster jsonb,
  p_slot_template_version bigint default null,
  p_slot_template_source text default null,
  p_slot_template_updated_at timestamptz default null
)
returns table (inserted_count int, slot_template_version bigint, slot_template_updated_at timestamptz)
language plpgsql
security definer
set search_path = public
as $$
begin
  if not exists (select 1 from rank_rooms where id = p_room_id and owner_id = p_request_owner_id) then
    raise exception 'room_owner_mismatch';
  end if;
end;
$$;

create function public.sync_rank_match_roster(
  p_room_id uuid, p_game_id uuid, p_match_instance_id uuid,
  p_slot_template_version bigint, p_slot_template_source text, p_slot_template_updated_at timestamptz, p_roster jsonb
)
returns table (inserted_count int, slot_template_version bigint, slot_template_updated_at timestamptz)
language plpgsql
security definer
set search_path = public
as $$
begin
  if jsonb_array_length(p_roster) = 0 then
    raise exception 'empty_roster';
  end if;
end;
$$;

do $$
declare
  v_function regprocedure;
begin
  for v_function in
    select oid
    from pg_proc
    where pronamespace = 'public'::regnamespace
      and proname in ('verify_rank_roles_and_slots', 'sync_rank_match_roster')
  loop
    execute format('grant execute on function %s to service_role', v_function);
  end loop;
end;
$$;

-- Rows ------------------------------------------------------------------------------------------------------------

insert into auth.users (id, email)
values
  ('10000000-0000-4000-8000-000000000001', 'host@installation.test'),
  ('10000000-0000-4000-8000-000000000002', 'ally@installation.test'),
  ('10000000-0000-4000-8000-000000000003', 'rival@installation.test');

insert into public.heroes (id, owner_id, name, description, ability1, portrait_prompt)
values
  ('20000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'Aegis', 'A wall', 'Hold', 'steel'),
  ('20000000-0000-4000-8000-000000000002', '10000000-0000-4000-8000-000000000002', 'Bolt', '', 'Strike', null),
  ('20000000-0000-4000-8000-000000000003', '10000000-0000-4000-8000-000000000003', 'Cinder', null, null, null),
  ('20000000-0000-4000-8000-000000000004', null, 'Nobody''s', '', null, null);

insert into public.rank_games (id, owner_id, name, roles, published)
values
  ('30000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'Siege',
    '[{"name": "attack", "slot_count": 2}]', true),
  ('30000000-0000-4000-8000-000000000002', null, 'Duel', '[]', false);

insert into public.rank_rooms (id, game_id, owner_id, code, slot_count, filled_count, score_window)
values
  ('40000000-0000-4000-8000-000000000001', '30000000-0000-4000-8000-000000000001',
    '10000000-0000-4000-8000-000000000001', 'SIEGE1', 3, 2, 200),
  ('40000000-0000-4000-8000-000000000002', '30000000-0000-4000-8000-000000000001',
    '10000000-0000-4000-8000-000000000002', 'SIEGE2', 2, 1, null),
  ('40000000-0000-4000-8000-000000000003', '30000000-0000-4000-8000-000000000002',
    '10000000-0000-4000-8000-000000000001', null, 0, 0, null);

insert into public.rank_room_slots (room_id, slot_index, role, occupant_owner_id, occupant_hero_id, occupant_ready)
values
  ('40000000-0000-4000-8000-000000000001', 0, 'attack', '10000000-0000-4000-8000-000000000001',
    '20000000-0000-4000-8000-000000000001', true),
  ('40000000-0000-4000-8000-000000000001', 1, 'attack', '10000000-0000-4000-8000-000000000002',
    '20000000-0000-4000-8000-000000000002', false),
  ('40000000-0000-4000-8000-000000000001', 2, 'support', null, null, false),
  ('40000000-0000-4000-8000-000000000002', 0, 'attack', '10000000-0000-4000-8000-000000000002', null, false);

insert into public.rank_participants (game_id, owner_id, hero_id, rating, score, battles, win_rate, last_opponent)
values
  ('30000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001',
    '20000000-0000-4000-8000-000000000001', 1210, 40, 12, 0.58, '10000000-0000-4000-8000-000000000003'),
  ('30000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000002',
    '20000000-0000-4000-8000-000000000002', 1000, null, 0, null, null),
  ('30000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000003',
    '20000000-0000-4000-8000-000000000003', 990, 31, 4, 0.25, null);

insert into public.rank_match_roster (
  match_instance_id, room_id, game_id, slot_index, role, owner_id, hero_id, hero_name, rating, slot_template_version
)
values
  ('50000000-0000-4000-8000-000000000001', '40000000-0000-4000-8000-000000000001',
    '30000000-0000-4000-8000-000000000001', 0, 'attack', '10000000-0000-4000-8000-000000000001',
    '20000000-0000-4000-8000-000000000001', 'Aegis', 1210, 7),
  ('50000000-0000-4000-8000-000000000001', '40000000-0000-4000-8000-000000000001',
    '30000000-0000-4000-8000-000000000001', 1, 'attack', '10000000-0000-4000-8000-000000000002', null, null, null, 7),
  ('50000000-0000-4000-8000-000000000002', '40000000-0000-4000-8000-000000000002',
    '30000000-0000-4000-8000-000000000001', 0, 'attack', '10000000-0000-4000-8000-000000000002', null, null, null, 0),
  -- The room is gone.
  ('50000000-0000-4000-8000-000000000003', null, '30000000-0000-4000-8000-000000000002', 0, 'attack', null, null, null,
    null, null);

insert into public.rank_sessions (id, game_id, owner_id, turn, vote_snapshot)
values ('60000000-0000-4000-8000-000000000001', '30000000-0000-4000-8000-000000000001',
  '10000000-0000-4000-8000-000000000001', 3, '{"needed": 2}');

insert into public.rank_turns (session_id, body) values ('60000000-0000-4000-8000-000000000001', 'The gate falls.');
insert into public.rank_blocks (blocker_id, blocked_id, reason)
values ('10000000-0000-4000-8000-000000000003', '10000000-0000-4000-8000-000000000002', 'left early');
insert into public.moderators (user_id, phone) values ('10000000-0000-4000-8000-000000000002', '+10000000000');
-- What no constraint of ours would take.
insert into public.social_messages (channel_id, sender_id, body)
values
  ('70000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', ''),
  ('70000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000002', repeat('x', 9000)),
  ('70000000-0000-4000-8000-000000000002', null, null);
