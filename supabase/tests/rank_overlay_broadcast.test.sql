-- Overlays are announced to their players, kept in the outbox when that fails, and swept; and nobody overhears.

begin;

create extension if not exists pgtap with schema extensions;
set local search_path = public, extensions;

select plan(35);

insert into auth.users (id, email)
values
  ('00000000-0000-4000-8000-00000000000a', 'ada@broadcast.test'),
  ('00000000-0000-4000-8000-00000000000b', 'grace@broadcast.test');
insert into public.rank_games (id, name) values ('00000000-0000-4000-b000-000000000001', 'Siege');
insert into public.rank_rooms (id, game_id, owner_id, code)
values (
  '00000000-0000-4000-9000-000000000001', '00000000-0000-4000-b000-000000000001',
  '00000000-0000-4000-8000-00000000000a', 'broadcast test'
);
insert into public.rank_sessions (id, game_id, owner_id)
values
  ('00000000-0000-4000-e000-000000000001', '00000000-0000-4000-b000-000000000001',
    '00000000-0000-4000-8000-00000000000a');

-- An overlay of somebody, that began so long ago.
create function pg_temp.open(p_user text, p_ago interval default '0')
returns uuid
language sql
as $$
  insert into public.rank_session_overlays (session_id, room_id, owner_id, version, renewed_at)
  values (
    '00000000-0000-4000-e000-000000000001', '00000000-0000-4000-9000-000000000001',
    ('00000000-0000-4000-8000-00000000000' || p_user)::uuid, 7, now() - p_ago
  )
  returning id;
$$;

-- What was said since it was asked the last time.
create temp table heard (id uuid primary key);
insert into heard select id from realtime.messages;
create function pg_temp.news()
returns text
language sql
as $$
  with fresh as (
    select * from realtime.messages as message where not exists (select from heard where heard.id = message.id)
  ), noted as (
    insert into heard select fresh.id from fresh
  )
  select string_agg(
    replace(replace(fresh.topic, 'rank_overlay_ttl', 'ttl'), '00000000-0000-4000-8000-00000000000', '')
      || ' ' || fresh.event || coalesce(' ' || (fresh.payload ->> 'reason'), ''),
    ', ' order by fresh.topic, fresh.event, fresh.payload ->> 'reason'
  )
  from fresh;
$$;

-- Times ------------------------------------------------------------------------------------------------------------

select throws_ok(
  $$ insert into public.rank_session_overlays (session_id, room_id, owner_id, version, expires_at)
     values ('00000000-0000-4000-e000-000000000001', '00000000-0000-4000-9000-000000000001',
       '00000000-0000-4000-8000-00000000000a', 1, now() + interval '6 minutes') $$,
  '23514', null, 'nothing lives longer than five minutes'
);
select throws_ok(
  $$ insert into public.rank_session_overlays (session_id, room_id, owner_id, version, renewed_at, expires_at)
     values ('00000000-0000-4000-e000-000000000001', '00000000-0000-4000-9000-000000000001',
       '00000000-0000-4000-8000-00000000000a', 1, now() + interval '1 day', now() + interval '1 day') $$,
  '23514', null, 'not even by a renewal in the future'
);

-- Events -----------------------------------------------------------------------------------------------------------

select isnt(pg_temp.open('a'), null, 'an overlay is opened');
select is(pg_temp.news(), 'ttl:a overlay_opened staged', 'its player is told');
select is(
  (select payload - 'id' - 'overlay_id' - 'expires_at' from realtime.messages
    where topic = 'rank_overlay_ttl:00000000-0000-4000-8000-00000000000a' and private),
  '{"session_id": "00000000-0000-4000-e000-000000000001", "version": 7, "reason": "staged"}', 'of which, privately'
);
update public.rank_session_overlays set renewed_at = now() - interval '1 minute' where owner_id::text like '%a';
select is(pg_temp.news(), null, 'a renewal is no news');
update public.rank_session_overlays set expires_at = now() where owner_id::text like '%a';
select is(pg_temp.news(), 'ttl overlay_expired, ttl:a overlay_expired ended', 'an early end is told at once');
update public.rank_session_overlays set expires_at = now() where owner_id::text like '%a';
select is(pg_temp.news(), null, 'and once');
delete from public.rank_session_overlays where owner_id::text like '%a';
select is(pg_temp.news(), null, 'also when it goes');

select isnt(pg_temp.open('b', '10 minutes'), null, 'an overlay is over');
select is(pg_temp.news(), 'ttl:b overlay_opened staged', 'one that was opened');
select is(
  (select count(*) from public.rank_session_overlays_live where owner_id::text like '%b'), 0::bigint,
  'the live view does not show it'
);

-- The sweep --------------------------------------------------------------------------------------------------------

select is(lockstep.sweep_rank_overlays(), 1, 'the sweep takes what is over');
select is(pg_temp.news(), 'ttl overlay_expired, ttl:b overlay_expired ttl', 'tells its player, and all that there was one');
select is(
  (select string_agg(distinct (payload - 'id')::text, ', ') from realtime.messages where topic = 'rank_overlay_ttl'), '{}',
  'what all hear has no content'
);
select is(lockstep.sweep_rank_overlays(), 0, 'then there is nothing to take');
select is(pg_temp.news(), null, 'and nothing to tell');

