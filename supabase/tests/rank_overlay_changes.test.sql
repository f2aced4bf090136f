-- Overlays when rooms change: another host, another game, a player who leaves, a seat that somebody else gave away.

begin;

create extension if not exists pgtap with schema extensions;
set local search_path = public, extensions;

select plan(23);

insert into auth.users (id, email)
values
  ('00000000-0000-4000-8000-00000000000a', 'ada@changes.test'),
  ('00000000-0000-4000-8000-00000000000b', 'grace@changes.test'),
  ('00000000-0000-4000-8000-00000000000e', 'eve@changes.test');
insert into public.rank_games (id, name)
values ('00000000-0000-4000-b000-000000000001', 'Siege'), ('00000000-0000-4000-b000-000000000002', 'Duel');
insert into public.rank_rooms (id, game_id, owner_id, code)
values (
  '00000000-0000-4000-9000-000000000001', '00000000-0000-4000-b000-000000000001',
  '00000000-0000-4000-8000-00000000000a', 'changes test'
);
insert into public.rank_room_slots (room_id, slot_index, role, occupant_owner_id)
values
  ('00000000-0000-4000-9000-000000000001', 0, 'attack', '00000000-0000-4000-8000-00000000000a'),
  ('00000000-0000-4000-9000-000000000001', 1, 'attack', '00000000-0000-4000-8000-00000000000b');

\ir shared/become.psql
\ir shared/refusal.psql
\ir shared/session.psql

-- With whoever occupies the two slots.
create function pg_temp.stage(p_version integer, p_match text, p_host text default 'a', p_game text default '1')
returns text
language plpgsql
as $$
declare
  v_message text;
begin
  perform pg_temp.become(p_host);
  perform
  from public.sync_rank_match_roster(
    '00000000-0000-4000-9000-000000000001', ('00000000-0000-4000-b000-00000000000' || p_game)::uuid,
    ('00000000-0000-4000-d000-00000000000' || p_match)::uuid,
    (
      select jsonb_agg(jsonb_build_object('slot_index', slot_index, 'role', 'attack', 'owner_id', occupant_owner_id))
      from public.rank_room_slots
      where room_id = '00000000-0000-4000-9000-000000000001' and occupant_owner_id is not null
    ),
    jsonb_build_object(
      'version', p_version,
      'roles', '[{"name": "attack", "slot_count": 2}]'::jsonb,
      'slots', '[{"role": "attack"}, {"role": "attack"}]'::jsonb
    )
  );
  return 'staged';
exception
  when sqlstate 'PGRST' then
    get stacked diagnostics v_message = message_text;
    return v_message::jsonb ->> 'code';
end;
$$;

create function pg_temp.live()
returns text
language sql
as $$
  select string_agg(right(owner_id::text, 1), '' order by owner_id) from public.rank_session_overlays_live
  where room_id = '00000000-0000-4000-9000-000000000001';
$$;

create function pg_temp.sit(p_who text, p_by text)
returns void
language sql
as $$
  select set_config('request.jwt.claims', '', true);
  select pg_temp.become(p_by) where p_by is not null;
  update public.rank_room_slots
  set occupant_owner_id = ('00000000-0000-4000-8000-00000000000' || p_who)::uuid
  where room_id = '00000000-0000-4000-9000-000000000001' and slot_index = 1;
$$;

-- Who sat down, and who was seated ---------------------------------------------------------------------------------

select pg_temp.sit('e', 'a');
select is(pg_temp.stage(1, '1'), 'staged', 'a host who may seat others stages them');
select is(pg_temp.live(), 'a', 'and reaches none who did not sit down');
select pg_temp.sit('b', null);
select pg_temp.stage(2, '1');
select is(pg_temp.live(), 'ab', 'whom the back office seats is a player');
select pg_temp.sit('e', 'e');
select pg_temp.stage(3, '1');
select is(pg_temp.live(), 'ae', 'and so is who sat down');

-- Who left ---------------------------------------------------------------------------------------------------------

