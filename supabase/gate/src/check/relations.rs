//! Tables and views: are the policies in force, the same, and nothing beside them?

use std::collections::{BTreeMap, BTreeSet};

use super::{APPLY, Findings, grants, or_none};
use crate::{
    catalog::Catalog,
    contract::{Column, Contract, Enabled, Kind, Policy, Relation},
    finding::Code,
};

pub fn judge(contract: &Contract, catalog: &Catalog, inheriting: &BTreeSet<String>, findings: &mut Findings) {
    for want in &contract.relations {
        let found = catalog.relations.iter().find(|have| have.qualified() == want.qualified());
        let Some(have) = found.filter(|have| have.kind == want.kind) else {
            let there = found.map_or("nothing of the name".to_owned(), |other| format!("a {}", other.kind.word()));
            findings.add(Code::RelationMissing, place(want), format!("a {}", want.kind.word()), there, APPLY);
            continue;
        };
        owner(contract, want, have, findings);
        security(want, have, findings);
        columns(want, have, findings);
        let definitions = [
            ("constraint", Code::ConstraintMissing, Code::ConstraintChanged, &want.constraints, &have.constraints),
            ("index", Code::IndexMissing, Code::IndexChanged, &want.indexes, &have.indexes),
        ];
        for (what, missing, changed, want_all, have_all) in definitions {
            named(&format!("{what} {{}} on {}", want.qualified()), missing, changed, want_all, have_all, findings);
        }
        policies(want, have, findings);
        triggers(want, have, findings);
        grants::judge(want, have, inheriting, findings);
    }
}

fn place(relation: &Relation) -> String {
    format!("{} {}", relation.kind.word(), relation.qualified())
}

fn owner(contract: &Contract, want: &Relation, have: &Relation, findings: &mut Findings) {
    let Some(present) = &have.owner else { return };
    let of_the_contract = contract.roles.iter().any(|role| role.name == *present);
    let remedy = |owner: &str| format!("alter {} {} owner to {owner};", want.kind.word(), want.qualified());
    match &want.owner {
        Some(owner) if owner != present => {
            findings.add(Code::RelationOwner, place(want), owner, present, remedy(owner));
        }
        None if of_the_contract => {
            let why = format!("{present}, to whom its policies do not apply");
            findings.add(Code::RelationOwner, place(want), "none of the RPCs' owners", why, remedy("postgres"));
        }
        _ => {}
    }
}

fn security(want: &Relation, have: &Relation, findings: &mut Findings) {
    if want.row_security && !have.row_security {
        let remedy = format!("alter table {} enable row level security;", want.qualified());
        findings.add(Code::RowSecurityOff, place(want), "row level security on", "off", remedy);
    }
    if want.kind == Kind::View && want.security_invoker && !have.security_invoker {
        let remedy = format!("alter view {} set (security_invoker = true);", want.qualified());
        findings.add(Code::SecurityInvokerOff, place(want), "security_invoker", "the owner's rights", remedy);
    }
    if want.definition.is_some() && want.definition != have.definition {
        let text = |relation: &Relation| or_none(relation.definition.as_deref()).to_owned();
        findings.add(Code::ViewChanged, place(want), text(want), text(have), APPLY);
    }
}

fn columns(want: &Relation, have: &Relation, findings: &mut Findings) {
    for column in &want.columns {
        let place = format!("column {}.{}", want.qualified(), column.name);
        let Some(present) = have.columns.iter().find(|present| present.name == column.name) else {
            findings.add(Code::ColumnMissing, place, spelt(column), "none", APPLY);
            continue;
        };
        // Of a shared table, what the contract does not say is the installation's.
        let same = column.kind == present.kind
            && (column.not_null == present.not_null || want.shared && !column.not_null)
            && (column.default == present.default || want.shared && column.default.is_none());
        if !same {
            findings.add(Code::ColumnChanged, place, spelt(column), spelt(present), APPLY);
        }
    }
}

fn spelt(column: &Column) -> String {
    let default = column.default.as_ref().map_or(String::new(), |default| format!(" default {default}"));
    format!("{}{}{default}", column.kind, if column.not_null { " not null" } else { "" })
}

