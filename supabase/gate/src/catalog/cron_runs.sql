-- cron_runs: how the jobs that the contract names went the last time they ran to an end.
--
-- Reads: cron.job and cron.job_run_details. Parameter: gate.asked.

select coalesce(jsonb_object_agg(job.jobid, last.run), '{}')::text
from cron.job as job
cross join lateral (
  select jsonb_build_object('status', details.status, 'message', details.return_message, 'at', details.start_time)
  from cron.job_run_details as details
  where details.jobid = job.jobid and details.status in ('succeeded', 'failed')
  order by details.runid desc
  limit 1
) as last (run)
where (select current_setting('gate.asked')::jsonb) -> 'cron_jobs' ? job.jobname;
