-- Whether names, functions and roles are free, and what is missing of Supabase's.

with difference (object, difference, remedy) as (
  -- Another index of the same columns, under whatever name, serves as well.
  select 'index public.' || class.relname, 'an index is made under its name, and it has other columns or leaves rows out', 'Rename it.'
  from (
    values
      ('social_channel_members_by_user', 'social_channel_members', '{user_id}'::text[]),
      ('social_messages_by_channel_and_age', 'social_messages', '{channel_id, inserted_at, id}'),
      ('social_messages_by_sender_and_age', 'social_messages', '{sender_id, inserted_at}'),
      ('one_message_per_client_message_id', 'social_messages', '{sender_id, client_message_id}'),
      ('rank_match_roster_by_room', 'rank_match_roster', '{room_id}'),
      ('rank_match_roster_match_instance_id_slot_index_key', 'rank_match_roster', '{match_instance_id, slot_index}'),
      ('rank_rooms_by_owner', 'rank_rooms', '{owner_id}'), ('one_overlay_per_player', 'rank_session_overlays', '{}'),
      ('rank_session_overlays_pkey', 'rank_session_overlays', '{}'),
      ('rank_session_overlays_by_expiry', 'rank_session_overlays', '{}'),
      ('rank_session_overlays_by_owner', 'rank_session_overlays', '{}'),
      ('rank_session_overlays_by_room', 'rank_session_overlays', '{}')
  ) as made (name, relation, columns)
  join pg_catalog.pg_class as class on class.relname = made.name and class.relnamespace = 'public'::regnamespace
  left join pg_catalog.pg_index as index
    on index.indexrelid = class.oid and index.indrelid = to_regclass('public.' || made.relation)
  where index.indexrelid is null
    or index.indpred is not null
    or made.columns <> array(
      select pg_get_indexdef(class.oid, number, false) from generate_series(1, cardinality(made.columns)) as number
    )
  union all
  select
    'role ' || role.rolname, 'it is more than a role that owns functions: a login, a member, one that bypasses policies',
    'As a superuser: alter role ' || role.rolname || ' nologin nosuperuser nobypassrls noreplication;'
      || coalesce(' revoke ' || memberships.names || ' from ' || role.rolname || ';', '')
  from pg_catalog.pg_roles as role
  cross join lateral (
    select string_agg(member.roleid::regrole::text, ', ')
    from pg_catalog.pg_auth_members as member
    where member.member = role.oid
  ) as memberships (names)
  where role.rolname in ('social_rpc_owner', 'rank_rpc_owner')
    and (role.rolsuper or role.rolbypassrls or role.rolreplication or role.rolcanlogin or memberships.names is not null)
  union all
  select 'role ' || role.rolname, 'something belongs to it', 'Rename the role.'
  from pg_catalog.pg_roles as role
  where role.rolname in ('social_rpc_owner', 'rank_rpc_owner')
    and exists (
      select
      from pg_catalog.pg_shdepend as owned
      where owned.refclassid = 'pg_catalog.pg_authid'::regclass and owned.refobjid = role.oid and owned.deptype = 'o'
        and owned.dbid = (select oid from pg_catalog.pg_database where datname = current_database())
    )
  union all
  select 'schema public', 'postgres cannot let others make functions in it', 'grant all on schema public to postgres with grant option;'
  where not has_schema_privilege('postgres', 'public', 'create with grant option')
  union all
  select 'schema public', 'authenticated does not get in', 'grant usage on schema public to authenticated;'
  where not has_schema_privilege('authenticated', 'public', 'usage')
  union all
  -- One of the same arguments is another function; one that takes the call of an RPC makes PostgREST answer 300. Older
  -- forms of the rank RPCs take none of them, and stay.
  select
    'function ' || routine.oid::regprocedure,
    'PostgREST would not know which of the two functions of this name a call is for',
    'Rename it, and what calls it; or drop it.'
  from pg_catalog.pg_proc as routine
  where routine.pronamespace = 'public'::regnamespace
    and pg_get_userbyid(routine.proowner) not in ('social_rpc_owner', 'rank_rpc_owner')
    and (
      routine.proname ~ '^(fetch_social_messages(_page)?|insert_social_message|(fetch|renew)_rank_session_overlays?)$'
      or routine.proname = 'end_rank_session'
      or routine.proname = 'sync_rank_match_roster' and (
        oidvectortypes(routine.proargtypes) = 'uuid, uuid, uuid, jsonb, jsonb'
        or routine.proargnames @> '{p_room_id, p_game_id, p_match_instance_id, p_roster, p_slot_template}'
      )
    )
  union all
  select platform.name, 'it is not there', 'It is Supabase''s: start the project''s Auth and Realtime once.'
  from (
    values
      ('function auth.uid()', to_regprocedure('auth.uid()')::oid),
      ('function auth.jwt()', to_regprocedure('auth.jwt()')::oid),
      ('table auth.users', to_regclass('auth.users')::oid),
      ('table realtime.messages', to_regclass('realtime.messages')::oid),
      ('function realtime.topic()', to_regprocedure('realtime.topic()')::oid),
      ('function realtime.send(jsonb, text, text, boolean)',
        to_regprocedure('realtime.send(jsonb, text, text, boolean)')::oid)
  ) as platform (name, oid)
  where platform.oid is null
)
select * from difference
