//! Rows and jobs.

use super::Case;

pub const ROWS: &[Case] = &[
    Case::changes("setting_missing", "delete from lockstep.settings where name = 'messages_per_minute'"),
    Case::changes("setting_missing", "delete from lockstep.settings where name = 'flag_rank_overlays'"),
    Case::changes("setting_missing", "delete from lockstep.settings where name = 'overlays_per_sweep'"),
    Case::changes("setting_missing", "delete from lockstep.settings where name = 'stagings_per_minute'"),
    Case::latent("setting_missing", "delete from lockstep.settings where name = 'audit_days'"),
    Case::latent("setting_missing", "delete from lockstep.settings where name in ('guests_allowed', 'flag_testers')"),
    Case::operators("update lockstep.settings set value = '1' where name = 'messages_per_minute'"),
    Case::operators("update lockstep.settings set value = '\"off\"' where name = 'flag_rank_overlays'"),
    Case::operators("update lockstep.settings set value = 'true' where name = 'guests_allowed'"),
    Case::harmless(
        "insert into lockstep.settings (name, kind, value, meaning) values ('own', 'count', '1', 'somebody''s')",
    ),
];

/// Where pg_cron is.
pub const JOBS: &[Case] = &[
    Case::latent(
        "cron_job_missing",
        "select cron.unschedule(jobid) from cron.job where jobname = 'rank_overlay_sweep'",
    ),
    Case::latent("cron_job_missing", "update cron.job set jobname = 'sweep' where jobname = 'rank_overlay_sweep'"),
    Case::changes(
        "cron_job_changed",
        "update cron.job set username = 'authenticator' where jobname = 'rank_overlay_sweep'",
    ),
    Case::latent(
        "cron_job_changed",
        "update cron.job set username = 'supabase_admin' where jobname = 'rank_overlay_log_purge'",
    ),
    Case::latent("cron_job_changed", "update cron.job set schedule = '0 0 1 1 *' where jobname = 'rank_overlay_sweep'"),
    Case::latent(
        "cron_job_changed",
        "update cron.job set nodename = 'elsewhere.example' where jobname = 'rank_overlay_sweep'",
    ),
    Case::latent("cron_job_inactive", "update cron.job set active = false where jobname = 'rank_overlay_sweep'"),
    Case::harmless("select cron.schedule('own', '* * * * *', 'select 1')"),
];
