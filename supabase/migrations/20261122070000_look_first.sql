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
