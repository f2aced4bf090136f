-- questions: the callers of the battery, and what they ask for one after the other (ask.sql).
--
-- People, channels, rooms and heroes are those of supabase/seed.sql.
-- Run by: superuser supabase_admin, after ask.sql.

create function pg_temp.staging(p_version integer) returns text language sql as $do$
  select format(
    $call$public.sync_rank_match_roster(
      p_room_id => '400a0000-0000-4000-8000-000000000001', p_game_id => '9a3e0000-0000-4000-8000-000000000001',
      p_match_instance_id => '400a0000-0000-4000-8000-00000000000a',
      p_roster => '[
        {"slot_index": 0, "role": "attack", "owner_id": "ada00000-0000-4000-8000-000000000001", "ready": true,
          "hero_id": "4e500000-0000-4000-8000-000000000001"},
        {"slot_index": 2, "role": "support", "owner_id": "97ace000-0000-4000-8000-000000000002",
          "hero_id": "4e500000-0000-4000-8000-000000000002"},
        {"slot_index": 3, "role": "support", "owner_id": "e7e00000-0000-4000-8000-000000000003", "standin": true}
      ]',
      p_slot_template => '{"version": %s,
        "roles": [{"name": "attack", "slot_count": 1}, {"name": "support", "slot_count": 2}],
        "slots": [{"slot_index": 0, "role": "attack"}, {"slot_index": 2, "role": "support"},
          {"slot_index": 3, "role": "support"}]}')$call$,
    p_version
  );
$do$;

-- Incompressible, so that an index notices how long it is.
create function pg_temp.long_text() returns text language sql as $do$
  select left(string_agg(md5(number::text), ''), 4000) from generate_series(1, 130) as number;
$do$;

create function pg_temp.sending(p_body text, p_key text default null) returns text language sql as $do$
  select format(
    'public.insert_social_message(p_channel_id => %L, p_body => %L, p_client_message_id => %L)',
    'c0000000-0000-4000-8000-000000000001', p_body, p_key
  );
$do$;