select pg_temp.open('a', '10 minutes'), pg_temp.open('b', '9 minutes');
select pg_temp.news();
update lockstep.settings set value = '1' where name = 'overlays_per_sweep';
select is(lockstep.sweep_rank_overlays(), 1, 'it takes as many as the setting says');
select is(
  (select right(owner_id::text, 1) from public.rank_session_overlays), 'b', 'the oldest first'
);
select is(lockstep.sweep_rank_overlays(), 1, 'and the others the next time');
select pg_temp.news();

-- What could not be sent -------------------------------------------------------------------------------------------

update lockstep.settings set value = '2000' where name = 'overlays_per_sweep';
select pg_temp.open('a', '10 minutes');
select pg_temp.news();

-- realtime.send() swallows this one, as it does every error.
set local role supabase_realtime_admin;
alter table realtime.messages add constraint broken check (topic is null) not valid;
set local role postgres;

select is(lockstep.sweep_rank_overlays(), 1, 'the sweep goes on while Realtime''s table is broken');
select is(
  (select string_agg(event || ' ' || attempts, ', ' order by topic) from lockstep.rank_overlay_outbox),
  'overlay_expired 1, overlay_expired 1', 'what could not be written waits'
);
select is(lockstep.sweep_rank_overlays(), 0, 'and waits on');
select is((select max(attempts) from lockstep.rank_overlay_outbox), 2, 'being tried again');

set local role supabase_realtime_admin;
alter table realtime.messages drop constraint broken;
set local role postgres;

select is(
  (select string_agg(attempts::text, ', ' order by attempts) from lockstep.rank_overlay_outbox), '1, 2',
  'where one could not be sent, no other is tried'
);
select is(lockstep.sweep_rank_overlays(), 0, 'when it is mended');
select is(pg_temp.news(), 'ttl overlay_expired, ttl:a overlay_expired ttl', 'it is sent, once');
select is((select count(*) from lockstep.rank_overlay_outbox), 0::bigint, 'and waits no longer');

-- One of a statement's many.
set local role supabase_realtime_admin;
alter table realtime.messages add constraint broken_for_grace check (topic not like '%b') not valid;
set local role postgres;

delete from public.rank_session_overlays;
select pg_temp.news();
insert into public.rank_session_overlays (session_id, room_id, owner_id, version)
select
  '00000000-0000-4000-e000-000000000001', '00000000-0000-4000-9000-000000000001',
  ('00000000-0000-4000-8000-00000000000' || player.letter)::uuid, 7
from (values (1, 'a'), (2, 'b')) as player (place, letter)
order by player.place;
select is(pg_temp.news(), 'ttl:a overlay_opened staged', 'who is opened with somebody who cannot be told is told');
delete from public.rank_session_overlays where owner_id::text like '%b';
select is(pg_temp.news(), null, 'what comes after one that could not be sent is not tried');

set local role supabase_realtime_admin;
alter table realtime.messages drop constraint broken_for_grace;
set local role postgres;

select lockstep.sweep_rank_overlays();
select is(
  pg_temp.news(), 'ttl overlay_expired, ttl:b overlay_expired ended, ttl:b overlay_opened staged', 'and waits with it'
);

-- Who hears, and who speaks ----------------------------------------------------------------------------------------

-- What an installation may have: the first example of the documentation.
set local role supabase_realtime_admin;
create policy "everybody hears everything" on realtime.messages for select to authenticated using (true);
create policy "everybody says anything" on realtime.messages for insert to authenticated with check (true);
set local role postgres;

create function pg_temp.may(p_user text, p_topic text)
returns text
language plpgsql
as $$
declare
  v_id constant uuid := gen_random_uuid();
  v_may text := '';
begin
  insert into realtime.messages (id, topic, extension, private) values (v_id, p_topic, 'broadcast', true);
  perform set_config('realtime.topic', p_topic, true);
  perform set_config('request.jwt.claims', jsonb_build_object(
    'sub', '00000000-0000-4000-8000-00000000000' || p_user, 'role', 'authenticated'
  )::text, true);
  set local role authenticated;
  if exists (select from realtime.messages where id = v_id) then
    v_may := 'hear';
  end if;
  begin
    insert into realtime.messages (topic, extension, private) values (p_topic, 'broadcast', true);
    v_may := v_may || ' speak';
  exception
    when insufficient_privilege then
      null;
  end;
  set local role postgres;
  return v_may;
end;
$$;

select is(pg_temp.may('a', 'rank_overlay_ttl:00000000-0000-4000-8000-00000000000a'), 'hear', 'ada hears of hers');
select is(pg_temp.may('b', 'rank_overlay_ttl:00000000-0000-4000-8000-00000000000a'), '', 'grace does not');
select is(
  pg_temp.may('b', 'rank_overlay_ttl') || ',' || pg_temp.may('b', 'social:00000000-0000-4000-8000-0000000000cc'),
  'hear,', 'she hears what is for all, and no channel that she is not in'
);
select is(
  pg_temp.may('b', 'lobby') || ',' || pg_temp.may('b', 'social:lobby'), 'hear speak,hear speak',
  'the topics of the installation are its own'
);

select * from finish();
rollback;
