-- cron_jobs: the jobs that the contract names.
--
-- Reads: cron.job. Parameter: gate.asked.

select coalesce(
  jsonb_agg(
    jsonb_build_object(
      'job', jsonb_build_object(
        'name', job.jobname,
        'schedule', jsonb_build_array(job.schedule),
        'command', regexp_replace(btrim(job.command, e' \n\t;'), '\s+', ' ', 'g')
      ),
      'id', job.jobid,
      'active', job.active,
      'database', job.database,
      'here', job.database = current_database(),
      'user', job.username
    )
    order by job.jobid
  ),
  '[]'
)::text
from cron.job as job
where current_setting('gate.asked')::jsonb -> 'cron_jobs' ? job.jobname;