create temporary table question (number integer generated always as identity, name text, steps text[]);
insert into question (name, steps)
select asked.name, asked.steps
from (
  values
    ('list', array[
      'ada GET public.fetch_social_messages(p_channel_id => ''c0000000-0000-4000-8000-000000000001'', p_limit => 3)',
      'grace GET public.fetch_social_messages(p_channel_id => ''c0000000-0000-4000-8000-000000000001'', p_limit => 30)',
      'grace GET public.fetch_social_messages(p_channel_id => ''c0000000-0000-4000-8000-000000000002'')',
      'newer GET public.fetch_social_messages(p_channel_id => ''c0000000-0000-4000-8000-000000000001'')'
    ]),
    ('page', array[
      'ada GET public.fetch_social_messages_page(p_channel_id => ''c0000000-0000-4000-8000-000000000001'', '
        || format('p_before_inserted_at => %L, p_before_id => gen_random_uuid(), p_limit => 3)', now() - interval '2 days')
    ]),
    ('send', array[
      'ada POST ' || pg_temp.sending('hello', 'c0000000-0000-4000-8000-00000000000a'),
      'ada POST ' || pg_temp.sending('hello', 'c0000000-0000-4000-8000-00000000000a'),
      'ada POST ' || pg_temp.sending('another', 'c0000000-0000-4000-8000-00000000000a'),
      'ada GET public.fetch_social_messages(p_channel_id => ''c0000000-0000-4000-8000-000000000001'', '
        || 'p_since => now() - interval ''1 second'')',
      'grace POST ' || pg_temp.sending('hello', 'c0000000-0000-4000-8000-00000000000a')
    ]),
    ('send what is odd', array[
      'ada POST ' || pg_temp.sending('hello'),
      'ada POST ' || pg_temp.sending('hello'),
      'ada POST ' || pg_temp.sending(pg_temp.long_text()),
      'ada POST ' || pg_temp.sending('  '),
      'ada POST ' || pg_temp.sending(repeat('x', 4001))
    ]),
    ('outsiders', array[
      'eve GET public.fetch_social_messages(p_channel_id => ''c0000000-0000-4000-8000-000000000001'')',
      'eve POST ' || pg_temp.sending('hello'),
      'guest POST ' || pg_temp.sending('hello'),
      'anon POST ' || pg_temp.sending('hello'),
      'anon GET public.fetch_social_messages(p_channel_id => ''c0000000-0000-4000-8000-000000000001'')',
      'anon GET public.social_messages',
      'eve GET public.social_messages',
      'eve POST ' || pg_temp.staging(1),
      'anon POST ' || pg_temp.staging(1),
      'office POST ' || pg_temp.staging(1),
      'eve POST public.end_rank_session(p_session_id => gen_random_uuid())',
      'eve SQL delete from public.rank_match_roster where true',
      'anon SQL insert into lockstep.settings (name, kind, value, meaning) values (''x'', ''count'', ''1'', '''')'
    ]),
    ('stage', array[
      'ada POST ' || pg_temp.staging(10),
      'ada POST ' || pg_temp.staging(10),
      'ada POST ' || pg_temp.staging(9),
      'ada POST ' || pg_temp.staging(11)
    ]),
    ('overlays', array[
      'ada POST ' || pg_temp.staging(10),
      'grace GET public.fetch_rank_session_overlays()',
      'admin SQL create temporary table renewing on commit drop as select session_id from public.rank_session_overlays limit 1; '
        || 'grant select on pg_temp.renewing to public',
      'grace POST public.renew_rank_session_overlay(p_session_id => (select session_id from pg_temp.renewing))',
      'grace POST public.end_rank_session(p_session_id => (select session_id from pg_temp.renewing))',
      'ada POST public.end_rank_session(p_session_id => (select session_id from pg_temp.renewing))',
      'grace POST public.renew_rank_session_overlay(p_session_id => (select session_id from pg_temp.renewing))',
      'grace GET public.fetch_rank_session_overlays()'
    ]),
    ('sweep', array[
      'ada POST ' || pg_temp.staging(10),
      'admin SQL set local session_replication_role = replica; '
        || 'update public.rank_session_overlays set renewed_at = now() - interval ''1 minute'', expires_at = now() - interval ''1 second'' where true; '
        || 'insert into lockstep.rank_overlay_outbox (id, topic, event, payload) values (gen_random_uuid(), ''rank_overlay_ttl'', ''overlay_expired'', ''{"id": "x"}''); '
        || 'set local session_replication_role = origin',
      'cron SQL'
    ]),
    ('join', array[
      'ada JOIN social:c0000000-0000-4000-8000-000000000001',
      'eve JOIN social:c0000000-0000-4000-8000-000000000001',
      'anon JOIN social:c0000000-0000-4000-8000-000000000001',
      'ada JOIN rank_overlay_ttl',
      'ada JOIN rank_overlay_ttl:ada00000-0000-4000-8000-000000000001',
      'eve JOIN rank_overlay_ttl:ada00000-0000-4000-8000-000000000001',
      'guest JOIN rank_overlay_ttl',
      'anon JOIN rank_overlay_ttl'
    ]),
    ('office', array[
      'office GET (select count(*) from public.social_messages) as counted',
      'office SQL insert into public.social_channels (id, name) values (''c0000000-0000-4000-8000-00000000000b'', ''new'')',
      'office SQL insert into public.social_channel_members (channel_id, user_id) values (''c0000000-0000-4000-8000-00000000000b'', ''e7e00000-0000-4000-8000-000000000003'')',
      'office SQL delete from public.social_messages where sender_id = ''97ace000-0000-4000-8000-000000000002''',
      'office SQL delete from public.social_channels where id = ''c0000000-0000-4000-8000-000000000002''',
      'office SQL update public.rank_room_slots set occupant_owner_id = ''e7e00000-0000-4000-8000-000000000003'' where room_id = ''400a0000-0000-4000-8000-000000000001'' and slot_index = 1',
      'office SQL insert into public.social_messages (channel_id, body) values (''c0000000-0000-4000-8000-000000000001'', ''x'')',
      'office GET (select count(*) from lockstep.settings) as counted',
      'admin SQL delete from auth.users where id = ''97ace000-0000-4000-8000-000000000002'''
    ])
) as asked (name, steps);

-- What a client can read without any RPC: every relation and every function without arguments that gives it rows.
create function pg_temp.open_to(p_actor text) returns text language plpgsql as $do$
declare
  v_source text;
  v_count bigint;
  v_all text := '';
begin
  for v_source in
    select format('%I.%I', namespace.nspname, class.relname)
    from pg_class as class
    join pg_namespace as namespace on namespace.oid = class.relnamespace
    where class.relkind in ('r', 'p', 'v', 'm', 'f') and namespace.nspname !~ '^(pg_|information_schema|extensions|cron)'
    union all
    select format('%I.%I()', namespace.nspname, routine.proname)
    from pg_proc as routine
    join pg_namespace as namespace on namespace.oid = routine.pronamespace
    where routine.pronargs = 0 and routine.prokind = 'f' and routine.prorettype <> 'trigger'::regtype
      and namespace.nspname in ('public', 'lockstep') and routine.proname <> 'fetch_rank_session_overlays'
    order by 1
  loop
    begin
      perform pg_temp.forget();
      perform set_config('request.jwt.claims', coalesce(pg_temp.claims(p_actor), '{}')::text, true),
        set_config('role', coalesce(pg_temp.claims(p_actor) ->> 'role', 'anon'), true);
      execute 'select count(*) from ' || v_source into v_count;
      raise exception using errcode = 'ASKED';
    exception
      when sqlstate 'ASKED' then
        if v_count > 0 then
          v_all := v_all || format(' %s: %s', v_source, v_count);
        end if;
      when others then
        null;
    end;
  end loop;
  return v_all;
end;
$do$;

-- Everything, by question.
create function pg_temp.answers() returns jsonb language sql as $do$
  select jsonb_object_agg(question.name, pg_temp.answered(question.steps)) || jsonb_build_object(
    'open to anon', pg_temp.open_to('anon'), 'open to eve', pg_temp.open_to('eve')
  )
  from question;
$do$;
