-- The bare forms: what the RPCs read and write, without handshake, checks, RLS and audit. Triggers stay.
--
-- A role that no policy stops runs them. The lists are functions in SQL, as the playbook has them; what takes several
-- statements is plpgsql, which keeps its plans; and what is one statement is called as it stands. Run by: bench, as
-- superuser.

create role bench_bare nologin bypassrls;
grant bench_bare to authenticator;
create schema bench;
grant usage on schema public, lockstep, bench, auth to bench_bare;
grant all on all tables in schema public, lockstep to bench_bare;
grant execute on all functions in schema lockstep to bench_bare;

create function bench.list(p_channel_id uuid, p_limit integer)
returns setof public.social_messages
language sql
stable
security definer
set search_path = ''
as $$
  select message.*
  from public.social_messages as message
  where message.channel_id = list.p_channel_id
  order by message.inserted_at desc, message.id desc
  limit list.p_limit;
$$;

create function bench.since(p_channel_id uuid, p_limit integer, p_since timestamptz)
returns setof public.social_messages
language sql
stable
security definer
set search_path = ''
as $$
  select message.*
  from public.social_messages as message
  where message.channel_id = since.p_channel_id and message.inserted_at > since.p_since
  order by message.inserted_at desc, message.id desc
  limit since.p_limit;
$$;

create function bench.page(p_channel_id uuid, p_before_inserted_at timestamptz, p_before_id uuid, p_limit integer)
returns setof public.social_messages
language sql
stable
security definer
set search_path = ''
as $$
  select message.*
  from public.social_messages as message
  where message.channel_id = page.p_channel_id
    and (message.inserted_at, message.id) < (page.p_before_inserted_at, page.p_before_id)
  order by message.inserted_at desc, message.id desc
  limit page.p_limit;
$$;

alter function bench.list(uuid, integer) owner to bench_bare;
alter function bench.since(uuid, integer, timestamptz) owner to bench_bare;
alter function bench.page(uuid, timestamptz, uuid, integer) owner to bench_bare;

-- The session before ends, and its overlays with it.
create function bench.end_session(p_session_id uuid)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_ended integer;
begin
  update lockstep.rank_room_templates as template set session_ended = true where template.session_id = p_session_id;
  update public.rank_sessions as session
  set status = 'ended', updated_at = now()
  where session.id = p_session_id and session.status = 'active';
  update public.rank_session_overlays as overlay
  set expires_at = now()
  where overlay.session_id = p_session_id and overlay.expires_at > now();
  get diagnostics v_ended = row_count;
  return v_ended;
end;
$$;

create function bench.stage(p_room_id uuid, p_game_id uuid, p_match_id uuid, p_roster jsonb, p_version bigint)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_before uuid;
  v_session constant uuid := gen_random_uuid();
  v_inserted integer;
begin
  delete from public.rank_match_roster as roster where roster.room_id = p_room_id;

  insert into public.rank_match_roster (
    match_instance_id, room_id, game_id, slot_id, slot_index, role, owner_id, hero_id, hero_name, ready, score, rating,
    battles, win_rate, slot_template_version
  )
  select
    p_match_id, p_room_id, p_game_id, slot.id, entry.slot_index, entry.role, entry.owner_id, entry.hero_id, hero.name,
    entry.ready, participant.score, participant.rating, participant.battles, participant.win_rate, p_version
  from jsonb_to_recordset(p_roster) as entry (slot_index integer, role text, owner_id uuid, hero_id uuid, ready boolean)
  left join public.rank_room_slots as slot on slot.room_id = p_room_id and slot.slot_index = entry.slot_index
  left join public.heroes as hero on hero.id = entry.hero_id and hero.owner_id = entry.owner_id
  left join public.rank_participants as participant
    on participant.game_id = p_game_id and participant.owner_id = entry.owner_id;
  get diagnostics v_inserted = row_count;

  select template.session_id into v_before from lockstep.rank_room_templates as template where template.room_id = p_room_id;
  perform bench.end_session(v_before);

  insert into public.rank_sessions (id, game_id, owner_id)
  select v_session, p_game_id, room.owner_id from public.rank_rooms as room where room.id = p_room_id;
  insert into public.rank_session_overlays (session_id, room_id, owner_id, version)
  select v_session, p_room_id, entry.owner_id, p_version
  from jsonb_to_recordset(p_roster) as entry (owner_id uuid);

  update lockstep.rank_room_templates as template
  set version = p_version, match_instance_id = p_match_id, updated_at = now(), staged_at = now(),
    session_id = v_session, session_ended = false
  where template.room_id = p_room_id;
  return v_inserted;
end;
$$;
