-- cron_access: whether pg_cron is there, and whether this role sees all of its jobs.
--
-- Its tables have row security: a role without BYPASSRLS sees its own jobs alone, and nothing tells it so.

select jsonb_build_object(
  'installed', exists (select from pg_extension as extension where extension.extname = 'pg_cron'),
  'sees_jobs', coalesce(
    (
      select has_schema_privilege('cron', 'usage')
        and has_table_privilege(class.oid, 'select')
        and not row_security_active(class.oid)
      from pg_class as class
      join pg_namespace as namespace on namespace.oid = class.relnamespace
      where namespace.nspname = 'cron' and class.relname = 'job'
    ),
    false
  ),
  'sees_runs', coalesce(
    (
      select has_schema_privilege('cron', 'usage')
        and has_table_privilege(class.oid, 'select')
        and not row_security_active(class.oid)
      from pg_class as class
      join pg_namespace as namespace on namespace.oid = class.relnamespace
      where namespace.nspname = 'cron' and class.relname = 'job_run_details'
    ),
    false
  )
)::text;
