-- A channel and a staged room of ada's, and a place in the middle of a call at which it waits for a lock.
insert into auth.users (id, email)
values
  ('10c00000-0000-4000-8000-000000000001', 'ada@locks.test'), ('10c00000-0000-4000-8000-000000000002', 'grace@locks.test');
insert into public.social_channels (id, name) values ('10c00000-0000-4000-8000-0000000000c1', 'locks');
insert into public.social_channel_members (channel_id, user_id)
values ('10c00000-0000-4000-8000-0000000000c1', '10c00000-0000-4000-8000-000000000001');
insert into public.heroes (id, owner_id, name)
values ('10c00000-0000-4000-8000-0000000000f2', '10c00000-0000-4000-8000-000000000002', 'Bolt');
insert into public.rank_games (id, name) values ('10c00000-0000-4000-8000-0000000000a1', 'locks');
insert into public.rank_rooms (id, game_id, owner_id, code)
values ('10c00000-0000-4000-8000-0000000000b1', '10c00000-0000-4000-8000-0000000000a1',
  '10c00000-0000-4000-8000-000000000001', 'LOCKS');
insert into public.rank_room_slots (room_id, slot_index, role, occupant_owner_id)
values
  ('10c00000-0000-4000-8000-0000000000b1', 0, 'attack', '10c00000-0000-4000-8000-000000000001'),
  ('10c00000-0000-4000-8000-0000000000b1', 1, 'attack', '10c00000-0000-4000-8000-000000000002');

create schema stalled;
grant usage on schema stalled to authenticated;
create function stalled.staged(
  p_version integer,
  p_match_instance_id uuid default '10c00000-0000-4000-8000-0000000000d1',
  p_room_id uuid default '10c00000-0000-4000-8000-0000000000b1'
)
returns bigint
language sql
as $$
  select slot_template_version
  from public.sync_rank_match_roster(
    p_room_id => staged.p_room_id,
    p_game_id => '10c00000-0000-4000-8000-0000000000a1',
    p_match_instance_id => staged.p_match_instance_id,
    p_roster => '[
      {"slot_index": 0, "role": "attack", "owner_id": "10c00000-0000-4000-8000-000000000001"},
      {"slot_index": 1, "role": "attack", "owner_id": "10c00000-0000-4000-8000-000000000002",
        "hero_id": "10c00000-0000-4000-8000-0000000000f2"}
    ]',
    p_slot_template => jsonb_build_object(
      'version', p_version,
      'roles', '[{"name": "attack", "slot_count": 2}]'::jsonb,
      'slots', '[{"role": "attack"}, {"role": "attack"}]'::jsonb
    )
  );
$$;

begin;
select set_config('request.jwt.claims', '{"sub": "10c00000-0000-4000-8000-000000000001", "role": "authenticated"}', true);
set local role authenticated;
select stalled.staged(1);
commit;

create function stalled.wait() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock(tg_argv[0]::integer);
  return new;
end;
$$;
grant execute on function stalled.wait() to public;
-- After the rows of before have been locked, and before foreign keys are looked at.
create trigger wait before insert on public.social_messages for each row execute function stalled.wait(42);
create trigger wait before insert on public.rank_match_roster for each row execute function stalled.wait(42);
create trigger wait before insert on public.rank_session_overlays for each row execute function stalled.wait(43);
