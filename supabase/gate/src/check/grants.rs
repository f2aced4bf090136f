//! Rights on tables and views, for each role that the contract names.

use std::collections::{BTreeMap, BTreeSet};

use super::Findings;
use crate::{
    contract::{Columns, Privilege, Relation, Rights},
    finding::Code,
};

pub fn judge(want: &Relation, have: &Relation, inheriting: &BTreeSet<String>, findings: &mut Findings) {
    let none = Rights::new();
    let present = |role: &str| have.grants.exact.get(role).unwrap_or(&none);
    let mut missing = BTreeMap::new();
    let mut too_wide = BTreeMap::new();
    // An owner has every right; that it is the wrong owner is a finding of its own.
    let judged = |role: &&String| have.owner.as_ref() != Some(*role) && !inheriting.contains(*role);
    for (role, rights) in want.grants.exact.iter().filter(|(role, _)| judged(role)) {
        add(&mut missing, role, beyond(rights, present(role)));
        add(&mut too_wide, role, beyond(present(role), rights));
    }
    for (role, never) in want.grants.never.iter().filter(|(role, _)| judged(role)) {
        let there = present(role).iter().filter(|(privilege, _)| never.contains(privilege));
        add(&mut too_wide, role, there.map(|(privilege, columns)| privilege.phrase(columns)).collect());
    }
    let place = || format!("{} {}", want.kind.word(), want.qualified());
    let sql = |verb: &str, link: &str, all: &BTreeMap<&String, Vec<String>>| {
        let each = all
            .iter()
            .map(|(role, rights)| format!("{verb} {} on {} {link} {role};", rights.join(", "), want.qualified()));
        each.collect::<Vec<_>>().join(" ")
    };
    if !missing.is_empty() {
        findings.add(Code::GrantMissing, place(), listed(&missing), "no right", sql("grant", "to", &missing));
    }
    if !too_wide.is_empty() {
        let remedy = sql("revoke", "from", &too_wide);
        findings.add(Code::GrantTooWide, place(), "nothing beyond the contract", listed(&too_wide), remedy);
    }
}

fn add<'a>(all: &mut BTreeMap<&'a String, Vec<String>>, role: &'a String, rights: Vec<String>) {
    if !rights.is_empty() {
        all.entry(role).or_default().extend(rights);
    }
}

fn listed(all: &BTreeMap<&String, Vec<String>>) -> String {
    let each = all.iter().map(|(role, rights)| format!("{role}: {}", rights.join(", ")));
    each.collect::<Vec<_>>().join("; ")
}

/// What `some` has and `other` has not.
fn beyond(some: &Rights, other: &Rights) -> Vec<String> {
    let mut rights = Vec::new();
    for (privilege, columns) in some {
        match (columns, other.get(privilege)) {
            (_, Some(Columns::Whole(_))) => {}
            (_, None) | (Columns::Whole(_), _) => rights.push(privilege.phrase(columns)),
            (Columns::Some(names), Some(Columns::Some(known))) => {
                let more: Vec<String> = names.iter().filter(|name| !known.contains(name)).cloned().collect();
                if !more.is_empty() {
                    rights.push(Privilege::phrase(*privilege, &Columns::Some(more)));
                }
            }
        }
    }
    rights
}