fn named(
    place: &str,
    missing: Code,
    changed: Code,
    want: &BTreeMap<String, String>,
    have: &BTreeMap<String, String>,
    findings: &mut Findings,
) {
    for (name, definition) in want {
        let place = place.replace("{}", name);
        match have.get(name) {
            None => findings.add(missing, place, definition, "none", APPLY),
            Some(present) if present != definition => findings.add(changed, place, definition, present, APPLY),
            Some(_) => {}
        }
    }
}

fn policies(want: &Relation, have: &Relation, findings: &mut Findings) {
    let place = |policy: &Policy| format!("policy \"{}\" on {}", policy.name, want.qualified());
    for policy in &want.policies {
        match have.policies.iter().find(|present| present.name == policy.name) {
            None => findings.add(Code::PolicyMissing, place(policy), phrase(policy), "none", APPLY),
            Some(present) if present != policy => {
                let (want, have) = differences(policy, present);
                findings.add(Code::PolicyChanged, place(policy), want, have, APPLY);
            }
            Some(_) => {}
        }
    }
    for present in &have.policies {
        let known = want.policies.iter().any(|policy| policy.name == present.name);
        // Our own restrictive policies hold against a permissive one of an installation, and against nothing else.
        let in_the_way = !want.shared || !present.permissive && concerns(want, present);
        if !known && in_the_way {
            let remedy =
                format!("drop policy \"{}\" on {}; or take it into the contract", present.name, want.qualified());
            findings.add(Code::PolicyUnexpected, place(present), "no such policy", phrase(present), remedy);
        }
    }
}

/// Whether a policy applies to somebody for whom the contract has policies here.
fn concerns(want: &Relation, present: &Policy) -> bool {
    let ours: Vec<&String> = want.policies.iter().flat_map(|policy| &policy.roles).collect();
    present.roles.iter().any(|role| role == "public" || ours.contains(&role))
}

fn parts(policy: &Policy) -> [(&'static str, String); 5] {
    let command = serde_json::to_value(policy.command).expect("a word");
    [
        ("for", command.as_str().unwrap_or_default().to_owned()),
        ("as", if policy.permissive { "permissive" } else { "restrictive" }.to_owned()),
        ("to", policy.roles.join(", ")),
        ("using", or_none(policy.using.as_deref()).to_owned()),
        ("with check", or_none(policy.with_check.as_deref()).to_owned()),
    ]
}

fn phrase(policy: &Policy) -> String {
    parts(policy).map(|(name, value)| format!("{name} {value}")).join(" ")
}

fn differences(want: &Policy, have: &Policy) -> (String, String) {
    let pairs = parts(want).into_iter().zip(parts(have)).filter(|(want, have)| want != have);
    let spelt = |(name, value): (&str, String)| format!("{name} {value}");
    let (want, have): (Vec<String>, Vec<String>) = pairs.map(|(want, have)| (spelt(want), spelt(have))).unzip();
    (want.join(" "), have.join(" "))
}

fn triggers(want: &Relation, have: &Relation, findings: &mut Findings) {
    for trigger in &want.triggers {
        let place = format!("trigger {} on {}", trigger.name, want.qualified());
        let Some(present) = have.triggers.iter().find(|present| present.name == trigger.name) else {
            findings.add(Code::TriggerMissing, place, &trigger.definition, "none", APPLY);
            continue;
        };
        if trigger.definition != present.definition {
            findings.add(Code::TriggerChanged, &place, &trigger.definition, &present.definition, APPLY);
        }
        if trigger.enabled != present.enabled {
            let word = |enabled| match enabled {
                Enabled::Origin => "enable",
                Enabled::Always => "enable always",
                Enabled::Replica => "enable replica",
                Enabled::Disabled => "disable",
            };
            let remedy =
                format!("alter table {} {} trigger {};", want.qualified(), word(trigger.enabled), trigger.name);
            findings.add(Code::TriggerDisabled, place, word(trigger.enabled), word(present.enabled), remedy);
        }
    }
}
