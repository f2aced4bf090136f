-- Whether names and roles are free, and what else happens where something is written.

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
  -- Another index of the same columns, under whatever name, serves as well.
  select 'index public.' || class.relname, 'an index is made under its name, and it has other columns', 'Rename it.'
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
    or made.columns <> array(
      select pg_get_indexdef(class.oid, number, false) from generate_series(1, cardinality(made.columns)) as number
    )
  union all
  select named.object || ' on ' || named.relation::regclass, 'one of this name is made, and would take its place', 'Rename it.'
  from (
    select format('policy "%s"', policy.polname), policy.polrelid
    from pg_catalog.pg_policy as policy
    where policy.polname ~ ('^(members (see|hold) memberships|members (read|write) messages|the (social|rank) RPCs .*'
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
      else format('the RPCs may not execute %s, which it needs', closed.helper)
    end,
    'Look there in a function that is security definer, and that everybody may execute; or alter policy … to anon, authenticated.'
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
    select string_agg(helper.oid::regprocedure::text, ', ')
    from pg_catalog.pg_policy as needing
    join pg_catalog.pg_depend as depend on depend.classid = 'pg_catalog.pg_policy'::regclass and depend.objid = needing.oid
    join pg_catalog.pg_proc as helper on depend.refclassid = 'pg_catalog.pg_proc'::regclass and helper.oid = depend.refobjid
    where (needing.oid = policy.oid or needing.polrelid = asked.relation and 0 = any (needing.polroles))
      and not has_function_privilege('public', helper.oid, 'execute')
  ) as closed (helper)
  where class.relrowsecurity and not seen.by_all or closed.helper is not null
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
  select 'schema public', 'postgres cannot let others make functions in it', 'grant all on schema public to postgres with grant option;'
  where not has_schema_privilege('postgres', 'public', 'create with grant option')
  union all
  select 'schema public', 'authenticated does not get in', 'grant usage on schema public to authenticated;'
  where not has_schema_privilege('authenticated', 'public', 'usage')
)
select * from difference
