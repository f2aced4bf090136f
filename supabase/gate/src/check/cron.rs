//! Jobs of pg_cron: there, on, as agreed, and not failing.

use super::{APPLY, Findings, or_none};
use crate::{
    catalog::{Catalog, Job},
    contract::{Contract, CronJob},
    finding::Code,
};

/// Who runs them in another way takes them out of the contract.
pub fn compare(contract: &Contract, catalog: &Catalog, findings: &mut Findings) {
    // Without it, it cannot be seen.
    let Some(cron) = &catalog.cron else { return };
    if !cron.installed {
        let remedy = "as a superuser, or in the project's dashboard: create extension pg_cron, in the database that \
                      cron.database_name names; then apply again the migration that schedules them. Or have something \
                      else run them, and take them out of the contract";
        return add_missing(contract, remedy, findings);
    }
    if !contract.cron_jobs.is_empty() && !cron.scheduler {
        let remedy = "see the server's log for pg_cron; restart it, with pg_cron in shared_preload_libraries and this \
                      database as cron.database_name";
        findings.add(Code::CronSchedulerDead, "pg_cron", "a scheduler that runs", "none", remedy);
    }
    for want in &contract.cron_jobs {
        let place = format!("cron job {}", want.name);
        // A name is unique for each user.
        let jobs: Vec<&Job> = cron.jobs.iter().filter(|found| found.job.name == want.name).collect();
        let Some(found) = jobs.iter().find(|found| found.here).or(jobs.first()) else {
            findings.add(Code::CronJobMissing, place, phrase(want), "no such job", APPLY);
            continue;
        };
        let scheduled = found.job.schedule.iter().all(|schedule| want.schedule.contains(schedule));
        let same_user = want.user.as_ref().is_none_or(|user| *user == found.user);
        if !scheduled || found.job.command != want.command || !found.here || !same_user {
            let have = format!("{}, in database {}", phrase(&found.job), found.database);
            let remedy = match (same_user, &want.user) {
                (false, Some(user)) => {
                    format!("as a superuser: update cron.job set username = '{user}' where jobid = {};", found.id)
                }
                _ => APPLY.to_owned(),
            };
            findings.add(Code::CronJobChanged, &place, phrase(want), have, remedy);
        }
        if !found.active {
            let remedy = format!("select cron.alter_job({}, active := true);", found.id);
            findings.add(Code::CronJobInactive, &place, "active", "switched off", remedy);
        }
        if let Some(run) = cron.runs.get(&found.id.to_string()).filter(|run| run.status == "failed") {
            let have = format!("failed at {}: {}", or_none(run.at.as_deref()), or_none(run.message.as_deref()));
            let remedy = format!(
                "mend what it says, as {}; with `connection failed`, see cron.host and pg_hba.conf, or set \
                 cron.use_background_workers = on",
                found.user
            );
            findings.add(Code::CronJobFailing, place, "its last run succeeded", have, remedy);
        }
    }
}

/// A finding where the contract has jobs.
pub fn add_missing(contract: &Contract, remedy: &str, findings: &mut Findings) {
    let jobs: Vec<&str> = contract.cron_jobs.iter().map(|job| job.name.as_str()).collect();
    if !jobs.is_empty() {
        let want = format!("pg_cron, which runs {}", jobs.join(", "));
        findings.add(Code::CronMissing, "pg_cron", want, "no such extension", remedy);
    }
}

fn phrase(job: &CronJob) -> String {
    let user = job.user.as_ref().map_or_else(String::new, |user| format!(", as {user}"));
    format!("{}: {}{user}", job.schedule.join(" or "), job.command)
}
