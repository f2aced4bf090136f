-- Made by `gate bundle` from supabase/migrations; change those.
--
-- All migrations in their order, as one file for a SQL editor. It can be run again at any time. It writes nothing into the
-- history of the Supabase CLI: `supabase db push` applies them once more, which changes nothing, and notes them there.

-- 20261122070000_look_first.sql

-- Made by `gate look` from supabase/look; change those.
--
-- Looks first: whether the project has what the migrations cannot fit themselves to. Where something differs nothing is
-- applied at all: every difference is named at once, with what helps.
--
-- It asks three questions of the catalog, as `gate adopt` does. Then it does once what the migrations and the RPCs do, and takes it
-- back. Triggers, defaults, checks and policies of a project run inside the RPCs: with an empty search path, and without the rights
-- of its clients. What they refuse may be the fault of the row that is made up here; what they are not able to do is in the way.
-- Contract: none.
-- Called by: nobody.
-- Undo: select;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';
set local quote_all_identifiers = off;

do $look$
declare
  v_makes boolean := false;
  v_user uuid;
  v_room jsonb;
  v_try record;
  v_policy record;
  v_statement text;
  v_role text;
  v_lets_in boolean;
  v_begun boolean;
  v_done jsonb;
  v_rows integer;
  v_where text;
  v_domain text;
  v_differences text[];
  v_claims text;
  -- For each table, what it is altered by.
  v_added jsonb;
begin
  -- Once they have been applied, everything that they look for is there.
  if to_regprocedure('lockstep.has_adopted(text)') is not null then
    return;
  end if;

  v_differences := array(
    select concat(found.object, ': ', found.difference, '. ', found.remedy)
    from ((
      with
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
    ) union all (
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
    ) union all (
      with recursive
      -- What the RPCs do there: (r)ead, (a)dd, (w)rite, (d)elete, as policies say it.
      adopted (oid, name, done) as (
        select class.oid, used.name, used.done
        from (
          values
            ('social_channels', 'r'), ('social_channel_members', 'r'), ('social_messages', 'ra'), ('heroes', 'r'),
            ('rank_games', 'r'), ('rank_rooms', 'r'), ('rank_room_slots', 'r'), ('rank_participants', 'r'),
            ('rank_match_roster', 'rad'), ('rank_sessions', 'raw')
        ) as used (name, done)
        join pg_catalog.pg_class as class on class.relname = used.name and class.relnamespace = 'public'::regnamespace
        where class.relkind = 'r' and not class.relispartition
      ),
      -- Which tables the policies for everybody look at, and which the policies of those. A function is not looked into.
      asked (policy, relation, passed) as (
        select policy.oid, found.names[1]::oid, array[adopted.oid]
        from adopted
        join pg_catalog.pg_class as class on class.oid = adopted.oid
        join pg_catalog.pg_policy as policy on policy.polrelid = adopted.oid
        cross join lateral regexp_matches(concat(policy.polqual, policy.polwithcheck), ':relid (\d+)', 'g') as found (names)
        where class.relrowsecurity
          and 0 = any (policy.polroles)
          and (policy.polcmd = '*' or strpos(adopted.done, policy.polcmd::text) > 0)
        union
        select asked.policy, found.names[1]::oid, asked.passed || asked.relation
        from asked
        join pg_catalog.pg_class as class on class.oid = asked.relation
        join pg_catalog.pg_policy as policy on policy.polrelid = asked.relation
        cross join lateral regexp_matches(policy.polqual::text, ':relid (\d+)', 'g') as found (names)
        where class.relrowsecurity
          and 0 = any (policy.polroles)
          and policy.polcmd in ('r', '*')
          and asked.relation <> all (asked.passed)
      ),
      difference (object, difference, remedy) as (
        select named.object || ' on ' || named.relation::regclass, 'one of this name is made, and would take its place', 'Rename it.'
        from (
          select format('policy "%s"', policy.polname), policy.polrelid
          from pg_catalog.pg_policy as policy
          where policy.polname ~ ('^(members see memberships|members (read|write) messages|the (social|rank) RPCs .*'
            || '|room owners .*|members hear their channels|players hear of their overlays'
            || '|our topics are heard by whom they are for|nobody sends on our topics)$')
          union all
          select 'trigger ' || fired.tgname, fired.tgrelid
          from pg_catalog.pg_trigger as fired
          where fired.tgname ~ ('^(keys_outlive_their_messages|new_messages_are_announced|seats_given_are_(noted|forgotten)'
            || '|what_hangs_on_(it|them)_goes_with_(it|them)|what_points_at_(it|them)_goes_with_(it|them))$')
        ) as named (object, relation)
        where named.relation in (select adopted.oid from adopted union all select to_regclass('realtime.messages'))
        union all
        select
          'rule ' || rule.rulename || ' on ' || adopted.oid::regclass, 'something else is done instead of what the RPCs do',
          format('drop rule %I on %s; a trigger does the same.', rule.rulename, adopted.oid::regclass)
        from adopted
        join pg_catalog.pg_rewrite as rule on rule.ev_class = adopted.oid
        where rule.is_instead and strpos(adopted.done, translate(rule.ev_type::text, '1234', 'rwad')) > 0
        union all
        select
          format('policy "%s" on %s', policy.polname, adopted.oid::regclass), 'it lets nobody do what the RPCs do',
          format('alter policy %I on %s to anon, authenticated;', policy.polname, adopted.oid::regclass)
        from adopted
        join pg_catalog.pg_policy as policy on policy.polrelid = adopted.oid
        where not policy.polpermissive
          and 0 = any (policy.polroles)
          and (policy.polcmd = '*' or strpos(adopted.done, policy.polcmd::text) > 0)
          and 'false' in (pg_get_expr(policy.polqual, adopted.oid), pg_get_expr(policy.polwithcheck, adopted.oid))
        union all
        -- One that lets nobody do it says which way is open, and not for whom.
        select
          format('policy "%s" on %s', policy.polname, adopted.oid::regclass),
          'it holds for those who sign in, and not for the RPCs, which act for them',
          format('alter policy %I on %s to public; with what it asks in functions that are security definer.', policy.polname,
            adopted.oid::regclass)
        from adopted
        join pg_catalog.pg_policy as policy on policy.polrelid = adopted.oid
        where adopted.name in ('social_messages', 'social_channel_members')
          and not policy.polpermissive
          and policy.polroles @> array['authenticated'::regrole::oid]
          and (policy.polcmd = '*' or strpos(adopted.done, policy.polcmd::text) > 0)
          and coalesce(pg_get_expr(policy.polwithcheck, adopted.oid), pg_get_expr(policy.polqual, adopted.oid)) <> 'false'
        union all
        select distinct
          format('policy "%s" on %s', policy.polname, policy.polrelid::regclass), 'what it looks at is looked at again by policies there',
          'Look there in a function that is security definer; or alter policy … to anon, authenticated.'
        from asked
        join pg_catalog.pg_policy as policy on policy.oid = asked.policy
        where asked.relation = any (asked.passed)
          -- The RPCs' own policies look, too: on messages at members, on heroes at participants.
          or policy.polrelid = to_regclass('public.social_channel_members') and asked.relation = to_regclass('public.social_messages')
          or policy.polrelid = to_regclass('public.rank_participants') and asked.relation = to_regclass('public.heroes')
            and not policy.polpermissive
        union all
        -- Whoever sees no row there, or may not run a helper, is kept from every row here. A permissive policy is one of several.
        select distinct
          format('policy "%s" on %s', policy.polname, policy.polrelid::regclass),
          case
            when class.relrowsecurity and not seen.by_all then format('it looks at %s, where the RPCs see no rows', asked.relation::regclass)
            when kept.back then format('it looks at %s, which postgres cannot let the RPCs read', asked.relation::regclass)
            else format('the RPCs may not execute %s, which it needs', closed.helper)
          end,
          'Look there in a function that is security definer, and that everybody may execute.'
        from asked
        join pg_catalog.pg_policy as policy on policy.oid = asked.policy and not policy.polpermissive
        join pg_catalog.pg_class as class on class.oid = asked.relation
        cross join lateral (
          select exists (
            select
            from pg_catalog.pg_policy as theirs
            where theirs.polrelid = asked.relation and theirs.polpermissive and theirs.polcmd in ('r', '*') and 0 = any (theirs.polroles)
          ) or asked.relation in (select adopted.oid from adopted where adopted.name not in ('social_channels', 'rank_games'))
        ) as seen (by_all)
        cross join lateral (
          select not pg_has_role('postgres', class.relowner, 'usage')
              and not has_table_privilege('postgres', class.oid, 'select with grant option')
            or class.relkind = 'v' and class.reloptions && '{security_invoker=true,security_invoker=on,security_invoker=1}'
        ) as kept (back)
        cross join lateral (
          -- What looks into `auth` is compiled where it is called, by a role that may not.
          select string_agg(helper.oid::regprocedure::text, ', ')
          from pg_catalog.pg_policy as needing
          join pg_catalog.pg_depend as depend on depend.classid = 'pg_catalog.pg_policy'::regclass and depend.objid = needing.oid
          join pg_catalog.pg_proc as helper on depend.refclassid = 'pg_catalog.pg_proc'::regclass and helper.oid = depend.refobjid
          where (needing.oid = policy.oid or needing.polrelid = asked.relation and 0 = any (needing.polroles))
            and (not has_function_privilege('public', helper.oid, 'execute') or not helper.prosecdef and helper.prosrc ~ '\mauth\.')
            and helper.pronamespace is distinct from to_regnamespace('auth')
        ) as closed (helper)
        where class.relrowsecurity and not seen.by_all or kept.back or closed.helper is not null
        union all
        -- A publication must be able to say which row it was.
        select distinct
          'table ' || adopted.oid::regclass,
          'the publication ' || publication.pubname || ' cannot tell its rows apart by what it publishes of them',
          format('alter table %s replica identity full; and let the publication have all of its columns and rows.',
            adopted.oid::regclass)
        from adopted
        join pg_catalog.pg_class as class on class.oid = adopted.oid
        join pg_catalog.pg_publication_tables as listed
          on listed.schemaname = 'public' and listed.tablename = class.relname
        join pg_catalog.pg_publication as publication on publication.pubname = listed.pubname
        left join pg_catalog.pg_publication_rel as part on part.prpubid = publication.oid and part.prrelid = adopted.oid
        where (publication.pubdelete and adopted.done like '%d' or publication.pubupdate and adopted.done like '%w')
          and (
            part.prqual is not null
            or part.prattrs is not null
            or class.relreplident = 'n'
            or class.relreplident = 'd' and not exists (
              select from pg_catalog.pg_index as index where index.indrelid = adopted.oid and index.indisprimary
            )
          )
        union all
        -- Its policies look at what the RPCs do not know, such as who has left.
        select distinct
          'column ' || member.oid::regclass || '.' || attribute.attname,
          format('the policy "%s" on public.social_messages asks for it, and the RPCs take every row for a member', policy.polname),
          'Let a policy say it there too: create policy … on public.social_channel_members as restrictive for select using (…);'
        from adopted as member
        join adopted as messages on member.name = 'social_channel_members' and messages.name = 'social_messages'
        join pg_catalog.pg_policy as policy
          on policy.polrelid = messages.oid and policy.polpermissive
          and policy.polroles && array[0::oid, 'authenticated'::regrole::oid]
        join pg_catalog.pg_depend as depend
          on depend.classid = 'pg_catalog.pg_policy'::regclass and depend.objid = policy.oid
          and depend.refclassid = 'pg_catalog.pg_class'::regclass and depend.refobjid = member.oid
        join pg_catalog.pg_attribute as attribute on attribute.attrelid = member.oid and attribute.attnum = depend.refobjsubid
        where attribute.attnum > 0
          and attribute.attname not in ('channel_id', 'user_id', 'inserted_at')
          and (policy.polcmd = '*' or strpos(messages.done, policy.polcmd::text) > 0)
          -- Nor does another one let every member in.
          and not exists (
            select
            from pg_catalog.pg_policy as other
            where other.polrelid = messages.oid and other.polpermissive and other.polcmd in (policy.polcmd, '*')
              and other.polroles && array[0::oid, 'authenticated'::regrole::oid]
              and not exists (
                select
                from pg_catalog.pg_depend as upon
                join pg_catalog.pg_attribute as known on known.attrelid = member.oid and known.attnum = upon.refobjsubid
                where upon.classid = 'pg_catalog.pg_policy'::regclass and upon.objid = other.oid
                  and upon.refclassid = 'pg_catalog.pg_class'::regclass and upon.refobjid = member.oid
                  and known.attnum > 0 and known.attname not in ('channel_id', 'user_id', 'inserted_at')
              )
          )
          and not exists (
            select
            from pg_catalog.pg_policy as held_back
            join pg_catalog.pg_depend as upon
              on upon.classid = 'pg_catalog.pg_policy'::regclass and upon.objid = held_back.oid
              and upon.refclassid = 'pg_catalog.pg_class'::regclass and upon.refobjid = member.oid
              and upon.refobjsubid = attribute.attnum
            where held_back.polrelid = member.oid and not held_back.polpermissive and 0 = any (held_back.polroles)
          )
      )
      select * from difference
    )) as found (object, difference, remedy)
    order by found.object
  );

  -- What the migrations do: event triggers may forbid it, or change what is made. What is made ends with the block.
  begin
    if to_regclass('auth.users') is null then
      raise sqlstate 'LS000';
    end if;
    create schema lockstep_trial;
    create role lockstep_trial;
    grant lockstep_trial to postgres;
    grant create, usage on schema public, lockstep_trial to lockstep_trial;
    create table lockstep_trial.trial (id uuid primary key references auth.users (id));
    alter table lockstep_trial.trial enable row level security;
    create policy trial on lockstep_trial.trial using (true);
    create function lockstep_trial.trial() returns trigger language plpgsql as 'begin return null; end';
    create trigger trial after insert on lockstep_trial.trial for each row execute function lockstep_trial.trial();
    alter function lockstep_trial.trial() owner to lockstep_trial;
    drop policy trial on lockstep_trial.trial;
    perform trial.id from lockstep_trial.trial;
    -- Some look at `public` alone.
    create table public.lockstep_trial ();
    drop table public.lockstep_trial;
    create type public.lockstep_trial as (id uuid);
    drop type public.lockstep_trial;
    v_makes := true;
    raise sqlstate 'LS000';
  exception
    when sqlstate 'LS000' then null;
    when others then
      get stacked diagnostics v_where = pg_exception_context;
      v_differences := v_differences || format(
        'this project: it does not let the migrations make what they make: %s (%s). Where an event trigger stands here, '
        'disable it while the migrations are applied.', sqlerrm, split_part(v_where, e'\n', 1));
  end;

  v_added := (
    with used (type, added, given, emptied, relation, name) as (
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
    )
    select coalesce(jsonb_object_agg(missing.relation, missing.columns), '{}')
    from (
      select used.relation, string_agg(format('add column %I %s', used.name, used.type), ', ')
      from used
      join pg_catalog.pg_class as class on class.relname = used.relation and class.relnamespace = 'public'::regnamespace
      where used.added
        and not exists (
          select from pg_catalog.pg_attribute as held
          where held.attrelid = class.oid and held.attname = used.name and not held.attisdropped
        )
      group by used.relation
    ) as missing (relation, columns)
  );

  if v_makes then
    v_user := coalesce((select person.id from auth.users as person limit 1), gen_random_uuid());
  end if;
  if has_table_privilege('postgres', to_regclass('public.rank_rooms'), 'select') then
    execute 'select to_jsonb(room) from (select * from public.rank_rooms limit 1000) as room '
      'where to_jsonb(room) ->> ''owner_id'' <> '''' limit 1' into v_room;
  end if;
  v_room := jsonb_build_object(
    'id', coalesce(v_room ->> 'id', gen_random_uuid()::text), 'owner_id', coalesce(v_room ->> 'owner_id', v_user::text),
    'game_id', coalesce(v_room ->> 'game_id', gen_random_uuid()::text)
  );
  for v_try in
    select class.oid, class.oid::regclass as relation, format('lockstep_trial.%I', class.relname) as copy, made.*, tried.row
    from (
      values
        ('social_messages', 'ra', '', jsonb_build_object('client_message_id', gen_random_uuid()), jsonb_build_object(
          'channel_id', gen_random_uuid(), 'sender_id', v_user, 'body', 'hello')),
        ('rank_match_roster', 'rad', 'delete from %s', jsonb_build_object(
          'hero_id', gen_random_uuid(), 'hero_name', 'Bolt', 'hero_summary', '{}'::jsonb,
          'slot_id', gen_random_uuid(), 'ready', true, 'joined_at', now(), 'score', 1, 'rating', 1, 'battles', 1, 'win_rate', 1,
          'status', 'ready', 'standin', true, 'match_source', 'room', 'slot_template_version', 1,
          'slot_template_source', 'room-stage', 'slot_template_updated_at', now()), jsonb_build_object(
          'id', gen_random_uuid(), 'match_instance_id', gen_random_uuid(), 'room_id', v_room -> 'id',
          'game_id', v_room -> 'game_id', 'owner_id', v_room -> 'owner_id', 'slot_index', 0, 'role', 'attack')),
        ('rank_sessions', 'raw', 'update %s set owner_id = owner_id', '{}',
          jsonb_build_object('id', gen_random_uuid(), 'game_id', v_room -> 'game_id', 'owner_id', v_room -> 'owner_id')),
        ('social_channel_members', 'r', '', '{}', jsonb_build_object('user_id', v_user)),
        ('rank_rooms', 'r', '', '{}', v_room),
        ('rank_room_slots', 'r', '', '{}', jsonb_build_object('room_id', v_room -> 'id')),
        ('rank_participants', 'r', '', '{}', jsonb_build_object('owner_id', v_user)),
        ('heroes', 'r', '', '{}', jsonb_build_object('owner_id', v_user))
    ) as made (name, done, afterwards, more, given)
    -- With the least that the RPCs write, and with all of it: a trigger may do something for each.
    cross join lateral (select made.given union all select made.given || made.more where made.more <> '{}') as tried (row)
    join pg_catalog.pg_class as class on class.relname = made.name and class.relnamespace = 'public'::regnamespace
    where v_makes and class.relkind = 'r' and pg_has_role('postgres', class.relowner, 'usage')
      -- The row that is made up would not fit there.
      and array_to_string(v_differences, e'\n')
        !~ format('(?n)^column public\.%s\.\S+: it is (missing|computed|[^,\n]+, and not )', made.name)
  loop
    v_begun := false;
    begin
      create schema lockstep_trial;
      create role lockstep_trial;
      grant lockstep_trial to postgres;
      grant usage on schema public, lockstep_trial to lockstep_trial, authenticated;
      execute format(
        -- What is only read needs no constraint: its rows are there.
        case v_try.done when 'r' then 'create table %s as table %s with no data' else 'create table %s (like %s including all)' end,
        v_try.copy, v_try.relation
      );
      if v_added ? v_try.name then
        execute format('alter table %s %s', v_try.copy, v_added ->> v_try.name);
      end if;
      execute format('grant all on %s to lockstep_trial, authenticated', v_try.copy);
      execute format('alter table %s enable row level security', v_try.copy);
      execute format('create policy lockstep_trial on %s using (true) with check (true)', v_try.copy);
      for v_statement in
        select replace(pg_get_triggerdef(fired.oid), format(' ON %s ', v_try.relation), format(' ON %s ', v_try.copy))
        from pg_catalog.pg_trigger as fired
        where fired.tgrelid = v_try.oid and not fired.tgisinternal and fired.tgenabled in ('O', 'A') and v_try.done <> 'r'
        union all
        -- They let the row pass, since it is made up; a table that one looks at, the RPCs are given.
        select concat(
          format('create policy %I on %s as ', policy.polname, v_try.copy),
          case when policy.polpermissive then 'permissive' else 'restrictive' end, ' for ', command.name,
          case when command.name <> 'insert' then ' using (' || said.condition || ')' end,
          case when command.name <> 'select' then ' with check (' || said.condition || ')' end
        )
        from pg_catalog.pg_policy as policy
        join (values ('r', 'select'), ('a', 'insert'), ('w', 'update'), ('*', 'all')) as command (letter, name) on letter = policy.polcmd
        cross join lateral (
          select coalesce(pg_get_expr(policy.polwithcheck, v_try.oid), pg_get_expr(policy.polqual, v_try.oid))
        ) as written (condition)
        cross join lateral (
          select case when policy.polpermissive then written.condition else '((' || written.condition || ') is null) is not null' end
        ) as said (condition)
        where policy.polrelid = v_try.oid and 0 = any (policy.polroles)
          and (policy.polcmd = '*' or strpos(v_try.done, policy.polcmd::text) > 0)
          and not exists (
            select from pg_catalog.pg_depend as depend
            where depend.classid = 'pg_catalog.pg_policy'::regclass and depend.objid = policy.oid
              and depend.refclassid = 'pg_catalog.pg_class'::regclass and depend.refobjid <> v_try.oid
          )
        union all
        -- The RPCs are given those of the sequences that postgres may give.
        select format('grant usage on sequence %s to lockstep_trial', numbers.oid::regclass)
        from pg_catalog.pg_attrdef as value
        join pg_catalog.pg_depend as depend on depend.classid = 'pg_catalog.pg_attrdef'::regclass and depend.objid = value.oid
        join pg_catalog.pg_class as numbers on depend.refclassid = 'pg_catalog.pg_class'::regclass and numbers.oid = depend.refobjid
        where value.adrelid = v_try.oid
          and case
            when numbers.relkind = 'S' then has_sequence_privilege('postgres', numbers.oid, 'usage with grant option')
          end
      loop
        execute v_statement;
      end loop;
  
      v_claims := jsonb_build_object(
        'sub', coalesce(v_try.given -> 'sender_id', v_try.given -> 'owner_id'), 'role', 'authenticated');
      perform set_config('request.jwt.claims', v_claims, true), set_config('role', 'lockstep_trial', true);
      set constraints all immediate;
      v_begun := true;
      execute (
        select format(
          'insert into %s as made (%s) values (%s) returning to_jsonb(made)',
          v_try.copy, string_agg(format('%I', given.key), ', '), string_agg(format('%L', given.value), ', ')
        )
        from jsonb_each_text(v_try.row) as given
      ) into v_done;
      if v_done is null or not v_done @> (v_try.given - 'body') then -- A text may be masked.
        raise sqlstate 'LT001' using message = 'a trigger leaves it out, or writes something else';
      end if;
      for v_policy in
        select
          theirs.polname as name,
          coalesce(pg_get_expr(theirs.polwithcheck, v_try.oid), pg_get_expr(theirs.polqual, v_try.oid)) as condition,
          -- What the RPCs leave to defaults is known, and the role of whoever calls them.
          theirs.polcmd in ('r', '*') and theirs.polwithcheck is null and v_try.done ~ 'a'
              and asks.columns > 0 and asks.written = 0
            or asks.columns = 0 and asks.functions = '{auth.role}'
              and concat(pg_get_expr(theirs.polqual, v_try.oid), pg_get_expr(theirs.polwithcheck, v_try.oid)) !~ 'current_setting'
            as hides
        from pg_catalog.pg_policy as copied
        join pg_catalog.pg_policy as theirs on theirs.polrelid = v_try.oid and theirs.polname = copied.polname
        cross join lateral (
          select
            count(held.attname), count(held.attname) filter (where v_try.given || v_try.more ? held.attname),
            array_agg(concat(home.nspname, '.', called.proname)) filter (where called.oid is not null)
          from pg_catalog.pg_depend as depend
          left join pg_catalog.pg_attribute as held
            on depend.refclassid = 'pg_catalog.pg_class'::regclass
            and held.attrelid = depend.refobjid and held.attnum = nullif(depend.refobjsubid, 0)
          left join pg_catalog.pg_proc as called
            on depend.refclassid = 'pg_catalog.pg_proc'::regclass and called.oid = depend.refobjid
          left join pg_catalog.pg_namespace as home on home.oid = called.pronamespace
          where depend.classid = 'pg_catalog.pg_policy'::regclass and depend.objid = theirs.oid
        ) as asks (columns, written, functions)
        where copied.polrelid = v_try.copy::regclass and not copied.polpermissive
      loop
        -- As a policy, since text that names `auth` may be compiled by nobody else.
        perform set_config('role', 'postgres', true);
        execute format('create policy lockstep_trial_sees on %s as restrictive for select using (%s)', v_try.copy, v_policy.condition);
        foreach v_role in array array['lockstep_trial', 'authenticated'] loop
          perform set_config('role', v_role, true);
          execute format('select exists (select from %s)', v_try.copy) into v_lets_in;
          if v_lets_in and v_role = 'authenticated' then
            raise sqlstate 'LT001' using message =
              format('its policy "%s" lets a row pass for authenticated, and not for another role', v_policy.name);
          end if;
          exit when v_lets_in;
        end loop;
        if not v_lets_in and v_policy.hides then
          raise sqlstate 'LT001' using message = format('its policy "%s" hides what the RPCs write', v_policy.name);
        end if;
        perform set_config('role', 'postgres', true);
        execute format('drop policy lockstep_trial_sees on %s', v_try.copy);
      end loop;
      -- What is somebody else's, a policy may ask in another way.
      perform
        set_config('request.jwt.claims', jsonb_build_object('sub', gen_random_uuid(), 'role', 'authenticated')::text, true),
        set_config('role', 'lockstep_trial', true);
      execute format('select count(*) from %s', v_try.copy) into v_rows;
      perform set_config('request.jwt.claims', v_claims, true);
      execute format(v_try.afterwards, v_try.copy);
      get diagnostics v_rows = row_count;
      if v_rows = 0 and v_try.done ~ 'd' then
        raise sqlstate 'LT001' using message = 'a trigger keeps what is removed';
      end if;
      raise sqlstate 'LS000';
    exception
      when sqlstate 'LS000' then null;
      when others then
        get stacked diagnostics v_where = pg_exception_context, v_domain = pg_datatype_name;
        v_where := split_part(v_where, e'\n', 1);
        v_differences := array_remove(v_differences || case
          when not v_begun then
            format('table %s: it cannot be copied, to be tried: %s (%s).', v_try.relation, sqlerrm, v_where)
          when sqlstate = 'LT001' then
            format('table %s: %s. Change it; a policy may be meant for clients alone: alter policy … to anon, authenticated.', v_try.relation, sqlerrm)
          when (sqlstate ~ '^(42|3F|0A)' or v_domain <> '') and v_where !~ ' at RAISE$' then
            format(
              'table %s: the RPCs could not read or write there: %s (%s). A function: alter function … security definer set '
              'search_path = …; or, what everybody may use: grant … to public. A policy that is meant for clients alone: alter '
              'policy … to anon, authenticated.', v_try.relation, sqlerrm, v_where
            )
        end, null);
    end;
  end loop;

  for v_try in
    select
      class.oid, class.oid::regclass as relation, format('lockstep_trial.%I', class.relname) as copy, v_added ->> class.relname as added,
      change.statement
    from pg_catalog.pg_class as class
    cross join unnest(array[
      'insert into %1$s select * from lockstep_trial.before', 'update %1$s set (%2$s) = row(%2$s)', 'delete from %1$s where true'
    ]) as change (statement)
    where v_makes and class.relnamespace = 'public'::regnamespace and v_added ? class.relname and class.relkind = 'r'
      and pg_has_role('postgres', class.relowner, 'usage')
  loop
    v_begun := false;
    begin
      create schema lockstep_trial;
      execute format('create table %s as select * from %s limit 1', v_try.copy, v_try.relation);
      get diagnostics v_rows = row_count;
      if v_rows = 0 then
        execute format('insert into %s default values', v_try.copy);
      end if;
      execute format('alter table %s %s', v_try.copy, v_try.added);
      execute coalesce((
        select format('update %s set %s', v_try.copy, string_agg(format('%I = gen_random_uuid()', held.attname), ', '))
        from pg_catalog.pg_attribute as held
        where held.attrelid = v_try.copy::regclass and held.attnum > 0 and held.atttypid = 'uuid'::regtype
        having count(*) > 0
      ), 'select');
      execute format('create table lockstep_trial.before as table %s', v_try.copy);
      for v_statement in
        select replace(pg_get_triggerdef(fired.oid), format(' ON %s ', v_try.relation), format(' ON %s ', v_try.copy))
        from pg_catalog.pg_trigger as fired
        where fired.tgrelid = v_try.oid and not fired.tgisinternal and fired.tgenabled in ('O', 'A')
      loop
        execute v_statement;
      end loop;
      set constraints all immediate;
      v_begun := true;
      -- As whoever calls it has it.
      set local search_path = public, extensions;
      execute (
        select format(v_try.statement, v_try.copy, string_agg(format('%I', held.attname), ', '))
        from pg_catalog.pg_attribute as held
        where held.attrelid = v_try.copy::regclass and held.attnum > 0
      );
      raise sqlstate 'LS000';
    exception
      when syntax_error or datatype_mismatch then
        get stacked diagnostics v_where = pg_exception_context;
        if v_begun then
          v_differences := v_differences || format(
            'table %s: a trigger copies its rows, and does not know the columns that are added: %s (%s). Name the columns there.',
            v_try.relation, sqlerrm, split_part(v_where, e'\n', 1)
          );
        end if;
      when others then null;
    end;
  end loop;

  if v_differences <> '{}' then
    raise exception e'nothing was changed, since this project has what these migrations do not fit:\n%',
      (
        select string_agg(said.line, e'\n' order by said.place)
        from (select line, min(place) from unnest(v_differences) with ordinality as each (line, place) group by line) as said (line, place)
      )
      using hint = 'Mend each, and apply them again. `gate adopt` says of the catalog the same without applying anything.';
  end if;
end;
$look$;

-- 20261122080000_adoption.sql

-- What the project had before: remembered once, before anything is made.
--
-- A table that was there is the project's. It keeps its rights, policies and constraints, and row level security as it
-- is: what the contract wants closed on it is closed by lockstep.close_doors(), once nothing uses it any more. An index
-- that was there stays when ours are undone. The list stands in the comment of the schema, which every login may read.
-- Contract: none by itself.
-- Called by: the migrations that make tables, and the gate.
-- Undo: drop function lockstep.drop_what_was_made(text[]); drop function lockstep.drop_index_that_was_made(text);
--   drop function lockstep.keep_clients_out(text);
--   drop function lockstep.add_missing_column(text, text, text);
--   drop function lockstep.has_adopted(text);
--   drop schema lockstep;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

do $$
begin
  if to_regnamespace('lockstep') is not null then
    return;
  end if;

  create schema lockstep;
  execute format(
    'comment on schema lockstep is %L',
    jsonb_build_object(
      'is', 'Helpers of the versioned RPCs. Not exposed, no rights for clients.',
      'adopted', (
        select coalesce(jsonb_agg(found.relname order by found.relname), '[]')
        from pg_catalog.pg_class as found
        where found.relnamespace = 'public'::regnamespace
          and found.relname in (
            'social_channels', 'social_channel_members', 'social_messages', 'heroes', 'rank_games', 'rank_rooms',
            'rank_room_slots', 'rank_participants', 'rank_match_roster', 'rank_sessions',
            'social_channel_members_by_user', 'social_messages_by_channel_and_age', 'social_messages_by_sender_and_age',
            'one_message_per_client_message_id',
            'rank_match_roster_by_room', 'rank_match_roster_match_instance_id_slot_index_key', 'rank_rooms_by_owner'
          )
      )
    )
  );
end;
$$;

revoke all on schema lockstep from public, anon, authenticated, service_role;

create or replace function lockstep.has_adopted(p_name text)
returns boolean
language sql
stable
set search_path = ''
as $$
  select obj_description('lockstep'::regnamespace, 'pg_namespace')::jsonb -> 'adopted' ? has_adopted.p_name;
$$;

comment on function lockstep.has_adopted(text) is 'Whether the project had a table or index of this name in public before.';
revoke all on function lockstep.has_adopted(text) from public, anon, authenticated, service_role;

-- Asks first whether there is anything to do: even a change that changes nothing would wait for everybody who reads.
create or replace function lockstep.keep_clients_out(p_table text)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_table constant regclass := format('public.%I', keep_clients_out.p_table)::regclass;
begin
  if lockstep.has_adopted(keep_clients_out.p_table) then
    return;
  end if;

  if not (select class.relrowsecurity from pg_catalog.pg_class as class where class.oid = v_table) then
    execute format('alter table %s enable row level security', v_table);
  end if;
  execute format('revoke all on %s from public, anon, authenticated, service_role', v_table);
end;
$$;

comment on function lockstep.keep_clients_out(text) is
  'Turns row level security on and takes every right from clients, on a table that the migrations have made.';
revoke all on function lockstep.keep_clients_out(text) from public, anon, authenticated, service_role;

-- A column that is added to a table of the project says so, and can be told from the project's own.
create or replace function lockstep.add_missing_column(p_table text, p_column text, p_type text)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_role text;
begin
  -- Even where it is there, `add column if not exists` would wait for everybody who reads.
  if exists (
    select
    from pg_catalog.pg_attribute as attribute
    where attribute.attrelid = format('public.%I', add_missing_column.p_table)::regclass
      and attribute.attname = add_missing_column.p_column
      and not attribute.attisdropped
  ) then
    return;
  end if;

  execute format(
    'alter table public.%I add column %I %s',
    add_missing_column.p_table, add_missing_column.p_column, add_missing_column.p_type
  );
  -- Who may read each of the others reads `select *`, and goes on.
  for v_role in
    select coalesce(nullif(acl.grantee, 0)::regrole::text, 'public')
    from pg_catalog.pg_attribute as attribute
    cross join aclexplode(attribute.attacl) as acl
    where attribute.attrelid = format('public.%I', add_missing_column.p_table)::regclass
      and acl.privilege_type = 'SELECT'
      and not attribute.attisdropped
    group by acl.grantee
    having count(distinct attribute.attnum) + 1 = (
      select count(*)
      from pg_catalog.pg_attribute as held
      where held.attrelid = format('public.%I', add_missing_column.p_table)::regclass
        and held.attnum > 0
        and not held.attisdropped
    )
  loop
    execute format(
      'grant select (%I) on public.%I to %s', add_missing_column.p_column, add_missing_column.p_table, v_role
    );
  end loop;

  execute format(
    'comment on column public.%I.%I is ''Added by lockstep.''', add_missing_column.p_table, add_missing_column.p_column
  );
  perform lockstep.remember_own(format('column public.%s.%s', add_missing_column.p_table, add_missing_column.p_column));
