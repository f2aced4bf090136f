-- cron_jobs: the jobs that the contract names.
--
-- Reads: cron.job. Parameter: gate.asked.

select coalesce(
  jsonb_agg(
    jsonb_build_object(
      'job', jsonb_build_object(
        'name', job.jobname,
        'schedule', jsonb_build_array(job.schedule),
        'user', job.username,
        'command', regexp_replace(btrim(job.command, e' \n\t;'), '\s+', ' ', 'g')
      ),
      'id', job.jobid,
      'active', job.active,
      'database', job.database,
      'here', job.database = current_database() and (job.nodename = '' or job.nodename = 'localhost' or job.nodename like '/%' or job.nodename = coalesce(host(inet_server_addr()), 'localhost')),
      'user', job.username
    )
    order by job.jobid
  ),
  '[]'
)::text
from cron.job as job
where (select current_setting('gate.asked')::jsonb) -> 'cron_jobs' ? job.jobname;
