-- The last one: reads each table as the role that owns its RPCs, and fails where a policy of the project does not let it.
--
-- A project's restrictive policies hold for these roles too. One whose helper they may not run, or that looks at a table
-- that is closed to them, would end every RPC with "permission denied", and nothing else would say so before.
-- Contract: none.
-- Called by: nobody.
-- Undo: drop function lockstep.read_as_owners();

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- On behalf of somebody who has a row there, since a policy is asked for rows only. One row of each table is read.
create or replace function lockstep.read_as_owners()
returns table (relation text, reader text, problem text)
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_read record;
begin
  for v_read in
    with room as (
      select room.id, room.owner_id, room.game_id from public.rank_rooms as room where room.owner_id is not null limit 1
    ),
    membership as (
      select membership.channel_id, membership.user_id from public.social_channel_members as membership limit 1
    )
    select 'rank_rpc_owner' as owner, named.relation, filled.condition, room.owner_id as caller, room.id::text as room,
      room.game_id::text as game, null::text as channel
    from (
      values
        ('public.rank_rooms', 'id = %L'), ('public.rank_room_slots', 'room_id = %L'),
        ('public.rank_match_roster', 'room_id = %L'), ('public.rank_participants', 'game_id = %2$L'),
        ('public.heroes', 'owner_id = %3$L'), ('public.rank_sessions', 'id = (select lockstep.session_in_hand())'),
        ('public.rank_session_overlays', 'owner_id = %3$L')
    ) as named (relation, condition)
    left join room on true
    cross join lateral (select format(named.condition, room.id, room.game_id, room.owner_id)) as filled (condition)
    union all
    select 'social_rpc_owner', named.relation, filled.condition, membership.user_id, null, null,
      membership.channel_id::text
    from (
      values ('public.social_channel_members', 'user_id = %3$L'), ('public.social_messages', 'channel_id = %L')
    ) as named (relation, condition)
    left join membership on true
    cross join lateral (
      select format(named.condition, membership.channel_id, null, membership.user_id)
    ) as filled (condition)
  loop
    relation := v_read.relation;
    reader := v_read.owner;
    problem := null;
    begin
      perform
        set_config('request.jwt.claims', jsonb_build_object('sub', v_read.caller, 'role', 'authenticated')::text, true),
        set_config('lockstep.room', coalesce(v_read.room, ''), true),
        set_config('lockstep.game', coalesce(v_read.game, ''), true),
        set_config('lockstep.channel', coalesce(v_read.channel, ''), true),
        set_config('role', v_read.owner, true);
      execute format('select from %s where %s limit 1', v_read.relation, v_read.condition);
      -- What was set ends with the block.
      raise sqlstate 'LS000';
    exception
      when sqlstate 'LS000' then
        null;
      when others then
        problem := sqlerrm;
    end;
    return next;
  end loop;
end;
$$;

comment on function lockstep.read_as_owners() is
  'Reads a row of each table as the role that owns its RPCs, and says what is in the way; a null says that nothing is.';
revoke all on function lockstep.read_as_owners() from public, anon, authenticated, service_role;

do $$
declare
  v_problems text;
begin
  select string_agg(said.reader || ' cannot read ' || said.relation || ': ' || said.problem, e'\n')
  into v_problems
  from lockstep.read_as_owners() as said
  where said.problem is not null;

  if v_problems is not null then
    raise exception e'policies of this project keep the RPCs from their tables:\n%', v_problems
      using hint = 'A policy for everybody holds for these roles too. Make it one for `anon, authenticated`; or make its '
        'helper SECURITY DEFINER and let these roles execute it. Then apply the migrations again.';
  end if;
end;
$$;

notify pgrst, 'reload schema';
