-- Looks first: whether the project has what the migrations cannot fit themselves to. Nothing is changed here, and where
-- something differs nothing is applied at all: every difference is named at once, with what helps.
--
-- A table of a project fits where the RPCs and the smoke test can work on it as it is: its columns have the names and
-- types that are used, what has to be given is given, what has to be unique is, and it can be given policies and
-- triggers. `gate adopt` asks the question below, without the migration.
-- Contract: none.
-- Called by: nobody.
-- Undo: select;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

do $look$
declare
  v_differences text;
begin
  select string_agg(found.object || ': ' || found.difference || '. ' || found.remedy, e'\n' order by found.object)
  into v_differences
  from (
    -- Question
    with
    -- `added` ones are added where they are missing, `given` ones are written, `emptied` ones sometimes without a value.
    used (relation, name, type, added, given, emptied) as (
      select kind.relation, unnest(kind.names), kind.type, kind.added, kind.given, kind.emptied
      from (
        values
          ('social_channels', 'uuid', '{id}'::text[], false, true, false),
          ('social_channels', 'text', '{name}', false, true, false),
          ('social_channel_members', 'uuid', '{channel_id, user_id}', false, true, false),
          ('social_channel_members', 'timestamp with time zone', '{inserted_at}', false, false, false),
          ('social_messages', 'uuid', '{channel_id, sender_id}', false, true, false),
          ('social_messages', 'uuid', '{client_message_id}', true, true, true),
          ('social_messages', 'text', '{body}', false, true, false),
          ('social_messages', 'uuid', '{id}', false, false, false),
          ('social_messages', 'timestamp with time zone', '{inserted_at}', false, false, false),
          ('heroes', 'uuid', '{id, owner_id}', false, true, false),
          ('heroes', 'text', '{name}', false, true, false),
          ('heroes', 'text', '{description, ability1, ability2, ability3, ability4, image_url, background_url}',
            true, true, false),
          ('rank_games', 'uuid', '{id, owner_id}', false, true, false),
          ('rank_games', 'text', '{name}', false, true, false),
          ('rank_games', 'jsonb', '{roles}', false, true, false),
          ('rank_rooms', 'uuid', '{id, game_id, owner_id}', false, true, false),
          ('rank_rooms', 'text', '{code}', false, true, false),
          ('rank_rooms', 'integer', '{slot_count}', false, true, false),
          ('rank_room_slots', 'uuid', '{room_id, occupant_owner_id}', false, true, false),
          ('rank_room_slots', 'integer', '{slot_index}', false, true, false),
          ('rank_room_slots', 'text', '{role}', false, true, false),
          ('rank_room_slots', 'uuid', '{id}', false, false, false),
          ('rank_participants', 'uuid', '{game_id, owner_id}', false, true, false),
          ('rank_participants', 'integer', '{rating, score, battles}', true, false, false),
          ('rank_participants', 'numeric', '{win_rate}', true, false, false),
          ('rank_match_roster', 'uuid', '{id, match_instance_id, room_id, game_id}', false, true, false),
          ('rank_match_roster', 'uuid', '{owner_id, hero_id}', false, true, true),
          ('rank_match_roster', 'uuid', '{slot_id}', true, true, true),
          ('rank_match_roster', 'integer', '{slot_index}', false, true, false),
          ('rank_match_roster', 'text', '{role}', false, true, false),
          ('rank_match_roster', 'text', '{hero_name}', false, true, true),
          ('rank_match_roster', 'text', '{status, match_source}', true, true, true),
          ('rank_match_roster', 'integer', '{score, rating, battles}', true, true, true),
          ('rank_match_roster', 'numeric', '{win_rate}', true, true, true),
          ('rank_match_roster', 'jsonb', '{hero_summary}', true, true, false),
          ('rank_match_roster', 'boolean', '{ready, standin}', true, true, false),
          ('rank_match_roster', 'bigint', '{slot_template_version}', true, true, false),
          ('rank_match_roster', 'text', '{slot_template_source}', true, true, false),
          ('rank_match_roster', 'timestamp with time zone', '{joined_at}', true, true, true),
          ('rank_match_roster', 'timestamp with time zone', '{slot_template_updated_at}', true, true, false),
          ('rank_sessions', 'uuid', '{id, game_id, owner_id}', false, true, false),
          ('rank_sessions', 'timestamp with time zone', '{updated_at}', true, false, false),
          ('rank_sessions', 'text', '{status}', true, false, false)
      ) as kind (relation, type, names, added, given, emptied)
    ),
    shared (name) as (select distinct used.relation from used),
    adopted (name, oid, owner, identity) as (
      select class.relname::text, class.oid, class.relowner, class.relreplident
      from shared
      join pg_catalog.pg_class as class on class.relname = shared.name
      where class.relnamespace = 'public'::regnamespace and class.relkind = 'r'
    ),
    held (relation, number, name, type, required, defaulted, computed) as (
      select
        adopted.name, attribute.attnum, attribute.attname::text,
        format_type(attribute.atttypid, attribute.atttypmod),
        attribute.attnotnull,
        attribute.atthasdef or attribute.attidentity <> '',
        attribute.attgenerated <> '' or attribute.attidentity = 'a'
      from adopted
      join pg_catalog.pg_attribute as attribute on attribute.attrelid = adopted.oid
      where attribute.attnum > 0 and not attribute.attisdropped
    ),
    -- Keys, by the names of their columns. A partial one is in the way of some rows, and is a key of none.
    keys (relation, name, columns, complete, first) as (
      select
        adopted.name, index.indexrelid::regclass::text,
        array(select held.name from held where held.relation = adopted.name and held.number = any (index.indkey::int2[])),
        index.indpred is null and index.indexprs is null and index.indisvalid,
        pg_get_indexdef(index.indexrelid, 1, false)
      from adopted
      join pg_catalog.pg_index as index on index.indrelid = adopted.oid
      where index.indisunique or index.indisexclusion
    ),
    difference (object, difference, remedy) as (
      select 'schema lockstep', 'it is there, and not of these migrations', 'Rename it.'
      from pg_catalog.pg_namespace as namespace
      where namespace.nspname = 'lockstep'
      union all
      select
        'table public.' || made.name,
        case when made.may_be_there then 'what has this name is no plain table' else 'the name is taken' end,
        'Rename what has it.'
      from (
        select shared.name, true from shared
        union all values ('rank_session_overlays', false), ('rank_session_overlays_live', false)
      ) as made (name, may_be_there)
      join pg_catalog.pg_class as class on class.relname = made.name and class.relnamespace = 'public'::regnamespace
      where not (made.may_be_there and class.relkind = 'r')
      union all
      select
        'table public.' || adopted.name, 'it belongs to ' || pg_get_userbyid(adopted.owner),
        'As that role: alter table public.' || adopted.name || ' owner to postgres;'
      from adopted
      where not pg_has_role('postgres', adopted.owner, 'usage')
      union all
      select
        'column public.' || used.relation || '.' || used.name,
        coalesce('it is ' || held.type || ', and not ' || used.type, 'it is missing'),
        'The RPCs need it as ' || used.type || ': rename the table, or give it this column.'
      from adopted
      join used on used.relation = adopted.name
      left join held on held.relation = used.relation and held.name = used.name
      where held.type is distinct from used.type
        and not (used.added and held.name is null)
        -- The status may be of any type: it only has to change when a session ends.
        and not (used.relation = 'rank_sessions' and used.name = 'status')
      union all
      select
        'column public.' || held.relation || '.' || held.name,
        case
          when held.computed then 'it is computed, and the RPCs write it'
          when used.name is null then 'it is not null, has no default, and the RPCs do not know it'
          when used.given then 'it is not null, and the RPCs have no value for it at times'
          else 'it is not null, has no default, and the RPCs do not give it'
        end,
        case
          when held.computed then 'Let it be written.'
          when used.given then format('alter table public.%I alter column %I drop not null;', held.relation, held.name)
          else format('alter table public.%I alter column %I set default …;', held.relation, held.name)
        end
      from held
      left join used on used.relation = held.relation and used.name = held.name
      where held.relation <> 'heroes'
        and case
          when used.given then held.computed or (held.required and used.emptied)
          else held.required and not held.defaulted
        end
      union all
      select
        'index ' || keys.name, 'it lets the RPCs write a row only once that they write again',
        'Drop it, or let it hold for rows of your own only.'
      from keys
      where case keys.relation
        when 'rank_sessions' then not keys.columns @> '{id}'
        when 'rank_match_roster' then not (
          keys.columns @> '{id}' or keys.columns @> '{match_instance_id, slot_index}'
          or keys.columns @> '{room_id, slot_index}'
        )
        when 'social_messages' then not (keys.columns @> '{id}' or keys.columns @> '{sender_id, client_message_id}')
        else false
      end
      union all
      select
        'table public.' || needed.relation, 'nothing keeps (' || array_to_string(needed.columns, ', ') || ') unique',
        'Remove doubles, then: create unique index concurrently on it, for these columns alone and in this order.'
      from (
        values
          ('heroes', '{id}'::text[]), ('rank_games', '{id}'), ('rank_rooms', '{id}'), ('rank_room_slots', '{id}'),
          ('rank_sessions', '{id}'), ('social_channels', '{id}'), ('rank_participants', '{game_id, owner_id}'),
          ('rank_room_slots', '{room_id, slot_index}'), ('social_channel_members', '{channel_id, user_id}')
      ) as needed (relation, columns)
      join adopted on adopted.name = needed.relation
      where not exists (
        select from keys
        where keys.relation = needed.relation and keys.complete and keys.columns <@ needed.columns
          and (needed.relation <> 'rank_room_slots' or keys.first <> 'slot_index') -- They are looked up by the room.
      )
      union all
      select
        'table public.' || adopted.name,
        'a publication has it, and it has no key by which rows are told apart',
        format('alter table public.%I replica identity full;', adopted.name)
      from adopted
      where adopted.name in ('rank_match_roster', 'rank_sessions')
        and exists (
          select from pg_catalog.pg_publication_tables as listed
          where listed.schemaname = 'public' and listed.tablename = adopted.name
        )
        and (adopted.identity = 'n' or adopted.identity = 'd' and not exists (
          select from pg_catalog.pg_index as index where index.indrelid = adopted.oid and index.indisprimary
        ))
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
      select
        'role ' || role.rolname, 'it bypasses row level security',
        'As a superuser: alter role ' || role.rolname || ' nosuperuser nobypassrls;'
      from pg_catalog.pg_roles as role
      where role.rolname in ('social_rpc_owner', 'rank_rpc_owner') and (role.rolsuper or role.rolbypassrls)
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
    -- End of the question
  ) as found (object, difference, remedy);

  -- Once they have been applied, everything that they look for is there.
  if v_differences is not null and to_regprocedure('lockstep.has_adopted(text)') is null then
    raise exception e'nothing was changed, since this project has what these migrations do not fit:\n%', v_differences
      using hint = 'Mend each, and apply them again. `gate adopt` says the same without applying anything.';
  end if;
end;
$look$;
