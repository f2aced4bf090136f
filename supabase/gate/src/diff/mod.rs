//! `gate diff`: what changed between two contracts, how large a step that is for those who call, and whether the
//! versions say so.
//!
//! The steps are semver's. A caller of yesterday must be able to go on after a minor one, because components and
//! migrations are never deployed at the same moment.

mod function;

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;
use serde::Serialize;

use crate::{
    check::Findings,
    contract::{Contract, Function},
    finding::{Change, Code, Report, Step},
};

/// Every difference; the findings are the versions that do not say enough.
pub fn compare(old: &Contract, new: &Contract) -> Report {
    let mut changes = Vec::new();
    let mut findings = Findings::default();
    let by_name = |contract: &Contract| -> BTreeMap<String, Function> {
        contract.rpcs.iter().map(|rpc| (rpc.qualified(), rpc.clone())).collect()
    };
    let (olds, news) = (by_name(old), by_name(new));
    let names: BTreeSet<&String> = olds.keys().chain(news.keys()).collect();
    for name in names {
        let place = format!("rpc {name}");
        let change = |step, what: &str| Change { step, place: place.clone(), what: what.to_owned() };
        match (olds.get(name), news.get(name)) {
            (Some(old), Some(new)) => {
                let mine = function::compare(old, new, &place);
                let step = mine.iter().map(|change| change.step).max().unwrap_or(Step::None);
                if let (Some(old), Some(new)) = (&old.version, &new.version) {
                    version(&place, step, old, new, &mut findings);
                    // A version may say more than can be seen here.
                    let said = said(old, new);
                    if said > step {
                        changes.push(change(said, &format!("version {old} → {new}")));
                    }
                }
                changes.extend(mine);
                // The database has no part in that.
                if old.component != new.component {
                    changes.push(change(Step::Patch, "another component calls it"));
                }
            }
            (None, Some(_)) => changes.push(change(Step::Minor, "added")),
            (Some(_), None) => changes.push(change(Step::Major, "removed")),
            (None, None) => {}
        }
    }
    changes.extend(others(old, new));
    let step = changes.iter().map(|change| change.step).max().unwrap_or(Step::None);
    version("contract", step, &old.version, &new.version, &mut findings);
    let looked_at = vec![format!("{} RPCs", news.len()), format!("{} changes", changes.len())];
    let subject = format!("contract {} → {}, a {} step", old.version, new.version, step.word());
    Report { subject, looked_at, changes, findings: findings.all, ..Report::default() }
}

fn said(old: &Version, new: &Version) -> Step {
    if new.major != old.major {
        Step::Major
    } else if new.minor != old.minor {
        Step::Minor
    } else if new.patch != old.patch {
        Step::Patch
    } else {
        Step::None
    }
}

fn version(place: &str, step: Step, old: &Version, new: &Version, findings: &mut Findings) {
    if new < old {
        let remedy = "versions only grow: components in the field were built for the larger one";
        findings.add(Code::VersionWentBack, place, format!("{old} or larger"), new.to_string(), remedy);
    } else if said(old, new) < step {
        let needed = match step {
            Step::Major => Version::new(old.major + 1, 0, 0),
            Step::Minor => Version::new(old.major, old.minor + 1, 0),
            Step::Patch | Step::None => Version::new(old.major, old.minor, old.patch + 1),
        };
        let want = format!("{needed} or larger, for a {} step", step.word());
        let remedy = match step {
            Step::Major if place != "contract" => {
                "add an RPC of another name beside it, and remove this one when nothing calls it; or bump everywhere"
            }
            _ => "bump it: in the contract, and of an RPC in its announce_rpc() and its comment, too",
        };
        findings.add(Code::VersionTooSmall, place, want, new.to_string(), remedy);
    }
}

/// What no caller sees: it takes a new version of the contract, so that an environment can be told from another.
fn others(old: &Contract, new: &Contract) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut part = |kind: &str, old: BTreeMap<String, serde_json::Value>, new: BTreeMap<String, serde_json::Value>| {
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for name in names {
            let (step, what) = match (old.get(name), new.get(name)) {
                (None, Some(_)) => (Step::Minor, "added".to_owned()),
                (Some(_), None) => (Step::Minor, "removed".to_owned()),
                (Some(old), Some(new)) if old != new => (Step::Patch, keys(old, new)),
                _ => continue,
            };
            changes.push(Change { step, place: format!("{kind} {name}"), what });
        }
    };
    fn by<T: Serialize>(items: &[T], name: impl Fn(&T) -> String) -> BTreeMap<String, serde_json::Value> {
        let value = |item: &T| serde_json::to_value(item).expect("it came from JSON");
        items.iter().map(|item| (name(item), value(item))).collect()
    }
    part("function", by(&old.functions, Function::qualified), by(&new.functions, Function::qualified));
    part("relation", by(&old.relations, |r| r.qualified()), by(&new.relations, |r| r.qualified()));
    part("schema", by(&old.schemas, |s| s.name.clone()), by(&new.schemas, |s| s.name.clone()));
    part("role", by(&old.roles, |r| r.name.clone()), by(&new.roles, |r| r.name.clone()));
    part("platform", by(&old.platform, |p| p.signature.clone()), by(&new.platform, |p| p.signature.clone()));
    part("row", by(&old.rows, |r| r.name.clone()), by(&new.rows, |r| r.name.clone()));
    let settings = |contract: &Contract| {
        let value = |settings| serde_json::to_value(settings).expect("it came from JSON");
        contract.settings.iter().map(|(role, settings)| (role.clone(), value(settings))).collect()
    };
    part("settings of", settings(old), settings(new));
    part("cron job", by(&old.cron_jobs, |j| j.name.clone()), by(&new.cron_jobs, |j| j.name.clone()));
    changes
}

/// Which members differ.
fn keys(old: &serde_json::Value, new: &serde_json::Value) -> String {
    let empty = serde_json::Map::new();
    let (old, new) = (old.as_object().unwrap_or(&empty), new.as_object().unwrap_or(&empty));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let changed = names.into_iter().filter(|name| old.get(*name) != new.get(*name)).map(String::as_str);
    format!("{} changed", changed.collect::<Vec<_>>().join(", "))
}

impl Step {
    /// For people.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "void",
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }
}
