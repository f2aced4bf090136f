-- Who may touch the rank tables: rank_rpc_owner, on behalf of a room's owner.
--
-- An installation's rights and policies stay. Each of ours comes in two forms: the permissive one lets the RPCs in, the
-- restrictive one keeps them there, because an installation's policies are permissive, many of them `using (true)` for
-- everybody, and would let an RPC that forgets a check reach every room.
-- Contract: none by itself, the rank RPCs stand on it.
-- Called by: the rank RPCs.
-- Undo: drop owned by rank_rpc_owner;
--   drop function lockstep.players_in_hand(), lockstep.plays_game_in_hand(uuid);

set local role postgres;
set local search_path = '';
-- Several tables are locked one after the other, and a reader of the first waits for all of them.
set local lock_timeout = '100ms';

grant select on public.heroes to rank_rpc_owner;
grant select on public.rank_rooms to rank_rpc_owner;
grant select on public.rank_room_slots to rank_rpc_owner;
grant select on public.rank_participants to rank_rpc_owner;
grant select, insert, delete on public.rank_match_roster to rank_rpc_owner;

-- The caller's rooms ----------------------------------------------------------------------------------------------

drop policy if exists "room owners see their rooms" on public.rank_rooms;
create policy "room owners see their rooms" on public.rank_rooms
  for select to rank_rpc_owner
  using (true);

drop policy if exists "the rank RPCs see no other rooms" on public.rank_rooms;
create policy "the rank RPCs see no other rooms" on public.rank_rooms
  as restrictive for all to rank_rpc_owner
  using (owner_id = (select lockstep.caller_id()));

-- What an RPC works on -----------------------------------------------------------------------------------------------

-- require_room_owner() looks whose room it is, and puts room and game into settings, where the policies find them.
-- require_caller() empties them, so an RPC that forgets to look sees nothing. Whoever could write these settings in
-- between could write the claims of the caller, too, by which anybody's room is known. The policies read the settings
-- themselves, and call no function for it: one staging asks twenty times.

-- Passes by the policies that ask it, once for a statement.
create or replace function lockstep.players_in_hand()
returns uuid[]
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_room constant uuid := nullif(current_setting('lockstep.room', true), '')::uuid;
begin
  return (
    select array_agg(slot.occupant_owner_id) from public.rank_room_slots as slot where slot.room_id = v_room
  );
end;
$$;

comment on function lockstep.players_in_hand() is 'Who sits in the room in hand.';

-- A stand-in sits nowhere. A game may have any number of players, so this one is asked for each hero.
create or replace function lockstep.plays_game_in_hand(p_owner_id uuid)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return exists (
    select
    from public.rank_participants as participant
    where participant.game_id = nullif(current_setting('lockstep.game', true), '')::uuid
      and participant.owner_id = plays_game_in_hand.p_owner_id
  );
end;
$$;

comment on function lockstep.plays_game_in_hand(uuid) is 'Whether somebody plays the game of the room in hand.';

revoke all on function lockstep.players_in_hand(), lockstep.plays_game_in_hand(uuid)
  from public, anon, authenticated, service_role;
grant execute on function lockstep.players_in_hand(), lockstep.plays_game_in_hand(uuid) to rank_rpc_owner;

-- What belongs to them --------------------------------------------------------------------------------------------

drop policy if exists "room owners see the slots of their rooms" on public.rank_room_slots;
create policy "room owners see the slots of their rooms" on public.rank_room_slots
  for select to rank_rpc_owner
  using (true);

drop policy if exists "the rank RPCs see the slots of no other rooms" on public.rank_room_slots;
create policy "the rank RPCs see the slots of no other rooms" on public.rank_room_slots
  as restrictive for all to rank_rpc_owner
  using (room_id = (select nullif(current_setting('lockstep.room', true), '')::uuid));

drop policy if exists "room owners see who plays the game" on public.rank_participants;
create policy "room owners see who plays the game" on public.rank_participants
  for select to rank_rpc_owner
  using (true);

drop policy if exists "the rank RPCs see who plays no other game" on public.rank_participants;
create policy "the rank RPCs see who plays no other game" on public.rank_participants
  as restrictive for all to rank_rpc_owner
  using (game_id = (select nullif(current_setting('lockstep.game', true), '')::uuid));

drop policy if exists "room owners see the heroes they may field" on public.heroes;
create policy "room owners see the heroes they may field" on public.heroes
  for select to rank_rpc_owner
  using (true);

drop policy if exists "the rank RPCs see no other heroes" on public.heroes;
create policy "the rank RPCs see no other heroes" on public.heroes
  as restrictive for all to rank_rpc_owner
  using (owner_id = any ((select lockstep.players_in_hand())::uuid[]) or lockstep.plays_game_in_hand(owner_id));

drop policy if exists "room owners replace the roster of their rooms" on public.rank_match_roster;
create policy "room owners replace the roster of their rooms" on public.rank_match_roster
  for all to rank_rpc_owner
  using (true) with check (true);

drop policy if exists "the rank RPCs touch the roster of no other rooms" on public.rank_match_roster;
create policy "the rank RPCs touch the roster of no other rooms" on public.rank_match_roster
  as restrictive for all to rank_rpc_owner
  using (room_id = (select nullif(current_setting('lockstep.room', true), '')::uuid))
  with check (
    room_id = (select nullif(current_setting('lockstep.room', true), '')::uuid)
    and game_id = (select nullif(current_setting('lockstep.game', true), '')::uuid)
  );

select lockstep.let_read_what_policies_ask(
  'rank_rpc_owner', '{heroes, rank_rooms, rank_room_slots, rank_participants, rank_match_roster, rank_sessions}'
);
