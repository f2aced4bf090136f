-- ask: who is answered what, and what that leaves behind, as PostgREST, Realtime and pg_cron would ask for them.
--
-- A step is `<actor> <verb> <statement>`. The steps of a question follow each other as requests do; then all is undone.
-- Ids and times that differ from run to run are left out of the answers.
-- Run by: superuser supabase_admin, in the session that asks.

create function pg_temp.plain(p_text text) returns text language sql as $do$
  select regexp_replace(
    regexp_replace(
      p_text,
      '(?!ada00000|97ace000|e7e00000|c0000000|9a3e0000|400a0000|4e500000)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}',
      '<id>', 'g'
    ),
    '\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d([.]\d+)?', '<time>', 'g'
  );
$do$;

create function pg_temp.settings_of(p_role name) returns table (name text, value text) language sql as $do$
  select split_part(item.setting, '=', 1), substr(item.setting, strpos(item.setting, '=') + 1)
  from pg_catalog.pg_db_role_setting as kept
  cross join unnest(kept.setconfig) as item (setting)
  where kept.setrole = coalesce((select oid from pg_catalog.pg_roles where rolname = p_role), 0)
    and kept.setdatabase in (0, (select oid from pg_catalog.pg_database where datname = current_database()))
  order by kept.setdatabase;
$do$;

-- A session of a role that logs in, at its beginning.
create function pg_temp.log_in(p_login name) returns void language plpgsql as $do$
declare
  v_set record;
begin
  if not exists (
    select
    from pg_catalog.pg_roles
    where rolname = p_login and rolcanlogin and rolconnlimit <> 0 and coalesce(rolvaliduntil > now(), true)
      and has_database_privilege(oid, current_database(), 'connect')
  ) then
    raise exception '% cannot log in', p_login;
  end if;
  for v_set in select name, value from pg_temp.settings_of(null) union all select name, value from pg_temp.settings_of(p_login) loop
    continue when v_set.name like 'pgrst.%' or v_set.name in ('role', 'session_preload_libraries');
    perform set_config(v_set.name, v_set.value, true);
  end loop;
end;
$do$;

create function pg_temp.pgrst(p_name text) returns text language sql as $do$
  select value from pg_temp.settings_of('authenticator') where name = 'pgrst.' || p_name;
$do$;

-- Each request is a transaction of its own.
create function pg_temp.forget() returns void language sql as $do$
  select set_config('role', 'none', true), set_config('response.headers', '', true), set_config('response.status', '', true),
    set_config('lockstep.channel', '', true), set_config('lockstep.room', '', true),
    set_config('lockstep.game', '', true),
    set_config('realtime.topic', '', true),
    set_config('request.jwt.claims', '', true), set_config('request.headers', '', true);
$do$;

create function pg_temp.claims(p_actor text) returns jsonb language sql as $do$
  select case
    when p_actor = 'anon' then null
    when p_actor = 'office' then '{"role": "service_role"}'
    else jsonb_build_object(
      'role', 'authenticated', 'aud', 'authenticated', 'is_anonymous', p_actor = 'guest',
      'sub', case p_actor
        when 'grace' then '97ace000-0000-4000-8000-000000000002'
        when 'eve' then 'e7e00000-0000-4000-8000-000000000003'
        else 'ada00000-0000-4000-8000-000000000001'
      end
    )
  end;
$do$;

create function pg_temp.request(p_actor text, p_verb text, p_statement text) returns text language plpgsql as $do$
declare
  v_claims constant jsonb := pg_temp.claims(p_actor);
  v_role constant text := coalesce(v_claims ->> 'role', pg_temp.pgrst('db_anon_role'), 'anon');
  v_sql text := 'select * from ' || p_statement;
  v_set record;
  v_answer text;
  v_count bigint;
begin
  perform pg_temp.log_in('authenticator');
  if not pg_has_role('authenticator', v_role, case when current_setting('server_version_num')::int < 160000 then 'member' else 'set' end) then
    return 'permission denied to set role ' || v_role;
  end if;
  for v_set in select name, value from pg_temp.settings_of(v_role) loop
    -- PostgREST 12 reads them in lower case.
    perform set_config(v_set.name, lower(v_set.value), true);
  end loop;
  perform set_config('request.jwt.claims', coalesce(v_claims, jsonb_build_object('role', v_role))::text, true);
  perform set_config('request.headers', case p_actor when 'newer' then '{"x-rpc-expect": "fetch_social_messages/1.99.0"}' else '{}' end, true);
  perform set_config('role', v_role, true);
  if pg_temp.pgrst('db_pre_request') is not null then
    execute format('select %s()', pg_temp.pgrst('db_pre_request'));
  end if;
  if p_verb = 'SQL' then
    execute p_statement;
    get diagnostics v_count = row_count;
    v_answer := v_count || ' rows';
  else
    if p_verb = 'GET' then
      perform set_config('transaction_read_only', 'on', true);
    end if;
    execute format('select jsonb_agg(to_jsonb(answer)) from (%s limit %s) as answer', v_sql, coalesce(pg_temp.pgrst('db_max_rows'), 'all'))
      into v_answer;
    v_answer := format('%s %s %s', v_answer, current_setting('response.status', true), current_setting('response.headers', true));
  end if;
  if p_verb = 'GET' or pg_temp.pgrst('db_tx_end') like 'rollback%' then
    raise exception using errcode = 'ASKED', message = coalesce(v_answer, 'null');
  end if;
  return v_answer;