select pg_temp.become('e');
select is(
  pg_temp.refusal(format('select public.renew_rank_session_overlay(%L)', pg_temp.session())), null, 'a player renews'
);
update public.rank_room_slots set occupant_owner_id = null where slot_index = 1;
select is(
  pg_temp.refusal(format('select public.renew_rank_session_overlay(%L)', pg_temp.session())), '404 overlay_not_found',
  'and no longer, having left'
);
select pg_temp.sit('b', 'b');
update public.rank_sessions set status = 'finished' where id = pg_temp.session();
select pg_temp.become('a');
select is(
  pg_temp.refusal(format('select public.renew_rank_session_overlay(%L)', pg_temp.session())), '404 overlay_not_found',
  'and not where the back office has ended the session'
);

-- Another game, another host ---------------------------------------------------------------------------------------

select is(pg_temp.stage(4, '2'), 'staged', 'a match is staged');
update public.rank_rooms set game_id = '00000000-0000-4000-b000-000000000002'
where id = '00000000-0000-4000-9000-000000000001';
select pg_temp.become('a');
select is(
  pg_temp.refusal(format('select public.end_rank_session(%L)', pg_temp.session())), null,
  'the room plays another game, and its session is ended'
);
select is(pg_temp.live(), null, 'with all overlays');
select is(pg_temp.stage(5, '3', 'a', '2'), 'staged', 'the other game is staged');

create temp table before as select pg_temp.session() as id;
update public.rank_rooms set owner_id = '00000000-0000-4000-8000-00000000000b'
where id = '00000000-0000-4000-9000-000000000001';
select pg_temp.become('a');
select is(
  pg_temp.refusal(format('select public.end_rank_session(%L)', pg_temp.session())), '404 session_not_found',
  'who hosts no longer does not end the session'
);
select is(pg_temp.stage(6, '4', 'b', '2'), 'staged', 'the new host stages another match');
select is((select status from public.rank_sessions where id = (select id from before)), 'ended', 'which ends the one before');

-- What the policies allow, whatever an RPC asks ------------------------------------------------------------------------

create function pg_temp.open_for(p_player text, p_caller text)
returns void
language plpgsql
set role = rank_rpc_owner
as $$
begin
  perform pg_temp.become(p_caller);
  perform lockstep.require_caller();
  -- As an RPC that goes on when the caller is refused.
  begin
    perform lockstep.require_room_owner('00000000-0000-4000-9000-000000000001');
  exception
    when sqlstate 'PGRST' then
      null;
  end;
  insert into public.rank_session_overlays (session_id, room_id, owner_id, version)
  select id, '00000000-0000-4000-9000-000000000001', ('00000000-0000-4000-8000-00000000000' || p_player)::uuid, 1 from before;
end;
$$;

grant select on before to rank_rpc_owner;
delete from public.rank_session_overlays where session_id = (select id from before);
select throws_ok($$ select pg_temp.open_for('a', 'e') $$, '42501', null, 'in somebody else''s room nobody opens overlays');
select throws_ok($$ select pg_temp.open_for('e', 'b') $$, '42501', null, 'nor does the host for who does not sit there');
select lives_ok($$ select pg_temp.open_for('b', 'b') $$, 'but for who does');
select set_config('lockstep.room', '', true);

-- Words of an installation -----------------------------------------------------------------------------------------

alter table public.rank_sessions add constraint own_words check (status in ('active', 'over')) not valid;
select pg_temp.become('b');
select is(
  pg_temp.refusal(format('select public.end_rank_session(%L)', pg_temp.session())), null,
  'a session ends also where its status cannot say so'
);
select is(pg_temp.stage(7, '4', 'b', '2'), 'staged', 'and the same match is staged in a new one');

create function pg_temp.refuse() returns trigger language plpgsql as $$ begin raise exception 'sessions stay as they are'; end $$;
create trigger refuse before update of status on public.rank_sessions for each row execute function pg_temp.refuse();
select is(
  pg_temp.refusal(format('select public.end_rank_session(%L)', pg_temp.session())), null,
  'it ends also where a trigger keeps the status'
);
drop trigger refuse on public.rank_sessions;
select is(pg_temp.stage(8, '4', 'b', '2'), 'staged', 'and the match after it is staged, too');

-- How often ------------------------------------------------------------------------------------------------------------

update lockstep.settings set value = '1' where name = 'stagings_per_minute';
select is(pg_temp.stage(9, '5', 'b', '2'), 'rate_limited', 'who has staged as often as may be waits');
select is(pg_temp.stage(8, '4', 'b', '2'), 'staged', 'to repeat a staging is none');

select * from finish();
rollback;
