-- Which tables, columns, keys and functions of a project are not as the RPCs need them, and what is missing of Supabase's.
--
-- A table of a project fits where the RPCs and the smoke test can work on it as it is: its columns have the names and
-- types that are used, what has to be given is given, what has to be unique is, and it can be given policies and triggers.

with
-- `added` ones are added where they are missing, `given` ones are written, `emptied` ones sometimes without a value.
used (type, added, given, emptied, relation, name) as (
  select kind.type, kind.added, kind.given, kind.emptied, split_part(listed.name, '.', 1), split_part(listed.name, '.', 2)
  from (
    values
      ('uuid', false, true, false, '{social_channels.id, social_channel_members.channel_id,
        social_channel_members.user_id, social_messages.channel_id, social_messages.sender_id, heroes.id, heroes.owner_id,
        rank_games.id, rank_games.owner_id, rank_rooms.id, rank_rooms.game_id, rank_rooms.owner_id,
        rank_room_slots.room_id, rank_room_slots.occupant_owner_id, rank_participants.game_id,
        rank_participants.owner_id, rank_match_roster.id, rank_match_roster.match_instance_id,
        rank_match_roster.room_id, rank_match_roster.game_id, rank_sessions.id, rank_sessions.game_id,
        rank_sessions.owner_id}'::text[]),
      ('text', false, true, false, '{social_channels.name, social_messages.body, heroes.name, rank_games.name,
        rank_rooms.code, rank_room_slots.role, rank_match_roster.role}'),
      ('integer', false, true, false, '{rank_rooms.slot_count, rank_room_slots.slot_index, rank_match_roster.slot_index}'),
      ('jsonb', false, true, false, '{rank_games.roles}'),
      ('uuid', false, false, false, '{social_messages.id, rank_room_slots.id}'),
      ('timestamp with time zone', false, false, false, '{social_channel_members.inserted_at, social_messages.inserted_at}'),
      ('uuid', false, true, true, '{rank_match_roster.owner_id, rank_match_roster.hero_id}'),
      ('text', false, true, true, '{rank_match_roster.hero_name}'),
      ('uuid', true, true, true, '{social_messages.client_message_id, rank_match_roster.slot_id}'),
      ('text', true, true, true, '{rank_match_roster.status, rank_match_roster.match_source}'),
      ('integer', true, true, true, '{rank_match_roster.score, rank_match_roster.rating, rank_match_roster.battles}'),
      ('numeric', true, true, true, '{rank_match_roster.win_rate}'),
      ('timestamp with time zone', true, true, true, '{rank_match_roster.joined_at}'),
      ('text', true, true, false, '{heroes.description, heroes.ability1, heroes.ability2, heroes.ability3,
        heroes.ability4, heroes.image_url, heroes.background_url, rank_match_roster.slot_template_source}'),
      ('jsonb', true, true, false, '{rank_match_roster.hero_summary}'),
      ('boolean', true, true, false, '{rank_match_roster.ready, rank_match_roster.standin}'),
      ('bigint', true, true, false, '{rank_match_roster.slot_template_version}'),
      ('timestamp with time zone', true, true, false, '{rank_match_roster.slot_template_updated_at}'),
      ('integer', true, false, false, '{rank_participants.rating, rank_participants.score, rank_participants.battles}'),
      ('numeric', true, false, false, '{rank_participants.win_rate}'),
      ('timestamp with time zone', true, false, false, '{rank_sessions.updated_at}'),
      ('text', true, false, false, '{rank_sessions.status}')
  ) as kind (type, added, given, emptied, names)
  cross join unnest(kind.names) as listed (name)
),
shared (name) as (select distinct used.relation from used),
adopted (name, oid, owner) as (
  select class.relname::text, class.oid, class.relowner
  from shared
  join pg_catalog.pg_class as class on class.relname = shared.name
  where class.relnamespace = 'public'::regnamespace and class.relkind = 'r' and not class.relispartition
),
-- `alone`: each row that is written without it has a value of its own there, or none.
held (relation, number, name, type, required, defaulted, computed, alone) as (
  select
    adopted.name, attribute.attnum, attribute.attname::text,
    format_type(attribute.atttypid, attribute.atttypmod),
    attribute.attnotnull or kind.typnotnull,
    attribute.atthasdef or attribute.attidentity <> '' or kind.typdefault is not null,
    attribute.attgenerated <> '' or attribute.attidentity = 'a',
    case
      when attribute.attidentity <> '' then true
      when attribute.atthasdef then
        pg_get_expr(value.adbin, value.adrelid) ~ '^(nextval|(extensions\.)?(gen_random_uuid|uuid_generate_v[14]))\('
      else not attribute.attnotnull and kind.typdefault is null
    end
  from adopted
  join pg_catalog.pg_attribute as attribute on attribute.attrelid = adopted.oid
  join pg_catalog.pg_type as kind on kind.oid = attribute.atttypid
  left join pg_catalog.pg_attrdef as value on value.adrelid = adopted.oid and value.adnum = attribute.attnum
  where attribute.attnum > 0 and not attribute.attisdropped
),
-- Keys, by the names of their columns. A partial one is in the way of some rows, and is a key of none.
keys (relation, name, columns, complete, first, definition) as (
  select
    adopted.name, index.indexrelid::regclass::text,
    array(
      select held.name
      from held
      where held.relation = adopted.name and held.number = any ((index.indkey::int2[])[:index.indnkeyatts - 1])
    ),
    index.indpred is null and index.indexprs is null and index.indisvalid,
    pg_get_indexdef(index.indexrelid, 1, false),
    pg_get_indexdef(index.indexrelid)
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
  join (
    select class.relname, class.oid from pg_catalog.pg_class as class where class.relnamespace = 'public'::regnamespace
    union all
    select type.typname, null
    from pg_catalog.pg_type as type
    where type.typnamespace = 'public'::regnamespace and type.typrelid = 0 -- A table has a type of its name.
  ) as taken (name, oid) on taken.name = made.name
  where not (made.may_be_there and exists (select from adopted where adopted.oid = taken.oid))
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
    -- What the RPCs only read may be narrower, and a time less precise.
    and (held.type is null or not (
      held.type ~ '^timestamp\(\d\) with time zone$' and used.type = 'timestamp with time zone'
      or held.type ~ '^character varying' and used.type = 'text'
        and used.relation in ('heroes', 'rank_games', 'rank_rooms', 'social_channels')
      or held.type ~ '^numeric' and used.type = 'numeric' and used.relation = 'rank_participants'
    ))
  union all
  select
    'column public.' || held.relation || '.' || held.name,
    case
      when held.computed then 'it is computed, and the RPCs write it'
      when not held.required then 'it has no default, and the RPCs do not give it'
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
      when used.given or used.relation = 'rank_sessions' and held.computed then held.computed or held.required and used.emptied
      when used.relation = 'social_messages' then not held.defaulted
      else held.required and not held.defaulted
    end
  union all
  select 'column public.' || used.relation || '.' || used.name, held_up.why, 'Add it as ' || used.type || ' yourself.'
  from adopted
  join pg_catalog.pg_class as class on class.oid = adopted.oid
  join used on used.relation = adopted.name and used.added
  left join held on held.relation = used.relation and held.name = used.name
  cross join lateral (
    select 'a table of a type is given no column' where class.reloftype <> 0
    union all
    select 'a table that inherits has another of this name'
    from pg_catalog.pg_inherits as heir
    join pg_catalog.pg_attribute as other on other.attrelid = heir.inhrelid and other.attname = used.name
    where heir.inhparent = adopted.oid and not other.attisdropped and other.atttypid <> used.type::regtype
  ) as held_up (why)
  where held.name is null
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
  and not exists (
    select
    from held
    left join used on used.relation = held.relation and used.name = held.name
    where held.relation = keys.relation and held.name = any (keys.columns) and held.alone and used.given is not true
      and (held.defaulted or keys.definition !~ 'NULLS NOT DISTINCT')
  )
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
