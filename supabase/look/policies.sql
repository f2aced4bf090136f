-- What rules, policies and publications of a project do where something is read or written.

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
