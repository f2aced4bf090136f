-- Lists, sends, stages, renews, ends and sweeps, on rows like those of the smoke test. Fails where one of them does.
begin;

insert into auth.users (id, email)
values
  ('ad000000-0000-4000-8000-000000000001', 'owner@adoption.test'),
  ('ad000000-0000-4000-8000-000000000002', 'guest@adoption.test');
insert into public.social_channels (id, name) values ('ad000000-0000-4000-8000-0000000000c1', 'adopted');
insert into public.social_channel_members (channel_id, user_id)
values ('ad000000-0000-4000-8000-0000000000c1', 'ad000000-0000-4000-8000-000000000001');
insert into public.rank_games (id, owner_id, name, roles)
values ('ad000000-0000-4000-8000-0000000000a1', 'ad000000-0000-4000-8000-000000000001', 'adopted', '[]');
insert into public.rank_rooms (id, game_id, owner_id, code, slot_count)
values ('ad000000-0000-4000-8000-0000000000b1', 'ad000000-0000-4000-8000-0000000000a1',
  'ad000000-0000-4000-8000-000000000001', 'ADOPTED', 2);
insert into public.rank_room_slots (room_id, slot_index, role, occupant_owner_id)
values
  ('ad000000-0000-4000-8000-0000000000b1', 0, 'attack', 'ad000000-0000-4000-8000-000000000001'),
  ('ad000000-0000-4000-8000-0000000000b1', 1, 'support', 'ad000000-0000-4000-8000-000000000002');
insert into public.heroes (id, owner_id, name)
values ('ad000000-0000-4000-8000-0000000000f1', 'ad000000-0000-4000-8000-000000000001', 'Bolt');
insert into public.rank_participants (game_id, owner_id)
values
  ('ad000000-0000-4000-8000-0000000000a1', 'ad000000-0000-4000-8000-000000000001'),
  ('ad000000-0000-4000-8000-0000000000a1', 'ad000000-0000-4000-8000-000000000002');

create function pg_temp.stage(p_version integer)
returns uuid
language plpgsql
as $$
begin
  perform public.sync_rank_match_roster(
    p_room_id => 'ad000000-0000-4000-8000-0000000000b1',
    p_game_id => 'ad000000-0000-4000-8000-0000000000a1',
    p_match_instance_id => 'ad000000-0000-4000-8000-0000000000d1',
    p_roster => '[{"slot_index": 0, "role": "attack", "owner_id": "ad000000-0000-4000-8000-000000000001",
        "hero_id": "ad000000-0000-4000-8000-0000000000f1"},
      {"slot_index": 1, "role": "support", "owner_id": "ad000000-0000-4000-8000-000000000002"}]',
    p_slot_template => jsonb_build_object(
      'version', p_version,
      'roles', '[{"name": "attack", "slot_count": 1}, {"name": "support", "slot_count": 1}]'::jsonb,
      'slots', '[{"slot_index": 0, "role": "attack"}, {"slot_index": 1, "role": "support"}]'::jsonb
    )
  );
  return (select overlays -> 0 ->> 'session_id' from public.fetch_rank_session_overlays());
end;
$$;

set local role authenticated;
set local request.jwt.claims = '{"sub": "ad000000-0000-4000-8000-000000000001", "role": "authenticated"}';

do $$
declare
  v_first uuid;
  v_again uuid;
  v_session uuid;
  v_ended integer;
begin
  v_first := (public.insert_social_message(
    'ad000000-0000-4000-8000-0000000000c1', 'hello', 'ad000000-0000-4000-8000-0000000000e1')).id;
  v_again := (public.insert_social_message(
    'ad000000-0000-4000-8000-0000000000c1', 'hello', 'ad000000-0000-4000-8000-0000000000e1')).id;
  assert v_first = v_again, 'a message is sent once';
  assert (select count(*) from public.fetch_social_messages('ad000000-0000-4000-8000-0000000000c1')) = 1, 'it is listed';

  v_session := pg_temp.stage(1);
  assert v_session is not null, 'a staging opens an overlay';
  assert pg_temp.stage(2) = v_session, 'the same match goes on in its session';
  perform public.renew_rank_session_overlay(v_session);
  select ended_count into v_ended from public.end_rank_session(v_session);
  assert v_ended = 2, 'the end of a session ends the overlays';
  assert pg_temp.stage(3) <> v_session, 'after its end there is another';
end;
$$;

set local role postgres;
update public.rank_session_overlays set renewed_at = now() - interval '1 hour', expires_at = now() - interval '55 minutes'
where true;
do $$
begin
  assert lockstep.sweep_rank_overlays() > 0, 'what is over is swept';
end;
$$;

rollback;
