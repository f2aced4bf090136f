-- The policies of the rank tables: what rank_rpc_owner reaches on behalf of whom, whatever its functions forget and
-- whatever else an installation lets through.

begin;

create extension if not exists pgtap with schema extensions;
set local search_path = public, extensions;

select plan(24);

-- Two rooms, ada's with grace in it and eve's with nobody; mia plays the game of ada's. -------------------------------

insert into auth.users (id, email)
values
  ('00000000-0000-4000-8000-00000000000a', 'ada@policies.test'),
  ('00000000-0000-4000-8000-00000000000b', 'grace@policies.test'),
  ('00000000-0000-4000-8000-00000000000c', 'mia@policies.test'),
  ('00000000-0000-4000-8000-00000000000e', 'eve@policies.test');

insert into public.heroes (owner_id, name)
values
  ('00000000-0000-4000-8000-00000000000a', 'of ada'),
  ('00000000-0000-4000-8000-00000000000b', 'of grace'),
  ('00000000-0000-4000-8000-00000000000c', 'of mia'),
  ('00000000-0000-4000-8000-00000000000e', 'of eve');

insert into public.rank_games (id, name)
values ('00000000-0000-4000-b000-000000000001', 'Siege'), ('00000000-0000-4000-b000-000000000002', 'Duel');

insert into public.rank_participants (game_id, owner_id, status)
values
  ('00000000-0000-4000-b000-000000000001', '00000000-0000-4000-8000-00000000000c', 'mia'),
  ('00000000-0000-4000-b000-000000000002', '00000000-0000-4000-8000-00000000000e', 'eve');

insert into public.rank_rooms (id, game_id, owner_id, code)
values
  ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-b000-000000000001',
    '00000000-0000-4000-8000-00000000000a', 'policies test 1'),
  ('00000000-0000-4000-9000-000000000002', '00000000-0000-4000-b000-000000000002',
    '00000000-0000-4000-8000-00000000000e', 'policies test 2');

insert into public.rank_room_slots (room_id, slot_index, role, occupant_owner_id)
values
  ('00000000-0000-4000-9000-000000000001', 0, 'of ada''s', '00000000-0000-4000-8000-00000000000b'),
  ('00000000-0000-4000-9000-000000000002', 0, 'of eve''s', null);

insert into public.rank_match_roster (match_instance_id, room_id, game_id, slot_index, role)
values
  ('00000000-0000-4000-d000-000000000001', '00000000-0000-4000-9000-000000000001',
    '00000000-0000-4000-b000-000000000001', 0, 'of ada''s'),
  ('00000000-0000-4000-d000-000000000002', '00000000-0000-4000-9000-000000000002',
    '00000000-0000-4000-b000-000000000002', 0, 'of eve''s');

insert into lockstep.rank_room_templates (room_id, version, source, updated_at)
values
  ('00000000-0000-4000-9000-000000000001', 1, 'of ada''s', now()),
  ('00000000-0000-4000-9000-000000000002', 1, 'of eve''s', now());

create function pg_temp.signed_in(p_letter text)
returns void
language sql
as $$
  select set_config(
    'request.jwt.claims',
    case
      when p_letter <> '' then jsonb_build_object('sub', '00000000-0000-4000-8000-00000000000' || p_letter)::text
      else ''
    end,
    true
  );
$$;

-- The owner of the RPCs has no pgTAP, so it acts in here.
create function pg_temp.seen(p_letter text, p_room integer)
returns setof text
language sql
set role = rank_rpc_owner
as $$
  select
    pg_temp.signed_in(p_letter), set_config('lockstep.room', '', true), set_config('lockstep.game', '', true);
  select lockstep.require_room_owner(('00000000-0000-4000-9000-00000000000' || p_room)::uuid) where p_room is not null;

  select 'room ' || code from public.rank_rooms where code like 'policies test %'
  union all
  select 'slot ' || role from public.rank_room_slots where role like 'of %'
  union all
  select 'player ' || status from public.rank_participants where status in ('mia', 'eve')
  union all
  select 'hero ' || name from public.heroes where name like 'of %'
  union all
  select 'roster ' || role from public.rank_match_roster where role like 'of %'
  union all
  select 'template ' || source from lockstep.rank_room_templates where source like 'of %';
$$;

create function pg_temp.as_owner(p_sql text)
returns bigint
language plpgsql
set role = rank_rpc_owner
as $$
declare
  v_rows bigint;
begin
  execute p_sql;
  get diagnostics v_rows = row_count;
  return v_rows;
end;
$$;

