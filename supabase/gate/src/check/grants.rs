//! Rights on tables and views, for each role that the contract names.

use std::collections::{BTreeMap, BTreeSet};

use super::{Findings, access::Inheriting};
use crate::{
    catalog::Acl,
    contract::{Columns, Privilege, Relation, Rights},
    finding::Code,
};

/// `owners`: roles that may have what everybody had on a project's table before the migrations.
pub fn compare(
    want: &Relation,
    have: &Relation,
    inheriting: &Inheriting,
    acl: &Acl,
    owners: &BTreeSet<&str>,
    findings: &mut Findings,
) {
    let none = Rights::new();
    let present = |role: &str| have.grants.exact.get(role).unwrap_or(&none);
    let mut missing = Changes::default();
    let mut too_wide = Changes::default();
    // An owner has every right; that it is the wrong owner is a finding of its own.
    let judged = |role: &&String| have.owner.as_ref() != Some(*role);
    // What a membership that must not be explains goes with the membership.
    let explained = |role: &str, privilege: Privilege| {
        inheriting.of(role).any(|other| other == role || present(other).contains_key(&privilege))
    };
    let qualified = want.qualified();
    let through =
        |privilege: Privilege, role: &str| acl.through(&qualified, privilege.word(), role, have.owner.as_deref());
    for (role, rights) in want.grants.exact.iter().filter(|(role, _)| judged(role)) {
        for (privilege, columns) in beyond(rights, present(role)) {
            missing.add(
                role,
                privilege.phrase(&columns),
                format!("grant {} on", privilege.phrase(&columns)),
                "to",
                role,
            );
        }
        for (privilege, columns) in beyond(present(role), rights) {
            if explained(role, privilege) {
                continue;
            }
            let word = privilege.word();
            if owners.contains(role.as_str())
                && findings.notice_own(
                    &format!("right of everybody to {word} on {qualified}"),
                    format!("{} {qualified}", want.kind.word()),
                    &format!("everybody may {word}"),
                )
            {
                continue;
            }
            if let Some(group) = through(privilege, role) {
                too_wide.belongs(role, privilege.phrase(&columns), group);
                continue;
            }
            // What everybody has is taken from everybody. And to take a right on the whole takes it on columns, too.
            let from = if present("public").contains_key(&privilege) { "public" } else { role };
            too_wide.add(
                role,
                privilege.phrase(&columns),
                format!("revoke {} on", privilege.phrase(&columns)),
                "from",
                from,
            );
            if let (Columns::Whole(_), Some(wanted)) = (&columns, rights.get(&privilege)) {
                too_wide.remedies.push(format!("grant {} on {{}} to {role};", privilege.phrase(wanted)));
            }
        }
    }
    for (role, never) in want.grants.never.iter().filter(|(role, _)| judged(role)) {
        for (privilege, columns) in present(role).iter().filter(|(privilege, _)| never.contains(privilege)) {
            if explained(role, *privilege) {
                continue;
            }
            if let Some(group) = through(*privilege, role) {
                too_wide.belongs(role, privilege.phrase(columns), group);
                continue;
            }
            let from = if present("public").contains_key(privilege) { "public" } else { role };
            too_wide.add(
                role,
                privilege.phrase(columns),
                format!("revoke {} on", privilege.phrase(columns)),
                "from",
                from,
            );
        }
    }
    for (role, least) in &want.grants.least {
        let whole = |privilege: &&Privilege| !matches!(present(role).get(*privilege), Some(Columns::Whole(_)));
        for privilege in least.iter().filter(whole) {
            missing.add(role, privilege.word().to_owned(), format!("grant {} on", privilege.word()), "to", role);
        }
    }
    let place = || format!("{} {}", want.kind.word(), want.qualified());
    if !missing.rights.is_empty() {
        findings.add(Code::GrantMissing, place(), missing.listed(), "no right", missing.remedy(want));
    }
    if !too_wide.rights.is_empty() {
        let remedy = too_wide.remedy(want);
        findings.add(Code::GrantTooWide, place(), "nothing beyond the contract", too_wide.listed(), remedy);
    }
}

/// Rights by role, and the statements that mend them.
#[derive(Default)]
struct Changes {
    rights: BTreeMap<String, Vec<String>>,
    remedies: Vec<String>,
}

impl Changes {
    fn add(&mut self, role: &str, right: String, verb: String, link: &str, whom: &str) {
        self.rights.entry(role.to_owned()).or_default().push(right);
        let remedy = format!("{verb} {{}} {link} {whom};");
        if !self.remedies.contains(&remedy) {
            self.remedies.push(remedy);
        }
    }

    /// A right that goes with a membership.
    fn belongs(&mut self, role: &str, right: String, group: &str) {
        self.rights.entry(role.to_owned()).or_default().push(format!("{right} as a member of {group}"));
        let remedy = format!("revoke {group} from {role};");
        if !self.remedies.contains(&remedy) {
            self.remedies.push(remedy);
        }
    }

    fn listed(&self) -> String {
        let each = self.rights.iter().map(|(role, rights)| format!("{role}: {}", rights.join(", ")));
        each.collect::<Vec<_>>().join("; ")
    }

    /// Everything is taken before anything is given back.
    fn remedy(&self, relation: &Relation) -> String {
        let (given, taken): (Vec<&String>, Vec<&String>) =
            self.remedies.iter().partition(|remedy| remedy.starts_with("grant"));
        let all = taken.into_iter().chain(given).map(|remedy| remedy.replace("{}", &relation.qualified()));
        all.collect::<Vec<_>>().join(" ")
    }
}

/// What `some` has and `other` has not.
fn beyond(some: &Rights, other: &Rights) -> Vec<(Privilege, Columns)> {
    let mut rights = Vec::new();
    for (privilege, columns) in some {
        match (columns, other.get(privilege)) {
            (_, Some(Columns::Whole(_))) => {}
            (_, None) | (Columns::Whole(_), _) => rights.push((*privilege, columns.clone())),
            (Columns::Some(names), Some(Columns::Some(known))) => {
                let more: Vec<String> = names.iter().filter(|name| !known.contains(name)).cloned().collect();
                if !more.is_empty() {
                    rights.push((*privilege, Columns::Some(more)));
                }
            }
        }
    }
    rights
}