end;
$do$;

-- As Realtime does when a client joins: a row of its own, seen by the client, and one written by the client.
create function pg_temp.joined(p_actor text, p_topic text) returns text language plpgsql as $do$
declare
  v_claims constant jsonb := pg_temp.claims(p_actor);
  v_id constant uuid := gen_random_uuid();
  v_hears boolean;
begin
  insert into realtime.messages (id, topic, extension, private) values (v_id, p_topic, 'broadcast', true);
  perform set_config('role', coalesce(v_claims ->> 'role', 'anon'), true), set_config('realtime.topic', p_topic, true),
    set_config('request.jwt.claims', coalesce(v_claims, '{}')::text, true);
  v_hears := exists (select from realtime.messages where id = v_id);
  begin
    insert into realtime.messages (id, topic, extension, private) values (gen_random_uuid(), p_topic, 'broadcast', true);
  exception when others then
    return format('hears %s, does not send', v_hears);
  end;
  return format('hears %s, sends', v_hears);
end;
$do$;

create function pg_temp.swept() returns text language plpgsql as $do$
declare
  v_user text := 'postgres';
  v_count integer;
begin
  if to_regclass('cron.job') is not null then
    select username into v_user from cron.job where jobname = 'rank_overlay_sweep' and active;
  end if;
  perform pg_temp.log_in(v_user);
  perform set_config('role', v_user, true);
  execute 'select lockstep.sweep_rank_overlays()' into v_count;
  return v_count || ' swept';
end;
$do$;

create function pg_temp.step(p_step text) returns text language plpgsql as $do$
declare
  v_parts constant text[] := regexp_match(p_step, '^(\S+) (\S+) ?(.*)$');
  v_answer text;
  v_detail text;
begin
  perform pg_temp.forget();
  case
    when v_parts[1] = 'admin' then
      execute v_parts[3];
    when v_parts[1] = 'cron' then
      v_answer := pg_temp.swept();
    when v_parts[2] = 'JOIN' then
      perform pg_temp.log_in('supabase_admin');
      v_answer := pg_temp.joined(v_parts[1], v_parts[3]);
    else
      v_answer := pg_temp.request(v_parts[1], v_parts[2], v_parts[3]);
  end case;
  perform pg_temp.forget();
  return coalesce(v_answer, 'done');
exception
  when sqlstate 'ASKED' then
    return sqlerrm;
  when others then
    get stacked diagnostics v_detail = pg_exception_detail;
    return format('%s %s %s', sqlstate, sqlerrm, v_detail);
end;
$do$;

-- What the steps of a question have written.
create function pg_temp.left_behind() returns text language plpgsql as $do$
declare
  v_sql text;
  v_all text := '';
  v_rows text;
begin
  foreach v_sql in array array[
    'select count(*) as messages, count(sender_id) as senders, count(client_message_id) as keys from public.social_messages',
    'select topic, event, private, payload - ''id'' as payload from realtime.messages order by topic, event, payload - ''id''',
    'select rpc, rpc_version, actor_id, subject from lockstep.audit_log order by id',
    'select to_jsonb(roster) - ''created_at'' from public.rank_match_roster as roster where room_id = ''400a0000-0000-4000-8000-000000000001'' order by slot_index',
    'select game_id, owner_id, status from public.rank_sessions order by owner_id, status',
    'select owner_id, version, expires_at > now() as lives, expired_notified_at is null as untold from public.rank_session_overlays order by owner_id, expires_at',
    'select room_id, version, source, session_ended from lockstep.rank_room_templates order by room_id',
    'select topic, event, attempts from lockstep.rank_overlay_outbox order by topic, event',
    'select count(*) as given from lockstep.rank_seats_given',
    'select name, value from lockstep.settings where name <> ''own'' order by name'
  ] loop
    begin
      execute format('select jsonb_agg(to_jsonb(kept)) from (%s) as kept', v_sql) into v_rows;
    exception when others then
      v_rows := sqlerrm;
    end;
    v_all := v_all || e'\n  ' || coalesce(v_rows, 'nothing');
  end loop;
  return v_all;
end;
$do$;

create function pg_temp.answered(p_steps text[]) returns text language plpgsql as $do$
declare
  v_step text;
  v_all text := '';
begin
  foreach v_step in array p_steps loop
    v_all := v_all || e'\n  ' || left(v_step, 60) || ': ' || pg_temp.step(v_step);
  end loop;
  raise exception using errcode = 'ASKED', message = pg_temp.plain(v_all || pg_temp.left_behind());
exception
  when sqlstate 'ASKED' then
    return sqlerrm;
end;
$do$;
