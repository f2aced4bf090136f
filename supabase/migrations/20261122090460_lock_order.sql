-- The order in which rows are locked, by everything that locks more than one of them:
--
--   users, channels, games, heroes, rooms, sessions, memberships, messages, slots, rosters, overlays, templates;
--   of one table by id
--
-- Whoever deletes an account, a channel, a game, a hero or a room goes from there to what hangs on it, and that is this
-- order. A foreign key locks what it points at only when the row is written, which is too late: by then the row that
-- hangs there has been locked. So an RPC first holds, in these functions, what it is going to point at. They answer
-- nothing, and hold on behalf of the caller; what is not there is found out afterwards.
-- Contract: none by itself.
-- Called by: insert_social_message, sync_rank_match_roster, end_rank_session.
-- Undo: drop function lockstep.hold_for_message(uuid); drop function lockstep.hold_for_staging(uuid, uuid, jsonb);

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create or replace function lockstep.hold_for_message(p_channel_id uuid)
returns void
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  perform from auth.users as sender where sender.id = auth.uid() for key share;
  perform from public.social_channels as channel where channel.id = hold_for_message.p_channel_id for key share;
  -- Here, and not as the RPC: a policy of the project on who may update a membership says nothing of who may send.
  perform
  from public.social_channel_members as membership
  where membership.channel_id = hold_for_message.p_channel_id and membership.user_id = auth.uid()
  for share;
end;
$$;

comment on function lockstep.hold_for_message(uuid) is 'Holds the caller, the channel and the membership until the end of the request.';
revoke all on function lockstep.hold_for_message(uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.hold_for_message(uuid) to social_rpc_owner;

create or replace function lockstep.hold_for_staging(p_room_id uuid, p_game_id uuid, p_roster jsonb)
returns void
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  v_users uuid[];
  v_heroes uuid[];
begin
  select array_agg(entry.owner_id), array_agg(entry.hero_id)
  into v_users, v_heroes
  from jsonb_to_recordset(hold_for_staging.p_roster) as entry (owner_id uuid, hero_id uuid);

  perform from auth.users as player where player.id = any (v_users || auth.uid()) order by player.id for key share;
  perform from public.rank_games as game where game.id = hold_for_staging.p_game_id for key share;
  perform from public.heroes as hero where hero.id = any (v_heroes) order by hero.id for key share;
  perform from public.rank_rooms as room where room.id = hold_for_staging.p_room_id for key share;
  perform
  from public.rank_sessions as session
  where session.id = (
    select template.session_id from lockstep.rank_room_templates as template
    where template.room_id = hold_for_staging.p_room_id
  )
  for no key update;
end;
$$;

comment on function lockstep.hold_for_staging(uuid, uuid, jsonb) is
  'Holds the players of a roster, their heroes, the game, the room and its session until the end of the request.';
revoke all on function lockstep.hold_for_staging(uuid, uuid, jsonb) from public, anon, authenticated, service_role;