end;
$$;

comment on function lockstep.add_missing_column(text, text, text) is 'Adds a column to a table that has none of its name.';
revoke all on function lockstep.add_missing_column(text, text, text) from public, anon, authenticated, service_role;

-- For undoing.
create or replace function lockstep.drop_index_that_was_made(p_index text)
returns void
language plpgsql
volatile
set search_path = ''
as $$
begin
  if not lockstep.has_adopted(drop_index_that_was_made.p_index) then
    execute format('drop index if exists public.%I', drop_index_that_was_made.p_index);
  end if;
end;
$$;

comment on function lockstep.drop_index_that_was_made(text) is 'Drops an index, unless the project had it before.';
revoke all on function lockstep.drop_index_that_was_made(text) from public, anon, authenticated, service_role;

-- For undoing: what the project had stays, without the columns that were added to it.
create or replace function lockstep.drop_what_was_made(variadic p_tables text[])
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_table text;
  v_column text;
begin
  foreach v_table in array drop_what_was_made.p_tables loop
    if not lockstep.has_adopted(v_table) then
      execute format('drop table public.%I', v_table);
      continue;
    end if;
    for v_column in
      select attribute.attname
      from pg_catalog.pg_attribute as attribute
      where attribute.attrelid = format('public.%I', v_table)::regclass
        and col_description(attribute.attrelid, attribute.attnum) = 'Added by lockstep.'
    loop
      execute format('alter table public.%I drop column %I', v_table, v_column);
    end loop;
    execute format('drop trigger if exists what_points_at_it_goes_with_it on public.%I', v_table);
    execute format('drop trigger if exists what_points_at_them_goes_with_them on public.%I', v_table);
  end loop;
end;
$$;

comment on function lockstep.drop_what_was_made(text[]) is
  'Drops tables that the migrations have made, and what they have added to those of the project.';
revoke all on function lockstep.drop_what_was_made(text[]) from public, anon, authenticated, service_role;

-- 20261122080010_own_objects.sql

-- What is on the tables that the project had before, and what shows them to others: remembered once, as digests, before
-- anything is added.
--
-- A trigger that refuses words, a view that shows messages, what PostgREST calls before each request: they are the project's
-- business as long as they are as they were. One that comes later, or is changed, is a finding of the gate, until the
-- contract has it. The digests stand with the list of those tables, in the comment of the schema.
-- Contract: none by itself.
-- Called by: the migrations that make tables, and the gate, which asks the first one's query.
-- Undo: drop function lockstep.remember_own(text); drop function lockstep.own_objects();

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- Reads the catalog only, so that every login may ask the same, without the function. A digest is of the object's name, its
-- definition, and the functions that it calls.
create or replace function lockstep.own_objects()
returns table (object text, digest text)
language sql
stable
set search_path = ''
as $$
  with adopted (oid, name) as (
    select class.oid, 'public.' || class.relname
    from pg_catalog.pg_class as class
    where class.relnamespace = 'public'::regnamespace
      and class.relkind in ('r', 'p')
      and strpos(obj_description(to_regnamespace('lockstep'), 'pg_namespace'), format('"%s"', class.relname)) > 0
  ),
  found (classid, oid, object, definition) as (
    select
      'pg_catalog.pg_trigger'::regclass, fired.oid, format('trigger %s on %s', fired.tgname, adopted.name),
      concat(fired.tgenabled, pg_get_triggerdef(fired.oid))
    from adopted
    join pg_catalog.pg_trigger as fired on fired.tgrelid = adopted.oid and not fired.tgisinternal
    union all
    select
      'pg_catalog.pg_rewrite'::regclass, rule.oid, format('rule %s on %s', rule.rulename, adopted.name),
      pg_get_ruledef(rule.oid)
    from adopted
    join pg_catalog.pg_rewrite as rule on rule.ev_class = adopted.oid
    union all
    select
      'pg_catalog.pg_policy'::regclass, policy.oid, format('policy "%s" on %s', policy.polname, adopted.name),
      concat_ws(
        ' ', policy.polcmd, policy.polpermissive, policy.polroles::regrole[],
        pg_get_expr(policy.polqual, policy.polrelid), pg_get_expr(policy.polwithcheck, policy.polrelid)
      )
    from adopted
    join pg_catalog.pg_policy as policy on policy.polrelid = adopted.oid
    union all
    select
      'pg_catalog.pg_constraint'::regclass, rule.oid, format('constraint %s on %s', rule.conname, adopted.name),
      pg_get_constraintdef(rule.oid)
    from adopted
    join pg_catalog.pg_constraint as rule on rule.conrelid = adopted.oid
    union all
    select
      'pg_catalog.pg_class'::regclass, class.oid, format('index %s on %s', class.relname, adopted.name),
      pg_get_indexdef(class.oid)
    from adopted
    join pg_catalog.pg_index as index on index.indrelid = adopted.oid
    join pg_catalog.pg_class as class on class.oid = index.indexrelid
    union all
    select
      'pg_catalog.pg_attrdef'::regclass, value.oid, format('column %s.%s', adopted.name, attribute.attname),
      concat_ws(
        ' ', format_type(attribute.atttypid, attribute.atttypmod), attribute.attcollation::regcollation,
        attribute.attnotnull, attribute.attidentity, attribute.attgenerated, pg_get_expr(value.adbin, value.adrelid)
      )
    from adopted
    join pg_catalog.pg_attribute as attribute
      on attribute.attrelid = adopted.oid and attribute.attnum > 0 and not attribute.attisdropped
    left join pg_catalog.pg_attrdef as value on value.adrelid = adopted.oid and value.adnum = attribute.attnum
    union all
    select
      'pg_catalog.pg_inherits'::regclass, null, format('table %s: rows of %s', adopted.name, child.inhrelid::regclass), ''
    from adopted
    join pg_catalog.pg_inherits as child on child.inhparent = adopted.oid
    union all
    select
      'pg_catalog.pg_inherits'::regclass, null,
      format('table %s: its rows are shown by %s', adopted.name, parent.inhparent::regclass), ''
    from adopted
    join pg_catalog.pg_inherits as parent on parent.inhrelid = adopted.oid
    union all
    select
      'pg_catalog.pg_class'::regclass, null, format('right of everybody to %s on %s', lower(held.privilege), adopted.name),
      string_agg(held.place, ' ' order by held.place)
    from adopted
    cross join lateral (
      select acl.privilege_type, '*'
      from pg_catalog.pg_class as class
      cross join aclexplode(class.relacl) as acl
      where class.oid = adopted.oid and acl.grantee = 0
      union all
      select acl.privilege_type, attribute.attname::text
      from pg_catalog.pg_attribute as attribute
      cross join aclexplode(attribute.attacl) as acl
      where attribute.attrelid = adopted.oid and not attribute.attisdropped and acl.grantee = 0
    ) as held (privilege, place)
    group by adopted.name, held.privilege
    union all
    -- With the rights of their owners, they may show any of those tables; to whom they are open is a part of what they are.
    select
      'pg_catalog.pg_class'::regclass, class.oid,
      format('%s %s', case class.relkind when 'm' then 'materialized view' else 'view' end, class.oid::regclass),
      concat_ws(' ', class.relowner::regrole, class.reloptions, class.relacl, pg_get_viewdef(class.oid))
    from pg_catalog.pg_class as class
    where class.relkind in ('v', 'm')
      and class.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
      and exists (select from adopted)
    union all
    select
      'pg_catalog.pg_proc'::regclass, routine.oid, format('function %s', routine.oid::regprocedure),
      concat_ws(
        ' ', routine.proowner::regrole, routine.proconfig, routine.proacl, routine.prosrc, pg_get_function_sqlbody(routine.oid)
      )
    from pg_catalog.pg_proc as routine
    where routine.prosecdef
      and routine.pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
      and exists (select from adopted)
    union all
    -- What PostgREST calls before each request.
    select
      'pg_catalog.pg_db_role_setting'::regclass, null,
      'setting pgrst.db_pre_request of role authenticator'
        || case when kept.setdatabase <> 0 then ' in database ' || current_database() else '' end,
      concat_ws(' ', item.setting, called.prosecdef, called.proconfig, called.prosrc)
    from pg_catalog.pg_db_role_setting as kept
    cross join unnest(kept.setconfig) as item (setting)
    left join pg_catalog.pg_proc as called on called.oid = to_regprocedure(split_part(item.setting, '=', 2) || '()')
    where kept.setrole = to_regrole('authenticator')
      and kept.setdatabase in (0, (select here.oid from pg_catalog.pg_database as here where here.datname = current_database()))
      and item.setting like 'pgrst.db_pre_request=%'
  )
  select
    found.object,
    left(md5(concat_ws(
      e'\n', found.object, found.definition,
      (
        select string_agg(
          concat_ws(
            ' ', routine.proowner::regrole, routine.prosecdef, routine.proconfig, routine.prosrc,
            pg_get_function_sqlbody(routine.oid)
          ),
          e'\n' order by routine.oid::regprocedure::text
        )
        from pg_catalog.pg_depend as depend
        join pg_catalog.pg_proc as routine on routine.oid = depend.refobjid
        where depend.classid = found.classid
          and depend.objid = found.oid
          and depend.refclassid = 'pg_catalog.pg_proc'::regclass
      )
    )), 12)
  from found;
$$;

comment on function lockstep.own_objects() is
  'What is on the tables that the project had before, what may show them to others, and a digest of each.';
revoke all on function lockstep.own_objects() from public, anon, authenticated, service_role;

-- Null: all that is there.
create or replace function lockstep.remember_own(p_object text)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_comment constant jsonb := obj_description('lockstep'::regnamespace, 'pg_namespace')::jsonb;
begin
  execute format(
    'comment on schema lockstep is %L',
    v_comment || jsonb_build_object(
      'own', coalesce(v_comment -> 'own', '[]') || (
        select coalesce(jsonb_agg(own.digest), '[]')
        from lockstep.own_objects() as own
        where own.object = coalesce(remember_own.p_object, own.object)
      )
    )
  );
end;
$$;

comment on function lockstep.remember_own(text) is 'Takes what is on the tables that the project had before as its own, as it is now.';
revoke all on function lockstep.remember_own(text) from public, anon, authenticated, service_role;

do $$
begin
  if not obj_description('lockstep'::regnamespace, 'pg_namespace')::jsonb ? 'own' then
    perform lockstep.remember_own(null);
  end if;
end;
$$;

-- 20261122080100_indexes.sql

-- Indexes on tables that may be the project's: by use, not by name. Where the project has one that serves as well, none is
-- made beside it.
--
-- `create index concurrently` cannot be part of a function or a condition, and so each of its files has a step before it.
-- Contract: none by itself.
-- Called by: the migrations that make an index beside those who write.
-- Undo: drop function lockstep.free_index_names(); drop function lockstep.prepare_index(text, text, text[], text);
--   drop function lockstep.has_index(text, text[], text);

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- One that begins with these columns, in this order, and has no rows left out but those that nobody searches for. It is
-- read from either end: all directions are as they are given or all are the other way round, and the first column is one
-- that is looked for by its value.
create or replace function lockstep.has_index(p_table text, p_columns text[], p_where text)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return exists (
    select
    from pg_catalog.pg_index as index
    join pg_catalog.pg_class as class on class.oid = index.indexrelid
    join pg_catalog.pg_am as method on method.oid = class.relam
    cross join lateral (
      select
        bool_and(pg_get_indexdef(index.indexrelid, number::integer, false) = split_part(asked.spelt, ' ', 1)) as same,
        count(distinct index.indoption[number - 1] = case when asked.spelt like '% desc' then 3 else 0 end)
          filter (where number > 1) as ways,
        bool_and(index.indoption[number - 1] in (0, 3)) as plain
      from unnest(has_index.p_columns) with ordinality as asked (spelt, number)
    ) as compared
    where index.indrelid = format('public.%I', has_index.p_table)::regclass
      and method.amname = 'btree'
      and index.indisvalid and index.indisready and index.indislive
      and index.indnkeyatts >= cardinality(has_index.p_columns)
      and (index.indpred is null or pg_get_expr(index.indpred, index.indrelid) = has_index.p_where)
      and compared.same and compared.ways < 2 and compared.plain
  );
end;
$$;

comment on function lockstep.has_index(text, text[], text) is 'Whether a table has an index that serves for these columns.';
revoke all on function lockstep.has_index(text, text[], text) from public, anon, authenticated, service_role;

-- What a build that failed has left would be taken for an index that is there: it is dropped. A unique one is the project's.
-- Where there is one that serves, an empty type keeps the name until free_index_names(): `if not exists` then makes none.
create or replace function lockstep.prepare_index(p_name text, p_table text, p_columns text[], p_where text default null)
returns void
language plpgsql
volatile
set search_path = ''
set lock_timeout = '500ms'
as $$
declare
  v_index constant regclass := to_regclass(format('public.%I', prepare_index.p_name));
begin
  if exists (
    select from pg_catalog.pg_index where indexrelid = v_index and not indisvalid and not indisunique
  ) then
    execute format('drop index %s', v_index);
  end if;
  if to_regclass(format('public.%I', prepare_index.p_name)) is null
    and lockstep.has_index(prepare_index.p_table, prepare_index.p_columns, prepare_index.p_where)
  then
    execute format('create type public.%I as ()', prepare_index.p_name);
    execute format('comment on type public.%I is ''Keeps a name.''', prepare_index.p_name);
  end if;
end;
$$;

comment on function lockstep.prepare_index(text, text, text[], text) is
  'Lets an index be made where none serves, and no other: drops what a failed build has left, and keeps the name otherwise.';
revoke all on function lockstep.prepare_index(text, text, text[], text) from public, anon, authenticated, service_role;

create or replace function lockstep.free_index_names()
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_type text;
begin
  for v_type in
    select format('%I.%I', namespace.nspname, type.typname)
    from pg_catalog.pg_type as type
    join pg_catalog.pg_namespace as namespace on namespace.oid = type.typnamespace
    where namespace.nspname = 'public' and obj_description(type.oid, 'pg_type') = 'Keeps a name.'
  loop
    execute format('drop type %s', v_type);
  end loop;
end;
$$;

comment on function lockstep.free_index_names() is 'Gives the names free that prepare_index() has kept.';
revoke all on function lockstep.free_index_names() from public, anon, authenticated, service_role;

-- 20261122080200_references.sql

-- What is made here may point at a table that the project had.
--
-- A foreign key would forbid the project to truncate or drop its table and to give its rows other ids, and it asks for a key
-- that may be deferred. There, triggers do what a key would: what points at a row goes with it, and nothing points at what
-- is not there. Where both tables are made here, it is a foreign key.
-- Contract: none by itself.
-- Called by: the migrations that make tables; deletes and truncates of a project's rows, and changes of their ids; writes
--   of rows that point there.
-- Undo: drop function lockstep.refer(text, text[]); drop function lockstep.require_adopted();
--   drop function lockstep.follow_adopted();

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- Each argument is a table, its column, and `cascade` or `null`; in the order in which rows are locked.
create or replace function lockstep.follow_adopted()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_follower text;
  v_table text;
  v_column text;
begin
  foreach v_follower in array tg_argv loop
    v_table := split_part(v_follower, ' ', 1);
    v_column := split_part(v_follower, ' ', 2);
    if tg_op = 'UPDATE' then
      execute format('update public.%I set %I = $1 where %I = $2', v_table, v_column, v_column) using new.id, old.id;
    elsif v_follower like '% cascade' then
      if tg_op = 'TRUNCATE' then
        execute format('delete from public.%I where true', v_table);
      else
        execute format('delete from public.%I where %I = $1', v_table, v_column) using old.id;
      end if;
    elsif tg_op = 'TRUNCATE' then
      execute format('update public.%I set %I = null where %I is not null', v_table, v_column, v_column);
    else
      execute format('update public.%I set %I = null where %I = $1', v_table, v_column, v_column) using old.id;
    end if;
  end loop;
  return null;
exception
  -- Its id is renamed: no RPC works then, and what the project does goes on.
  when undefined_column then
    return null;
end;
$$;

comment on function lockstep.follow_adopted() is 'Does to what points at a row what is done to the row.';
revoke all on function lockstep.follow_adopted() from public, anon, authenticated, service_role;

-- Holds the row as a key would: whoever deletes it meanwhile waits, and then removes this one, too. It runs after the keys, which
-- hold the user: users come first in the order of locks. The first argument is the table, the second the column here.
create or replace function lockstep.require_adopted()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_id constant uuid := (to_jsonb(new) ->> tg_argv[1])::uuid;
  v_rows integer;
begin
  execute format('select from public.%I as there where there.id = $1 for key share', tg_argv[0]) using v_id;
  get diagnostics v_rows = row_count;
  if v_rows = 0 then
    raise foreign_key_violation using message = format('There is no row of %s with this %s.', tg_argv[0], tg_argv[1]);
  end if;
  return new;
end;
$$;

comment on function lockstep.require_adopted() is 'Refuses a row that points at nothing, and holds what it points at.';
revoke all on function lockstep.require_adopted() from public, anon, authenticated, service_role;

create or replace function lockstep.refer(p_to text, p_followers text[])
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_arguments text;
  v_table text;
  v_column text;
  v_action text;
begin
  for v_table, v_column, v_action in
    select split_part(follower, ' ', 1), split_part(follower, ' ', 2), split_part(follower, ' ', 3)
    from unnest(refer.p_followers) as follower
  loop
    continue when lockstep.has_adopted(v_table);
    if lockstep.has_adopted(refer.p_to) then
      v_arguments := concat_ws(', ', v_arguments, quote_literal(concat_ws(' ', v_table, v_column, v_action)));
      execute format(
        'create or replace trigger %I after insert or update of %I on public.%I '
        'for each row when (new.%I is not null) execute function lockstep.require_adopted(%L, %L)',
        'the_' || v_column || '_is_there', v_column, v_table, v_column, refer.p_to, v_column
      );
      -- Of those two, a later file looks after.
      if v_table || '.' || v_column not in ('social_messages.channel_id', 'rank_match_roster.room_id')
        and not lockstep.has_index(v_table, array[v_column], null)
      then
        execute format('create index on public.%I (%I)', v_table, v_column);
      end if;
    elsif not exists (
      select
      from pg_catalog.pg_constraint as owned
      where owned.conrelid = format('public.%I', v_table)::regclass
        and owned.conname = format('%s_%s_fkey', v_table, v_column)
    ) then
      execute format(
        'alter table public.%I add constraint %I foreign key (%I) references public.%I (id) on delete %s',
        v_table, format('%s_%s_fkey', v_table, v_column), v_column, refer.p_to,
        case v_action when 'null' then 'set null' else v_action end
      );
    end if;
  end loop;

  if v_arguments is not null then
    execute format(
      'create or replace trigger what_points_at_it_goes_with_it after delete or update of id on public.%I '
      'for each row execute function lockstep.follow_adopted(%s)', refer.p_to, v_arguments
    );
    execute format(
      'create or replace trigger what_points_at_them_goes_with_them after truncate on public.%I '
      'for each statement execute function lockstep.follow_adopted(%s)', refer.p_to, v_arguments
    );
  end if;
end;
$$;

comment on function lockstep.refer(text, text[]) is
  'Lets columns of tables that are made here point at another table: by foreign keys, or by triggers where it is the project''s.';
revoke all on function lockstep.refer(text, text[]) from public, anon, authenticated, service_role;

-- 20261122080300_what_policies_ask.sql

-- What a project's policies look up: the roles that own RPCs may read it.
--
-- A policy for everybody holds for these roles too, and is evaluated with their rights: one that asks another table would end
-- every RPC with "permission denied". So they may read just the columns that such policies name, one where none is named, and
-- those that the policies of these tables name in turn. No function of theirs reads them.
-- Contract: none by itself.
-- Called by: the migrations that give these roles their tables.
-- Undo: drop function lockstep.let_read_what_policies_ask(text, text[]);

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create or replace function lockstep.let_read_what_policies_ask(p_reader text, p_tables text[])
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_table text;
  v_column text;
begin
  for v_table, v_column in
    with recursive looked_up (relation, number, seen) as (
      select class.oid, 0::smallint, array[class.oid]
      from pg_catalog.pg_class as class
      where class.relnamespace = 'public'::regnamespace
        and class.relname = any (let_read_what_policies_ask.p_tables)
      union
      select depend.refobjid, depend.refobjsubid::smallint, looked_up.seen || depend.refobjid
      from looked_up
      join pg_catalog.pg_policy as policy on policy.polrelid = looked_up.relation and 0 = any (policy.polroles)
      join pg_catalog.pg_depend as depend
        on depend.classid = 'pg_catalog.pg_policy'::regclass
        and depend.objid = policy.oid
        and depend.refclassid = 'pg_catalog.pg_class'::regclass
        and depend.refobjid <> all (looked_up.seen)
    )
    select distinct looked_up.relation::regclass::text, attribute.attname
    from looked_up
    join pg_catalog.pg_attribute as attribute
      on attribute.attrelid = looked_up.relation and attribute.attnum = case looked_up.number
        when 0 then (
          select min(any_one.attnum) from pg_catalog.pg_attribute as any_one
          where any_one.attrelid = looked_up.relation and any_one.attnum > 0 and not any_one.attisdropped
        )
        else looked_up.number
      end
    where cardinality(looked_up.seen) > 1
      and not has_column_privilege(
        let_read_what_policies_ask.p_reader, looked_up.relation, attribute.attnum, 'select'
      )
    order by 1, 2
  loop
    execute format('grant select (%I) on %s to %I', v_column, v_table, let_read_what_policies_ask.p_reader);
  end loop;
end;
$$;

comment on function lockstep.let_read_what_policies_ask(text, text[]) is
  'Lets a role read the columns that the policies for everybody on these tables name.';
revoke all on function lockstep.let_read_what_policies_ask(text, text[]) from public, anon, authenticated, service_role;

-- 20261122090000_rpc_foundation.sql

-- What every versioned RPC stands on: the caller's id, the answer, the handshake.
--
-- Contract: none by itself, all RPCs use it.
-- Called by: the RPCs, never by a client: PostgREST does not expose the schema.
-- Undo: drop function lockstep.announce_rpc, lockstep.require_expected_version, lockstep.refuse, lockstep.set_header,
--   lockstep.header_so_far, lockstep.caller_id;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- Who is asking --------------------------------------------------------------------------------------------------

-- The owners of the RPCs cannot be given `usage on schema auth` on a hosted project (postgres holds it without grant
-- option), so this function stands between them and auth.uid(). Its value is the same.
--
-- The helpers that every call needs are in plpgsql: a connection keeps its plans. A function in SQL is planned again in
-- each request.
create or replace function lockstep.caller_id()
returns uuid
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return auth.uid();
end;
$$;

comment on function lockstep.caller_id() is 'The signed-in user, or null.';
revoke all on function lockstep.caller_id() from public, anon, authenticated, service_role;

-- Answering ------------------------------------------------------------------------------------------------------