create function pg_temp.seen_by_all()
returns setof text
language sql
as $$
  select is(
    (
      select coalesce(array_agg(line order by line collate "C"), '{}')
      from pg_temp.seen(reader.letter, reader.room) as line
    ),
    reader.sees,
    'on behalf of ' || reader.name || ' rank_rpc_owner sees ' || cardinality(reader.sees) || ' rows'
  )
  from (
    values
      ('a', 1, 'ada, about her room,', array[
        'hero of grace', 'hero of mia', 'player mia', 'room policies test 1', 'roster of ada''s', 'slot of ada''s',
        'template of ada''s'
      ]),
      ('a', null, 'ada, before she said about which,', array['room policies test 1']),
      ('b', null, 'grace, who only sits there,', array[]::text[]),
      ('e', 2, 'eve, about her room,', array[
        'hero of eve', 'player eve', 'room policies test 2', 'roster of eve''s', 'slot of eve''s', 'template of eve''s'
      ]),
      ('', null, 'nobody', array[]::text[])
  ) as reader (letter, room, name, sees);
$$;

-- On behalf of whom it reads ------------------------------------------------------------------------------------------

select pg_temp.seen_by_all();

-- On behalf of whom it writes -----------------------------------------------------------------------------------------

create function pg_temp.writes_nothing()
returns setof text
language plpgsql
as $$
begin
  perform pg_temp.signed_in('e');
  perform pg_temp.as_owner('select lockstep.require_room_owner(''00000000-0000-4000-9000-000000000002'')');
  return next is(
    pg_temp.as_owner('delete from public.rank_match_roster where role = ''of ada''''s'''), 0::bigint,
    'eve cannot remove the roster of ada''s room'
  );
  return next is(
    pg_temp.as_owner('update lockstep.rank_room_templates set version = 0 where source = ''of ada''''s'''), 0::bigint,
    'nor set its version back'
  );
  return query select throws_ok(
    format('select pg_temp.as_owner(%L)', format(
      'insert into public.rank_match_roster (match_instance_id, room_id, game_id, slot_index, role)
        values (gen_random_uuid(), ''00000000-0000-4000-9000-00000000000%s'', %L, 1, ''by eve'')',
      wrong.room, '00000000-0000-4000-b000-000000000001'
    )),
    '42501', null, wrong.what
  )
  from (
    values (1, 'nor write into it'), (2, 'nor into her own room under a game that it does not play')
  ) as wrong (room, what);
end;
$$;

select pg_temp.writes_nothing();

-- The same where an installation lets everybody do everything ---------------------------------------------------------

create policy "an installation's" on public.heroes using (true);
create policy "an installation's" on public.rank_rooms using (true);
create policy "an installation's" on public.rank_room_slots using (true);
create policy "an installation's" on public.rank_participants using (true);
create policy "an installation's" on public.rank_match_roster using (true);

select pg_temp.seen_by_all();
select pg_temp.writes_nothing();

-- The function without its check, and with one that looks at nothing ---------------------------------------------------

create function pg_temp.staged_by_eve()
returns text
language plpgsql
set role = authenticated
as $$
begin
  perform pg_temp.signed_in('e');
  perform public.sync_rank_match_roster(
    '00000000-0000-4000-9000-000000000001', '00000000-0000-4000-b000-000000000001',
    '00000000-0000-4000-d000-000000000003', '[{"slot_index": 0, "role": "attack", "standin": true}]',
    '{"version": 2, "roles": [{"name": "attack", "slot_count": 1}], "slots": [{"role": "attack"}]}'
  );
  return 'staged';
exception
  when sqlstate 'PGRST' or insufficient_privilege then
    return 'refused';
end;
$$;

create function pg_temp.roster()
returns text
language sql
security definer
as $$
  select string_agg(role, ', ')
  from public.rank_match_roster
  where room_id = '00000000-0000-4000-9000-000000000001';
$$;

alter function lockstep.require_room_owner(uuid) rename to require_room_owner_as_it_is;
create function lockstep.require_room_owner(p_room_id uuid) returns uuid language sql
as $$ select '00000000-0000-4000-b000-000000000001'::uuid; $$;

-- What somebody looked at before this RPC is not in its hand.
select set_config('lockstep.room', '00000000-0000-4000-9000-000000000001', true),
  set_config('lockstep.game', '00000000-0000-4000-b000-000000000001', true);
select is(pg_temp.staged_by_eve(), 'refused', 'without its check, the policies refuse eve');
select lockstep.require_caller();
select is(
  current_setting('lockstep.room') || current_setting('lockstep.game'), '', 'an RPC begins with nothing in hand'
);
select is(pg_temp.roster(), 'of ada''s', 'and nothing is written');

create or replace function lockstep.require_room_owner(p_room_id uuid) returns uuid language sql
as $$
  select
    set_config('lockstep.room', '00000000-0000-4000-9000-000000000001', true),
    set_config('lockstep.game', '00000000-0000-4000-b000-000000000001', true);
  select '00000000-0000-4000-b000-000000000001'::uuid;
$$;
select is(pg_temp.staged_by_eve(), 'staged', 'with a check that looks at nothing, she gets in: so it is what keeps her out');
select is(pg_temp.roster(), 'attack', 'and replaces the roster');

drop function lockstep.require_room_owner(uuid);
alter function lockstep.require_room_owner_as_it_is(uuid) rename to require_room_owner;

select is(pg_temp.staged_by_eve(), 'refused', 'with its own, she does not');

select * from finish();
rollback;
