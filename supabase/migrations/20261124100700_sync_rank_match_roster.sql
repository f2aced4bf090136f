-- sync_rank_match_roster: stages a room for a match, with the roster and the slot template it is played with.
--
-- SECURITY DEFINER, because clients have no rights on the roster; as rank_rpc_owner, whom the policies bind to the
-- rooms of the caller. The client says who sits where. Names, summaries, scores and ratings are the database's.
-- Contract: sync_rank_match_roster 1.1.0
-- Called by: stage-room-match
-- Undo: drop function public.sync_rank_match_roster(uuid, uuid, uuid, jsonb, jsonb);

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create or replace function public.sync_rank_match_roster(
  p_room_id uuid,
  p_game_id uuid,
  p_match_instance_id uuid,
  p_roster jsonb,
  p_slot_template jsonb,
  out inserted_count integer,
  out slot_template_version bigint,
  out slot_template_updated_at timestamptz,
  out role_counts jsonb,
  out replayed boolean
)
language plpgsql
volatile
security definer
set search_path = ''
set statement_timeout = '5s'
set timezone = 'UTC' -- An older default is timezone('utc', now()), which is a time of the caller's zone.
as $$
declare
  v_missing text;
  v_source text;
  v_slots jsonb;
  v_roster jsonb;
  v_digest bytea;
  v_stored lockstep.rank_room_templates;
  v_session uuid;
