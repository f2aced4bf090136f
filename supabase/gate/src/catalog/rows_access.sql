-- rows_access: whether the table of settings is there, and whether this role sees all of its rows.
--
-- Reads: pg_catalog, which every role may read.

select jsonb_build_object(
  'exists', count(*) > 0,
  'whole', coalesce(
    bool_and(
      has_schema_privilege(class.relnamespace, 'usage')
      and has_column_privilege(class.oid, attribute.attnum, 'select')
      and not row_security_active(class.oid)
    ),
    false
  )
)::text
from pg_class as class
join pg_namespace as namespace on namespace.oid = class.relnamespace
join pg_attribute as attribute on attribute.attrelid = class.oid and attribute.attname = 'name'
where namespace.nspname = 'lockstep' and class.relname = 'settings';
