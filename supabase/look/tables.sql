-- Which tables, columns, keys and functions of a project are not as the RPCs need them, and what is missing of Supabase's.
--
-- A table of a project fits where the RPCs and the smoke test can work on it as it is: its columns have the names and
-- types that are used, what has to be given is given, what has to be unique is, and it can be given policies and triggers.

with
used (type, added, given, emptied, relation, name) as (
  -- include used.sql
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
    union all
    select 'a table that inherits belongs to ' || pg_get_userbyid(child.relowner)
    from pg_catalog.pg_inherits as heir
    join pg_catalog.pg_class as child on child.oid = heir.inhrelid
    where heir.inhparent = adopted.oid and not pg_has_role('postgres', child.relowner, 'usage')
  ) as held_up (why)
  where held.name is null
  union all
  select distinct
    'constraint ' || pointing.conname || ' on ' || adopted.oid::regclass,
    'it points at ' || pointing.confrelid::regclass || ', and the RPCs write ids of public.' || points.target,
    'Let it point there.'
  from (
    values
      ('social_messages', 'channel_id', 'social_channels'), ('social_channel_members', 'channel_id', 'social_channels'),
      ('rank_match_roster', 'room_id', 'rank_rooms'), ('rank_match_roster', 'game_id', 'rank_games'),
      ('rank_match_roster', 'hero_id', 'heroes'), ('rank_match_roster', 'slot_id', 'rank_room_slots'),
      ('rank_sessions', 'game_id', 'rank_games')
  ) as points (relation, name, target)
  join adopted on adopted.name = points.relation
  join held on held.relation = points.relation and held.name = points.name
  join pg_catalog.pg_constraint as pointing
    on pointing.conrelid = adopted.oid and pointing.contype = 'f' and pointing.conkey = array[held.number]
  where pointing.confrelid is distinct from to_regclass('public.' || points.target)
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
    when 'social_messages' then
      not (keys.columns @> '{id}' or keys.columns @> '{sender_id, client_message_id}' and keys.definition !~ 'NULLS NOT DISTINCT')
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
)
select * from difference