begin
  perform lockstep.announce_rpc('sync_rank_match_roster', '1.1.0');
  perform lockstep.require_caller();

  -- Who may ----------------------------------------------------------------------------------------------------------
  v_missing := case
    when sync_rank_match_roster.p_room_id is null then 'room_id'
    when sync_rank_match_roster.p_game_id is null then 'game_id'
    when sync_rank_match_roster.p_match_instance_id is null then 'match_instance_id'
  end;
  if v_missing is not null then
    perform lockstep.refuse_parameter(v_missing, 'is missing');
  end if;

  if lockstep.require_room_owner(sync_rank_match_roster.p_room_id) is distinct from sync_rank_match_roster.p_game_id then
    perform lockstep.refuse(422, 'game_mismatch', 'The room plays another game.', 'game_id');
  end if;

  -- What was sent, each value of its type ----------------------------------------------------------------------------
  perform lockstep.refuse_unknown_keys(
    sync_rank_match_roster.p_slot_template, array['version', 'source', 'updated_at', 'roles', 'slots'], 'slot_template'
  );
  slot_template_version := lockstep.integer_at(
    sync_rank_match_roster.p_slot_template, 'version', 'slot_template', 9223372036854775807
  );
  if slot_template_version is null then
    perform lockstep.refuse_parameter('slot_template.version', 'is missing');
  end if;
  slot_template_updated_at := lockstep.time_at(
    sync_rank_match_roster.p_slot_template, 'updated_at', 'slot_template'
  );
  v_source := coalesce(
    lockstep.text_at(sync_rank_match_roster.p_slot_template, 'source', 'slot_template'), 'room-stage'
  );

  select jsonb_agg(to_jsonb(verified))
  into role_counts
  from lockstep.verify_rank_roles_and_slots(
    p_roles => sync_rank_match_roster.p_slot_template -> 'roles',
    p_slots => sync_rank_match_roster.p_slot_template -> 'slots'
  ) as verified;

  select jsonb_agg(to_jsonb(slot) order by slot.slot_index)
  into v_slots
  from lockstep.rank_template_slots(sync_rank_match_roster.p_slot_template -> 'slots') as slot;
  v_roster := lockstep.read_rank_roster(sync_rank_match_roster.p_roster);

  -- What decides what is written, as the client gave it: a time that it left out is not `now` here.
  v_digest := sha256(convert_to(
    jsonb_build_object(
      'game_id', sync_rank_match_roster.p_game_id,
      'match_instance_id', sync_rank_match_roster.p_match_instance_id,
      'source', v_source,
      'updated_at', slot_template_updated_at at time zone 'UTC',
      'roles', role_counts,
      'slots', v_slots,
      'roster', (select jsonb_agg(entry - 'position') from jsonb_array_elements(v_roster) as entry)
    )::text,
    'UTF8'
  ));

  -- One staging of a room at a time ----------------------------------------------------------------------------------
  -- After the owner, or strangers could queue; before the version, or an older one could write last.
  perform pg_advisory_xact_lock(hashtextextended('rank_match_roster:' || sync_rank_match_roster.p_room_id, 0));

  select *
  into v_stored
  from lockstep.rank_room_templates as template
  where template.room_id = sync_rank_match_roster.p_room_id;

  if v_stored.version > slot_template_version
    or (v_stored.version = slot_template_version and v_stored.digest is distinct from v_digest)
  then
    perform lockstep.refuse(
      409,
      'slot_version_conflict',
      case
        when v_stored.version > slot_template_version then 'The room was staged with a newer slot template.'
        else 'The room was staged with this version of the slot template, and with other content.'
      end,
      jsonb_build_object('current', v_stored.version, 'given', slot_template_version)::text
    );
  elsif v_stored.version = slot_template_version then
    -- The answer to the first time. Who has left the room since then is no matter.
    inserted_count := jsonb_array_length(v_roster);
    slot_template_updated_at := v_stored.updated_at;
    replayed := true;
    return;
  end if;

  -- One staging of a caller at a time from here on, so that each is counted.
  perform pg_advisory_xact_lock(hashtextextended('sync_rank_match_roster:' || lockstep.caller_id(), 0));
  perform lockstep.require_staging_patience();
  perform lockstep.require_fitting_roster(
    sync_rank_match_roster.p_room_id, sync_rank_match_roster.p_game_id, v_roster, v_slots
  );

  -- The room's roster is replaced ------------------------------------------------------------------------------------
  slot_template_updated_at := coalesce(slot_template_updated_at, now());
  replayed := false;

  -- Rooms that name one match come one after the other here, so that the second sees what the first has written.
  perform pg_advisory_xact_lock(hashtextextended('rank_match_instance:' || sync_rank_match_roster.p_match_instance_id, 0));
  if lockstep.is_match_of_another_room(
    sync_rank_match_roster.p_match_instance_id, sync_rank_match_roster.p_room_id
  ) then
    perform lockstep.refuse(
      409, 'match_instance_conflict', 'Another room was staged for this match.', 'match_instance_id'
    );
  end if;

  perform lockstep.hold_for_staging(sync_rank_match_roster.p_room_id, sync_rank_match_roster.p_game_id, v_roster);
  delete from public.rank_match_roster as roster where roster.room_id = sync_rank_match_roster.p_room_id;

  insert into public.rank_match_roster (
    id, match_instance_id, room_id, game_id, slot_id, slot_index, role, owner_id, hero_id, hero_name, hero_summary,
    ready, joined_at, score, rating, battles, win_rate, status, standin, match_source,
    slot_template_version, slot_template_source, slot_template_updated_at
  )
  select
    gen_random_uuid(),
    sync_rank_match_roster.p_match_instance_id,
    sync_rank_match_roster.p_room_id,
    sync_rank_match_roster.p_game_id,
    slot.id,
    entry.slot_index,
    entry.role,
    entry.owner_id,
    entry.hero_id,
    hero.name,
    case
      when hero.id is null then '{}'
      else jsonb_build_object(
        'id', hero.id, 'name', hero.name, 'description', hero.description,
        'ability1', hero.ability1, 'ability2', hero.ability2, 'ability3', hero.ability3, 'ability4', hero.ability4,
        'image_url', hero.image_url, 'background_url', hero.background_url
      )
    end,
    entry.ready,
    entry.joined_at,
    participant.score,
    participant.rating,
    participant.battles,
    participant.win_rate,
    entry.status,
    entry.standin,
    entry.match_source,
    sync_rank_match_roster.slot_template_version,
    v_source,
    sync_rank_match_roster.slot_template_updated_at
  from jsonb_to_recordset(v_roster) as entry (
    slot_index integer, role text, owner_id uuid, hero_id uuid, ready boolean, joined_at timestamptz, status text,
    standin boolean, match_source text
  )
  left join public.rank_room_slots as slot
    on slot.room_id = sync_rank_match_roster.p_room_id and slot.slot_index = entry.slot_index
  left join public.heroes as hero on hero.id = entry.hero_id and hero.owner_id = entry.owner_id
  left join public.rank_participants as participant
    on participant.game_id = sync_rank_match_roster.p_game_id and participant.owner_id = entry.owner_id;
  get diagnostics inserted_count = row_count;

  v_session := lockstep.open_rank_session(
    sync_rank_match_roster.p_room_id, sync_rank_match_roster.p_game_id, v_stored.session_id,
    v_stored.match_instance_id = sync_rank_match_roster.p_match_instance_id and not v_stored.session_ended,
    v_roster, slot_template_version
  );

  insert into lockstep.rank_room_templates (
    room_id, version, source, updated_at, match_instance_id, digest, session_id, session_status
  )
  values (
    sync_rank_match_roster.p_room_id, slot_template_version, v_source, slot_template_updated_at,
    sync_rank_match_roster.p_match_instance_id, v_digest, v_session, lockstep.status_of_session(v_session)
  )
  on conflict (room_id) do update set
    version = excluded.version,
    source = excluded.source,
    updated_at = excluded.updated_at,
    match_instance_id = excluded.match_instance_id,
    digest = excluded.digest,
    staged_at = now(),
    session_id = excluded.session_id, session_status = excluded.session_status, session_ended = false;

  perform lockstep.audit(
    'sync_rank_match_roster',
    '1.1.0',
    jsonb_build_object(
      'room_id', sync_rank_match_roster.p_room_id,
      'game_id', sync_rank_match_roster.p_game_id,
      'match_instance_id', sync_rank_match_roster.p_match_instance_id,
      'slot_template_version', slot_template_version,
      'inserted_count', inserted_count
    )
  );
end;
$$;

comment on function public.sync_rank_match_roster(uuid, uuid, uuid, jsonb, jsonb) is
  '{"rpc": "sync_rank_match_roster", "version": "1.1.0"}';

revoke all on function public.sync_rank_match_roster(uuid, uuid, uuid, jsonb, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.sync_rank_match_roster(uuid, uuid, uuid, jsonb, jsonb) to authenticated;

grant create on schema public to rank_rpc_owner;
alter function public.sync_rank_match_roster(uuid, uuid, uuid, jsonb, jsonb) owner to rank_rpc_owner;
revoke create on schema public from rank_rpc_owner;

notify pgrst, 'reload schema';
