-- A staging opens a session, and an overlay for each player of the roster who sits in the room and for whom overlays are
-- switched on. An overlay of a player for whom they are off now ends.
--
-- The same match staged again goes on in its session, with the newer version; another match ends the session before it.
-- sync_rank_match_roster runs this in its own transaction, so there is no staged match without its overlays.
-- Contract: none by itself.
-- Called by: sync_rank_match_roster
-- Undo: drop function lockstep.open_rank_session(uuid, uuid, uuid, boolean, jsonb, bigint);

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create or replace function lockstep.open_rank_session(
  p_room_id uuid,
  p_game_id uuid,
  p_before uuid,
  p_goes_on boolean,
  p_roster jsonb,
  p_version bigint
)
returns uuid
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_session uuid;
  v_players uuid[];
begin
  select coalesce(array_agg(distinct entry.owner_id), '{}')
  into v_players
  from jsonb_to_recordset(open_rank_session.p_roster) as entry (owner_id uuid)
  where entry.owner_id = any ((select lockstep.seated_in_hand())::uuid[])
    and lockstep.flag_is_on('flag_rank_overlays', entry.owner_id);

  -- The session before, where this staging is for the match that it is on for. It is held.
  if open_rank_session.p_goes_on then
    select session.id
    into v_session
    from public.rank_sessions as session
    where session.id = open_rank_session.p_before and lockstep.has_opening_status(session.id);
  end if;

  if v_session is null then
    perform lockstep.note_session_end(open_rank_session.p_before);
    perform lockstep.end_rank_overlays(open_rank_session.p_before, open_rank_session.p_room_id, '{}');

    v_session := gen_random_uuid();
    insert into public.rank_sessions (id, game_id, owner_id)
    values (v_session, open_rank_session.p_game_id, lockstep.caller_id());
  else
    perform lockstep.end_rank_overlays(v_session, open_rank_session.p_room_id, v_players);
  end if;

  insert into public.rank_session_overlays as overlay (session_id, room_id, owner_id, version)
  select v_session, open_rank_session.p_room_id, player.id, open_rank_session.p_version
  from unnest(v_players) as player (id)
  order by player.id
  on conflict (session_id, owner_id) do update
  set version = excluded.version, renewed_at = now(), expires_at = now() + interval '5 minutes';
  return v_session;
end;
$$;

comment on function lockstep.open_rank_session(uuid, uuid, uuid, boolean, jsonb, bigint) is
  'The session of a staged room, with an overlay for each player who sits there.';
revoke all on function lockstep.open_rank_session(uuid, uuid, uuid, boolean, jsonb, bigint)
  from public, anon, authenticated, service_role;
grant execute on function lockstep.open_rank_session(uuid, uuid, uuid, boolean, jsonb, bigint) to rank_rpc_owner;