create or replace function lockstep.header_so_far(p_name text)
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  v_headers constant text := coalesce(current_setting('response.headers', true), '');
begin
  if v_headers = '' then
    return null;
  end if;

  return (
    select string_agg(header.value, ', ')
    from jsonb_array_elements(v_headers::jsonb) as entry, jsonb_each_text(entry) as header
    where lower(header.key) = lower(header_so_far.p_name)
  );
end;
$$;

comment on function lockstep.header_so_far(text) is 'What the answer has under this name until now, or null.';
revoke all on function lockstep.header_so_far(text) from public, anon, authenticated, service_role;

-- The last writer of response.headers would win, so each header is put among those that are there already.
create or replace function lockstep.set_header(p_name text, p_value text)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_headers jsonb := coalesce(nullif(current_setting('response.headers', true), ''), '[]')::jsonb;
begin
  -- A name that is nowhere in the text is not among the headers. Looking closer costs ten times as much.
  if strpos(lower(v_headers::text), lower(set_header.p_name)) > 0 then
    select coalesce(jsonb_agg(entry), '[]')
    into v_headers
    from jsonb_array_elements(v_headers) as entry
    where not exists (
      select from jsonb_object_keys(entry) as header(name) where lower(header.name) = lower(set_header.p_name)
    );
  end if;

  perform set_config(
    'response.headers',
    (v_headers || jsonb_build_object(set_header.p_name, set_header.p_value))::text,
    true
  );
end;
$$;

comment on function lockstep.set_header(text, text) is 'Adds a header to the answer, in place of one of that name.';
revoke all on function lockstep.set_header(text, text) from public, anon, authenticated, service_role;

