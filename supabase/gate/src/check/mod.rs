//! `gate check`: the catalog against the contract, part by part.

mod access;
mod beyond;
mod broadcasts;
pub mod cron;
mod doors;
mod functions;
mod grants;
mod indexes;
mod platform;
mod policies;
mod raising;
mod refusals;
mod relations;
mod renamed;
pub mod settings;
mod shared;
mod signature;
mod ways;

use std::collections::BTreeSet;

pub use self::{
    doors::is_older_form,
    functions::{announced, commented},
    raising::without_comments,
};
use crate::{
    catalog::Catalog,
    contract::{Contract, SETTINGS_TABLE},
    finding::{Code, Finding, Notice, Report},
};

/// What most findings about a definition need.
const APPLY: &str = "apply the migrations; where they are applied, run again the newest one that makes it, as \
    `psql -1 -f supabase/migrations/<file>`, after dropping what has another signature";

/// Judges a catalog that was read for this contract.
pub fn compare(named: &Contract, catalog: &Catalog) -> Report {
    let contract = &catalog.doors.adapted(named);
    let mut findings = Findings { own: catalog.doors.own.clone(), ..Findings::default() };
    let raising = raising::find(catalog, &mut findings);
    let inheriting = access::Inheriting::find(contract, catalog);
    functions::compare(contract, catalog, &raising, &inheriting, &mut findings);
    relations::compare(contract, named, catalog, &inheriting, &mut findings);
    refusals::add_findings(catalog, &mut findings);
    ways::add_findings(catalog, &mut findings);
    access::compare(contract, catalog, &inheriting, &mut findings);
    settings::compare(contract, catalog, &mut findings);
    cron::compare(contract, catalog, &mut findings);
    let mut notices = doors::add_findings(&catalog.doors, &mut findings);
    notices.append(&mut findings.notices);
    let looked_at = vec![
        format!("{} RPCs", contract.rpcs.len()),
        format!("{} helper functions", contract.functions.len()),
        format!("{} relations", contract.relations.len()),
        format!("{} roles", contract.roles.len()),
        match &catalog.cron {
            Some(cron) if !cron.installed => "no cron jobs, since pg_cron is not installed".to_owned(),
            None if !contract.cron_jobs.is_empty() => "no cron jobs, since they cannot be seen".to_owned(),
            _ => format!("{} cron jobs", contract.cron_jobs.len()),
        },
        format!("{} settings", catalog.settings.len()),
        match &catalog.rows {
            None if !contract.rows.is_empty() => format!("no rows of {SETTINGS_TABLE}, since they cannot be seen"),
            _ => format!("{} rows of {SETTINGS_TABLE}", contract.rows.len()),
        },
    ];
    Report {
        subject: String::new(),
        looked_at,
        findings: findings.all,
        unseen: catalog.unseen.clone(),
        notices,
        ..Report::default()
    }
}

/// Findings as they come up.
#[derive(Debug, Default)]
pub struct Findings {
    /// All so far.
    pub all: Vec<Finding>,
    /// What the project had before, and is as it was.
    own: BTreeSet<String>,
    /// That of it which would be a finding otherwise.
    notices: Vec<Notice>,
}

impl Findings {
    /// Adds one.
    pub fn add(
        &mut self,
        code: Code,
        place: impl Into<String>,
        want: impl Into<String>,
        have: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.all.push(Finding {
            code,
            place: place.into(),
            want: want.into(),
            have: have.into(),
            remedy: remedy.into(),
        });
    }

    /// Whether the project had the object before the migrations, and has it as it was: then that is a notice.
    pub fn notice_own(&mut self, object: &str, place: impl Into<String>, what: &str) -> bool {
        let is_own = self.own.contains(object);
        let what = format!("the project's own, as it was before the migrations: {what}");
        let notice = Notice { place: place.into(), what };
        if is_own && !self.notices.contains(&notice) {
            self.notices.push(notice);
        }
        is_own
    }

    /// Adds one, unless the object was the project's before the migrations, and is as it was: it was looked at and tried then,
    /// and what it refuses, the project refuses.
    pub fn unless_own(
        &mut self,
        object: &str,
        code: Code,
        place: impl Into<String>,
        want: impl Into<String>,
        have: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let (place, have) = (place.into(), have.into());
        if !self.notice_own(object, &place, &have) {
            self.add(code, place, want, have, remedy);
        }
    }
}

/// A value that may not be there, for people.
fn or_none(value: Option<&str>) -> &str {
    value.unwrap_or("none")
}
