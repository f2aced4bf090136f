-- The sweep: removes overlays that are over, of which a trigger tells, and sends what could not be sent before.
--
-- A safety net: browsers look at the clock themselves, and the live view shows nothing that is over. It takes so many
-- rows at a time as the setting says, and skips those that somebody is renewing. Each personal event counts against the project's limit of Realtime messages a
-- second: where many end at once, some are dropped there, and browsers notice by the clock.
-- Contract: the cron jobs.
-- Called by: pg_cron, every ten seconds where it knows seconds (1.5 and newer), else every minute.
-- Undo: do $$ begin
--     if to_regnamespace('cron') is not null then
--       perform cron.unschedule(jobname)
--       from cron.job where jobname ~ '^(rank_overlay_sweep|rank_overlay_log_purge|lockstep_audit_purge)$';
--     end if;
--   end $$;
--   drop function lockstep.sweep_rank_overlays(); delete from lockstep.settings where name = 'overlays_per_sweep';

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

insert into lockstep.settings (name, kind, value, meaning)
values ('overlays_per_sweep', 'count', '2000', 'How many overlays, and how many waiting broadcasts, one sweep takes.')
on conflict do nothing;

create or replace function lockstep.sweep_rank_overlays()
returns integer
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  v_most constant integer := lockstep.setting('overlays_per_sweep')::integer;
  v_waiting lockstep.rank_overlay_outbox[];
  v_sent integer;
  v_swept integer;
begin
  -- Older news is none: who was away asks when coming back.
  delete from lockstep.rank_overlay_outbox as old where old.inserted_at < now() - interval '10 minutes';

  select array_agg(taken.event)
  into v_waiting
  from (
    select waiting as event
    from lockstep.rank_overlay_outbox as waiting
    -- One that cannot be sent is not in the way of the others.
    order by waiting.attempts, waiting.inserted_at, waiting.id
    limit v_most
    for update skip locked
  ) as taken;

  if v_waiting is not null then
    v_sent := lockstep.send_overlay_events(v_waiting);
    delete from lockstep.rank_overlay_outbox as sent
    where sent.id in (select taken.id from unnest(v_waiting[:v_sent]) as taken);
    -- What this one could not be sent for, the others cannot either.
    update lockstep.rank_overlay_outbox as failed
    set attempts = failed.attempts + 1
    where failed.id = v_waiting[v_sent + 1].id;
  end if;

  -- Not joined: for a join, those that are not over would be read too.
  delete from public.rank_session_overlays as overlay
  where overlay.id = any (array(
    select expired.id
    from public.rank_session_overlays as expired
    where expired.expires_at <= now()
    order by expired.expires_at
    limit v_most
    for update skip locked
  ));
  get diagnostics v_swept = row_count;
  return v_swept;
end;
$$;

comment on function lockstep.sweep_rank_overlays() is 'Removes overlays that are over, and says how many.';
revoke all on function lockstep.sweep_rank_overlays() from public, anon, authenticated, service_role;

-- Hosted, postgres may create it. Elsewhere a superuser does, and runs this file again: it can be applied twice.
do $$
begin
  if exists (select from pg_catalog.pg_available_extensions as available where available.name = 'pg_cron') then
    create extension if not exists pg_cron with schema pg_catalog;
  end if;
exception
  when others then
    raise notice 'pg_cron could not be created: %', sqlerrm;
end;
$$;

-- cron.schedule() replaces a job of the same name.
do $$
begin
  if not exists (select from pg_catalog.pg_extension where extname = 'pg_cron') then
    raise notice 'pg_cron is not installed: overlays are not swept until it is, and this migration is run again';
    return;
  end if;

  begin
    perform cron.schedule('rank_overlay_sweep', '10 seconds', 'select lockstep.sweep_rank_overlays()');
  exception
    -- Before 1.5 it knows minutes only.
    when others then
      perform cron.schedule('rank_overlay_sweep', '* * * * *', 'select lockstep.sweep_rank_overlays()');
  end;

  -- A row for each run, 8,640 a day. The runs of other jobs are their owners'.
  perform cron.schedule(
    'rank_overlay_log_purge',
    '17 3 * * *',
    'delete from cron.job_run_details where end_time < now() - interval ''2 days'' and jobid in '
      || '(select jobid from cron.job where jobname in '
      || '(''rank_overlay_sweep'', ''rank_overlay_log_purge'', ''lockstep_audit_purge''))'
  );
  perform cron.schedule('lockstep_audit_purge', '41 3 * * *', 'select lockstep.purge_audit_log()');
end;
$$;
