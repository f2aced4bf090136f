-- triggers: what functions of triggers name, and cannot have when they run in an RPC.
--
-- Reads: pg_catalog, which every role may read. Parameter: $needs, a list of who does what with what, and the search path of
-- the function, which is empty in an RPC unless it has its own.

with need as (
  select
    given.number,
    role.oid as role,
    given."right",
    given.object,
    coalesce(string_to_array(replace(replace(given.path, '"', ''), ' ', ''), ','), '{}') as path,
    case when given.object like '%.%' then lower(replace(split_part(given.object, '.', 1), '"', '')) end as home,
    lower(replace(split_part(given.object, '.', -1), '"', '')) as name
  from jsonb_to_recordset($needs::jsonb) as given (number integer, role name, path text, "right" text, object text)
  join pg_roles as role on role.rolname = given.role
),
-- What is not in the catalog is a variable, or made at run time.
found as (
  select need.number, need.role, need."right", need.object, namespace.oid as home, candidate.oid, candidate.kind,
    need.home is not null or namespace.nspname = any (need.path) as reachable
  from need
  cross join lateral (
    select class.oid, class.relnamespace, 'table'
    from pg_class as class
    where need."right" <> 'execute' and class.relname = need.name and class.relkind in ('r', 'p', 'v', 'm', 'f')
    union all
    select routine.oid, routine.pronamespace, 'function'
    from pg_proc as routine
    where need."right" = 'execute' and routine.proname = need.name
  ) as candidate (oid, home, kind)
  join pg_namespace as namespace on namespace.oid = candidate.home
  where namespace.nspname !~ '^pg_(temp|toast)'
    and (need.home is null or namespace.nspname = need.home)
    and not exists (
      select from pg_proc as own
      where need.home is null and need."right" = 'execute' and own.proname = need.name
        and own.pronamespace = 'pg_catalog'::regnamespace
    )
    and not exists (
      select from pg_class as own
      where need.home is null and need."right" <> 'execute' and own.relname = need.name
        and own.relnamespace = 'pg_catalog'::regnamespace
    )
)
select coalesce(jsonb_agg(jsonb_build_object('number', lack.number, 'why', lack.why) order by lack.number), '[]')::text
from (
  select
    found.number,
    case
      when not bool_or(found.reachable) then 'it finds no ' || found.object || ', since it has no search_path of its own'
      when not bool_or(found.reachable and has_schema_privilege(found.role, found.home, 'usage'))
        then 'it may not use the schema of ' || found.object
      when not bool_or(found.reachable and allowed.so) then format('it may not %s %s', found."right", found.object)
      when bool_and(hidden.so) then format('no policy lets it %s %s', found."right", found.object)
    end
  from found
  cross join lateral (
    select case
      when found.kind = 'function' then has_function_privilege(found.role, found.oid, 'execute')
      when found."right" = 'delete' then has_table_privilege(found.role, found.oid, 'delete')
      else has_any_column_privilege(found.role, found.oid, found."right")
    end
  ) as allowed (so)
  cross join lateral (
    select found.kind = 'table' and found."right" = 'insert' and exists (
      select
      from pg_class as class
      join pg_roles as role on role.oid = found.role
      where class.oid = found.oid
        and class.relrowsecurity
        and not (role.rolsuper or role.rolbypassrls)
        and (class.relforcerowsecurity or not pg_has_role(role.oid, class.relowner, 'usage'))
        and not exists (
          select
          from pg_policy as policy
          where policy.polrelid = class.oid and policy.polpermissive and policy.polcmd in ('a', '*')
            and exists (
              select from unnest(policy.polroles) as applies (oid)
              where applies.oid = 0 or pg_has_role(role.oid, applies.oid, 'usage')
            )
        )
    )
  ) as hidden (so)
  group by found.number, found."right", found.object, found.role
  union all
  select need.number, 'there is no ' || need.object
  from need
  join pg_namespace as home on home.nspname = need.home
  where need."right" <> 'execute'
    and not exists (select from pg_class as class where class.relnamespace = home.oid and class.relname = need.name)
) as lack (number, why)
where lack.why is not null;
