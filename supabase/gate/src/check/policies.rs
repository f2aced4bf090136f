//! Row security policies: each as it was agreed, and on our own tables no other.

use super::{Findings, or_none};
use crate::{
    contract::{Policy, Relation},
    database::identifier,
    finding::Code,
};

pub fn compare(want: &Relation, have: &Relation, findings: &mut Findings) {
    let place = |policy: &Policy| format!("policy \"{}\" on {}", policy.name, want.qualified());
    for policy in &want.policies {
        match have.policies.iter().find(|present| present.name == policy.name) {
            None => findings.add(Code::PolicyMissing, place(policy), phrase(policy), "none", create(want, policy)),
            Some(present) if present != policy => {
                let (wanted, present) = differences(policy, present);
                let remedy = format!("{} {}", drop(want, policy), create(want, policy));
                findings.add(Code::PolicyChanged, place(policy), wanted, present, remedy);
            }
            Some(_) => {}
        }
    }
    // On a shared table an installation has policies of its own. Ours are restrictive there, so that a permissive one
    // opens nothing to the RPCs.
    for present in have.policies.iter().filter(|_| !want.shared) {
        if !want.policies.iter().any(|policy| policy.name == present.name) {
            let remedy = drop(want, present);
            findings.add(Code::PolicyUnexpected, place(present), "no such policy", phrase(present), remedy);
        }
    }
}

fn drop(relation: &Relation, policy: &Policy) -> String {
    format!("drop policy {} on {};", identifier(&policy.name), relation.qualified())
}

fn create(relation: &Relation, policy: &Policy) -> String {
    let [command, kind, roles, ..] = parts(policy);
    let mut sql = format!("create policy {} on {}", identifier(&policy.name), relation.qualified());
    for (word, value) in [kind, command, roles] {
        sql.push_str(&format!(" {word} {value}"));
    }
    if let Some(using) = &policy.using {
        sql.push_str(&format!(" using ({using})"));
    }
    if let Some(check) = &policy.with_check {
        sql.push_str(&format!(" with check ({check})"));
    }
    sql + ";"
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