-- SQLSTATE PGRST is the only error whose headers PostgREST sends (docs.postgrest.org, "Errors", "RAISE Error with
-- Custom HTTP Status Code"); without them a refusal would not say which version refused.
create or replace function lockstep.refuse(
  p_status integer,
  p_code text,
  p_message text,
  p_details text default null,
  p_hint text default null
)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_headers jsonb;
begin
  select coalesce(jsonb_object_agg(header.key, header.value), '{}')
  into v_headers
  from jsonb_array_elements(coalesce(nullif(current_setting('response.headers', true), ''), '[]')::jsonb) as entry,
       jsonb_each(entry) as header;

  raise sqlstate 'PGRST' using
    message = jsonb_build_object(
      'code', refuse.p_code, 'message', refuse.p_message, 'details', refuse.p_details, 'hint', refuse.p_hint
    )::text,
    detail = jsonb_build_object('status', refuse.p_status, 'headers', v_headers)::text;
end;
$$;

comment on function lockstep.refuse(integer, text, text, text, text) is
  'Ends the request with an HTTP status and a code of our own.';
revoke all on function lockstep.refuse(integer, text, text, text, text) from public, anon, authenticated, service_role;

-- The version handshake ------------------------------------------------------------------------------------------

-- Reads the list of X-RPC-Expect, and refuses a version of this RPC that is none, or that this database does not meet.
create or replace function lockstep.require_expected_version(p_expect text, p_name text, p_version text)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  c_semver constant text := '^(0|[1-9][0-9]{0,8})[.](0|[1-9][0-9]{0,8})[.](0|[1-9][0-9]{0,8})$';
  v_entry text;
  v_expected integer[];
  v_present constant integer[] := string_to_array(require_expected_version.p_version, '.')::integer[];
begin
  foreach v_entry in array string_to_array(require_expected_version.p_expect, ',') loop
    -- The blanks that HTTP allows around a comma: an entry overlooked for its tab would be a check skipped.
    v_entry := btrim(v_entry, e' \t');
    continue when split_part(v_entry, '/', 1) <> require_expected_version.p_name
      or v_entry = require_expected_version.p_name || '/' || require_expected_version.p_version;

    v_entry := substr(v_entry, length(require_expected_version.p_name) + 2);
    if v_entry !~ c_semver then
      perform lockstep.refuse(
        400, 'rpc_expect_malformed', 'X-RPC-Expect is not a list of name/semver.', require_expected_version.p_name
      );
    end if;

    v_expected := string_to_array(v_entry, '.')::integer[];
    if v_expected[1] <> v_present[1] or v_present < v_expected then
      perform lockstep.refuse(
        503,
        'rpc_contract_mismatch',
        'This database has another version of the RPC than the caller was built for.',
        require_expected_version.p_name || ': expected ' || v_entry
          || ', present ' || require_expected_version.p_version,
        'Run the migrations, or deploy the components that fit them.'
      );
    end if;
  end loop;
end;
$$;

comment on function lockstep.require_expected_version(text, text, text) is
  'Refuses a caller who was built for another version of the RPC.';
revoke all on function lockstep.require_expected_version(text, text, text)
  from public, anon, authenticated, service_role;

-- The first statement of every RPC. Says `name/semver` in X-RPC-Version, and refuses before anything is done when the
-- request's X-RPC-Expect names this RPC with another major version, or with a newer one than this database has.
create or replace function lockstep.announce_rpc(p_name text, p_version text)
returns void
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  v_tag constant text := announce_rpc.p_name || '/' || announce_rpc.p_version;
  -- As PostgREST writes them. To read all headers as JSON, the token among them, takes as long as the rest of this.
  v_given constant text := current_setting('request.headers', true);
  v_expect text := split_part(split_part(v_given, '"x-rpc-expect":"', 2), '"', 1);
  v_headers constant jsonb := nullif(current_setting('response.headers', true), '')::jsonb;
  v_before constant text := v_headers -> 0 ->> 'X-RPC-Version';
begin
  if v_before is not null then
    -- One RPC runs another, and the header lists both.
    perform set_config(
      'response.headers', jsonb_set(v_headers, '{0, X-RPC-Version}', to_jsonb(v_before || ', ' || v_tag))::text, true
    );
  else
    -- Until the request ends: a connection plans a statement once, for all arguments alike, and compiles none.
    perform set_config('plan_cache_mode', 'force_generic_plan', true), set_config('jit', 'off', true);

    if v_headers is null then
      perform set_config('response.headers', jsonb_build_array(jsonb_build_object('X-RPC-Version', v_tag))::text, true);
    else
      perform lockstep.set_header(
        'X-RPC-Version', concat_ws(', ', lockstep.header_so_far('X-RPC-Version'), v_tag)
      );
    end if;
  end if;

  if v_expect = '' and strpos(v_given, 'x-rpc-expect') > 0 or strpos(v_expect, '\') > 0 then
    v_expect := v_given::json ->> 'x-rpc-expect';
  end if;
  -- Nearly every caller expects just this version. The list is read only where it names the RPC in another way.
  if strpos(replace(', ' || v_expect || ',', ', ' || v_tag || ',', ','), announce_rpc.p_name) > 0 then
    perform lockstep.require_expected_version(v_expect, announce_rpc.p_name, announce_rpc.p_version);
  end if;
end;
$$;

comment on function lockstep.announce_rpc(text, text) is
  'Names the RPC and its version in the answer, and refuses a caller who was built for another.';
revoke all on function lockstep.announce_rpc(text, text) from public, anon, authenticated, service_role;

-- 20261122090010_settings.sql

-- What an operator may change without a migration: one row for each setting.
--
-- A table, because a hosted project cannot set database parameters of its own. To change one, as postgres:
--   update lockstep.settings set value = '120' where name = 'messages_per_minute';
-- Contract: none by itself.
-- Called by: the RPCs and the helpers beside them.
-- Undo: drop function lockstep.setting(text); drop table lockstep.settings;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create table if not exists lockstep.settings (
  name text primary key,
  kind text not null,
  value jsonb not null,
  meaning text not null,

  -- Whoever writes `"60"` or `0` is told now, and not by the requests that fail then.
  constraint setting_has_the_value_of_its_kind check (
    case kind
      when 'count' then value::text ~ '^[1-9][0-9]{0,8}$'
      when 'days' then value::text ~ '^("never"|[1-9][0-9]{0,4})$'
      when 'switch' then jsonb_typeof(value) = 'boolean'
      when 'flag' then value::text ~ '^("off"|"on"|100|[1-9]?[0-9])$'
      when 'users' then
        case jsonb_typeof(value)
          when 'array' then
            jsonb_array_length(value) = jsonb_array_length(
              jsonb_path_query_array(
                value, '$[*] ? (@ like_regex "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")'
              )
            )
          else false
        end
      else false
    end
  )
);

comment on table lockstep.settings is 'What an operator may change without a migration.';
comment on column lockstep.settings.kind is
  'count: a whole number from 1. days: "never", or how many. switch: true or false. flag: "off", "on" or a percentage of the users. users: their ids.';
comment on column lockstep.settings.meaning is 'What the setting does.';

alter table lockstep.settings enable row level security;
revoke all on lockstep.settings from public, anon, authenticated, service_role;

-- What an operator has changed stays changed when this runs again.
insert into lockstep.settings (name, kind, value, meaning)
values
  ('messages_per_minute', 'count', '60', 'How many messages one user may send within 60 seconds, in all channels.'),
  ('guests_allowed', 'switch', 'false', 'Whether users who signed in anonymously may call the RPCs and listen.')
on conflict do nothing;

-- A setting that somebody has deleted is an operator's fault, and nothing to guess at.
create or replace function lockstep.setting(p_name text)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_value jsonb;
begin
  select known.value into v_value from lockstep.settings as known where known.name = setting.p_name;

  if v_value is null then
    perform lockstep.refuse(500, 'setting_missing', 'This database is not set up completely.', setting.p_name);
  end if;
  return v_value;
end;
$$;

comment on function lockstep.setting(text) is 'The value of a setting; refuses with 500 where there is none.';
revoke all on function lockstep.setting(text) from public, anon, authenticated, service_role;

-- 20261122090020_caller.sql

-- Who may call at all: a signed-in user, and a guest only where the setting lets guests in.
--
-- Contract: none by itself, all RPCs use it.
-- Called by: the RPCs, through require_caller(), and the policies of Realtime.
-- Undo: drop function lockstep.require_caller(); drop function lockstep.is_unwelcome_guest();

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- A guest is who signed in anonymously: Auth says so in the token. A token that says something else than yes or no is
-- taken for a guest's, and so is a caller of whom there is no token to look at.
create or replace function lockstep.is_unwelcome_guest()
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_claims constant jsonb := auth.jwt();
begin
  -- Who is no guest is let in without a look at the settings.
  if v_claims is not null and coalesce(v_claims -> 'is_anonymous', 'false') in ('false', '"false"') then
    return false;
  end if;

  return not exists (
    select from lockstep.settings as setting where setting.name = 'guests_allowed' and setting.value = 'true'
  );
end;
$$;

comment on function lockstep.is_unwelcome_guest() is 'Whether the caller is a guest where guests are not allowed.';
revoke all on function lockstep.is_unwelcome_guest() from public, anon, authenticated, service_role;

-- Fails closed: a caller whose id is null gets nowhere.
create or replace function lockstep.require_caller()
returns uuid
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_caller constant uuid := lockstep.caller_id();
begin
  if v_caller is null then
    perform lockstep.refuse(401, 'auth_required', 'Sign in first.');
  end if;
  if lockstep.is_unwelcome_guest() then
    perform lockstep.refuse(403, 'guest_not_allowed', 'Guests cannot do this. Sign in with an account.');
  end if;

  -- What the RPC is about is looked at next. Until then the policies find nothing in hand, whatever was there before.
  perform set_config('lockstep.room', '', true), set_config('lockstep.game', '', true);
  return v_caller;
end;
$$;

comment on function lockstep.require_caller() is
  'The signed-in user; refuses with 401 where there is none, and with 403 where it is a guest.';
revoke all on function lockstep.require_caller() from public, anon, authenticated, service_role;

-- 20261122090030_audit_log.sql

-- The audit log: who has written what, through which RPC of which version, and when. Never with what content.
--
-- A row is added in the transaction of the write, or the write does not happen. Nobody changes one: not service_role, not
-- the owner of the table. Nobody removes one either, unless it is older than the owner has said it must be kept:
--   update lockstep.settings set value = '365' where name = 'audit_days';
-- Contract: none by itself.
-- Called by: the RPCs that write, through lockstep.audit(); pg_cron, at night, through lockstep.purge_audit_log().
-- Undo: drop function lockstep.purge_audit_log(); drop function lockstep.audit(text, text, jsonb);
--   drop table lockstep.audit_log; drop function lockstep.refuse_removal_of_young_entry();
--   drop function lockstep.refuse_change_of_audit_log();
--   delete from lockstep.settings where name in ('audit_days', 'audit_entries_per_night');

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create table if not exists lockstep.audit_log (
  id bigint generated always as identity primary key,
  -- No foreign key: the entry outlives the account.
  actor_id uuid not null,
  rpc text not null,
  rpc_version text not null,
  subject jsonb not null,
  happened_at timestamptz not null default now(),

  -- Identifiers and numbers say on what; what was written there is nobody's business here.
  constraint subject_is_an_object check (jsonb_typeof(subject) = 'object'),
  constraint subject_has_no_text_but_uuids check (
    not jsonb_path_exists(
      subject,
      '$.** ? (@.type() == "string" && !(@ like_regex "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"))'
    )
  )
);

create index if not exists audit_log_by_actor_and_age on lockstep.audit_log (actor_id, happened_at desc);

comment on table lockstep.audit_log is 'Who has written what through which RPC. Grows only.';

alter table lockstep.audit_log enable row level security;
revoke all on lockstep.audit_log from public, anon, authenticated, service_role;

create or replace function lockstep.refuse_change_of_audit_log()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise insufficient_privilege using message = 'the audit log grows only: no ' || lower(tg_op);
end;
$$;

comment on function lockstep.refuse_change_of_audit_log() is 'Ends every statement that would change the audit log.';
revoke all on function lockstep.refuse_change_of_audit_log() from public, anon, authenticated, service_role;

create or replace trigger audit_log_grows_only
  before update or truncate on lockstep.audit_log
  for each statement execute function lockstep.refuse_change_of_audit_log();

-- Also where the triggers of a session are switched off, as a restore does it.
alter table lockstep.audit_log enable always trigger audit_log_grows_only;

insert into lockstep.settings (name, kind, value, meaning)
values
  ('audit_days', 'days', '"never"', 'After how many days an entry of the audit log is removed.'),
  ('audit_entries_per_night', 'count', '100000', 'How many entries are removed in one night.')
on conflict do nothing;

-- With the rights of its owner: whoever removes entries need not be able to read the settings.
create or replace function lockstep.refuse_removal_of_young_entry()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_days constant jsonb := lockstep.setting('audit_days');
begin
  if v_days = '"never"' or old.happened_at >= now() - make_interval(days => v_days::text::integer) then
    raise insufficient_privilege using message = 'the audit log grows only: no delete';
  end if;
  return old;
end;
$$;

comment on function lockstep.refuse_removal_of_young_entry() is 'Ends a delete of an entry that has to be kept.';
revoke all on function lockstep.refuse_removal_of_young_entry() from public, anon, authenticated, service_role;

create or replace trigger audit_log_keeps_what_is_young
  before delete on lockstep.audit_log
  for each row execute function lockstep.refuse_removal_of_young_entry();

alter table lockstep.audit_log enable always trigger audit_log_keeps_what_is_young;

-- Looks at the oldest entries alone, so that a night's work has an end whatever there is.
create or replace function lockstep.purge_audit_log()
returns integer
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  v_days constant jsonb := lockstep.setting('audit_days');
  v_most constant integer := lockstep.setting('audit_entries_per_night')::integer;
  v_removed integer;
begin
  if v_days = '"never"' then
    return 0;
  end if;

  delete from lockstep.audit_log as entry
  where entry.id = any (array(
    select oldest.id
    from (select candidate.id, candidate.happened_at from lockstep.audit_log as candidate order by candidate.id limit v_most)
      as oldest
    where oldest.happened_at < now() - make_interval(days => v_days::text::integer)
  ));
  get diagnostics v_removed = row_count;
  return v_removed;
end;
$$;

comment on function lockstep.purge_audit_log() is 'Removes entries that need not be kept any longer, and says how many.';
revoke all on function lockstep.purge_audit_log() from public, anon, authenticated, service_role;

-- Appends, and lets its callers do nothing else there. Who acted is not theirs to say.
create or replace function lockstep.audit(p_rpc text, p_version text, p_subject jsonb)
returns void
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  insert into lockstep.audit_log (actor_id, rpc, rpc_version, subject)
  values (auth.uid(), audit.p_rpc, audit.p_version, audit.p_subject);
end;
$$;

comment on function lockstep.audit(text, text, jsonb) is 'Records that the caller has written, and on what: ids only.';
revoke all on function lockstep.audit(text, text, jsonb) from public, anon, authenticated, service_role;

-- 20261122090100_social_owner.sql

-- The role that owns the social RPCs: no login, no bypass of RLS, no table of its own.
--
-- A function owned by postgres would bypass RLS, and the policies on the tables would be decoration.
-- Contract: `owner` of the social RPCs.
-- Called by: nobody, a SECURITY DEFINER function runs as it.
-- Undo: drop owned by social_rpc_owner; drop role social_rpc_owner;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'social_rpc_owner') then
    create role social_rpc_owner nologin;
  end if;

  -- Only a superuser may take this away (before 16, only a superuser may even write `nobypassrls`).
  if exists (
    select from pg_catalog.pg_roles where rolname = 'social_rpc_owner' and (rolsuper or rolbypassrls)
  ) then
    raise exception 'social_rpc_owner bypasses RLS, and must not'
      using hint = 'As a superuser: alter role social_rpc_owner nosuperuser nobypassrls;';
  end if;
end;
$$;

alter role social_rpc_owner nologin noinherit nocreatedb nocreaterole;

-- So that migrations may hand functions over to it.
grant social_rpc_owner to postgres;

grant usage on schema public, lockstep to social_rpc_owner;
grant execute on function lockstep.caller_id() to social_rpc_owner;
grant execute on function lockstep.set_header(text, text) to social_rpc_owner;
grant execute on function lockstep.refuse(integer, text, text, text, text) to social_rpc_owner;
grant execute on function lockstep.announce_rpc(text, text) to social_rpc_owner;
grant execute on function lockstep.setting(text) to social_rpc_owner;
grant execute on function lockstep.require_caller() to social_rpc_owner;
grant execute on function lockstep.audit(text, text, jsonb) to social_rpc_owner;

-- 20261122090200_social_tables.sql

-- Channels, who belongs to them, and what was said in them.
--
-- Clients have no rights on what is made here: they come through the RPCs. `service_role`, the team's own back office,
-- manages channels and members and may remove messages, never write them in somebody's name. A table that the project
-- had is taken as it is.
-- Contract: the columns of social_messages are the result of the social RPCs.
-- Called by: the social RPCs.
-- Undo: drop owned by social_rpc_owner; drop function lockstep.channel_in_hand();
--   select lockstep.drop_what_was_made('social_messages', 'social_channel_members', 'social_channels');
--   drop function lockstep.is_blank(text);

set local role postgres;
set local search_path = '';
-- Several tables are locked one after the other, and a reader of the first waits for all of them.
set local lock_timeout = '100ms';

create table if not exists public.social_channels (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  inserted_at timestamptz not null default now(),

  constraint channel_name_length check (char_length(name) between 1 and 120)
);

create table if not exists public.social_channel_members (
  channel_id uuid not null,
  user_id uuid not null references auth.users (id) on delete cascade,
  inserted_at timestamptz not null default now(),

  primary key (channel_id, user_id)
);

-- Whether there is nothing to see: Unicode's white space and controls, Default_Ignorable_Code_Point, the format characters
-- (Cf) but those that are signs themselves (Prepended_Concatenation_Mark), and the few letters and symbols that are drawn
-- as nothing. It says its collation, so that the answer is the same in every database.
create or replace function lockstep.is_blank(p_text text)
returns boolean
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  return is_blank.p_text collate "C" ~ (
    '^[\u0001-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f'
    || '\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U00013430-\U0001343f'
    || '\U00013441\U00013442\U00016fe4\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff]*$'
  );
end;
$$;

comment on function lockstep.is_blank(text) is 'Whether a text has nothing in it that can be seen.';
revoke all on function lockstep.is_blank(text) from public, anon, authenticated, service_role;
-- Who inserts a message is who has to be able to check it.
grant execute on function lockstep.is_blank(text) to social_rpc_owner;

create table if not exists public.social_messages (
  id uuid primary key default gen_random_uuid(),
  channel_id uuid not null,
  -- Null once the account is gone: the conversation of the others stays readable.
  sender_id uuid references auth.users (id) on delete set null,
  body text not null,
  client_message_id uuid,
  inserted_at timestamptz not null default now(),

  -- insert_social_message looks too, for a good error; these are the ones that cannot be forgotten.
  constraint message_body_length check (char_length(body) between 1 and 4000),
  constraint message_body_is_normalised check (body is nfc normalized),
  constraint message_body_is_not_blank check (not lockstep.is_blank(body)),
  constraint one_message_per_client_message_id unique (sender_id, client_message_id)
);

select lockstep.refer(
  'social_channels', '{social_channel_members channel_id cascade, social_messages channel_id cascade}'
);

-- A table that the project had may have no such column.
select lockstep.add_missing_column('social_messages', 'client_message_id', 'uuid');

select lockstep.keep_clients_out('social_channels');
select lockstep.keep_clients_out('social_channel_members');
select lockstep.keep_clients_out('social_messages');

grant select, insert, update, delete on public.social_channels to service_role;
grant select, insert, update, delete on public.social_channel_members to service_role;
grant select, delete on public.social_messages to service_role;

grant select on public.social_channel_members to social_rpc_owner;
grant select, insert (channel_id, sender_id, body, client_message_id) on public.social_messages to social_rpc_owner;

-- The RPCs run as social_rpc_owner, on behalf of the caller: these hold even where a function forgets to look. The
-- permissive ones let the RPCs in, the restrictive ones say how far: a project's own policies are permissive, and many
-- of them `using (true)` for everybody.
drop policy if exists "members see memberships" on public.social_channel_members;
create policy "members see memberships" on public.social_channel_members
  for select to social_rpc_owner
  using (true);

drop policy if exists "the social RPCs see no memberships of others" on public.social_channel_members;
create policy "the social RPCs see no memberships of others" on public.social_channel_members
  as restrictive for select to social_rpc_owner
  using (user_id = (select lockstep.caller_id()));

drop policy if exists "the social RPCs change no membership" on public.social_channel_members;
create policy "the social RPCs change no membership" on public.social_channel_members
  as restrictive for update to social_rpc_owner
  using (user_id = (select lockstep.caller_id()))
  with check (false);

-- An RPC says in the setting `lockstep.channel` which channel it is about. That opens nothing: this looks whether the
-- caller belongs to it.
create or replace function lockstep.channel_in_hand()
returns uuid
language plpgsql
stable
set search_path = ''
as $$
declare
  v_channel constant uuid := nullif(current_setting('lockstep.channel', true), '')::uuid;
begin
  if v_channel is null then
    return null;
  end if;

  return (
    select membership.channel_id
    from public.social_channel_members as membership
    where membership.channel_id = v_channel and membership.user_id = (select lockstep.caller_id())
  );
end;
$$;

comment on function lockstep.channel_in_hand() is
  'The channel that the RPC is about, where the caller belongs to it; otherwise null.';
revoke all on function lockstep.channel_in_hand() from public, anon, authenticated, service_role;
grant execute on function lockstep.channel_in_hand() to social_rpc_owner;

-- The channel in hand is looked up once for a statement, any other channel once for each message. The second is no
-- `exists`, for which the planner may read all channels of the caller.
drop policy if exists "members read messages" on public.social_messages;
create policy "members read messages" on public.social_messages
  for select to social_rpc_owner
  using (true);

drop policy if exists "the social RPCs read no messages of other channels" on public.social_messages;
create policy "the social RPCs read no messages of other channels" on public.social_messages
  as restrictive for select to social_rpc_owner
  using (
    channel_id = (select lockstep.channel_in_hand())
    or (
      select true
      from public.social_channel_members as membership
      where membership.channel_id = social_messages.channel_id
        and membership.user_id = (select lockstep.caller_id())
    )
  );

drop policy if exists "members write messages" on public.social_messages;
create policy "members write messages" on public.social_messages
  for insert to social_rpc_owner
  with check (true);

drop policy if exists "the social RPCs write to no other channels and in no other name" on public.social_messages;
create policy "the social RPCs write to no other channels and in no other name" on public.social_messages
  as restrictive for insert to social_rpc_owner
  with check (
    sender_id = (select lockstep.caller_id())
    and exists (
      select
      from public.social_channel_members as membership
      where membership.channel_id = social_messages.channel_id
        and membership.user_id = (select lockstep.caller_id())
    )
  );

select lockstep.let_read_what_policies_ask('social_rpc_owner', '{social_channel_members, social_messages}');

-- What a project says of its own table stays.
do $$
declare
  v_table text;
  v_comment text;
begin
  for v_table, v_comment in
    values
      ('social_channels', 'Where messages are said. Managed by the team''s back office.'),
      ('social_channel_members', 'Who may read and write in a channel.'),
      ('social_messages', 'What was said. Written and read through the social RPCs only.')
  loop
    continue when lockstep.has_adopted(v_table);
    execute format('comment on table public.%I is %L', v_table, v_comment);
  end loop;
end;
$$;

-- 20261122090205_social_channel_members_by_user.sql

-- Whose channels are these? Also what `on delete cascade` of a user looks for.
--
-- A table of the project may be large, so the index is made while others write. That cannot be part of a transaction: the
-- file ends its own, and makes the index last.
-- Contract: none by itself.
-- Called by: nobody.
-- Undo: select lockstep.drop_index_that_was_made('social_channel_members_by_user');

select lockstep.prepare_index('social_channel_members_by_user', 'social_channel_members', '{user_id}');

create index if not exists social_channel_members_by_user
  on public.social_channel_members (user_id);

-- 20261122090210_social_messages_by_channel_and_age.sql

-- Serves the newest page, the page before a cursor, and `since`, each as one range of the index.
--
-- A table of the project may be large, so the index is made while others write. That cannot be part of a transaction: the
-- file ends its own, and makes the index last.
-- Contract: none by itself.
-- Called by: nobody.
-- Undo: select lockstep.drop_index_that_was_made('social_messages_by_channel_and_age');

select lockstep.prepare_index(
  'social_messages_by_channel_and_age', 'social_messages', '{channel_id, inserted_at desc, id desc}'
);

create index if not exists social_messages_by_channel_and_age
  on public.social_messages (channel_id, inserted_at desc, id desc);

-- 20261122090220_social_messages_by_sender_and_age.sql

-- What the rate limit counts.
--
-- A table of the project may be large, so the index is made while others write. That cannot be part of a transaction: the
-- file ends its own, and makes the index last.
-- Contract: none by itself.
-- Called by: nobody.
-- Undo: select lockstep.drop_index_that_was_made('social_messages_by_sender_and_age');

select lockstep.prepare_index(
  'social_messages_by_sender_and_age', 'social_messages', '{sender_id, inserted_at desc}'
);

create index if not exists social_messages_by_sender_and_age
  on public.social_messages (sender_id, inserted_at desc);

-- 20261122090230_social_messages_by_client_message_id.sql

-- Where a message is looked for by its key. A table that is made here has a constraint of this name already.
--
-- A table of the project may be large, so the index is made while others write. That cannot be part of a transaction: the
-- file ends its own, and makes the index last.
-- Contract: none by itself.
-- Called by: nobody.
-- Undo: do $$ begin
--     if lockstep.has_adopted('social_messages') then
--       perform lockstep.drop_index_that_was_made('one_message_per_client_message_id');
--     end if;
--   end $$;

select lockstep.prepare_index(
  'one_message_per_client_message_id', 'social_messages', '{sender_id, client_message_id}', '(client_message_id IS NOT NULL)'
);

create index if not exists one_message_per_client_message_id
  on public.social_messages (sender_id, client_message_id) where client_message_id is not null;

-- 20261122090300_fetch_social_messages.sql

-- fetch_social_messages: the newest messages of a channel the caller belongs to.
--
-- Contract: fetch_social_messages 1.0.0
-- Called by: messages-list
-- Undo: drop function public.fetch_social_messages(uuid, integer, timestamptz);
--   drop function lockstep.require_channel_member(uuid);

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- The same refusal for a channel that is not the caller's and for one that does not exist: channels cannot be probed.
create or replace function lockstep.require_channel_member(p_channel_id uuid)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  perform lockstep.require_caller();
  perform set_config('lockstep.channel', require_channel_member.p_channel_id::text, true);

  if lockstep.channel_in_hand() is null then
    perform lockstep.refuse(403, 'not_channel_member', 'You are not a member of this channel.');
  end if;
end;
$$;

comment on function lockstep.require_channel_member(uuid) is 'Refuses with 403 whoever does not belong to the channel.';
revoke all on function lockstep.require_channel_member(uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.require_channel_member(uuid) to social_rpc_owner;

create or replace function public.fetch_social_messages(
  p_channel_id uuid,
  p_limit integer default 50,
  p_since timestamptz default null
)
returns setof public.social_messages
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '5s'
as $$
declare
  v_since constant timestamptz := coalesce(fetch_social_messages.p_since, '-infinity');
  v_limit constant integer := least(greatest(coalesce(fetch_social_messages.p_limit, 50), 1), 200);
begin
  perform lockstep.announce_rpc('fetch_social_messages', '1.0.0');
  perform lockstep.require_channel_member(fetch_social_messages.p_channel_id);

  return query
    select message.*
    from public.social_messages as message
    where message.channel_id = fetch_social_messages.p_channel_id
      -- Without an `or`: this way it is a condition of the index.
      and message.inserted_at > v_since
    order by message.inserted_at desc, message.id desc
    limit v_limit;
end;
$$;

comment on function public.fetch_social_messages(uuid, integer, timestamptz) is
  '{"rpc": "fetch_social_messages", "version": "1.0.0"}';

revoke all on function public.fetch_social_messages(uuid, integer, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.fetch_social_messages(uuid, integer, timestamptz) to authenticated;

-- Only who may create in a schema may be given a function there.
grant create on schema public to social_rpc_owner;
alter function public.fetch_social_messages(uuid, integer, timestamptz) owner to social_rpc_owner;
revoke create on schema public from social_rpc_owner;

notify pgrst, 'reload schema';

-- 20261122090400_fetch_social_messages_page.sql

-- fetch_social_messages_page: the messages of a channel that are older than a cursor.
--
-- A function of its own, because a fourth argument would make fetch_social_messages a second overload, and PostgREST
-- answers 300 to both. The cursor is a row, since many messages can have one time.
-- Contract: fetch_social_messages_page 1.0.0
-- Called by: messages-list
-- Undo: drop function public.fetch_social_messages_page(uuid, timestamptz, uuid, integer);

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create or replace function public.fetch_social_messages_page(
  p_channel_id uuid,
  p_before_inserted_at timestamptz,
  p_before_id uuid,
  p_limit integer default 50
)
returns setof public.social_messages
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '5s'
as $$
declare
  v_limit constant integer := least(greatest(coalesce(fetch_social_messages_page.p_limit, 50), 1), 200);
begin
  perform lockstep.announce_rpc('fetch_social_messages_page', '1.0.0');
  perform lockstep.require_channel_member(fetch_social_messages_page.p_channel_id);

  return query
    select message.*
    from public.social_messages as message
    where message.channel_id = fetch_social_messages_page.p_channel_id
      and (message.inserted_at, message.id)
        < (fetch_social_messages_page.p_before_inserted_at, fetch_social_messages_page.p_before_id)
    order by message.inserted_at desc, message.id desc
    limit v_limit;
end;
$$;

comment on function public.fetch_social_messages_page(uuid, timestamptz, uuid, integer) is
  '{"rpc": "fetch_social_messages_page", "version": "1.0.0"}';

revoke all on function public.fetch_social_messages_page(uuid, timestamptz, uuid, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.fetch_social_messages_page(uuid, timestamptz, uuid, integer) to authenticated;

grant create on schema public to social_rpc_owner;
alter function public.fetch_social_messages_page(uuid, timestamptz, uuid, integer) owner to social_rpc_owner;
revoke create on schema public from social_rpc_owner;

notify pgrst, 'reload schema';

-- 20261122090450_message_keys.sql

-- Keys of messages: nobody sends two with one, and what moderation has removed is not posted again.
--
-- A client sends again what it has no answer to, with the same client_message_id. Where the message is there, that is a
-- replay. Where it was removed, nothing else would remember it. Where a trigger of the project's has stored another text
-- than was sent, nothing else would remember that either.
-- Contract: none by itself.
-- Called by: every delete of a message; insert_social_message.
-- Undo: drop trigger keys_outlive_their_messages on public.social_messages; drop function lockstep.keep_message_key();
--   drop function lockstep.sent_by_caller_with(uuid); drop function lockstep.is_spent_by_caller(uuid);
--   drop function lockstep.note_what_was_sent(uuid, text); drop function lockstep.was_sent_by_caller(uuid, text);
--   drop table lockstep.spent_message_keys; drop table lockstep.rewritten_messages;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create table if not exists lockstep.spent_message_keys (
  -- No foreign key: a message may be removed together with its sender.
  sender_id uuid not null,
  client_message_id uuid not null,
  spent_at timestamptz not null default now(),

  primary key (sender_id, client_message_id)
);

comment on table lockstep.spent_message_keys is 'With which keys messages were sent that are no longer there.';

alter table lockstep.spent_message_keys enable row level security;
revoke all on lockstep.spent_message_keys from public, anon, authenticated, service_role;

create table if not exists lockstep.rewritten_messages (
  sender_id uuid not null references auth.users (id) on delete cascade,
  client_message_id uuid not null,
  sent bytea not null,

  primary key (sender_id, client_message_id)
);

comment on table lockstep.rewritten_messages is 'The SHA-256 of what was sent, where a trigger has stored another text.';

alter table lockstep.rewritten_messages enable row level security;
revoke all on lockstep.rewritten_messages from public, anon, authenticated, service_role;

create or replace function lockstep.keep_message_key()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  insert into lockstep.spent_message_keys (sender_id, client_message_id)
  values (old.sender_id, old.client_message_id)
  on conflict do nothing;
  delete from lockstep.rewritten_messages as rewritten
  where rewritten.sender_id = old.sender_id and rewritten.client_message_id = old.client_message_id;
  return null;
exception
  -- A project may rename its columns. Until they have their names again no RPC works, and nothing else has to wait for that.
  when undefined_column then
    return null;
end;
$$;

comment on function lockstep.keep_message_key() is 'Remembers the key of a message that is removed.';
revoke all on function lockstep.keep_message_key() from public, anon, authenticated, service_role;

create or replace trigger keys_outlive_their_messages
  after delete on public.social_messages
  for each row
  when (old.sender_id is not null and old.client_message_id is not null)
  execute function lockstep.keep_message_key();

create or replace function lockstep.is_spent_by_caller(p_client_message_id uuid)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return exists (
    select
    from lockstep.spent_message_keys as spent
    where spent.sender_id = auth.uid() and spent.client_message_id = is_spent_by_caller.p_client_message_id
  );
end;
$$;

comment on function lockstep.is_spent_by_caller(uuid) is 'Whether the caller has sent a message with this key that is gone.';
revoke all on function lockstep.is_spent_by_caller(uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.is_spent_by_caller(uuid) to social_rpc_owner;

-- Also a message to a channel that the caller has left, which the policies hide: nobody uses a key twice.
create or replace function lockstep.sent_by_caller_with(p_client_message_id uuid)
returns public.social_messages
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_message public.social_messages;
begin
  select message.*
  into v_message
  from public.social_messages as message
  where message.sender_id = auth.uid() and message.client_message_id = sent_by_caller_with.p_client_message_id;
  return v_message;
end;
$$;

comment on function lockstep.sent_by_caller_with(uuid) is 'The message that the caller has sent with this key.';
revoke all on function lockstep.sent_by_caller_with(uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.sent_by_caller_with(uuid) to social_rpc_owner;

create or replace function lockstep.note_what_was_sent(p_client_message_id uuid, p_body text)
returns void
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  insert into lockstep.rewritten_messages (sender_id, client_message_id, sent)
  values (
    auth.uid(), note_what_was_sent.p_client_message_id, sha256(convert_to(note_what_was_sent.p_body, 'UTF8'))
  );
end;
$$;

comment on function lockstep.note_what_was_sent(uuid, text) is 'Remembers a text of which another was stored.';
revoke all on function lockstep.note_what_was_sent(uuid, text) from public, anon, authenticated, service_role;
grant execute on function lockstep.note_what_was_sent(uuid, text) to social_rpc_owner;

create or replace function lockstep.was_sent_by_caller(p_client_message_id uuid, p_body text)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return exists (
    select
    from lockstep.rewritten_messages as rewritten
    where rewritten.sender_id = auth.uid()
      and rewritten.client_message_id = was_sent_by_caller.p_client_message_id
      and rewritten.sent = sha256(convert_to(was_sent_by_caller.p_body, 'UTF8'))
  );
end;
$$;

comment on function lockstep.was_sent_by_caller(uuid, text) is
  'Whether the caller has sent this text with this key, and another was stored.';
revoke all on function lockstep.was_sent_by_caller(uuid, text) from public, anon, authenticated, service_role;
grant execute on function lockstep.was_sent_by_caller(uuid, text) to social_rpc_owner;

-- 20261122090460_lock_order.sql

-- The order in which rows are locked, by everything that locks more than one of them:
--
--   users, channels, games, heroes, rooms, sessions, memberships, messages, slots, rosters, overlays, templates;
--   of one table by id
--
-- Whoever deletes an account, a channel, a game, a hero or a room goes from there to what hangs on it, and that is this
-- order. A foreign key locks what it points at only when the row is written, which is too late: by then the row that
-- hangs there has been locked. So an RPC first holds, in these functions, what it is going to point at. They answer
-- nothing, and hold on behalf of the caller; what is not there is found out afterwards.
-- Contract: none by itself.
-- Called by: insert_social_message, sync_rank_match_roster, end_rank_session.
-- Undo: drop function lockstep.hold_for_message(uuid); drop function lockstep.hold_for_staging(uuid, uuid, jsonb);

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create or replace function lockstep.hold_for_message(p_channel_id uuid)
returns void
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
  perform from auth.users as sender where sender.id = auth.uid() for key share;
  perform from public.social_channels as channel where channel.id = hold_for_message.p_channel_id for key share;
  -- Here, and not as the RPC: a policy of the project on who may update a membership says nothing of who may send.
  perform
  from public.social_channel_members as membership
  where membership.channel_id = hold_for_message.p_channel_id and membership.user_id = auth.uid()
  for share;
end;
$$;

comment on function lockstep.hold_for_message(uuid) is 'Holds the caller, the channel and the membership until the end of the request.';
revoke all on function lockstep.hold_for_message(uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.hold_for_message(uuid) to social_rpc_owner;

create or replace function lockstep.hold_for_staging(p_room_id uuid, p_game_id uuid, p_roster jsonb)
returns void
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  v_users uuid[];
  v_heroes uuid[];
begin
  select array_agg(entry.owner_id), array_agg(entry.hero_id)
  into v_users, v_heroes
  from jsonb_to_recordset(hold_for_staging.p_roster) as entry (owner_id uuid, hero_id uuid);

  perform from auth.users as player where player.id = any (v_users || auth.uid()) order by player.id for key share;
  perform from public.rank_games as game where game.id = hold_for_staging.p_game_id for key share;
  perform from public.heroes as hero where hero.id = any (v_heroes) order by hero.id for key share;
  perform from public.rank_rooms as room where room.id = hold_for_staging.p_room_id for key share;
  perform
  from public.rank_sessions as session
  where session.id = (
    select template.session_id from lockstep.rank_room_templates as template
    where template.room_id = hold_for_staging.p_room_id
  )
  for no key update;
end;
$$;

comment on function lockstep.hold_for_staging(uuid, uuid, jsonb) is
  'Holds the players of a roster, their heroes, the game, the room and its session until the end of the request.';
revoke all on function lockstep.hold_for_staging(uuid, uuid, jsonb) from public, anon, authenticated, service_role;

-- 20261122090500_insert_social_message.sql

-- insert_social_message: say something in a channel the caller belongs to, once, however often the request is sent.
--
-- Contract: insert_social_message 1.0.0
-- Called by: messages-send
-- Undo: drop function public.insert_social_message(uuid, text, uuid);
--   drop function lockstep.hold_channel_membership(uuid);
--   drop function lockstep.require_patience(); drop function lockstep.is_no_message(text);
--   drop function lockstep.refuse_message(); drop function lockstep.sent_by_caller_at(integer, interval);

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- Refuses like require_channel_member(), and lets whoever is about to end the membership wait for the message.
create or replace function lockstep.hold_channel_membership(p_channel_id uuid)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_caller constant uuid := lockstep.caller_id();
begin
  perform lockstep.hold_for_message(hold_channel_membership.p_channel_id);
  perform
  from public.social_channel_members as membership
  where membership.channel_id = hold_channel_membership.p_channel_id
    and membership.user_id = v_caller;

  if not found then
    perform lockstep.refuse(403, 'not_channel_member', 'You are not a member of this channel.');
  end if;
  perform set_config('lockstep.channel', hold_channel_membership.p_channel_id::text, true);
end;
$$;

comment on function lockstep.hold_channel_membership(uuid) is
  'Refuses with 403 whoever does not belong to the channel, and keeps the others in it until the end of the request.';
revoke all on function lockstep.hold_channel_membership(uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.hold_channel_membership(uuid) to social_rpc_owner;

-- Counts what was sent to channels that the caller has left, too. The policies hide those, so this runs as postgres; it
-- answers for the caller only, and with a time only.
create or replace function lockstep.sent_by_caller_at(p_nth integer, p_within interval)
returns timestamptz
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_caller constant uuid := auth.uid();
begin
  return (
    select message.inserted_at
    from public.social_messages as message
    where message.sender_id = v_caller
      and message.inserted_at > now() - sent_by_caller_at.p_within
    order by message.inserted_at desc
    offset sent_by_caller_at.p_nth - 1
    limit 1
  );
end;
$$;

comment on function lockstep.sent_by_caller_at(integer, interval) is
  'When the caller sent the n-th newest message of so long a time; null where there are fewer.';
revoke all on function lockstep.sent_by_caller_at(integer, interval) from public, anon, authenticated, service_role;
grant execute on function lockstep.sent_by_caller_at(integer, interval) to social_rpc_owner;

-- Reads no more than a thousand messages, however many are allowed: a higher limit is held in proportion. 60,000 in a
-- minute are a thousand in a second.
create or replace function lockstep.require_patience()
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_limit constant integer := lockstep.setting('messages_per_minute')::integer;
  v_counted constant integer := least(v_limit, 1000);
  v_window constant interval := interval '60 seconds' * v_counted / v_limit;
  v_oldest_in_window constant timestamptz := lockstep.sent_by_caller_at(v_counted, v_window);
begin
  if v_oldest_in_window is not null then
    perform lockstep.set_header(
      'Retry-After', greatest(1, ceil(extract(epoch from v_oldest_in_window + v_window - clock_timestamp())))::text
    );
    perform lockstep.refuse(429, 'rate_limited', 'Too many messages. Wait a little.');
  end if;
end;
$$;

comment on function lockstep.require_patience() is 'Refuses with 429 who has sent too many messages of late.';
revoke all on function lockstep.require_patience() from public, anon, authenticated, service_role;
grant execute on function lockstep.require_patience() to social_rpc_owner;

-- The time that normalising takes grows with the square of a run of combining characters, and cannot be cancelled. So a
-- long text is first measured in pieces. One character is composed of four at the most: where two pieces are joined,
-- three characters can go, and no more.
create or replace function lockstep.is_no_message(p_body text)
returns boolean
language plpgsql
immutable
set search_path = ''
as $$
begin
  if is_no_message.p_body is null
    or char_length(is_no_message.p_body) > 4 * 4000
    or lockstep.is_blank(is_no_message.p_body)
  then
    return true;
  elsif char_length(is_no_message.p_body) <= 4000 then
    return false;
  end if;

  return (
    select sum(char_length(normalize(piece.matched[1], nfc)) - 3) + 3 > 4000
    from regexp_matches(is_no_message.p_body, '.{1,100}', 'g') as piece (matched)
  );
end;
$$;

comment on function lockstep.is_no_message(text) is 'Whether a text is blank or surely has more than 4000 characters.';
revoke all on function lockstep.is_no_message(text) from public, anon, authenticated, service_role;
grant execute on function lockstep.is_no_message(text) to social_rpc_owner;

create or replace function lockstep.refuse_message()
returns void
language plpgsql
volatile
set search_path = ''
as $$
begin
  perform lockstep.refuse(
    422, 'invalid_parameter', 'A message has 1 to 4000 characters, and not only blank ones.', 'body'
  );
end;
$$;

comment on function lockstep.refuse_message() is 'Refuses with 422 what is no message.';
revoke all on function lockstep.refuse_message() from public, anon, authenticated, service_role;
grant execute on function lockstep.refuse_message() to social_rpc_owner;

create or replace function public.insert_social_message(
  p_channel_id uuid,
  p_body text,
  p_client_message_id uuid default null
)
returns public.social_messages
language plpgsql
volatile
security definer
set search_path = ''
set statement_timeout = '5s'
set timezone = 'UTC' -- An older default is timezone('utc', now()), which is a time of the caller's zone.
as $$
declare
  v_caller uuid;
  v_body text;
  v_replay boolean;
  v_message public.social_messages;
begin
  perform lockstep.announce_rpc('insert_social_message', '1.0.0');
  v_caller := lockstep.require_caller();

  if insert_social_message.p_channel_id is null then
    perform lockstep.refuse(422, 'invalid_parameter', 'A message needs a channel.', 'channel_id');
  end if;
  perform lockstep.hold_channel_membership(insert_social_message.p_channel_id);

  if lockstep.is_no_message(insert_social_message.p_body) then
    perform lockstep.refuse_message();
  end if;

  -- From here on the messages of one user go one at a time: the next one sees the row of this one, and counts it.
  perform pg_advisory_xact_lock(hashtextextended('insert_social_message:' || v_caller, 0));

  v_message := lockstep.sent_by_caller_with(insert_social_message.p_client_message_id);
  v_replay := v_message.id is not null;

  -- Before the text is normalised, which can take long.
  if not v_replay then
    if lockstep.is_spent_by_caller(insert_social_message.p_client_message_id) then
      perform lockstep.refuse(409, 'client_message_id_reused', 'The message of this client_message_id was removed.');
    end if;
    perform lockstep.require_patience();
  end if;

  v_body := normalize(insert_social_message.p_body, nfc);
  if char_length(v_body) > 4000 then
    perform lockstep.refuse_message();
  end if;

  if v_replay then
    if v_message.channel_id <> insert_social_message.p_channel_id
      or v_message.body <> v_body
        and not lockstep.was_sent_by_caller(insert_social_message.p_client_message_id, v_body)
    then
      perform lockstep.refuse(
        409, 'client_message_id_reused', 'Another message was sent with this client_message_id.'
      );
    end if;
    perform lockstep.set_header('X-Idempotent-Replay', 'true');
    return v_message;
  end if;

  insert into public.social_messages as message (channel_id, sender_id, body, client_message_id)
  values (insert_social_message.p_channel_id, v_caller, v_body, insert_social_message.p_client_message_id)
  returning message.* into v_message;
  if not found then
    raise exception 'This project does not take the message.';
  end if;
  -- A trigger of the project's may hide a word.
  if v_message.body <> v_body and v_message.client_message_id is not null then
    perform lockstep.note_what_was_sent(v_message.client_message_id, v_body);
  end if;

  perform lockstep.audit(
    'insert_social_message',
    '1.0.0',
    jsonb_build_object('channel_id', v_message.channel_id, 'message_id', v_message.id)
  );
  perform lockstep.set_header('X-Idempotent-Replay', 'false');
  perform set_config('response.status', '201', true);
  return v_message;
end;
$$;

comment on function public.insert_social_message(uuid, text, uuid) is
  '{"rpc": "insert_social_message", "version": "1.0.0"}';

revoke all on function public.insert_social_message(uuid, text, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.insert_social_message(uuid, text, uuid) to authenticated;

grant create on schema public to social_rpc_owner;
alter function public.insert_social_message(uuid, text, uuid) owner to social_rpc_owner;
revoke create on schema public from social_rpc_owner;

notify pgrst, 'reload schema';

-- 20261122090600_social_broadcast.sql

-- New messages are announced to the members of their channel, who then fetch them.
--
-- The announcement has two ids and nothing to read: a member who was removed a moment ago, and still listens, learns
-- nothing that matters. Topic `social:<channel_id>`, event `message`, private.
-- Contract: none by itself.
-- Called by: every insert into social_messages; the policies of Realtime, when a client joins a topic.
-- Undo: drop trigger new_messages_are_announced on public.social_messages;
--   drop function lockstep.announce_social_message();
--   drop policy "members hear their channels" on realtime.messages; drop function lockstep.may_hear_social_topic(text);

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- Runs as postgres, whom the policies of Realtime do not stop: clients cannot send, and so can only hear the truth.
-- Realtime keeps times without their zone, which has to be UTC, whatever zone the request prefers. Its tables are
-- maintained while messages are sent, and a message does not wait for that.
create or replace function lockstep.announce_social_message()
returns trigger
language plpgsql
security definer
set search_path = ''
set timezone = 'UTC'
set lock_timeout = '500ms'
as $$
begin
  perform realtime.send(
    jsonb_build_object('id', new.id, 'channel_id', new.channel_id), 'message', 'social:' || new.channel_id, true
  );
  return null;
exception
  -- The message was said, heard or not: who missed it finds it with the next read.
  when others then
    raise warning 'a message was not announced: %', sqlerrm;
    return null;
end;
$$;

comment on function lockstep.announce_social_message() is 'Tells the members of a channel that there is a new message.';
revoke all on function lockstep.announce_social_message() from public, anon, authenticated, service_role;

create or replace trigger new_messages_are_announced
  after insert on public.social_messages
  for each row execute function lockstep.announce_social_message();

-- For the caller only, and false for whatever is not a topic of ours: a policy that fails would end the connection of a
-- client who joins some other topic.
create or replace function lockstep.may_hear_social_topic(p_topic text)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  if p_topic is null or p_topic !~ '^social:[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' then
    return false;
  end if;

  return not lockstep.is_unwelcome_guest() and exists (
    select
    from public.social_channel_members as membership
    where membership.channel_id = substr(may_hear_social_topic.p_topic, length('social:') + 1)::uuid
      and membership.user_id = auth.uid()
  );
end;
$$;

comment on function lockstep.may_hear_social_topic(text) is
  'Whether the caller belongs to the channel that the topic names.';
revoke all on function lockstep.may_hear_social_topic(text) from public, anon, authenticated, service_role;
-- The policy runs as the client. Not being let into the schema, the client cannot ask in any other way.
grant execute on function lockstep.may_hear_social_topic(text) to authenticated;

-- To listen, and not to send: there is no policy for insert.
drop policy if exists "members hear their channels" on realtime.messages;
create policy "members hear their channels" on realtime.messages
  for select to authenticated
  using (extension = 'broadcast' and (select lockstep.may_hear_social_topic((select realtime.topic()))));

notify pgrst, 'reload schema';

-- 20261122091000_rank_owner.sql

-- The role that owns the rank RPCs: no login, no bypass of RLS, no table of its own.
--
-- Not the social one: who stages a match reads nobody's messages, whatever goes wrong in a function.
-- Contract: `owner` of the rank RPCs.
-- Called by: nobody, a SECURITY DEFINER function runs as it.
-- Undo: drop owned by rank_rpc_owner; drop role rank_rpc_owner;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'rank_rpc_owner') then
    create role rank_rpc_owner nologin;
  end if;

  -- Only a superuser may take this away (before 16, only a superuser may even write `nobypassrls`).
  if exists (
    select from pg_catalog.pg_roles where rolname = 'rank_rpc_owner' and (rolsuper or rolbypassrls)
  ) then
    raise exception 'rank_rpc_owner bypasses RLS, and must not'
      using hint = 'As a superuser: alter role rank_rpc_owner nosuperuser nobypassrls;';
  end if;
end;
$$;

alter role rank_rpc_owner nologin noinherit nocreatedb nocreaterole;

-- So that migrations may hand functions over to it.
grant rank_rpc_owner to postgres;

grant usage on schema public, lockstep to rank_rpc_owner;
grant execute on function lockstep.caller_id() to rank_rpc_owner;
grant execute on function lockstep.set_header(text, text) to rank_rpc_owner;
grant execute on function lockstep.refuse(integer, text, text, text, text) to rank_rpc_owner;
grant execute on function lockstep.require_caller() to rank_rpc_owner;
grant execute on function lockstep.announce_rpc(text, text) to rank_rpc_owner;
grant execute on function lockstep.audit(text, text, jsonb) to rank_rpc_owner;
grant execute on function lockstep.hold_for_staging(uuid, uuid, jsonb) to rank_rpc_owner;

-- 20261122091100_rank_tables.sql

-- Heroes, games, rooms and matches: created where they are missing, taken as they are where an installation has them.
--
-- A table that exists keeps its columns, constraints, policies, rights and rows. It is given the columns that the RPCs
-- use, should one be missing.
-- Contract: none by itself, the rank RPCs read and write them.
-- Called by: the rank RPCs, and whatever an installation has.
-- Undo: select lockstep.drop_what_was_made('rank_sessions', 'rank_match_roster', 'rank_participants', 'rank_room_slots',
--     'rank_rooms', 'rank_games', 'heroes');

set local role postgres;
set local search_path = '';
-- Several tables are locked one after the other, and a reader of the first waits for all of them.
set local lock_timeout = '100ms';

create table if not exists public.heroes (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid references auth.users (id) on delete cascade,
  name text not null,
  description text default '',
  ability1 text,
  ability2 text,
  ability3 text,
  ability4 text,
  image_url text,
  background_url text,
  bgm_url text,
  bgm_duration_seconds integer,
  bgm_mime text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table if not exists public.rank_games (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid references auth.users (id) on delete set null,
  name text not null,
  description text default '',
  image_url text,
  prompt_set_id uuid,
  roles jsonb not null default '[]',
  rules jsonb not null default '{}',
  rules_prefix text,
  realtime_match text not null default 'off',
  likes_count integer not null default 0,
  play_count integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table if not exists public.rank_rooms (
  id uuid primary key default gen_random_uuid(),
  game_id uuid not null,
  owner_id uuid not null references auth.users (id) on delete cascade,
  code text not null unique,
  mode text not null default 'casual',
  realtime_mode text not null default 'standard',
  status text not null default 'open',
  slot_count integer not null default 0,
  filled_count integer not null default 0,
  ready_count integer not null default 0,
  host_role_limit integer,
  brawl_rule text,
  blind_mode boolean not null default false,
  host_last_active_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table if not exists public.rank_room_slots (
  id uuid primary key default gen_random_uuid(),
  room_id uuid not null,
  slot_index integer not null,
  role text,
  occupant_owner_id uuid references auth.users (id) on delete set null,
  occupant_hero_id uuid,
  occupant_ready boolean not null default false,
  joined_at timestamptz,
  updated_at timestamptz not null default now(),

  unique (room_id, slot_index)
);

create table if not exists public.rank_participants (
  id uuid primary key default gen_random_uuid(),
  game_id uuid not null,
  owner_id uuid not null references auth.users (id) on delete cascade,
  hero_id uuid,
  hero_ids uuid[] not null default '{}',
  slot_no integer,
  role text,
  rating integer not null default 1000,
  score integer,
  battles integer not null default 0,
  likes integer not null default 0,
  win_rate numeric,
  status text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),

  unique (game_id, owner_id)
);

create table if not exists public.rank_match_roster (
  id uuid primary key default gen_random_uuid(),
  match_instance_id uuid not null,
  room_id uuid,
  game_id uuid not null,
  slot_id uuid,
  slot_index integer not null,
  role text not null,
  owner_id uuid references auth.users (id) on delete set null,
  hero_id uuid,
  hero_name text,
  hero_summary jsonb not null default '{}',
  ready boolean not null default false,
  joined_at timestamptz,
  score integer,
  rating integer,
  battles integer,
  win_rate numeric,
  status text,
  standin boolean not null default false,
  match_source text,
  slot_template_version bigint not null default 0,
  slot_template_source text not null default 'room-stage',
  slot_template_updated_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),

  unique (match_instance_id, slot_index)
);

create table if not exists public.rank_sessions (
  id uuid primary key default gen_random_uuid(),
  game_id uuid not null,
  owner_id uuid references auth.users (id) on delete set null,
  status text not null default 'active',
  turn integer not null default 0,
  rating_hint integer,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

select lockstep.refer('heroes', '{rank_room_slots occupant_hero_id null, rank_participants hero_id null,
  rank_match_roster hero_id null}');
select lockstep.refer('rank_games', '{rank_rooms game_id cascade, rank_sessions game_id cascade,
  rank_participants game_id cascade, rank_match_roster game_id cascade}');
select lockstep.refer('rank_rooms', '{rank_room_slots room_id cascade, rank_match_roster room_id cascade}');

-- What the RPCs use, for installations that were left behind. Nullable, because their rows have no value for it.
select lockstep.add_missing_column(used.relation, unnest(used.names), used.type)
from (
  values
    ('heroes', '{description, ability1, ability2, ability3, ability4, image_url, background_url}'::text[], 'text'),
    ('rank_participants', '{rating, score, battles}', 'integer'),
    ('rank_participants', '{win_rate}', 'numeric'),
    ('rank_match_roster', '{slot_id}', 'uuid'),
    ('rank_match_roster', '{hero_summary}', 'jsonb'),
    ('rank_match_roster', '{ready, standin}', 'boolean'),
    ('rank_match_roster', '{score, rating, battles}', 'integer'),
    ('rank_match_roster', '{win_rate}', 'numeric'),
    ('rank_match_roster', '{status, match_source, slot_template_source}', 'text'),
    ('rank_match_roster', '{slot_template_version}', 'bigint'),
    ('rank_match_roster', '{joined_at, slot_template_updated_at}', 'timestamptz'),
    ('rank_sessions', '{status}', 'text'),
    ('rank_sessions', '{updated_at}', 'timestamptz')
) as used (relation, names, type);

do $$
declare
  v_table text;
  v_column text;
begin
  -- Clients have no rights here, they come through the RPCs. `service_role` is the team's own back office; what is in
  -- the roster was checked by the RPC, so the back office removes rows there and writes none.
  foreach v_table in array array[
    'heroes', 'rank_games', 'rank_rooms', 'rank_room_slots', 'rank_participants', 'rank_match_roster', 'rank_sessions'
  ] loop
    continue when lockstep.has_adopted(v_table);
    perform lockstep.keep_clients_out(v_table);
    execute format(
      case v_table
        when 'rank_match_roster' then 'grant select, delete on public.%I to service_role'
        else 'grant select, insert, update, delete on public.%I to service_role'
      end,
      v_table
    );
  end loop;

  -- A foreign key is followed backwards when a user, a game, a room or a hero goes; that is looked after on tables that
  -- are made here. By which columns the RPCs search, on whatever table, the next files look after.
  for v_table, v_column in
    select owned.conrelid::regclass::text, attribute.attname
    from pg_catalog.pg_constraint as owned
    join pg_catalog.pg_class as class on class.oid = owned.conrelid
    join pg_catalog.pg_attribute as attribute
      on attribute.attrelid = owned.conrelid and attribute.attnum = owned.conkey[1]
    where owned.contype = 'f'
      and class.relnamespace = 'public'::regnamespace
      and class.relname ~ '^(heroes|rank_(games|rooms|room_slots|participants|match_roster|sessions))$'
      and not lockstep.has_adopted(class.relname)
      and (class.relname, attribute.attname) not in (('rank_rooms', 'owner_id'), ('rank_match_roster', 'room_id'))
      and not exists (
        select from pg_catalog.pg_index where indrelid = owned.conrelid and indkey[0] = owned.conkey[1] and indpred is null
      )
    order by 1, 2
  loop
    execute format('create index on %s (%I)', v_table, v_column);
  end loop;
end;
$$;

-- 20261122091110_rank_match_roster_by_room.sql

-- What a staging replaces, and what goes with a room.
--
-- A table of the project may be large, so the index is made while others write. That cannot be part of a transaction: the
-- file ends its own, and makes the index last.
-- Contract: none by itself.
-- Called by: nobody.
-- Undo: select lockstep.drop_index_that_was_made('rank_match_roster_by_room');

select lockstep.prepare_index('rank_match_roster_by_room', 'rank_match_roster', '{room_id}');

create index if not exists rank_match_roster_by_room
  on public.rank_match_roster (room_id);

-- 20261122091120_rank_match_roster_by_match.sql

-- Whose match is it? Most rosters keep match and slot unique: the index has the name that PostgreSQL gives that
-- constraint, and nothing is built where it is there.
--
-- A table of the project may be large, so the index is made while others write. That cannot be part of a transaction: the
-- file ends its own, and makes the index last.
-- Contract: none by itself.
-- Called by: nobody.
-- Undo: do $$ begin
--     if exists (
--       select from pg_catalog.pg_index
--       where indexrelid = to_regclass('public.rank_match_roster_match_instance_id_slot_index_key') and not indisunique
--     ) then perform lockstep.drop_index_that_was_made('rank_match_roster_match_instance_id_slot_index_key'); end if;
--   end $$;

select lockstep.prepare_index(
  'rank_match_roster_match_instance_id_slot_index_key', 'rank_match_roster', '{match_instance_id, slot_index}'
);

create index if not exists rank_match_roster_match_instance_id_slot_index_key
  on public.rank_match_roster (match_instance_id, slot_index);

-- 20261122091130_rank_rooms_by_owner.sql

-- Whose rooms are these? Also what `on delete cascade` of a user looks for.
--
-- A table of the project may be large, so the index is made while others write. That cannot be part of a transaction: the
-- file ends its own, and makes the index last.
-- Contract: none by itself.
-- Called by: nobody.
-- Undo: select lockstep.drop_index_that_was_made('rank_rooms_by_owner');

select lockstep.prepare_index('rank_rooms_by_owner', 'rank_rooms', '{owner_id}');

create index if not exists rank_rooms_by_owner
  on public.rank_rooms (owner_id);

-- 20261122091140_index_names.sql

-- The names of indexes that were not made, since the project has others that serve, are free again.
--
-- Contract: none by itself.
-- Called by: nobody.
-- Undo: select;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

select lockstep.free_index_names();

-- 20261122091150_own_sequences.sql

-- Numbers that a project's own columns take: the RPCs write rows there, and evaluate the defaults that they do not know.
--
-- A sequence of somebody else's, which postgres may not give, has stopped the first migrations.
-- Contract: none by itself.
-- Called by: nobody.
-- Undo: select;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

do $$
declare
  v_sequence text;
  v_role text;
begin
  for v_sequence, v_role in
    select distinct numbers.oid::regclass::text, written.by
    from (
      values
        ('social_messages', 'social_rpc_owner'), ('rank_match_roster', 'rank_rpc_owner'),
        ('rank_sessions', 'rank_rpc_owner')
    ) as written (name, by)
    join pg_catalog.pg_attrdef as value on value.adrelid = to_regclass('public.' || written.name)
    join pg_catalog.pg_depend as depend
      on depend.classid = 'pg_catalog.pg_attrdef'::regclass
      and depend.objid = value.oid
      and depend.refclassid = 'pg_catalog.pg_class'::regclass
    join pg_catalog.pg_class as numbers on numbers.oid = depend.refobjid
    where lockstep.has_adopted(written.name)
      and case when numbers.relkind = 'S' then not has_sequence_privilege(written.by, numbers.oid, 'usage, update') end
  loop
    execute format('grant usage on sequence %s to %I', v_sequence, v_role);
  end loop;
end;
$$;

-- 20261122091200_rank_access.sql

-- Who may touch the rank tables: rank_rpc_owner, on behalf of a room's owner.
--
-- An installation's rights and policies stay. Each of ours comes in two forms: the permissive one lets the RPCs in, the
-- restrictive one keeps them there, because an installation's policies are permissive, many of them `using (true)` for
-- everybody, and would let an RPC that forgets a check reach every room.
-- Contract: none by itself, the rank RPCs stand on it.
-- Called by: the rank RPCs.
-- Undo: drop owned by rank_rpc_owner;
--   drop function lockstep.players_in_hand(), lockstep.plays_game_in_hand(uuid);

set local role postgres;
set local search_path = '';
-- Several tables are locked one after the other, and a reader of the first waits for all of them.
set local lock_timeout = '100ms';

grant select on public.heroes to rank_rpc_owner;
grant select on public.rank_rooms to rank_rpc_owner;
grant select on public.rank_room_slots to rank_rpc_owner;
grant select on public.rank_participants to rank_rpc_owner;
grant select, insert, delete on public.rank_match_roster to rank_rpc_owner;

-- The caller's rooms ----------------------------------------------------------------------------------------------

drop policy if exists "room owners see their rooms" on public.rank_rooms;
create policy "room owners see their rooms" on public.rank_rooms
  for select to rank_rpc_owner
  using (true);

drop policy if exists "the rank RPCs see no other rooms" on public.rank_rooms;
create policy "the rank RPCs see no other rooms" on public.rank_rooms
  as restrictive for all to rank_rpc_owner
  using (owner_id = (select lockstep.caller_id()));

-- What an RPC works on -----------------------------------------------------------------------------------------------

-- require_room_owner() looks whose room it is, and puts room and game into settings, where the policies find them.
-- require_caller() empties them, so an RPC that forgets to look sees nothing. Whoever could write these settings in
-- between could write the claims of the caller, too, by which anybody's room is known. The policies read the settings
-- themselves, and call no function for it: one staging asks twenty times.

-- Passes by the policies that ask it, once for a statement.
create or replace function lockstep.players_in_hand()
returns uuid[]
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_room constant uuid := nullif(current_setting('lockstep.room', true), '')::uuid;
begin
  return (
    select array_agg(slot.occupant_owner_id) from public.rank_room_slots as slot where slot.room_id = v_room
  );
end;
$$;

comment on function lockstep.players_in_hand() is 'Who sits in the room in hand.';

-- A stand-in sits nowhere. A game may have any number of players, so this one is asked for each hero.
create or replace function lockstep.plays_game_in_hand(p_owner_id uuid)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return exists (
    select
    from public.rank_participants as participant
    where participant.game_id = nullif(current_setting('lockstep.game', true), '')::uuid
      and participant.owner_id = plays_game_in_hand.p_owner_id
  );
end;
$$;

comment on function lockstep.plays_game_in_hand(uuid) is 'Whether somebody plays the game of the room in hand.';

revoke all on function lockstep.players_in_hand(), lockstep.plays_game_in_hand(uuid)
  from public, anon, authenticated, service_role;
grant execute on function lockstep.players_in_hand(), lockstep.plays_game_in_hand(uuid) to rank_rpc_owner;

-- What belongs to them --------------------------------------------------------------------------------------------

drop policy if exists "room owners see the slots of their rooms" on public.rank_room_slots;
create policy "room owners see the slots of their rooms" on public.rank_room_slots
  for select to rank_rpc_owner
  using (true);

drop policy if exists "the rank RPCs see the slots of no other rooms" on public.rank_room_slots;
create policy "the rank RPCs see the slots of no other rooms" on public.rank_room_slots
  as restrictive for all to rank_rpc_owner
  using (room_id = (select nullif(current_setting('lockstep.room', true), '')::uuid));

drop policy if exists "room owners see who plays the game" on public.rank_participants;
create policy "room owners see who plays the game" on public.rank_participants
  for select to rank_rpc_owner
  using (true);

drop policy if exists "the rank RPCs see who plays no other game" on public.rank_participants;
create policy "the rank RPCs see who plays no other game" on public.rank_participants
  as restrictive for all to rank_rpc_owner
  using (game_id = (select nullif(current_setting('lockstep.game', true), '')::uuid));

drop policy if exists "room owners see the heroes they may field" on public.heroes;
create policy "room owners see the heroes they may field" on public.heroes
  for select to rank_rpc_owner
  using (true);

drop policy if exists "the rank RPCs see no other heroes" on public.heroes;
create policy "the rank RPCs see no other heroes" on public.heroes
  as restrictive for all to rank_rpc_owner
  using (owner_id = any ((select lockstep.players_in_hand())::uuid[]) or lockstep.plays_game_in_hand(owner_id));

drop policy if exists "room owners replace the roster of their rooms" on public.rank_match_roster;
create policy "room owners replace the roster of their rooms" on public.rank_match_roster
  for all to rank_rpc_owner
  using (true) with check (true);

drop policy if exists "the rank RPCs touch the roster of no other rooms" on public.rank_match_roster;
create policy "the rank RPCs touch the roster of no other rooms" on public.rank_match_roster
  as restrictive for all to rank_rpc_owner
  using (room_id = (select nullif(current_setting('lockstep.room', true), '')::uuid))
  with check (
    room_id = (select nullif(current_setting('lockstep.room', true), '')::uuid)
    and game_id = (select nullif(current_setting('lockstep.game', true), '')::uuid)
  );

select lockstep.let_read_what_policies_ask(
  'rank_rpc_owner', '{heroes, rank_rooms, rank_room_slots, rank_participants, rank_match_roster, rank_sessions}'
);

-- 20261122091300_rank_room_templates.sql

-- The slot template that each room was last staged with: its version, and for which match.
--
-- A table of its own in the unexposed schema, not columns of rank_rooms: in an installation, clients may update their
-- rows of rank_rooms directly, and whoever can set the version back decides which staging wins.
-- Contract: none by itself.
-- Called by: sync_rank_match_roster
-- Undo: drop table lockstep.rank_room_templates;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create table if not exists lockstep.rank_room_templates (
  -- No foreign key, here and below: a project may truncate its rooms and sessions. Triggers do what a key would.
  room_id uuid primary key,
  version bigint not null,
  source text not null,
  updated_at timestamptz not null,
  -- A match is one room's. In the roster, two rooms could fill different slots of it.
  match_instance_id uuid unique,
  -- SHA-256 of template, roster and match. Like the match, null where the roster was written before there was an RPC to
  -- keep it: then nothing can be shown to be the same content, and the version is taken.
  digest bytea,
  staged_at timestamptz not null default now(),
  -- Which session the room is in, and whether it has ended. Not only in the status of the session, for which an
  -- installation may have words of its own.
  session_id uuid,
  session_ended boolean not null default false,
  -- The status that the session was opened with, whatever word a project has for it: it goes on while it has this one.
  session_status text,

  constraint template_version_is_not_negative check (version >= 0),
  constraint digest_is_sha_256 check (octet_length(digest) = 32)
);

create index if not exists rank_room_templates_by_session on lockstep.rank_room_templates (session_id);

alter table lockstep.rank_room_templates enable row level security;
revoke all on lockstep.rank_room_templates from public, anon, authenticated, service_role;
grant select, insert, update on lockstep.rank_room_templates to rank_rpc_owner;

drop policy if exists "room owners keep the template of their rooms" on lockstep.rank_room_templates;
create policy "room owners keep the template of their rooms" on lockstep.rank_room_templates
  for all to rank_rpc_owner
  using (room_id = (select nullif(current_setting('lockstep.room', true), '')::uuid))
  with check (room_id = (select nullif(current_setting('lockstep.room', true), '')::uuid));

comment on table lockstep.rank_room_templates is
  'The slot template a room was last staged with. Written by sync_rank_match_roster only.';

-- Rooms that were staged before: the version that their roster carries is the one to be newer than.
insert into lockstep.rank_room_templates (room_id, version, source, updated_at)
select distinct on (roster.room_id)
  roster.room_id,
  roster.slot_template_version,
  coalesce(roster.slot_template_source, 'room-stage'),
  coalesce(roster.slot_template_updated_at, now())
from public.rank_match_roster as roster
where roster.room_id is not null and roster.slot_template_version >= 0
order by roster.room_id, roster.slot_template_version desc
on conflict (room_id) do nothing;

-- 20261122091500_rpc_parameters.sql

-- Reading JSON arguments: each value is what it should be, or the request ends with 422 and the path of the value.
--
-- A cast in an RPC would end it with an error that names PostgreSQL's types and no field.
-- Contract: none by itself.
-- Called by: the rank RPCs.
-- Undo: drop function lockstep.refuse_parameter, lockstep.refuse_unknown_keys, lockstep.text_at, lockstep.integer_at,
--   lockstep.boolean_at, lockstep.uuid_at, lockstep.time_at;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create or replace function lockstep.refuse_parameter(p_path text, p_why text)
returns void
language sql
volatile
set search_path = ''
as $$
  select lockstep.refuse(
    422,
    'invalid_parameter',
    refuse_parameter.p_path || ' ' || refuse_parameter.p_why || '.',
    refuse_parameter.p_path
  );
$$;

comment on function lockstep.refuse_parameter(text, text) is 'Refuses with 422 and the path of the value.';

-- A misspelled key would otherwise be a value that silently does not count.
create or replace function lockstep.refuse_unknown_keys(p_object jsonb, p_known text[], p_path text)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_key text;
begin
  if jsonb_typeof(refuse_unknown_keys.p_object) is distinct from 'object' then
    perform lockstep.refuse_parameter(refuse_unknown_keys.p_path, 'must be an object');
  end if;

  if refuse_unknown_keys.p_object - refuse_unknown_keys.p_known <> '{}' then
    select min(key)
    into v_key
    from jsonb_object_keys(refuse_unknown_keys.p_object - refuse_unknown_keys.p_known) as key;
    perform lockstep.refuse_parameter(refuse_unknown_keys.p_path || '.' || left(v_key, 80), 'is not known');
  end if;
end;
$$;

comment on function lockstep.refuse_unknown_keys(jsonb, text[], text) is 'Refuses what is no object of known keys.';

-- Each of the following gives null for a key that is absent or null.

create or replace function lockstep.text_at(p_object jsonb, p_key text, p_path text)
returns text
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_value constant jsonb := nullif(text_at.p_object -> text_at.p_key, 'null');
  v_text constant text := btrim(v_value #>> '{}', e' \t\n\r');
begin
  if jsonb_typeof(v_value) <> 'string' then
    perform lockstep.refuse_parameter(text_at.p_path || '.' || text_at.p_key, 'must be a text');
  elsif char_length(v_text) > 80 then
    perform lockstep.refuse_parameter(text_at.p_path || '.' || text_at.p_key, 'must have at most 80 characters');
  end if;
  return nullif(v_text, '');
end;
$$;

comment on function lockstep.text_at(jsonb, text, text) is 'A short text without the blanks around it; blank is null.';

create or replace function lockstep.integer_at(p_object jsonb, p_key text, p_path text, p_largest bigint)
returns bigint
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_value constant jsonb := nullif(integer_at.p_object -> integer_at.p_key, 'null');
  v_number numeric;
begin
  if jsonb_typeof(v_value) = 'number' then
    v_number := v_value::numeric;
  end if;
  if v_value is not null
    and (v_number is null or v_number <> trunc(v_number) or v_number not between 0 and integer_at.p_largest)
  then
    perform lockstep.refuse_parameter(
      integer_at.p_path || '.' || integer_at.p_key, 'must be an integer from 0 to ' || integer_at.p_largest
    );
  end if;
  return v_number::bigint;
end;
$$;

comment on function lockstep.integer_at(jsonb, text, text, bigint) is 'A JSON number without a fraction, from 0 on.';

create or replace function lockstep.boolean_at(p_object jsonb, p_key text, p_path text)
returns boolean
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_value constant jsonb := nullif(boolean_at.p_object -> boolean_at.p_key, 'null');
begin
  if jsonb_typeof(v_value) <> 'boolean' then
    perform lockstep.refuse_parameter(boolean_at.p_path || '.' || boolean_at.p_key, 'must be true or false');
  end if;
  return v_value::boolean;
end;
$$;

comment on function lockstep.boolean_at(jsonb, text, text) is 'true or false, never a word for it.';

create or replace function lockstep.uuid_at(p_object jsonb, p_key text, p_path text)
returns uuid
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_value constant jsonb := nullif(uuid_at.p_object -> uuid_at.p_key, 'null');
  v_text constant text := v_value #>> '{}';
begin
  -- A regular expression takes ten times as long.
  if jsonb_typeof(v_value) <> 'string'
    or v_text not like '________-____-____-____-____________'
    or translate(v_text, '0123456789abcdefABCDEF', '') <> '----'
  then
    perform lockstep.refuse_parameter(uuid_at.p_path || '.' || uuid_at.p_key, 'must be a UUID');
  end if;
  return v_text::uuid;
end;
$$;

comment on function lockstep.uuid_at(jsonb, text, text) is 'A UUID with its hyphens.';

-- With its offset: without one it would be a time of whatever zone the session has. PostgreSQL also takes `now` and
-- `infinity`, which are no times that anything happened at.
create or replace function lockstep.time_at(p_object jsonb, p_key text, p_path text)
returns timestamptz
language plpgsql
volatile
set search_path = ''
as $$
declare
  c_time constant text :=
    '^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d([.]\d{1,9})?([Zz]|[+-]\d\d(:?\d\d)?)$';
  v_value constant jsonb := nullif(time_at.p_object -> time_at.p_key, 'null');
  v_time timestamptz;
begin
  if v_value is null then
    return null;
  end if;
  if jsonb_typeof(v_value) <> 'string' or v_value #>> '{}' !~ c_time then
    perform lockstep.refuse_parameter(time_at.p_path || '.' || time_at.p_key, 'must be a time with its offset');
  end if;
  begin
    v_time := (v_value #>> '{}')::timestamptz;
  exception
    when data_exception then
      perform lockstep.refuse_parameter(time_at.p_path || '.' || time_at.p_key, 'is a time that does not exist');
  end;
  return v_time;
end;
$$;

comment on function lockstep.time_at(jsonb, text, text) is 'An RFC 3339 time.';

revoke all on function
  lockstep.refuse_parameter(text, text),
  lockstep.refuse_unknown_keys(jsonb, text[], text),
  lockstep.text_at(jsonb, text, text),
  lockstep.integer_at(jsonb, text, text, bigint),
  lockstep.boolean_at(jsonb, text, text),
  lockstep.uuid_at(jsonb, text, text),
  lockstep.time_at(jsonb, text, text)
from public, anon, authenticated, service_role;

grant execute on function
  lockstep.refuse_parameter(text, text),
  lockstep.refuse_unknown_keys(jsonb, text[], text),
  lockstep.text_at(jsonb, text, text),
  lockstep.integer_at(jsonb, text, text, bigint),
  lockstep.boolean_at(jsonb, text, text),
  lockstep.uuid_at(jsonb, text, text),
  lockstep.time_at(jsonb, text, text)
to rank_rpc_owner;

-- 20261122091600_verify_rank_roles_and_slots.sql

-- verify_rank_roles_and_slots: whether the roles of a slot template declare just the slots that are active.
--
-- Runs with the rights of whoever calls it, since it reads no table. No client calls it: a template that was verified
-- by itself proves nothing about the one that is staged, so sync_rank_match_roster runs it, in its own transaction. It
-- is not in `public`, where a project may have one of the same name and arguments, with callers of its own.
-- Contract: verify_rank_roles_and_slots 1.0.0
-- Called by: sync_rank_match_roster
-- Undo: drop function lockstep.verify_rank_roles_and_slots(jsonb, jsonb);
--   drop function lockstep.rank_template_slots, lockstep.refuse_template, lockstep.small_integer;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- The detail is for programs, and the same as in the installations of old; the path says where to look.
create or replace function lockstep.refuse_template(p_detail text, p_path text, p_why text)
returns void
language sql
volatile
set search_path = ''
as $$
  select lockstep.refuse(
    422,
    'invalid_slot_template',
    refuse_template.p_path || ' ' || refuse_template.p_why || '.',
    refuse_template.p_detail,
    refuse_template.p_path
  );
$$;

comment on function lockstep.refuse_template(text, text, text) is 'Refuses a slot template with 422 and a detail code.';
revoke all on function lockstep.refuse_template(text, text, text) from public, anon, authenticated, service_role;
grant execute on function lockstep.refuse_template(text, text, text) to rank_rpc_owner;

create or replace function lockstep.small_integer(p_value jsonb)
returns integer
language plpgsql
immutable
set search_path = ''
as $$
begin
  return case
    when jsonb_typeof(small_integer.p_value) <> 'number' then null
    when abs(small_integer.p_value::numeric) > 2147483647 then null
    when small_integer.p_value::numeric <> trunc(small_integer.p_value::numeric) then null
    else small_integer.p_value::numeric::integer
  end;
end;
$$;

comment on function lockstep.small_integer(jsonb) is 'A JSON number as an integer, or null where it is none.';
revoke all on function lockstep.small_integer(jsonb) from public, anon, authenticated, service_role;
grant execute on function lockstep.small_integer(jsonb) to rank_rpc_owner;

create or replace function lockstep.rank_template_slots(p_slots jsonb)
returns table (slot_index integer, role text, active boolean)
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_slot jsonb;
  v_position integer;
  v_path text;
  v_seen integer[] := '{}'::integer[];
  v_any_active boolean := false;
begin
  if jsonb_typeof(rank_template_slots.p_slots) is distinct from 'array' then
    perform lockstep.refuse_template('slots_must_be_array', 'slot_template.slots', 'must be an array');
  elsif jsonb_array_length(rank_template_slots.p_slots) > 64 then
    perform lockstep.refuse_template('too_many_slots', 'slot_template.slots', 'must have at most 64 entries');
  end if;

  for v_slot, v_position in
    select given.slot, (given.number - 1)::integer
    from jsonb_array_elements(rank_template_slots.p_slots) with ordinality as given (slot, number)
    order by given.number
  loop
    v_path := 'slot_template.slots[' || v_position || ']';
    if jsonb_typeof(v_slot) <> 'object' then
      perform lockstep.refuse_template('slot_must_be_object', v_path, 'must be an object');
    end if;

    slot_index := v_position;
    if jsonb_typeof(v_slot -> 'slot_index') <> 'null' then
      slot_index := lockstep.small_integer(v_slot -> 'slot_index');
    end if;
    if slot_index is null then
      perform lockstep.refuse_template('slot_index_must_be_integer', v_path || '.slot_index', 'must be an integer');
    elsif slot_index < 0 then
      perform lockstep.refuse_template('slot_index_negative', v_path || '.slot_index', 'is negative');
    elsif slot_index = any (v_seen) then
      perform lockstep.refuse_template(
        'duplicate_slot_index', v_path || '.slot_index', 'is ' || slot_index || ' for the second time'
      );
    end if;
    v_seen := v_seen || slot_index;

    if jsonb_typeof(v_slot -> 'active') not in ('boolean', 'null') then
      perform lockstep.refuse_template('slot_active_must_be_boolean', v_path || '.active', 'must be true or false');
    end if;
    active := coalesce((v_slot ->> 'active')::boolean, true);
    v_any_active := v_any_active or active;

    if jsonb_typeof(v_slot -> 'role') not in ('string', 'null') then
      perform lockstep.refuse_template('slot_role_must_be_text', v_path || '.role', 'must be a text');
    end if;
    role := nullif(btrim(v_slot ->> 'role', e' \t\n\r'), '');
    if char_length(role) > 80 then
      perform lockstep.refuse_template('slot_role_too_long', v_path || '.role', 'must have at most 80 characters');
    elsif active and role is null then
      perform lockstep.refuse_template('active_slot_missing_role', v_path || '.role', 'is missing on an active slot');
    end if;

    return next;
  end loop;

  if not v_any_active then
    perform lockstep.refuse_template('no_active_slots', 'slot_template.slots', 'has no active slot');
  end if;
end;
$$;

comment on function lockstep.rank_template_slots(jsonb) is
  'The slots of a template: active unless said otherwise, and with their position where they have no index.';
revoke all on function lockstep.rank_template_slots(jsonb) from public, anon, authenticated, service_role;
grant execute on function lockstep.rank_template_slots(jsonb) to rank_rpc_owner;

create or replace function lockstep.verify_rank_roles_and_slots(p_roles jsonb default '[]', p_slots jsonb default '[]')
returns table (role_name text, declared_slot_count integer, active_slot_count integer)
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  v_active jsonb;
  v_role jsonb;
  v_path text;
  v_seen text[] := '{}'::text[];
  v_undeclared text;
begin
  perform lockstep.announce_rpc('verify_rank_roles_and_slots', '1.0.0');

  select jsonb_object_agg(counted.role, counted.slots)
  into v_active
  from (
    select slot.role, count(*) as slots
    from lockstep.rank_template_slots(verify_rank_roles_and_slots.p_slots) as slot
    where slot.active
    group by slot.role
  ) as counted;

  if jsonb_typeof(verify_rank_roles_and_slots.p_roles) is distinct from 'array' then
    perform lockstep.refuse_template('roles_must_be_array', 'slot_template.roles', 'must be an array');
  elsif jsonb_array_length(verify_rank_roles_and_slots.p_roles) = 0 then
    perform lockstep.refuse_template('no_roles_defined', 'slot_template.roles', 'is empty');
  elsif jsonb_array_length(verify_rank_roles_and_slots.p_roles) > 64 then
    perform lockstep.refuse_template('too_many_roles', 'slot_template.roles', 'must have at most 64 entries');
  end if;

  for v_role, v_path in
    select given.role, 'slot_template.roles[' || given.number - 1 || ']'
    from jsonb_array_elements(verify_rank_roles_and_slots.p_roles) with ordinality as given (role, number)
    order by given.number
  loop
    if jsonb_typeof(v_role) <> 'object' then
      perform lockstep.refuse_template('role_must_be_object', v_path, 'must be an object');
    end if;

    role_name := btrim(v_role ->> 'name', e' \t\n\r');
    if jsonb_typeof(v_role -> 'name') is distinct from 'string' or role_name = '' then
      perform lockstep.refuse_template('role_name_required', v_path || '.name', 'must be a text, and not blank');
    elsif char_length(role_name) > 80 then
      perform lockstep.refuse_template('role_name_too_long', v_path || '.name', 'must have at most 80 characters');
    elsif role_name = any (v_seen) then
      perform lockstep.refuse_template(
        'duplicate_role_name', v_path || '.name', 'is "' || role_name || '" for the second time'
      );
    end if;
    v_seen := v_seen || role_name;

    declared_slot_count := lockstep.small_integer(v_role -> 'slot_count');
    active_slot_count := coalesce((v_active ->> role_name)::integer, 0);
    if declared_slot_count is null then
      perform lockstep.refuse_template(
        'slot_count_must_be_integer:' || role_name, v_path || '.slot_count', 'must be an integer'
      );
    elsif declared_slot_count < 0 then
      perform lockstep.refuse_template(
        'slot_count_negative:' || role_name, v_path || '.slot_count', 'is negative'
      );
    elsif declared_slot_count <> active_slot_count then
      perform lockstep.refuse_template(
        'slot_count_mismatch:' || role_name,
        v_path || '.slot_count',
        'is ' || declared_slot_count || ', and "' || role_name || '" has ' || active_slot_count || ' active slots'
      );
    end if;

    return next;
  end loop;

  select min(given.role)
  into v_undeclared
  from jsonb_object_keys(v_active) as given (role)
  where given.role <> all (v_seen);

  if v_undeclared is not null then
    perform lockstep.refuse_template(
      'slot_role_missing_declaration:' || v_undeclared,
      'slot_template.roles',
      'does not declare "' || v_undeclared || '"'
    );
  end if;
end;
$$;

comment on function lockstep.verify_rank_roles_and_slots(jsonb, jsonb) is
  '{"rpc": "verify_rank_roles_and_slots", "version": "1.0.0"}';

revoke all on function lockstep.verify_rank_roles_and_slots(jsonb, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function lockstep.verify_rank_roles_and_slots(jsonb, jsonb) to rank_rpc_owner;

-- 20261122091700_rank_roster_entries.sql

-- What sync_rank_match_roster asks before it writes: whose room it is, and whether the roster fits it.
--
-- Contract: none by itself.
-- Called by: sync_rank_match_roster
-- Undo: drop function lockstep.room_exists, lockstep.require_room_owner, lockstep.is_match_of_another_room,
--   lockstep.read_rank_roster, lockstep.require_fitting_roster;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- The policies show an RPC only the rooms of its caller. This looks past them, for one bit: to tell 403 from 404.
create or replace function lockstep.room_exists(p_room_id uuid)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return exists (select from public.rank_rooms as room where room.id = room_exists.p_room_id);
end;
$$;

comment on function lockstep.room_exists(uuid) is 'Whether there is such a room, whoever owns it.';
revoke all on function lockstep.room_exists(uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.room_exists(uuid) to rank_rpc_owner;

create or replace function lockstep.require_room_owner(p_room_id uuid)
returns uuid
language plpgsql
stable
set search_path = ''
as $$
declare
  v_caller constant uuid := lockstep.caller_id();
  v_game uuid;
begin
  select room.game_id
  into v_game
  from public.rank_rooms as room
  where room.id = require_room_owner.p_room_id and room.owner_id = v_caller;

  if not found and lockstep.room_exists(require_room_owner.p_room_id) then
    perform lockstep.refuse(403, 'not_room_owner', 'The room is not yours.', 'room_id');
  elsif not found then
    perform lockstep.refuse(404, 'room_not_found', 'There is no such room.', 'room_id');
  end if;

  perform
    set_config('lockstep.room', require_room_owner.p_room_id::text, true),
    set_config('lockstep.game', v_game::text, true);
  return v_game;
end;
$$;

comment on function lockstep.require_room_owner(uuid) is
  'The game that the room plays; refuses with 403 whoever does not own the room, and with 404 where there is none.';
revoke all on function lockstep.require_room_owner(uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.require_room_owner(uuid) to rank_rpc_owner;

-- Looks past the policies too, for one more bit. Otherwise somebody who knows a match could put entries of a room of his
-- own into the slots that its roster leaves free.
create or replace function lockstep.is_match_of_another_room(p_match_instance_id uuid, p_room_id uuid)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return exists (
    select
    from public.rank_match_roster as roster
    where roster.match_instance_id = is_match_of_another_room.p_match_instance_id
      and roster.room_id is distinct from is_match_of_another_room.p_room_id
  ) or exists (
    select
    from lockstep.rank_room_templates as template
    where template.match_instance_id = is_match_of_another_room.p_match_instance_id
      and template.room_id <> is_match_of_another_room.p_room_id
  );
end;
$$;

comment on function lockstep.is_match_of_another_room(uuid, uuid) is 'Whether another room was staged for the match.';
revoke all on function lockstep.is_match_of_another_room(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.is_match_of_another_room(uuid, uuid) to rank_rpc_owner;

-- Gives the entries in the order of their slots and in one spelling, so that the same roster is the same JSON, however
-- it was written. `position` is where the entry stood, for the path in a refusal.
create or replace function lockstep.read_rank_roster(p_roster jsonb)
returns jsonb
language plpgsql
volatile
set search_path = ''
-- Times become text in here.
set timezone = 'UTC'
as $$
declare
  c_keys constant text[] := array[
    'slot_id', 'slot_index', 'role', 'owner_id', 'hero_id', 'ready', 'joined_at', 'status', 'standin', 'match_source'
  ];
  v_entry jsonb;
  v_read jsonb[] := '{}'::jsonb[];
  v_path text;
begin
  if coalesce(read_rank_roster.p_roster, '[]') in ('[]', 'null') then
    perform lockstep.refuse(422, 'empty_roster', 'The roster has no entries.', 'roster');
  elsif jsonb_typeof(read_rank_roster.p_roster) <> 'array' then
    perform lockstep.refuse_parameter('roster', 'must be an array');
  elsif jsonb_array_length(read_rank_roster.p_roster) > 64 then
    perform lockstep.refuse_parameter('roster', 'must have at most 64 entries');
  end if;

  for v_entry in select element from jsonb_array_elements(read_rank_roster.p_roster) as element loop
    v_path := 'roster[' || cardinality(v_read) || ']';
    perform lockstep.refuse_unknown_keys(v_entry, c_keys, v_path);

    v_read := v_read || jsonb_build_object(
      'position', cardinality(v_read),
      'slot_index', lockstep.integer_at(v_entry, 'slot_index', v_path, 2147483647),
      'slot_id', case when v_entry ? 'slot_id' then lockstep.uuid_at(v_entry, 'slot_id', v_path) end,
      'role', lockstep.text_at(v_entry, 'role', v_path),
      'owner_id', case when v_entry ? 'owner_id' then lockstep.uuid_at(v_entry, 'owner_id', v_path) end,
      'hero_id', case when v_entry ? 'hero_id' then lockstep.uuid_at(v_entry, 'hero_id', v_path) end,
      'ready', v_entry ? 'ready' and coalesce(lockstep.boolean_at(v_entry, 'ready', v_path), false),
      'joined_at', case when v_entry ? 'joined_at' then lockstep.time_at(v_entry, 'joined_at', v_path) end,
      'status', case when v_entry ? 'status' then lockstep.text_at(v_entry, 'status', v_path) end,
      'standin', v_entry ? 'standin' and coalesce(lockstep.boolean_at(v_entry, 'standin', v_path), false),
      'match_source', case when v_entry ? 'match_source' then lockstep.text_at(v_entry, 'match_source', v_path) end
    );
    if jsonb_typeof(v_read[cardinality(v_read)] -> 'slot_index') = 'null' then
      perform lockstep.refuse_parameter(v_path || '.slot_index', 'is missing');
    elsif jsonb_typeof(v_read[cardinality(v_read)] -> 'role') = 'null' then
      perform lockstep.refuse_parameter(v_path || '.role', 'is missing');
    end if;
  end loop;

  return (select jsonb_agg(entry order by (entry ->> 'slot_index')::integer, entry) from unnest(v_read) as entry);
end;
$$;

comment on function lockstep.read_rank_roster(jsonb) is 'The entries of a roster, each value of its type.';
revoke all on function lockstep.read_rank_roster(jsonb) from public, anon, authenticated, service_role;
grant execute on function lockstep.read_rank_roster(jsonb) to rank_rpc_owner;

-- Takes what read_rank_roster and rank_template_slots give. The first entry that does not fit is refused, with the path
-- of the value.
create or replace function lockstep.require_fitting_roster(
  p_room_id uuid,
  p_game_id uuid,
  p_roster jsonb,
  p_slots jsonb
)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_misfit record;
begin
  select
    'roster[' || entry.position || '].' || misfit.field as path,
    misfit.detail,
    misfit.why
  into v_misfit
  from jsonb_to_recordset(require_fitting_roster.p_roster) as entry (
    position integer, slot_index integer, slot_id uuid, role text, owner_id uuid, hero_id uuid, standin boolean
  )
  left join jsonb_to_recordset(require_fitting_roster.p_slots) as template (slot_index integer, role text, active boolean)
    on template.active and template.slot_index = entry.slot_index
  cross join lateral (
    values
      (1, 'duplicate_slot_index', 'slot_index', 'is taken by another entry', exists (
        select
        from jsonb_to_recordset(require_fitting_roster.p_roster) as other (position integer, slot_index integer)
        where other.slot_index = entry.slot_index and other.position < entry.position
      )),
      (2, 'slot_not_active', 'slot_index', 'is not an active slot of the template', template.slot_index is null),
      (3, 'role_mismatch', 'role', 'is not the role of the slot in the template', entry.role <> template.role),
      (4, 'slot_not_in_room', 'slot_id', 'is not the slot of the room with this index', entry.slot_id is not null
        and not exists (
          select
          from public.rank_room_slots as slot
          where slot.room_id = require_fitting_roster.p_room_id
            and slot.id = entry.slot_id
            and slot.slot_index = entry.slot_index
        )),
      (5, 'owner_required', 'owner_id', 'is missing, and the entry is no stand-in',
        entry.owner_id is null and not entry.standin),
      (6, 'owner_not_in_room', 'owner_id', 'does not occupy a slot of the room', entry.owner_id is not null
        and not entry.standin
        and entry.owner_id not in (
          select slot.occupant_owner_id
          from public.rank_room_slots as slot
          where slot.room_id = require_fitting_roster.p_room_id and slot.occupant_owner_id is not null
        )),
      (7, 'standin_not_participant', 'owner_id', 'stands in without participating in the game',
        entry.owner_id is not null
        and entry.standin
        and not exists (
          select
          from public.rank_participants as participant
          where participant.game_id = require_fitting_roster.p_game_id and participant.owner_id = entry.owner_id
        )),
      -- Also where there is no such hero, so that heroes cannot be probed.
      (8, 'hero_not_owned', 'hero_id', 'is not a hero of the owner', entry.hero_id is not null
        and not exists (
          select from public.heroes as hero where hero.id = entry.hero_id and hero.owner_id = entry.owner_id
        ))
  ) as misfit (rank, detail, field, why, given)
  where misfit.given
  order by entry.position, misfit.rank
  limit 1;

  if found then
    perform lockstep.refuse(
      422, 'invalid_roster', v_misfit.path || ' ' || v_misfit.why || '.', v_misfit.detail, v_misfit.path
    );
  end if;
end;
$$;

comment on function lockstep.require_fitting_roster(uuid, uuid, jsonb, jsonb) is
  'Refuses with 422 a roster that does not fit the template, or whose owners or heroes do not belong in it.';
revoke all on function lockstep.require_fitting_roster(uuid, uuid, jsonb, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function lockstep.require_fitting_roster(uuid, uuid, jsonb, jsonb) to rank_rpc_owner;

-- 20261124090000_flags.sql

-- Flags: for whom the overlays are switched on. Those of the functions are variables of the functions, which decide in the
-- same way: the same user is in or out each time, and whoever is in at ten percent is in at fifty.
--
-- To change one, as postgres:
--   update lockstep.settings set value = '10' where name = 'flag_rank_overlays';
-- Contract: none by itself.
-- Called by: the RPCs of the overlays.
-- Undo: drop function lockstep.require_flag(text, uuid); drop function lockstep.flag_is_on(text, uuid);
--   revoke execute on function lockstep.setting(text) from rank_rpc_owner;
--   delete from lockstep.settings where kind in ('flag', 'users');

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- What an operator has changed stays changed when this runs again.
insert into lockstep.settings (name, kind, value, meaning)
values
  ('flag_rank_overlays', 'flag', '"on"', 'Who has overlays: "off" for nobody, "on" for everybody, or a percentage.'),
  ('flag_testers', 'users', '[]', 'Who has them at any percentage, 0 included.')
on conflict do nothing;

create or replace function lockstep.flag_is_on(p_name text, p_user uuid)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
declare
  v_flag jsonb := lockstep.setting(flag_is_on.p_name);
  v_place bigint;
begin
  if flag_is_on.p_user is null or v_flag = '"off"' then
    return false;
  end if;
  if v_flag = '"on"' then
    return true;
  end if;

  -- The first four bytes of the id's SHA-256, as the functions read them too.
  v_place := ('x' || left(encode(sha256(convert_to(flag_is_on.p_user::text, 'UTF8')), 'hex'), 8))::bit(32)::bigint % 100;
  return v_place < v_flag::integer or lockstep.setting('flag_testers') ? flag_is_on.p_user::text;
end;
$$;

comment on function lockstep.flag_is_on(text, uuid) is 'Whether a user is among those for whom this is switched on.';
revoke all on function lockstep.flag_is_on(text, uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.flag_is_on(text, uuid) to rank_rpc_owner;

create or replace function lockstep.require_flag(p_name text, p_user uuid)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if not lockstep.flag_is_on(require_flag.p_name, require_flag.p_user) then
    perform lockstep.refuse(503, 'feature_disabled', 'This is not switched on for you.');
  end if;
end;
$$;

comment on function lockstep.require_flag(text, uuid) is 'Refuses a user for whom this is not switched on.';
revoke all on function lockstep.require_flag(text, uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.require_flag(text, uuid) to rank_rpc_owner;

grant execute on function lockstep.setting(text) to rank_rpc_owner;

-- 20261124100000_rank_session_overlays.sql

-- Overlays: what a player is shown while a staged match is on, and until when. The database says when it is over.
--
-- One row for each player of a session. It lives five minutes from its last renewal at most, and may end early. Clients
-- have no rights here; `service_role` may look and remove.
-- Contract: the view is what fetch_rank_session_overlays reads.
-- Called by: sync_rank_match_roster, the overlay RPCs, the sweep.
-- Undo: drop view public.rank_session_overlays_live; drop table public.rank_session_overlays;
--   drop function lockstep.keep_overlay_times(); drop function lockstep.seated_in_hand();
--   drop trigger seats_given_are_noted on public.rank_room_slots;
--   drop trigger seats_given_are_forgotten on public.rank_room_slots; drop function lockstep.note_who_is_seated();
--   drop table lockstep.rank_seats_given;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create table if not exists public.rank_session_overlays (
  id uuid primary key default gen_random_uuid(),
  -- No foreign keys: a project may truncate its sessions and rooms. Triggers do what keys would.
  session_id uuid not null,
  room_id uuid not null,
  owner_id uuid not null references auth.users (id) on delete cascade,
  -- Of the slot template that the room was staged with.
  version bigint not null,
  inserted_at timestamptz not null default now(),
  renewed_at timestamptz not null default now(),
  -- Given by a trigger where nobody gives it: a generated column could not end early.
  expires_at timestamptz not null,
  -- When its player was told that it ended. Null again when it is renewed.
  expired_notified_at timestamptz,

  constraint one_overlay_per_player unique (session_id, owner_id),
  constraint overlay_lives_five_minutes_at_most check (expires_at <= renewed_at + interval '5 minutes'),
  constraint overlay_version_is_not_negative check (version >= 0)
);

-- What the sweep looks for; and what is followed backwards when a user or a room goes.
create index if not exists rank_session_overlays_by_expiry on public.rank_session_overlays (expires_at);
create index if not exists rank_session_overlays_by_owner on public.rank_session_overlays (owner_id);
create index if not exists rank_session_overlays_by_room on public.rank_session_overlays (room_id);

comment on table public.rank_session_overlays is 'What players are shown during a staged match, and until when.';

alter table public.rank_session_overlays enable row level security;
revoke all on public.rank_session_overlays from public, anon, authenticated, service_role;
grant select, delete on public.rank_session_overlays to service_role;
grant select, insert (session_id, room_id, owner_id, version), update (version, renewed_at, expires_at)
  on public.rank_session_overlays to rank_rpc_owner;

-- Nobody renews from the future, and who renews gets the whole time unless less is asked for.
create or replace function lockstep.keep_overlay_times()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.renewed_at := least(new.renewed_at, now());
  if tg_op = 'INSERT' then
    new.expires_at := coalesce(new.expires_at, new.renewed_at + interval '5 minutes');
  elsif new.renewed_at is distinct from old.renewed_at and new.expires_at is not distinct from old.expires_at then
    new.expires_at := new.renewed_at + interval '5 minutes';
  end if;

  -- Ending early is told at once, and renewing makes a notice possible again.
  if new.expires_at > now() then
    new.expired_notified_at := null;
  elsif tg_op = 'UPDATE' and old.expires_at > now() then
    new.expired_notified_at := now();
  end if;
  return new;
end;
$$;

comment on function lockstep.keep_overlay_times() is 'Sets until when an overlay lives, and whether its end was told.';
revoke all on function lockstep.keep_overlay_times() from public, anon, authenticated, service_role;

create or replace trigger overlays_keep_their_times
  before insert or update on public.rank_session_overlays
  for each row execute function lockstep.keep_overlay_times();

-- Seats that somebody else has given to their occupants. An installation may let hosts do that; it does not make the
-- occupants players whom the host may reach.
create table if not exists lockstep.rank_seats_given (
  -- No foreign key: a project may truncate its slots.
  slot_id uuid primary key
);

comment on table lockstep.rank_seats_given is 'Slots whose occupants did not sit down by themselves.';

alter table lockstep.rank_seats_given enable row level security;
revoke all on lockstep.rank_seats_given from public, anon, authenticated, service_role;
grant select on lockstep.rank_seats_given to rank_rpc_owner;

drop policy if exists "which seats were given is no secret to the rank RPCs" on lockstep.rank_seats_given;
create policy "which seats were given is no secret to the rank RPCs" on lockstep.rank_seats_given
  for select to rank_rpc_owner
  using (true);

-- The back office may seat whom it likes. It has no user id; the subject of its token may be no id at all.
create or replace function lockstep.note_who_is_seated()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  c_uuid constant text := '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$';
  v_subject constant text := auth.jwt() ->> 'sub';
begin
  if tg_op = 'TRUNCATE' then
    delete from lockstep.rank_seats_given where true;
    return null;
  elsif tg_op = 'UPDATE' and new.occupant_owner_id is not distinct from old.occupant_owner_id then
    return null;
  end if;

  delete from lockstep.rank_seats_given as given where given.slot_id = coalesce(new.id, old.id);
  if v_subject ~ c_uuid and new.occupant_owner_id <> v_subject::uuid then
    insert into lockstep.rank_seats_given (slot_id) values (new.id);
  end if;
  return null;
exception
  -- Renamed by the project: no RPC works then, and what the project does goes on.
  when undefined_column then
    return null;
end;
$$;

comment on function lockstep.note_who_is_seated() is 'Remembers which occupants did not sit down by themselves.';
revoke all on function lockstep.note_who_is_seated() from public, anon, authenticated, service_role;

create or replace trigger seats_given_are_noted
  after insert or delete or update of occupant_owner_id on public.rank_room_slots
  for each row execute function lockstep.note_who_is_seated();

create or replace trigger seats_given_are_forgotten
  after truncate on public.rank_room_slots
  for each statement execute function lockstep.note_who_is_seated();

-- Passes by the policies that ask it, once for a statement.
create or replace function lockstep.seated_in_hand()
returns uuid[]
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_room constant uuid := nullif(current_setting('lockstep.room', true), '')::uuid;
begin
  return (
    select array_agg(slot.occupant_owner_id)
    from public.rank_room_slots as slot
    where slot.room_id = v_room
      and not exists (select from lockstep.rank_seats_given as given where given.slot_id = slot.id)
  );
end;
$$;

comment on function lockstep.seated_in_hand() is 'Who has sat down in the room in hand.';
revoke all on function lockstep.seated_in_hand() from public, anon, authenticated, service_role;
grant execute on function lockstep.seated_in_hand() to rank_rpc_owner;

drop policy if exists "players see their overlays" on public.rank_session_overlays;
create policy "players see their overlays" on public.rank_session_overlays
  for select to rank_rpc_owner
  using (owner_id = (select lockstep.caller_id()));

drop policy if exists "players renew their overlays" on public.rank_session_overlays;
create policy "players renew their overlays" on public.rank_session_overlays
  for update to rank_rpc_owner
  using (owner_id = (select lockstep.caller_id()))
  with check (owner_id = (select lockstep.caller_id()));

drop policy if exists "room owners see the overlays of their rooms" on public.rank_session_overlays;
create policy "room owners see the overlays of their rooms" on public.rank_session_overlays
  for select to rank_rpc_owner
  using (room_id = (select nullif(current_setting('lockstep.room', true), '')::uuid));

-- A host reaches who has sat down in the room, and nobody else.
drop policy if exists "room owners open overlays for who sits in their rooms" on public.rank_session_overlays;
create policy "room owners open overlays for who sits in their rooms" on public.rank_session_overlays
  for insert to rank_rpc_owner
  with check (
    room_id = (select nullif(current_setting('lockstep.room', true), '')::uuid)
    and owner_id = any ((select lockstep.seated_in_hand())::uuid[])
  );

-- Those who left can be ended, and not kept alive.
drop policy if exists "room owners end the overlays of their rooms" on public.rank_session_overlays;
create policy "room owners end the overlays of their rooms" on public.rank_session_overlays
  for update to rank_rpc_owner
  using (room_id = (select nullif(current_setting('lockstep.room', true), '')::uuid))
  with check (
    room_id = (select nullif(current_setting('lockstep.room', true), '')::uuid)
    and (expires_at <= now() or owner_id = any ((select lockstep.seated_in_hand())::uuid[]))
  );

-- What is over is not there, whether or not the sweep has come by. Not now(): what PostgreSQL knows of these times is
-- older than five minutes, so it would expect to find few that are not over, and read them all for one player's.
create or replace view public.rank_session_overlays_live
with (security_invoker = true) as
select overlay.id, overlay.session_id, overlay.room_id, overlay.owner_id, overlay.version, overlay.expires_at
from public.rank_session_overlays as overlay
where overlay.expires_at > clock_timestamp();

comment on view public.rank_session_overlays_live is 'The overlays that are not over.';
revoke all on public.rank_session_overlays_live from public, anon, authenticated, service_role;
grant select on public.rank_session_overlays_live to service_role, rank_rpc_owner;

notify pgrst, 'reload schema';

-- 20261124100100_rank_session_access.sql

-- Who may make a session: rank_rpc_owner, for a game that a room of the caller plays; and end it, for a room's owner.
--
-- As with the other rank tables: an installation's rights and policies stay, and the restrictive policies keep the RPCs
-- where they belong.
-- Contract: none by itself.
-- Called by: sync_rank_match_roster, end_rank_session.
-- Undo: revoke all on public.rank_sessions from rank_rpc_owner;
--   drop policy "room owners see the sessions of their rooms" on public.rank_sessions;
--   drop policy "the rank RPCs see no other sessions" on public.rank_sessions;
--   drop policy "room owners open sessions of their games" on public.rank_sessions;
--   drop policy "the rank RPCs open no other sessions" on public.rank_sessions;
--   drop policy "room owners end the sessions of their rooms" on public.rank_sessions;
--   drop policy "the rank RPCs change no other sessions" on public.rank_sessions;
--   drop function lockstep.session_in_hand(); drop function lockstep.room_of_session(uuid);
--   drop function lockstep.has_opening_status(uuid); drop function lockstep.status_of_session(uuid);

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

grant select, insert (id, game_id, owner_id), update (status, updated_at) on public.rank_sessions
  to rank_rpc_owner;

-- Whose session it is goes by the room: it may have another owner than when the session was opened. These two pass by the
-- policies.
create or replace function lockstep.room_of_session(p_session_id uuid)
returns uuid
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return (
    select template.room_id
    from lockstep.rank_room_templates as template
    join public.rank_rooms as room on room.id = template.room_id
    where template.session_id = room_of_session.p_session_id and room.owner_id = auth.uid()
  );
end;
$$;

comment on function lockstep.room_of_session(uuid) is 'The room of the caller that is in the session, or null.';
revoke all on function lockstep.room_of_session(uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.room_of_session(uuid) to rank_rpc_owner;

create or replace function lockstep.session_in_hand()
returns uuid
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_room constant uuid := nullif(current_setting('lockstep.room', true), '')::uuid;
begin
  return (
    select template.session_id from lockstep.rank_room_templates as template where template.room_id = v_room
  );
end;
$$;

comment on function lockstep.session_in_hand() is 'The session that the room in hand is in.';
revoke all on function lockstep.session_in_hand() from public, anon, authenticated, service_role;
grant execute on function lockstep.session_in_hand() to rank_rpc_owner;

-- Of a session that was just opened, too, which the policies still hide.
create or replace function lockstep.status_of_session(p_session_id uuid)
returns text
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return (
    select session.status::text from public.rank_sessions as session where session.id = status_of_session.p_session_id
  );
end;
$$;

comment on function lockstep.status_of_session(uuid) is 'The status of a session, as text.';
revoke all on function lockstep.status_of_session(uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.status_of_session(uuid) to rank_rpc_owner;

create or replace function lockstep.has_opening_status(p_session_id uuid)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return exists (
    select
    from lockstep.rank_room_templates as template
    join public.rank_sessions as session on session.id = template.session_id
    where template.session_id = has_opening_status.p_session_id
      and session.status::text is not distinct from template.session_status
  );
end;
$$;

comment on function lockstep.has_opening_status(uuid) is
  'Whether a session of a staged room has the status that it was opened with, so that nobody has ended it.';
revoke all on function lockstep.has_opening_status(uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.has_opening_status(uuid) to rank_rpc_owner;

drop policy if exists "room owners see the sessions of their rooms" on public.rank_sessions;
create policy "room owners see the sessions of their rooms" on public.rank_sessions
  for select to rank_rpc_owner
  using (true);

drop policy if exists "the rank RPCs see no other sessions" on public.rank_sessions;
create policy "the rank RPCs see no other sessions" on public.rank_sessions
  as restrictive for select to rank_rpc_owner
  using (id = (select lockstep.session_in_hand()));

drop policy if exists "room owners open sessions of their games" on public.rank_sessions;
create policy "room owners open sessions of their games" on public.rank_sessions
  for insert to rank_rpc_owner
  with check (true);

drop policy if exists "the rank RPCs open no other sessions" on public.rank_sessions;
create policy "the rank RPCs open no other sessions" on public.rank_sessions
  as restrictive for insert to rank_rpc_owner
  with check (
    owner_id = (select lockstep.caller_id())
    and game_id = (select nullif(current_setting('lockstep.game', true), '')::uuid)
  );

drop policy if exists "room owners end the sessions of their rooms" on public.rank_sessions;
create policy "room owners end the sessions of their rooms" on public.rank_sessions
  for update to rank_rpc_owner
  using (true)
  with check (true);

drop policy if exists "the rank RPCs change no other sessions" on public.rank_sessions;
create policy "the rank RPCs change no other sessions" on public.rank_sessions
  as restrictive for update to rank_rpc_owner
  using (id = (select lockstep.session_in_hand()))
  with check (id = (select lockstep.session_in_hand()));

-- 20261124100150_rank_followers.sql

-- What hangs on a room or a session goes with it: overlays and templates, as with foreign keys.
--
-- They are no foreign keys, since those would forbid a project to truncate its rooms and sessions, and to give them
-- other ids. A staging holds room and session before it writes, so what is written hangs on something that is there.
-- Contract: none by itself.
-- Called by: deletes and truncates of rooms and sessions, and changes of their ids.
-- Undo: drop trigger what_hangs_on_it_goes_with_it on public.rank_sessions;
--   drop trigger what_hangs_on_them_goes_with_them on public.rank_sessions;
--   drop trigger what_hangs_on_it_goes_with_it on public.rank_rooms;
--   drop trigger what_hangs_on_them_goes_with_them on public.rank_rooms;
--   drop function lockstep.follow_session(); drop function lockstep.follow_room();

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create or replace function lockstep.follow_room()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from public.rank_session_overlays where true;
    delete from lockstep.rank_room_templates where true;
  elsif tg_op = 'DELETE' then
    delete from public.rank_session_overlays as overlay where overlay.room_id = old.id;
    delete from lockstep.rank_room_templates as template where template.room_id = old.id;
  else
    update public.rank_session_overlays as overlay set room_id = new.id where overlay.room_id = old.id;
    update lockstep.rank_room_templates as template set room_id = new.id where template.room_id = old.id;
  end if;
  return null;
exception
  -- Renamed, as far as the project does that: no RPC works then, and what the project does goes on.
  when undefined_column then
    return null;
end;
$$;

comment on function lockstep.follow_room() is 'Does to what hangs on a room what is done to the room.';
revoke all on function lockstep.follow_room() from public, anon, authenticated, service_role;

create or replace trigger what_hangs_on_it_goes_with_it
  after delete or update of id on public.rank_rooms
  for each row execute function lockstep.follow_room();

create or replace trigger what_hangs_on_them_goes_with_them
  after truncate on public.rank_rooms
  for each statement execute function lockstep.follow_room();

create or replace function lockstep.follow_session()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from public.rank_session_overlays where true;
    update lockstep.rank_room_templates set session_id = null where session_id is not null;
  elsif tg_op = 'DELETE' then
    delete from public.rank_session_overlays as overlay where overlay.session_id = old.id;
    update lockstep.rank_room_templates as template set session_id = null where template.session_id = old.id;
  else
    update public.rank_session_overlays as overlay set session_id = new.id where overlay.session_id = old.id;
    update lockstep.rank_room_templates as template set session_id = new.id where template.session_id = old.id;
  end if;
  return null;
exception
  -- Renamed, as far as the project does that: no RPC works then, and what the project does goes on.
  when undefined_column then
    return null;
end;
$$;

comment on function lockstep.follow_session() is 'Does to what hangs on a session what is done to the session.';
revoke all on function lockstep.follow_session() from public, anon, authenticated, service_role;

create or replace trigger what_hangs_on_it_goes_with_it
  after delete or update of id on public.rank_sessions
  for each row execute function lockstep.follow_session();

create or replace trigger what_hangs_on_them_goes_with_them
  after truncate on public.rank_sessions
  for each statement execute function lockstep.follow_session();

-- 20261124100200_rank_overlay_broadcast.sql

-- Overlays are announced: to each player what happened to the player's own, and to all that something ended.
--
-- A Realtime topic is authorised once, when it is joined, and then everything on it reaches everyone who joined. So what
-- says something goes to the personal topic `rank_overlay_ttl:<user id>`; `rank_overlay_ttl` carries no content. Both
-- are private. realtime.send() swallows every error, so the row is looked for, and what is not there waits in the outbox
-- for the sweep. Delivery is at most once all the same: clients look at the clock, and ask again when they reconnect.
-- Contract: none by itself.
-- Called by: every change of an overlay; the policy of Realtime, when a client joins a topic.
-- Undo: drop policy "players hear of their overlays" on realtime.messages;
--   drop trigger new_overlays_are_announced on public.rank_session_overlays;
--   drop trigger overlay_changes_are_announced on public.rank_session_overlays;
--   drop trigger overlay_ends_are_announced on public.rank_session_overlays;
--   drop function lockstep.notify_overlay_ttl, lockstep.overlay_event, lockstep.publish_overlay_events,
--   lockstep.send_overlay_events, lockstep.may_hear_overlay_topic;
--   drop table lockstep.rank_overlay_outbox;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create table if not exists lockstep.rank_overlay_outbox (
  id uuid primary key,
  topic text not null,
  event text not null,
  payload jsonb not null,
  attempts integer not null default 1,
  inserted_at timestamptz not null default now()
);

create index if not exists rank_overlay_outbox_by_age on lockstep.rank_overlay_outbox (inserted_at);

comment on table lockstep.rank_overlay_outbox is 'Broadcasts that could not be written. The sweep tries them again.';

alter table lockstep.rank_overlay_outbox enable row level security;
revoke all on lockstep.rank_overlay_outbox from public, anon, authenticated, service_role;

-- Realtime keeps times without their zone, which has to be UTC. Its tables are maintained while this runs, and a match is
-- not kept waiting for that: where one event could not be written, those after it are not tried. A plan that was made
-- while the partition of the day was empty must not read all of it in the evening.
create or replace function lockstep.send_overlay_events(p_events lockstep.rank_overlay_outbox[])
returns integer
language plpgsql
security definer
set search_path = ''
set timezone = 'UTC'
set lock_timeout = '50ms'
set enable_seqscan = off
as $$
declare
  v_event lockstep.rank_overlay_outbox;
  v_sent integer := 0;
begin
  foreach v_event in array send_overlay_events.p_events loop
    perform realtime.send(
      v_event.payload || jsonb_build_object('id', v_event.id), v_event.event, v_event.topic, true
    );
    perform
      from realtime.messages as message
      where message.inserted_at = localtimestamp
        and message.topic = v_event.topic
        and message.extension = 'broadcast'
        and message.private is true
        and message.payload ->> 'id' = v_event.id::text;
    exit when not found;
    v_sent := v_sent + 1;
  end loop;
  return v_sent;
exception
  -- Then none of them is there.
  when others then
    return 0;
end;
$$;

comment on function lockstep.send_overlay_events(lockstep.rank_overlay_outbox[]) is
  'Writes broadcasts in their order, and says how many are there: the first that is not ends it.';
revoke all on function lockstep.send_overlay_events(lockstep.rank_overlay_outbox[])
  from public, anon, authenticated, service_role;

create or replace function lockstep.publish_overlay_events(p_events lockstep.rank_overlay_outbox[])
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_sent constant integer := lockstep.send_overlay_events(publish_overlay_events.p_events);
begin
  if v_sent < cardinality(publish_overlay_events.p_events) then
    insert into lockstep.rank_overlay_outbox
    select * from unnest(publish_overlay_events.p_events[v_sent + 1:]);
  end if;
end;
$$;

comment on function lockstep.publish_overlay_events(lockstep.rank_overlay_outbox[]) is
  'Writes broadcasts, or leaves them in the outbox, in the same transaction as what they are about.';
revoke all on function lockstep.publish_overlay_events(lockstep.rank_overlay_outbox[])
  from public, anon, authenticated, service_role;

create or replace function lockstep.overlay_event(
  p_overlay_id uuid,
  p_session_id uuid,
  p_owner_id uuid,
  p_version bigint,
  p_expires_at timestamptz,
  p_event text,
  p_reason text
)
returns lockstep.rank_overlay_outbox
language plpgsql
volatile
set search_path = ''
as $$
begin
  return row(
    gen_random_uuid(),
    'rank_overlay_ttl:' || overlay_event.p_owner_id,
    overlay_event.p_event,
    jsonb_build_object(
      'overlay_id', overlay_event.p_overlay_id,
      'session_id', overlay_event.p_session_id,
      'version', overlay_event.p_version,
      'reason', overlay_event.p_reason,
      'expires_at', overlay_event.p_expires_at
    ),
    1,
    now()
  );
end;
$$;

comment on function lockstep.overlay_event(uuid, uuid, uuid, bigint, timestamptz, text, text) is
  'What a player is told of an overlay.';
revoke all on function lockstep.overlay_event(uuid, uuid, uuid, bigint, timestamptz, text, text)
  from public, anon, authenticated, service_role;

-- Once for a statement, since a room has many players. Renewing changes no version, and is nobody's news; nor is the
-- removal of what was told when it ended.
create or replace function lockstep.notify_overlay_ttl()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_events lockstep.rank_overlay_outbox[];
  v_any_ended boolean;
begin
  if tg_op = 'INSERT' then
    select array_agg(
      lockstep.overlay_event(
        made.id, made.session_id, made.owner_id, made.version, made.expires_at, 'overlay_opened', 'staged'
      )
    )
    into v_events
    from made;
  elsif tg_op = 'UPDATE' then
    select
      array_agg(
        lockstep.overlay_event(
          made.id, made.session_id, made.owner_id, made.version, made.expires_at,
          case when made.expires_at > now() then 'overlay_opened' else 'overlay_expired' end,
          case when made.expires_at > now() then 'staged' else 'ended' end
        )
      ),
      bool_or(made.expires_at <= now())
    into v_events, v_any_ended
    from made
    join gone on gone.id = made.id
    where made.version <> gone.version or (made.expired_notified_at is not null and gone.expired_notified_at is null);
  else
    select
      array_agg(
        lockstep.overlay_event(
          gone.id, gone.session_id, gone.owner_id, gone.version, gone.expires_at, 'overlay_expired',
          case when gone.expires_at <= now() then 'ttl' else 'ended' end
        )
      ),
      true
    into v_events, v_any_ended
    from gone
    where gone.expired_notified_at is null;
  end if;

  if v_events is null then
    return null;
  end if;
  -- To everybody, and without content.
  if v_any_ended then
    v_events := v_events
      || row(gen_random_uuid(), 'rank_overlay_ttl', 'overlay_expired', '{}', 1, now())::lockstep.rank_overlay_outbox;
  end if;
  perform lockstep.publish_overlay_events(v_events);
  return null;
end;
$$;

comment on function lockstep.notify_overlay_ttl() is
  'Tells players that overlays were opened, or are over, and everybody that something ended.';
revoke all on function lockstep.notify_overlay_ttl() from public, anon, authenticated, service_role;

create or replace trigger new_overlays_are_announced
  after insert on public.rank_session_overlays
  referencing new table as made
  for each statement execute function lockstep.notify_overlay_ttl();

create or replace trigger overlay_changes_are_announced
  after update on public.rank_session_overlays
  referencing old table as gone new table as made
  for each statement execute function lockstep.notify_overlay_ttl();

create or replace trigger overlay_ends_are_announced
  after delete on public.rank_session_overlays
  referencing old table as gone
  for each statement execute function lockstep.notify_overlay_ttl();

-- For the caller only, and false for whatever is not a topic of ours.
create or replace function lockstep.may_hear_overlay_topic(p_topic text)
returns boolean
language sql
stable
security definer
set search_path = ''
as $$
  select coalesce(
    auth.uid() is not null
    and not lockstep.is_unwelcome_guest()
    and may_hear_overlay_topic.p_topic in ('rank_overlay_ttl', 'rank_overlay_ttl:' || auth.uid()),
    false
  );
$$;

comment on function lockstep.may_hear_overlay_topic(text) is 'Whether the topic is the caller''s, or everybody''s.';
revoke all on function lockstep.may_hear_overlay_topic(text) from public, anon, authenticated, service_role;
grant execute on function lockstep.may_hear_overlay_topic(text) to authenticated;

-- To listen, and not to send: there is no policy for insert.
drop policy if exists "players hear of their overlays" on realtime.messages;
create policy "players hear of their overlays" on realtime.messages
  for select to authenticated
  using (extension = 'broadcast' and (select lockstep.may_hear_overlay_topic((select realtime.topic()))));

-- 20261124100210_realtime_topics.sql

-- Our topics stay ours, whatever policies an installation has on realtime.messages.
--
-- Many have the first example of the documentation, which lets every signed-in user hear, or send on, every topic.
-- Permissive policies add up; these are restrictive, and say no for topics of ours alone.
-- Contract: policies of realtime.messages.
-- Called by: Realtime, when a client joins a topic or sends on one.
-- Undo: drop policy "our topics are heard by whom they are for" on realtime.messages;
--   drop policy "nobody sends on our topics" on realtime.messages; drop function lockstep.is_own_topic(text);
--   drop function lockstep.may_hear_topic(text);

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create or replace function lockstep.is_own_topic(p_topic text)
returns boolean
language sql
immutable
set search_path = ''
as $$
  select is_own_topic.p_topic ~
    '^(social:[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|rank_overlay_ttl(:.*)?)$';
$$;

comment on function lockstep.is_own_topic(text) is 'Whether a Realtime topic is one of those that this product speaks on.';
revoke all on function lockstep.is_own_topic(text) from public, anon, authenticated, service_role;

create or replace function lockstep.may_hear_topic(p_topic text)
returns boolean
language sql
stable
security definer
set search_path = ''
as $$
  select lockstep.may_hear_social_topic(may_hear_topic.p_topic)
    or lockstep.may_hear_overlay_topic(may_hear_topic.p_topic);
$$;

comment on function lockstep.may_hear_topic(text) is 'Whether the caller may listen on a topic of this product.';
revoke all on function lockstep.may_hear_topic(text) from public, anon, authenticated, service_role;

-- The policies run as the client, who may not look into the schema but may run what is granted here. They hold for every
-- role, those of a project's own included.
grant execute on function lockstep.is_own_topic(text), lockstep.may_hear_topic(text) to public;

drop policy if exists "our topics are heard by whom they are for" on realtime.messages;
create policy "our topics are heard by whom they are for" on realtime.messages
  as restrictive for select to public
  using (
    not coalesce(lockstep.is_own_topic((select realtime.topic())), false)
    or (current_user = 'authenticated' and (select lockstep.may_hear_topic((select realtime.topic()))))
  );

drop policy if exists "nobody sends on our topics" on realtime.messages;
create policy "nobody sends on our topics" on realtime.messages
  as restrictive for insert to public
  with check (not coalesce(lockstep.is_own_topic((select realtime.topic())), false));

-- 20261124100300_fetch_rank_session_overlays.sql

-- fetch_rank_session_overlays: the caller's overlays that are not over, and the server's time to compare clocks with.
--
-- For those for whom overlays are switched on. Browsers call it themselves, whenever they connect: a broadcast that was
-- missed is never sent again.
-- Contract: fetch_rank_session_overlays 1.1.0
-- Called by: the browser module.
-- Undo: drop function public.fetch_rank_session_overlays();

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create or replace function public.fetch_rank_session_overlays(out server_time timestamptz, out overlays jsonb)
language plpgsql
stable
security definer
set search_path = ''
set statement_timeout = '5s'
as $$
declare
  v_caller uuid;
begin
  perform lockstep.announce_rpc('fetch_rank_session_overlays', '1.1.0');
  v_caller := lockstep.require_caller();
  perform lockstep.require_flag('flag_rank_overlays', v_caller);

  server_time := clock_timestamp();
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'session_id', live.session_id, 'version', live.version, 'expires_at', live.expires_at
      )
      order by live.expires_at desc, live.session_id
    ),
    '[]'
  )
  into overlays
  from public.rank_session_overlays_live as live
  where live.owner_id = v_caller;
end;
$$;

comment on function public.fetch_rank_session_overlays() is
  '{"rpc": "fetch_rank_session_overlays", "version": "1.1.0"}';

revoke all on function public.fetch_rank_session_overlays() from public, anon, authenticated, service_role;
grant execute on function public.fetch_rank_session_overlays() to authenticated;

grant create on schema public to rank_rpc_owner;
alter function public.fetch_rank_session_overlays() owner to rank_rpc_owner;
revoke create on schema public from rank_rpc_owner;

notify pgrst, 'reload schema';

-- 20261124100400_renew_rank_session_overlay.sql

-- renew_rank_session_overlay: the caller is still there, so the caller's overlay lives five minutes more.
--
-- For those for whom overlays are switched on. One that is over stays over: it was announced as such, and what a browser
-- has collapsed does not come back by itself.
-- Contract: renew_rank_session_overlay 1.1.0
-- Called by: the browser module.
-- Undo: drop function public.renew_rank_session_overlay(uuid); drop function lockstep.still_plays(uuid);

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- Sees what the policies hide from a player: the room, and whether its session goes on.
create or replace function lockstep.still_plays(p_session_id uuid)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return exists (
    select
    from lockstep.rank_room_templates as template
    join public.rank_room_slots as slot on slot.room_id = template.room_id
    where template.session_id = still_plays.p_session_id
      and not template.session_ended
      and lockstep.has_opening_status(template.session_id)
      and slot.occupant_owner_id = auth.uid()
  );
end;
$$;

comment on function lockstep.still_plays(uuid) is 'Whether the caller sits in the room of a session that goes on.';
revoke all on function lockstep.still_plays(uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.still_plays(uuid) to rank_rpc_owner;

create or replace function public.renew_rank_session_overlay(
  p_session_id uuid,
  out session_id uuid,
  out version bigint,
  out expires_at timestamptz,
  out server_time timestamptz
)
language plpgsql
volatile
security definer
set search_path = ''
set statement_timeout = '5s'
as $$
declare
  v_caller uuid;
begin
  perform lockstep.announce_rpc('renew_rank_session_overlay', '1.1.0');
  v_caller := lockstep.require_caller();
  perform lockstep.require_flag('flag_rank_overlays', v_caller);

  update public.rank_session_overlays as overlay
  set renewed_at = now(), expires_at = now() + interval '5 minutes'
  where overlay.session_id = renew_rank_session_overlay.p_session_id
    and overlay.owner_id = v_caller
    -- Not now(): whoever waits for a row that is being ended must find that it has ended.
    and overlay.expires_at > clock_timestamp()
    and overlay.expired_notified_at is null
    and lockstep.still_plays(overlay.session_id)
  returning overlay.session_id, overlay.version, overlay.expires_at
  into session_id, version, expires_at;

  if not found then
    perform lockstep.refuse(404, 'overlay_not_found', 'There is no overlay of yours in this session, or it is over.');
  end if;
  server_time := clock_timestamp();
end;
$$;

comment on function public.renew_rank_session_overlay(uuid) is
  '{"rpc": "renew_rank_session_overlay", "version": "1.1.0"}';

revoke all on function public.renew_rank_session_overlay(uuid) from public, anon, authenticated, service_role;
grant execute on function public.renew_rank_session_overlay(uuid) to authenticated;

grant create on schema public to rank_rpc_owner;
alter function public.renew_rank_session_overlay(uuid) owner to rank_rpc_owner;
revoke create on schema public from rank_rpc_owner;

notify pgrst, 'reload schema';

-- 20261124100500_end_rank_session.sql

-- end_rank_session: the match is over, so everybody's overlay of it is.
--
-- For the owner of the room. A session that is somebody else's is refused like one that does not exist.
-- Contract: end_rank_session 1.0.0
-- Called by: the browser module.
-- Undo: drop function public.end_rank_session(uuid); drop function lockstep.end_rank_overlays(uuid, uuid, uuid[]);
--   drop function lockstep.note_session_end(uuid);

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- Of all players but those who are named. As many as were not over.
create or replace function lockstep.end_rank_overlays(p_session_id uuid, p_room_id uuid, p_but uuid[])
returns integer
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_ended integer;
begin
  update public.rank_session_overlays as overlay
  set expires_at = now()
  where overlay.session_id = end_rank_overlays.p_session_id
    -- Not now(), for which the index of all overlays that are not over could be read.
    and overlay.expires_at > clock_timestamp()
    and overlay.owner_id <> all (end_rank_overlays.p_but)
    -- Not those that the caller merely has in somebody else's room.
    and overlay.room_id = end_rank_overlays.p_room_id;
  get diagnostics v_ended = row_count;
  return v_ended;
end;
$$;

comment on function lockstep.end_rank_overlays(uuid, uuid, uuid[]) is 'Ends the overlays of a session in a room.';
revoke all on function lockstep.end_rank_overlays(uuid, uuid, uuid[]) from public, anon, authenticated, service_role;
grant execute on function lockstep.end_rank_overlays(uuid, uuid, uuid[]) to rank_rpc_owner;

-- For whoever reads the table. An installation may allow other words only, have a trigger that refuses or a policy that hides,
-- and a match does not go on for that. What says that the database is busy is no refusal.
create or replace function lockstep.note_session_end(p_session_id uuid)
returns void
language plpgsql
volatile
set search_path = ''
as $$
begin
  update public.rank_sessions as session
  set status = 'ended', updated_at = now()
  where session.id = note_session_end.p_session_id and lockstep.has_opening_status(session.id);
exception
  when transaction_rollback or insufficient_resources or lock_not_available or operator_intervention then
    raise;
  when others then
    raise warning 'session % has ended, and its status could not be set: %', p_session_id, sqlerrm;
end;
$$;

comment on function lockstep.note_session_end(uuid) is 'Sets the status of a session that has ended.';
revoke all on function lockstep.note_session_end(uuid) from public, anon, authenticated, service_role;
grant execute on function lockstep.note_session_end(uuid) to rank_rpc_owner;

create or replace function public.end_rank_session(
  p_session_id uuid,
  out session_id uuid,
  out ended_count integer,
  out server_time timestamptz
)
language plpgsql
volatile
security definer
set search_path = ''
set statement_timeout = '5s'
as $$
declare
  v_room uuid;
  v_ended_before boolean;
begin
  perform lockstep.announce_rpc('end_rank_session', '1.0.0');
  perform lockstep.require_caller();

  -- One change of a room at a time, as in a staging: the lock first, and what it is about again under it.
  v_room := lockstep.room_of_session(end_rank_session.p_session_id);
  perform pg_advisory_xact_lock(hashtextextended('rank_match_roster:' || v_room, 0)) where v_room is not null;
  perform lockstep.hold_for_staging(v_room, null, '[]') where v_room is not null;
  perform set_config('lockstep.room', v_room::text, true);

  select template.session_id, template.session_ended
  into session_id, v_ended_before
  from lockstep.rank_room_templates as template
  where template.room_id = v_room and template.session_id = end_rank_session.p_session_id;

  if not found then
    perform lockstep.refuse(404, 'session_not_found', 'There is no session of this id in a room of yours.');
  end if;
  perform lockstep.note_session_end(session_id);
  ended_count := lockstep.end_rank_overlays(session_id, v_room, '{}');
  update lockstep.rank_room_templates as template
  set session_ended = true
  where template.room_id = v_room and not template.session_ended;
  server_time := clock_timestamp();

  -- Ending it again changes nothing.
  if not v_ended_before or ended_count > 0 then
    perform lockstep.audit(
      'end_rank_session', '1.0.0', jsonb_build_object('session_id', session_id, 'ended_count', ended_count)
    );
  end if;
end;
$$;

comment on function public.end_rank_session(uuid) is '{"rpc": "end_rank_session", "version": "1.0.0"}';

revoke all on function public.end_rank_session(uuid) from public, anon, authenticated, service_role;
grant execute on function public.end_rank_session(uuid) to authenticated;

grant create on schema public to rank_rpc_owner;
alter function public.end_rank_session(uuid) owner to rank_rpc_owner;
revoke create on schema public from rank_rpc_owner;

notify pgrst, 'reload schema';

-- 20261124100600_open_rank_session.sql

-- A staging opens a session, and an overlay for each player of the roster who sits in the room and for whom overlays are
-- switched on. An overlay of a player for whom they are off now ends.
--
-- The same match staged again goes on in its session, with the newer version; another match ends the session before it.
-- sync_rank_match_roster runs this in its own transaction, so there is no staged match without its overlays.
-- Contract: none by itself.
-- Called by: sync_rank_match_roster
-- Undo: drop function lockstep.open_rank_session(uuid, uuid, uuid, boolean, jsonb, bigint);

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create or replace function lockstep.open_rank_session(
  p_room_id uuid,
  p_game_id uuid,
  p_before uuid,
  p_goes_on boolean,
  p_roster jsonb,
  p_version bigint
)
returns uuid
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_session uuid;
  v_players uuid[];
begin
  select coalesce(array_agg(distinct entry.owner_id), '{}')
  into v_players
  from jsonb_to_recordset(open_rank_session.p_roster) as entry (owner_id uuid)
  where entry.owner_id = any ((select lockstep.seated_in_hand())::uuid[])
    and lockstep.flag_is_on('flag_rank_overlays', entry.owner_id);

  -- The session before, where this staging is for the match that it is on for. It is held.
  if open_rank_session.p_goes_on then
    select session.id
    into v_session
    from public.rank_sessions as session
    where session.id = open_rank_session.p_before and lockstep.has_opening_status(session.id);
  end if;

  if v_session is null then
    perform lockstep.note_session_end(open_rank_session.p_before);
    perform lockstep.end_rank_overlays(open_rank_session.p_before, open_rank_session.p_room_id, '{}');

    v_session := gen_random_uuid();
    insert into public.rank_sessions (id, game_id, owner_id)
    values (v_session, open_rank_session.p_game_id, lockstep.caller_id());
  else
    perform lockstep.end_rank_overlays(v_session, open_rank_session.p_room_id, v_players);
  end if;

  insert into public.rank_session_overlays as overlay (session_id, room_id, owner_id, version)
  select v_session, open_rank_session.p_room_id, player.id, open_rank_session.p_version
  from unnest(v_players) as player (id)
  order by player.id
  on conflict (session_id, owner_id) do update
  set version = excluded.version, renewed_at = now(), expires_at = now() + interval '5 minutes';
  return v_session;
end;
$$;

comment on function lockstep.open_rank_session(uuid, uuid, uuid, boolean, jsonb, bigint) is
  'The session of a staged room, with an overlay for each player who sits there.';
revoke all on function lockstep.open_rank_session(uuid, uuid, uuid, boolean, jsonb, bigint)
  from public, anon, authenticated, service_role;
grant execute on function lockstep.open_rank_session(uuid, uuid, uuid, boolean, jsonb, bigint) to rank_rpc_owner;

-- 20261124100650_staging_limit.sql

-- How often one user may stage: each staging makes a session, replaces a roster and tells its players.
--
-- Counted by what was audited, in all rooms: a repetition changes nothing, and does not count.
-- Contract: none by itself.
-- Called by: sync_rank_match_roster
-- Undo: drop function lockstep.require_staging_patience(); drop function lockstep.staged_by_caller_at(integer);
--   delete from lockstep.settings where name = 'stagings_per_minute';

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

insert into lockstep.settings (name, kind, value, meaning)
values ('stagings_per_minute', 'count', '60', 'How often one user may stage within 60 seconds, in all rooms.')
on conflict do nothing;

create or replace function lockstep.staged_by_caller_at(p_nth integer)
returns timestamptz
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return (
    select entry.happened_at
    from lockstep.audit_log as entry
    where entry.actor_id = auth.uid()
      and entry.rpc = 'sync_rank_match_roster'
      and entry.happened_at > now() - interval '60 seconds'
    order by entry.happened_at desc
    offset staged_by_caller_at.p_nth - 1
    limit 1
  );
end;
$$;

comment on function lockstep.staged_by_caller_at(integer) is
  'When the caller made the n-th newest staging of the last 60 seconds; null where there are fewer.';
revoke all on function lockstep.staged_by_caller_at(integer) from public, anon, authenticated, service_role;
grant execute on function lockstep.staged_by_caller_at(integer) to rank_rpc_owner;

create or replace function lockstep.require_staging_patience()
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_oldest_in_window constant timestamptz :=
    lockstep.staged_by_caller_at(lockstep.setting('stagings_per_minute')::integer);
begin
  if v_oldest_in_window is not null then
    perform lockstep.set_header(
      'Retry-After',
      greatest(1, ceil(extract(epoch from v_oldest_in_window + interval '60 seconds' - clock_timestamp())))::text
    );
    perform lockstep.refuse(429, 'rate_limited', 'Too many stagings. Wait a little.');
  end if;
end;
$$;

comment on function lockstep.require_staging_patience() is 'Refuses with 429 who has staged too often of late.';
revoke all on function lockstep.require_staging_patience() from public, anon, authenticated, service_role;
grant execute on function lockstep.require_staging_patience() to rank_rpc_owner;

-- 20261124100700_sync_rank_match_roster.sql

-- sync_rank_match_roster: stages a room for a match, with the roster and the slot template it is played with.
--
-- SECURITY DEFINER, because clients have no rights on the roster; as rank_rpc_owner, whom the policies bind to the
-- rooms of the caller. The client says who sits where. Names, summaries, scores and ratings are the database's.
-- Contract: sync_rank_match_roster 1.1.0
-- Called by: stage-room-match
-- Undo: drop function public.sync_rank_match_roster(uuid, uuid, uuid, jsonb, jsonb);

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

create or replace function public.sync_rank_match_roster(
  p_room_id uuid,
  p_game_id uuid,
  p_match_instance_id uuid,
  p_roster jsonb,
  p_slot_template jsonb,
  out inserted_count integer,
  out slot_template_version bigint,
  out slot_template_updated_at timestamptz,
  out role_counts jsonb,
  out replayed boolean
)
language plpgsql
volatile
security definer
set search_path = ''
set statement_timeout = '5s'
set timezone = 'UTC' -- An older default is timezone('utc', now()), which is a time of the caller's zone.
as $$
declare
  v_missing text;
  v_source text;
  v_slots jsonb;
  v_roster jsonb;
  v_digest bytea;
  v_stored lockstep.rank_room_templates;
  v_session uuid;
begin
  perform lockstep.announce_rpc('sync_rank_match_roster', '1.1.0');
  perform lockstep.require_caller();

  -- Who may ----------------------------------------------------------------------------------------------------------
  v_missing := case
    when sync_rank_match_roster.p_room_id is null then 'room_id'
    when sync_rank_match_roster.p_game_id is null then 'game_id'
    when sync_rank_match_roster.p_match_instance_id is null then 'match_instance_id'
  end;
  if v_missing is not null then
    perform lockstep.refuse_parameter(v_missing, 'is missing');
  end if;

  if lockstep.require_room_owner(sync_rank_match_roster.p_room_id) is distinct from sync_rank_match_roster.p_game_id then
    perform lockstep.refuse(422, 'game_mismatch', 'The room plays another game.', 'game_id');
  end if;

  -- What was sent, each value of its type ----------------------------------------------------------------------------
  perform lockstep.refuse_unknown_keys(
    sync_rank_match_roster.p_slot_template, array['version', 'source', 'updated_at', 'roles', 'slots'], 'slot_template'
  );
  slot_template_version := lockstep.integer_at(
    sync_rank_match_roster.p_slot_template, 'version', 'slot_template', 9223372036854775807
  );
  if slot_template_version is null then
    perform lockstep.refuse_parameter('slot_template.version', 'is missing');
  end if;
  slot_template_updated_at := lockstep.time_at(
    sync_rank_match_roster.p_slot_template, 'updated_at', 'slot_template'
  );
  v_source := coalesce(
    lockstep.text_at(sync_rank_match_roster.p_slot_template, 'source', 'slot_template'), 'room-stage'
  );

  select jsonb_agg(to_jsonb(verified))
  into role_counts
  from lockstep.verify_rank_roles_and_slots(
    p_roles => sync_rank_match_roster.p_slot_template -> 'roles',
    p_slots => sync_rank_match_roster.p_slot_template -> 'slots'
  ) as verified;

  select jsonb_agg(to_jsonb(slot) order by slot.slot_index)
  into v_slots
  from lockstep.rank_template_slots(sync_rank_match_roster.p_slot_template -> 'slots') as slot;
  v_roster := lockstep.read_rank_roster(sync_rank_match_roster.p_roster);

  -- What decides what is written, as the client gave it: a time that it left out is not `now` here.
  v_digest := sha256(convert_to(
    jsonb_build_object(
      'game_id', sync_rank_match_roster.p_game_id,
      'match_instance_id', sync_rank_match_roster.p_match_instance_id,
      'source', v_source,
      'updated_at', slot_template_updated_at at time zone 'UTC',
      'roles', role_counts,
      'slots', v_slots,
      'roster', (select jsonb_agg(entry - 'position') from jsonb_array_elements(v_roster) as entry)
    )::text,
    'UTF8'
  ));

  -- One staging of a room at a time ----------------------------------------------------------------------------------
  -- After the owner, or strangers could queue; before the version, or an older one could write last.
  perform pg_advisory_xact_lock(hashtextextended('rank_match_roster:' || sync_rank_match_roster.p_room_id, 0));

  select *
  into v_stored
  from lockstep.rank_room_templates as template
  where template.room_id = sync_rank_match_roster.p_room_id;

  if v_stored.version > slot_template_version
    or (v_stored.version = slot_template_version and v_stored.digest is distinct from v_digest)
  then
    perform lockstep.refuse(
      409,
      'slot_version_conflict',
      case
        when v_stored.version > slot_template_version then 'The room was staged with a newer slot template.'
        else 'The room was staged with this version of the slot template, and with other content.'
      end,
      jsonb_build_object('current', v_stored.version, 'given', slot_template_version)::text
    );
  elsif v_stored.version = slot_template_version then
    -- The answer to the first time. Who has left the room since then is no matter.
    inserted_count := jsonb_array_length(v_roster);
    slot_template_updated_at := v_stored.updated_at;
    replayed := true;
    return;
  end if;

  -- One staging of a caller at a time from here on, so that each is counted.
  perform pg_advisory_xact_lock(hashtextextended('sync_rank_match_roster:' || lockstep.caller_id(), 0));
  perform lockstep.require_staging_patience();
  perform lockstep.require_fitting_roster(
    sync_rank_match_roster.p_room_id, sync_rank_match_roster.p_game_id, v_roster, v_slots
  );

  -- The room's roster is replaced ------------------------------------------------------------------------------------
  slot_template_updated_at := coalesce(slot_template_updated_at, now());
  replayed := false;

  -- Rooms that name one match come one after the other here, so that the second sees what the first has written.
  perform pg_advisory_xact_lock(hashtextextended('rank_match_instance:' || sync_rank_match_roster.p_match_instance_id, 0));
  if lockstep.is_match_of_another_room(
    sync_rank_match_roster.p_match_instance_id, sync_rank_match_roster.p_room_id
  ) then
    perform lockstep.refuse(
      409, 'match_instance_conflict', 'Another room was staged for this match.', 'match_instance_id'
    );
  end if;

  perform lockstep.hold_for_staging(sync_rank_match_roster.p_room_id, sync_rank_match_roster.p_game_id, v_roster);
  delete from public.rank_match_roster as roster where roster.room_id = sync_rank_match_roster.p_room_id;

  insert into public.rank_match_roster (
    id, match_instance_id, room_id, game_id, slot_id, slot_index, role, owner_id, hero_id, hero_name, hero_summary,
    ready, joined_at, score, rating, battles, win_rate, status, standin, match_source,
    slot_template_version, slot_template_source, slot_template_updated_at
  )
  select
    gen_random_uuid(),
    sync_rank_match_roster.p_match_instance_id,
    sync_rank_match_roster.p_room_id,
    sync_rank_match_roster.p_game_id,
    slot.id,
    entry.slot_index,
    entry.role,
    entry.owner_id,
    entry.hero_id,
    hero.name,
    case
      when hero.id is null then '{}'
      else jsonb_build_object(
        'id', hero.id, 'name', hero.name, 'description', hero.description,
        'ability1', hero.ability1, 'ability2', hero.ability2, 'ability3', hero.ability3, 'ability4', hero.ability4,
        'image_url', hero.image_url, 'background_url', hero.background_url
      )
    end,
    entry.ready,
    entry.joined_at,
    participant.score,
    participant.rating,
    participant.battles,
    participant.win_rate,
    entry.status,
    entry.standin,
    entry.match_source,
    sync_rank_match_roster.slot_template_version,
    v_source,
    sync_rank_match_roster.slot_template_updated_at
  from jsonb_to_recordset(v_roster) as entry (
    slot_index integer, role text, owner_id uuid, hero_id uuid, ready boolean, joined_at timestamptz, status text,
    standin boolean, match_source text
  )
  left join public.rank_room_slots as slot
    on slot.room_id = sync_rank_match_roster.p_room_id and slot.slot_index = entry.slot_index
  left join public.heroes as hero on hero.id = entry.hero_id and hero.owner_id = entry.owner_id
  left join public.rank_participants as participant
    on participant.game_id = sync_rank_match_roster.p_game_id and participant.owner_id = entry.owner_id;
  get diagnostics inserted_count = row_count;

  v_session := lockstep.open_rank_session(
    sync_rank_match_roster.p_room_id, sync_rank_match_roster.p_game_id, v_stored.session_id,
    v_stored.match_instance_id = sync_rank_match_roster.p_match_instance_id and not v_stored.session_ended,
    v_roster, slot_template_version
  );

  insert into lockstep.rank_room_templates (
    room_id, version, source, updated_at, match_instance_id, digest, session_id, session_status
  )
  values (
    sync_rank_match_roster.p_room_id, slot_template_version, v_source, slot_template_updated_at,
    sync_rank_match_roster.p_match_instance_id, v_digest, v_session, lockstep.status_of_session(v_session)
  )
  on conflict (room_id) do update set
    version = excluded.version,
    source = excluded.source,
    updated_at = excluded.updated_at,
    match_instance_id = excluded.match_instance_id,
    digest = excluded.digest,
    staged_at = now(),
    session_id = excluded.session_id, session_status = excluded.session_status, session_ended = false;

  perform lockstep.audit(
    'sync_rank_match_roster',
    '1.1.0',
    jsonb_build_object(
      'room_id', sync_rank_match_roster.p_room_id,
      'game_id', sync_rank_match_roster.p_game_id,
      'match_instance_id', sync_rank_match_roster.p_match_instance_id,
      'slot_template_version', slot_template_version,
      'inserted_count', inserted_count
    )
  );
end;
$$;

comment on function public.sync_rank_match_roster(uuid, uuid, uuid, jsonb, jsonb) is
  '{"rpc": "sync_rank_match_roster", "version": "1.1.0"}';

revoke all on function public.sync_rank_match_roster(uuid, uuid, uuid, jsonb, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.sync_rank_match_roster(uuid, uuid, uuid, jsonb, jsonb) to authenticated;

grant create on schema public to rank_rpc_owner;
alter function public.sync_rank_match_roster(uuid, uuid, uuid, jsonb, jsonb) owner to rank_rpc_owner;
revoke create on schema public from rank_rpc_owner;

notify pgrst, 'reload schema';

-- 20261124100800_rank_overlay_sweep.sql

-- The sweep: removes overlays that are over, of which a trigger tells, and sends what could not be sent before.
--
-- A safety net: browsers look at the clock themselves, and the live view shows nothing that is over. It takes so many
-- rows at a time as the setting says, and skips those that somebody is renewing. Each personal event counts against the project's limit of Realtime messages a
-- second: where many end at once, some are dropped there, and browsers notice by the clock.
-- Contract: the cron jobs.
-- Called by: pg_cron, every ten seconds where it knows seconds (1.5 and newer), else every minute.
-- Undo: do $$ begin
--     if to_regnamespace('cron') is not null then
--       perform cron.unschedule(jobname)
--       from cron.job where jobname ~ '^(rank_overlay_sweep|rank_overlay_log_purge|lockstep_audit_purge)$';
--     end if;
--   end $$;
--   drop function lockstep.sweep_rank_overlays(); delete from lockstep.settings where name = 'overlays_per_sweep';

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

insert into lockstep.settings (name, kind, value, meaning)
values ('overlays_per_sweep', 'count', '2000', 'How many overlays, and how many waiting broadcasts, one sweep takes.')
on conflict do nothing;

create or replace function lockstep.sweep_rank_overlays()
returns integer
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  v_most constant integer := lockstep.setting('overlays_per_sweep')::integer;
  v_waiting lockstep.rank_overlay_outbox[];
  v_sent integer;
  v_swept integer;
begin
  -- Older news is none: who was away asks when coming back.
  delete from lockstep.rank_overlay_outbox as old where old.inserted_at < now() - interval '10 minutes';

  select array_agg(taken.event)
  into v_waiting
  from (
    select waiting as event
    from lockstep.rank_overlay_outbox as waiting
    -- One that cannot be sent is not in the way of the others.
    order by waiting.attempts, waiting.inserted_at, waiting.id
    limit v_most
    for update skip locked
  ) as taken;

  if v_waiting is not null then
    v_sent := lockstep.send_overlay_events(v_waiting);
    delete from lockstep.rank_overlay_outbox as sent
    where sent.id in (select taken.id from unnest(v_waiting[:v_sent]) as taken);
    -- What this one could not be sent for, the others cannot either.
    update lockstep.rank_overlay_outbox as failed
    set attempts = failed.attempts + 1
    where failed.id = v_waiting[v_sent + 1].id;
  end if;

  -- Not joined: for a join, those that are not over would be read too.
  delete from public.rank_session_overlays as overlay
  where overlay.id = any (array(
    select expired.id
    from public.rank_session_overlays as expired
    where expired.expires_at <= now()
    order by expired.expires_at
    limit v_most
    for update skip locked
  ));
  get diagnostics v_swept = row_count;
  return v_swept;
end;
$$;

comment on function lockstep.sweep_rank_overlays() is 'Removes overlays that are over, and says how many.';
revoke all on function lockstep.sweep_rank_overlays() from public, anon, authenticated, service_role;

-- Hosted, postgres may create it. Elsewhere a superuser does, and runs this file again: it can be applied twice.
do $$
begin
  if exists (select from pg_catalog.pg_available_extensions as available where available.name = 'pg_cron') then
    create extension if not exists pg_cron with schema pg_catalog;
  end if;
exception
  when others then
    raise notice 'pg_cron could not be created: %', sqlerrm;
end;
$$;

-- cron.schedule() replaces a job of the same name.
do $$
begin
  if not exists (select from pg_catalog.pg_extension where extname = 'pg_cron') then
    raise notice 'pg_cron is not installed: overlays are not swept until it is, and this migration is run again';
    return;
  end if;

  begin
    perform cron.schedule('rank_overlay_sweep', '10 seconds', 'select lockstep.sweep_rank_overlays()');
  exception
    -- Before 1.5 it knows minutes only.
    when others then
      perform cron.schedule('rank_overlay_sweep', '* * * * *', 'select lockstep.sweep_rank_overlays()');
  end;

  -- A row for each run, 8,640 a day. The runs of other jobs are their owners'.
  perform cron.schedule(
    'rank_overlay_log_purge',
    '17 3 * * *',
    'delete from cron.job_run_details where end_time < now() - interval ''2 days'' and jobid in '
      || '(select jobid from cron.job where jobname in '
      || '(''rank_overlay_sweep'', ''rank_overlay_log_purge'', ''lockstep_audit_purge''))'
  );
  perform cron.schedule('lockstep_audit_purge', '41 3 * * *', 'select lockstep.purge_audit_log()');
end;
$$;

-- 20261124110000_doors.sql

-- Doors: the older ways to what the RPCs now do, which a project has and goes on using until its routes have moved.
--
-- They are the older forms of the rank RPCs, which trust whom the caller names; the rights of clients on tables that
-- belong to the RPCs; and row level security that is off. Applying migrations closes none of them. Closing is a step of
-- its own, and can be taken back:
--   select door, opened_to, lockstep.uses_of_door(door, opened_to) from lockstep.open_doors();
--   select * from lockstep.close_doors();
--   select * from lockstep.reopen_doors();
-- A project that has no such door is closed from the start: then each that comes up is a finding of the gate.
-- Contract: none by itself.
-- Called by: rollout close, rollout reopen, and whoever does it by hand, as postgres; the gate asks the first one's query.
-- Undo: select lockstep.reopen_doors(); drop table if exists lockstep.closed_doors;
--   drop function lockstep.reopen_doors(); drop function lockstep.close_doors(); drop function lockstep.open_doors();

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- Reads the catalog only, so that every login may ask the same, without the function.
create or replace function lockstep.open_doors()
returns table (door text, opened_to text, closing text, reopening text)
language sql
stable
set search_path = ''
as $$
  -- Older forms, for whoever may run them but their owner and postgres. An empty list of rights is the default one.
  select
    'function ' || routine.oid::regprocedure,
    caller.name,
    'revoke execute on routine ' || routine.oid::regprocedure || ' from ' || caller.name,
    'grant execute on routine ' || routine.oid::regprocedure || ' to ' || caller.name
      || case when acl.is_grantable then ' with grant option' else '' end
  from pg_catalog.pg_proc as routine
  cross join aclexplode(coalesce(routine.proacl, acldefault('f', routine.proowner))) as acl
  cross join coalesce(nullif(acl.grantee, 0)::regrole::text, 'public') as caller (name)
  where routine.pronamespace = 'public'::regnamespace
    and routine.proname in ('verify_rank_roles_and_slots', 'sync_rank_match_roster')
    -- Ours says its version, whoever it belongs to.
    and coalesce(obj_description(routine.oid, 'pg_proc'), '') not like '{"rpc": "' || routine.proname || '", %'
    and acl.grantee <> routine.proowner
    and caller.name <> 'postgres'

  union all

  -- Rights of clients, which are whom PostgREST turns into: on what a match is played with, to write; on messages, all but what
  -- the back office needs.
  select
    'table ' || class.oid::regclass,
    client.name || ' may ' || held.phrase,
    'revoke ' || held.phrase || ' on table ' || class.oid::regclass || ' from ' || client.name,
    'grant ' || held.phrase || ' on table ' || class.oid::regclass || ' to ' || client.name
      || case when held.grantable then ' with grant option' else '' end
  from pg_catalog.pg_class as class
  cross join (
    values ('public'), ('anon'), ('authenticated'), ('service_role')
    union
    select member.roleid::regrole::text from pg_catalog.pg_auth_members as member where member.member = to_regrole('authenticator')
  ) as client (name)
  cross join lateral (
    select lower(acl.privilege_type), acl.privilege_type, acl.grantee, acl.is_grantable
    from aclexplode(coalesce(class.relacl, acldefault('r', class.relowner))) as acl
    union all
    select format('%s (%I)', lower(acl.privilege_type), attribute.attname), acl.privilege_type, acl.grantee, acl.is_grantable
    from pg_catalog.pg_attribute as attribute
    cross join aclexplode(attribute.attacl) as acl
    where attribute.attrelid = class.oid and not attribute.attisdropped
  ) as held (phrase, privilege, grantee, grantable)
  where class.relnamespace = 'public'::regnamespace
    and coalesce(nullif(held.grantee, 0)::regrole::text, 'public') = client.name
    -- Whoever may turn into one of these is another fault.
    and held.grantee <> class.relowner
    and client.name not in ('postgres', 'social_rpc_owner', 'rank_rpc_owner')
    and case class.relname
      when 'rank_match_roster' then
        held.privilege in ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE') and client.name <> 'service_role'
      when 'social_messages' then
        not (client.name = 'service_role' and held.privilege in ('SELECT', 'DELETE'))
      when 'social_channels' then
        not (client.name = 'service_role' and held.privilege in ('SELECT', 'INSERT', 'UPDATE', 'DELETE'))
      when 'social_channel_members' then
        not (client.name = 'service_role' and held.privilege in ('SELECT', 'INSERT', 'UPDATE', 'DELETE'))
      else false
    end

  union all

  -- Tables without row level security: no policy holds there, neither the project's nor ours.
  select
    'table ' || class.oid::regclass,
    'everybody, since row level security is off',
    'alter table ' || class.oid::regclass || ' enable row level security',
    'alter table ' || class.oid::regclass || ' disable row level security'
  from pg_catalog.pg_class as class
  where class.relnamespace = 'public'::regnamespace
    and class.relname in (
      'social_channels', 'social_channel_members', 'social_messages', 'heroes', 'rank_games', 'rank_rooms',
      'rank_room_slots', 'rank_participants', 'rank_match_roster', 'rank_sessions'
    )
    and not class.relrowsecurity

  order by 1, 2;
$$;

comment on function lockstep.open_doors() is 'The older ways that are open, and the statements that close and reopen each.';
revoke all on function lockstep.open_doors() from public, anon, authenticated, service_role;

-- All of them, or none, and one after the other. What was closed is kept, so that it can be opened again; that there is such a
-- table says that the doors are closed. Whoever comes after a statement that waits for a lock waits, too: so it does not for long.
create or replace function lockstep.close_doors()
returns table (door text, opened_to text)
language plpgsql
volatile
set search_path = ''
set lock_timeout = '100ms'
as $$
declare
  v_door record;
begin
  perform pg_advisory_xact_lock(hashtextextended('lockstep.closed_doors', 0));
  if to_regclass('lockstep.closed_doors') is null then
    create table lockstep.closed_doors (
      number bigint generated always as identity primary key,
      door text not null,
      opened_to text not null,
      reopening text not null,
      closed_at timestamptz not null default now()
    );
    comment on table lockstep.closed_doors is 'What lockstep.close_doors() has closed, and how it is opened again.';
    alter table lockstep.closed_doors enable row level security;
    revoke all on lockstep.closed_doors from public, anon, authenticated, service_role;
  end if;

  for v_door in select * from lockstep.open_doors() loop
    begin
      execute v_door.closing;
    exception
      -- It is still open, then, and named below.
      when insufficient_privilege or dependent_objects_still_exist then
        continue;
    end;
    insert into lockstep.closed_doors (door, opened_to, reopening)
    values (v_door.door, v_door.opened_to, v_door.reopening);
    door := v_door.door;
    opened_to := v_door.opened_to;
    return next;
  end loop;

  -- Rights that somebody else than the owner has given are not taken away, and PostgreSQL does not say so.
  select string_agg(still.door || ' to ' || still.opened_to, ', ') as doors into v_door from lockstep.open_doors() as still;
  if v_door.doors is not null then
    raise exception 'nothing was closed, because these cannot be: %', v_door.doors
      using hint = 'They belong to another role, or it has granted or passed them on. Revoke them as that role, then close again.';
  end if;
end;
$$;

comment on function lockstep.close_doors() is 'Closes what is open, and keeps how it is opened again.';
revoke all on function lockstep.close_doors() from public, anon, authenticated, service_role;

create or replace function lockstep.reopen_doors()
returns table (door text, opened_to text)
language plpgsql
volatile
set search_path = ''
set lock_timeout = '100ms'
as $$
declare
  v_door record;
begin
  perform pg_advisory_xact_lock(hashtextextended('lockstep.closed_doors', 0));
  if to_regclass('lockstep.closed_doors') is null then
    return;
  end if;

  for v_door in select * from lockstep.closed_doors as closed order by closed.number loop
    begin
      execute v_door.reopening;
    exception
      when undefined_function or undefined_table or undefined_column or undefined_object then
        raise warning 'it is no longer there: %', v_door.door;
        continue;
    end;
    door := v_door.door;
    opened_to := v_door.opened_to;
    return next;
  end loop;

  -- Where nothing had to be closed, nothing is open again.
  if exists (select from lockstep.closed_doors) then
    drop table lockstep.closed_doors;
  end if;
end;
$$;

comment on function lockstep.reopen_doors() is 'Opens what lockstep.close_doors() has closed.';
revoke all on function lockstep.reopen_doors() from public, anon, authenticated, service_role;

do $$
begin
  if not exists (select from lockstep.open_doors()) then
    perform lockstep.close_doors();
  end if;
end;
$$;

notify pgrst, 'reload schema';

-- 20261124110010_uses_of_doors.sql

-- Uses of doors: how often each of the older ways is used, so that nobody closes one that somebody goes through.
--
-- Contract: none by itself.
-- Called by: rollout close, and whoever closes by hand, as a role with pg_read_all_stats.
-- Undo: drop function lockstep.uses_of_door(text, text);

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- As far as that can be known: pg_stat_statements counts by role, and has the text. It does not count what fails. Null where
-- it is not installed, or does not show the text of others.
create or replace function lockstep.uses_of_door(p_door text, p_opened_to text)
returns bigint
language plpgsql
stable
set search_path = ''
as $$
declare
  v_name constant text := substring(uses_of_door.p_door from '^\w+ public\.(\w+)');
  v_form constant regprocedure := to_regprocedure(substring(uses_of_door.p_door from '^function (.+)$'));
  v_role constant text := regexp_replace(uses_of_door.p_opened_to, '( may |, since ).*$', '');
  -- To write takes a word of its own; reading is part of most statements.
  v_verb constant text := substring(uses_of_door.p_opened_to from ' may (insert|update|delete|truncate)');
  v_only_ours text;
  v_schema regnamespace;
  v_uses bigint;
begin
  select extnamespace into v_schema from pg_catalog.pg_extension where extname = 'pg_stat_statements';
  if v_schema is null then
    return null;
  end if;

  -- A call that names one of these arguments is one of the RPC.
  select string_agg(argument.name, '|') into v_only_ours
  from pg_catalog.pg_proc as ours
  cross join unnest(ours.proargnames[1:ours.pronargs]) as argument (name)
  where ours.pronamespace = 'public'::regnamespace
    and ours.proname = v_name
    and obj_description(ours.oid, 'pg_proc') like '{"rpc": "' || v_name || '", %'
    and not exists (
      select from pg_catalog.pg_proc as older where older.oid = v_form and argument.name = any (older.proargnames)
    );

  execute format(
    $statement$
      select case when coalesce(bool_and(said.query <> '<insufficient privilege>'), true)
        then coalesce(
          sum(said.calls) filter (
            where said.query ~ ('\m' || $1 || '\M')
              and ($2 is null or said.query ~* ('\m' || $2 || '\M'))
              and ($3 is null or said.query !~ ('\m(' || $3 || ')\M'))
          ),
          0
        )
      end
      from %s.pg_stat_statements as said
      where said.userid = to_regrole($4) or $4 in ('public', 'everybody')
    $statement$,
    v_schema
  )
  into v_uses
  using v_name, v_verb, v_only_ours, v_role;
  return v_uses;
exception
  -- It is installed, and the server has not loaded it.
  when object_not_in_prerequisite_state then
    return null;
end;
$$;

comment on function lockstep.uses_of_door(text, text) is
  'How often statements that may use the door have succeeded since statistics began; null where nobody counts.';
revoke all on function lockstep.uses_of_door(text, text) from public, anon, authenticated, service_role;

-- 20261124120000_owners_read.sql

-- The last one: reads each table as the role that owns its RPCs, and fails where a policy of the project does not let it.
--
-- A project's restrictive policies hold for these roles too. One whose helper they may not run, or that looks at a table
-- that is closed to them, would end every RPC with "permission denied", and nothing else would say so before.
-- Contract: none.
-- Called by: nobody.
-- Undo: drop function lockstep.read_as_owners();

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

-- On behalf of somebody who has a row there, since a policy is asked for rows only. One row of each table is read.
create or replace function lockstep.read_as_owners()
returns table (relation text, reader text, problem text)
language plpgsql
volatile
set search_path = ''
as $$
declare
  v_read record;
begin
  for v_read in
    with room as (
      select room.id, room.owner_id, room.game_id from public.rank_rooms as room where room.owner_id is not null limit 1
    ),
    membership as (
      select membership.channel_id, membership.user_id from public.social_channel_members as membership limit 1
    )
    select 'rank_rpc_owner' as owner, named.relation, filled.condition, room.owner_id as caller, room.id::text as room,
      room.game_id::text as game, null::text as channel
    from (
      values
        ('public.rank_rooms', 'id = %L'), ('public.rank_room_slots', 'room_id = %L'),
        ('public.rank_match_roster', 'room_id = %L'), ('public.rank_participants', 'game_id = %2$L'),
        ('public.heroes', 'owner_id = %3$L'), ('public.rank_sessions', 'id = (select lockstep.session_in_hand())'),
        ('public.rank_session_overlays', 'owner_id = %3$L')
    ) as named (relation, condition)
    left join room on true
    cross join lateral (select format(named.condition, room.id, room.game_id, room.owner_id)) as filled (condition)
    union all
    select 'social_rpc_owner', named.relation, filled.condition, membership.user_id, null, null,
      membership.channel_id::text
    from (
      values ('public.social_channel_members', 'user_id = %3$L'), ('public.social_messages', 'channel_id = %L')
    ) as named (relation, condition)
    left join membership on true
    cross join lateral (
      select format(named.condition, membership.channel_id, null, membership.user_id)
    ) as filled (condition)
  loop
    relation := v_read.relation;
    reader := v_read.owner;
    problem := null;
    begin
      perform
        set_config('request.jwt.claims', jsonb_build_object('sub', v_read.caller, 'role', 'authenticated')::text, true),
        set_config('lockstep.room', coalesce(v_read.room, ''), true),
        set_config('lockstep.game', coalesce(v_read.game, ''), true),
        set_config('lockstep.channel', coalesce(v_read.channel, ''), true),
        set_config('role', v_read.owner, true);
      execute format('select from %s where %s limit 1', v_read.relation, v_read.condition);
      -- What was set ends with the block.
      raise sqlstate 'LS000';
    exception
      when sqlstate 'LS000' then
        null;
      when others then
        problem := sqlerrm;
    end;
    return next;
  end loop;
end;
$$;

comment on function lockstep.read_as_owners() is
  'Reads a row of each table as the role that owns its RPCs, and says what is in the way; a null says that nothing is.';
revoke all on function lockstep.read_as_owners() from public, anon, authenticated, service_role;

do $$
declare
  v_problems text;
begin
  select string_agg(said.reader || ' cannot read ' || said.relation || ': ' || said.problem, e'\n')
  into v_problems
  from lockstep.read_as_owners() as said
  where said.problem is not null;

  if v_problems is not null then
    raise exception e'policies of this project keep the RPCs from their tables:\n%', v_problems
      using hint = 'A policy for everybody holds for these roles too. Make it one for `anon, authenticated`; or make its '
        'helper SECURITY DEFINER and let these roles execute it. Then apply the migrations again.';
  end if;
end;
$$;

notify pgrst, 'reload schema';
