-- The overlay RPCs: opened by a staging for who sits in the room, seen and renewed by its player, ended by the host.

begin;

create extension if not exists pgtap with schema extensions;
set local search_path = public, extensions;

select plan(34);

-- A room of ada's: she sits in slot 0, grace in slot 1; eve plays the game, and sits nowhere. --------------------------

insert into auth.users (id, email)
values
  ('00000000-0000-4000-8000-00000000000a', 'ada@overlay.test'),
  ('00000000-0000-4000-8000-00000000000b', 'grace@overlay.test'),
  ('00000000-0000-4000-8000-00000000000e', 'eve@overlay.test');

insert into public.rank_games (id, name) values ('00000000-0000-4000-b000-000000000001', 'Siege');

insert into public.rank_participants (game_id, owner_id)
values ('00000000-0000-4000-b000-000000000001', '00000000-0000-4000-8000-00000000000e');

insert into public.rank_rooms (id, game_id, owner_id, code)
values (
  '00000000-0000-4000-9000-000000000001', '00000000-0000-4000-b000-000000000001',
  '00000000-0000-4000-8000-00000000000a', 'overlay test'
);

insert into public.rank_room_slots (room_id, slot_index, role, occupant_owner_id)
values
  ('00000000-0000-4000-9000-000000000001', 0, 'attack', '00000000-0000-4000-8000-00000000000a'),
  ('00000000-0000-4000-9000-000000000001', 1, 'attack', '00000000-0000-4000-8000-00000000000b'),
  ('00000000-0000-4000-9000-000000000001', 2, 'attack', null);

\ir shared/become.psql
\ir shared/refusal.psql
\ir shared/session.psql

-- Ada, grace and, as a stand-in, eve; or without grace.
create function pg_temp.stage(p_version integer, p_match text default '1', p_grace boolean default true)
returns boolean
language sql
as $$
  select pg_temp.become('a');
  select replayed
  from public.sync_rank_match_roster(
    '00000000-0000-4000-9000-000000000001', '00000000-0000-4000-b000-000000000001',
    ('00000000-0000-4000-d000-00000000000' || p_match)::uuid,
    '[{"slot_index": 0, "role": "attack", "owner_id": "00000000-0000-4000-8000-00000000000a"},
      {"slot_index": 2, "role": "attack", "owner_id": "00000000-0000-4000-8000-00000000000e", "standin": true}]'
      || case
        when p_grace
          then '[{"slot_index": 1, "role": "attack", "owner_id": "00000000-0000-4000-8000-00000000000b"}]'::jsonb
        else '[]'
      end,
    jsonb_build_object(
      'version', p_version,
      'roles', '[{"name": "attack", "slot_count": 3}]'::jsonb,
      'slots', '[{"role": "attack"}, {"role": "attack"}, {"role": "attack"}]'::jsonb
    )
  );
$$;

-- Who has a live overlay, with its version.
create function pg_temp.live()
returns text
language sql
as $$
  select string_agg(right(owner_id::text, 1) || version, ' ' order by owner_id)
  from public.rank_session_overlays_live
  where room_id = '00000000-0000-4000-9000-000000000001';
$$;

create function pg_temp.seen_by(p_user text)
returns jsonb
language sql
as $$
  select pg_temp.become(p_user);
  select overlays from public.fetch_rank_session_overlays();
$$;

-- Opened by a staging ----------------------------------------------------------------------------------------------

select is(pg_temp.stage(1), false, 'the room is staged');
select is(pg_temp.live(), 'a1 b1', 'who sits in the room has an overlay, and a stand-in from elsewhere has none');
select is(
  (select status || ' ' || right(owner_id::text, 1) from public.rank_sessions where id = pg_temp.session()),
  'active a', 'a session of the host was made'
);
select is(
  (select max(expires_at - renewed_at) from public.rank_session_overlays where session_id = pg_temp.session()),
  interval '5 minutes', 'an overlay lives five minutes'
);

create temp table first_session as select pg_temp.session() as id;

select is(pg_temp.stage(1), true, 'the same staging again is a replay');
select is(pg_temp.stage(2), false, 'the match is staged again, with another template');
select is(pg_temp.session(), (select id from first_session), 'the same match goes on in its session');
select is(pg_temp.live(), 'a2 b2', 'the overlays have the newer version');
select is(pg_temp.stage(3, '1', false), false, 'and again, without grace');
select is(pg_temp.live(), 'a3', 'who is no longer in the roster has no overlay any more');
select is(
  (select count(*) from realtime.messages
    where topic = 'rank_overlay_ttl:00000000-0000-4000-8000-00000000000a' and event = 'overlay_expired'),
  0::bigint, 'who stays is told of no end'
);
select is(pg_temp.stage(4), false, 'grace is back');
select is(pg_temp.live(), 'a4 b4', 'and has one again');

