-- What the project had, as the comment of the schema says it, and what of it is as it was; whether its doors are closed, and
-- those that are open.
select jsonb_build_object(
  'adopted', (
    select coalesce(jsonb_agg(matched[1]), '[]')
    from pg_catalog.pg_namespace as namespace
    -- Text, and not JSON: anybody may have put another comment there.
    cross join regexp_matches(
      substring(obj_description(namespace.oid, 'pg_namespace') from '"adopted": *\[([^]]*)\]'), '"(\w+)"', 'g'
    ) as matched
    where namespace.nspname = 'lockstep'
  ),
  'own', (
    select coalesce(jsonb_agg(own.object), '[]')
    from pg_catalog.pg_namespace as namespace
    cross join ($own_objects) as own (object, digest)
    where namespace.nspname = 'lockstep'
      and substring(obj_description(namespace.oid, 'pg_namespace') from '"own": *\[([^]]*)\]') like '%"' || own.digest || '"%'
  ),
  'closed', exists (
    select
    from pg_catalog.pg_class as class
    join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
    where namespace.nspname = 'lockstep' and class.relname = 'closed_doors'
  ),
  'open', (select coalesce(jsonb_agg(to_jsonb(older)), '[]') from ($open_doors) as older (door, opened_to, closing, reopening))
)::text
