-- cron_access: whether pg_cron is there, and whether this role sees all of its jobs.
--
-- Its tables have row security: a role without BYPASSRLS sees its own jobs alone, and nothing tells it so.

select jsonb_build_object(
  'installed', exists (select from pg_extension as extension where extension.extname = 'pg_cron'),
  -- Everybody may see the name of what is connected. On a standby nothing is scheduled.
  'scheduler', pg_is_in_recovery() or exists (
    select from pg_stat_activity as activity
    where activity.application_name = 'pg_cron scheduler' and activity.datname = current_database()
  ),
  'sees_jobs', coalesce(bool_or(seen.whole) filter (where seen.name = 'job'), false),
  'sees_runs', coalesce(bool_or(seen.whole) filter (where seen.name = 'job_run_details'), false)
)::text
from (
  select
    class.relname,
    has_schema_privilege(class.relnamespace, 'usage')
      and has_table_privilege(class.oid, 'select')
      and not row_security_active(class.oid)
  from pg_class as class
  join pg_namespace as namespace on namespace.oid = class.relnamespace
  where namespace.nspname = 'cron'
) as seen (name, whole);