-- Seen and renewed by the player -----------------------------------------------------------------------------------

select is(
  pg_temp.seen_by('b') #- '{0,expires_at}',
  jsonb_build_array(jsonb_build_object('session_id', pg_temp.session(), 'version', 4)), 'grace sees her own'
);
select is(pg_temp.seen_by('e'), '[]'::jsonb, 'eve sees none');
select is(jsonb_array_length(pg_temp.seen_by('a')), 1, 'and the host hers alone');

update public.rank_session_overlays
set renewed_at = now() - interval '4 minutes', expires_at = now() + interval '1 minute'
where session_id = pg_temp.session();

select pg_temp.become('b');
select is(
  (select expires_at - now() from public.renew_rank_session_overlay(pg_temp.session())), interval '5 minutes',
  'grace renews hers'
);
select is(
  (select string_agg((expires_at - now())::text, ' ' order by owner_id) from public.rank_session_overlays_live
    where session_id = pg_temp.session()),
  '00:01:00 00:05:00', 'and nobody else''s'
);
update public.rank_session_overlays
set renewed_at = now() - interval '4 minutes', expires_at = now() + interval '1 minute'
where session_id = pg_temp.session();
select pg_temp.become('a');
select public.renew_rank_session_overlay(pg_temp.session());
select is(
  (select string_agg((expires_at - now())::text, ' ' order by owner_id) from public.rank_session_overlays_live
    where session_id = pg_temp.session()),
  '00:05:00 00:01:00', 'not even the host renews those of the others'
);
select pg_temp.become('e');
select is(
  pg_temp.refusal(format('select public.renew_rank_session_overlay(%L)', pg_temp.session())), '404 overlay_not_found',
  'who has none cannot renew'
);

-- Ended by the host ------------------------------------------------------------------------------------------------

select pg_temp.become('b');
select is(
  pg_temp.refusal(format('select public.end_rank_session(%L)', pg_temp.session())), '404 session_not_found',
  'a player does not end the session'
);
select pg_temp.become('a');
select is(
  pg_temp.refusal('select public.end_rank_session(gen_random_uuid())'), '404 session_not_found',
  'a session that does not exist is refused in the same way'
);
select is(pg_temp.live(), 'a4 b4', 'and nothing has ended');
select pg_temp.become('a');
update realtime.messages set topic = 'told before' where topic = 'rank_overlay_ttl';
select is((select ended_count from public.end_rank_session(pg_temp.session())), 2, 'the host ends it for both');
select is(pg_temp.live(), null, 'no overlay is left');
select is((select status from public.rank_sessions where id = pg_temp.session()), 'ended', 'and the session is over');
select is((select ended_count from public.end_rank_session(pg_temp.session())), 0, 'ending it again is no error');
select is(
  (select count(*) from lockstep.audit_log where rpc = 'end_rank_session' and happened_at = now()), 1::bigint,
  'and as it changes nothing, it is not audited'
);
select is(
  (select count(*) from realtime.messages where topic = 'rank_overlay_ttl' and payload - 'id' = '{}'), 1::bigint,
  'everybody is told once that something ended, without content'
);
select pg_temp.become('b');
select is(
  pg_temp.refusal(format('select public.renew_rank_session_overlay(%L)', pg_temp.session())), '404 overlay_not_found',
  'what is over cannot be renewed'
);

-- Another match ----------------------------------------------------------------------------------------------------

select pg_temp.stage(5, '2');
create temp table second_session as select pg_temp.session() as id;
select isnt((select id from second_session), (select id from first_session), 'another match is another session');
select pg_temp.stage(6, '3');
select is(
  (select count(*) from public.rank_session_overlays_live where session_id = (select id from second_session)), 0::bigint,
  'and the one before it has ended'
);

-- Who may call -----------------------------------------------------------------------------------------------------

select set_config('request.jwt.claims', '', true);
select is(
  (
    select string_agg(coalesce(pg_temp.refusal(sql), 'none'), ' ')
    from (
      values
        ('select public.fetch_rank_session_overlays()'),
        ('select public.renew_rank_session_overlay(gen_random_uuid())'),
        ('select public.end_rank_session(gen_random_uuid())')
    ) as called (sql)
  ),
  '401 auth_required 401 auth_required 401 auth_required', 'without a caller, nothing'
);
select set_config(
  'request.jwt.claims', '{"sub": "00000000-0000-4000-8000-00000000000b", "is_anonymous": true}', true
);
select is(pg_temp.refusal('select public.fetch_rank_session_overlays()'), '403 guest_not_allowed', 'and no guests');

select * from finish();
rollback;
