//! What was refused when it was asked as those who ask it: policies and checks of somebody else's on shared tables.

use super::Findings;
use crate::{
    catalog::{Catalog, Refusal},
    database::identifier,
    finding::Code,
};

pub fn add_findings(catalog: &Catalog, findings: &mut Findings) {
    for refusal in &catalog.refusals {
        match refusal {
            Refusal::Right { relation, policy, role, object, columns } => {
                let why = format!("the policy \"{policy}\" on {relation} asks it, for {role} too");
                let names = columns.iter().flatten().map(|name| identifier(name)).collect::<Vec<_>>().join(", ");
                let (code, place, remedy) = match columns {
                    Some(_) => {
                        let remedy = format!("grant select ({names}) on {object} to {role};");
                        (Code::GrantMissing, format!("table {object}"), remedy)
                    }
                    None if object.ends_with(')') => {
                        let remedy = format!("grant execute on function {object} to {role};");
                        (Code::ExecuteMissing, format!("function {object}"), remedy)
                    }
                    None => {
                        (Code::GrantMissing, format!("table {object}"), format!("grant select on {object} to {role};"))
                    }
                };
                findings.add(code, place, why, "no right, and so the request fails", remedy);
            }
            Refusal::Policy { relation, policy, role, why, fails } => {
                let remedy = format!("drop policy {} on {relation};", identifier(policy));
                let place = format!("policy \"{policy}\" on {relation}");
                let wanted = format!("it lets {role} do its work");
                if *fails {
                    findings.add(Code::PolicyUnexpected, place, wanted, why, remedy);
                } else {
                    findings.unless_own(&place, Code::PolicyUnexpected, &place, wanted, why, remedy);
                }
            }
            Refusal::Check { relation, name } => {
                let remedy = format!("alter table {relation} drop constraint {};", identifier(name));
                let place = format!("constraint {name} on {relation}");
                let wanted = "it takes what the RPCs write";
                findings.unless_own(&place, Code::ConstraintUnexpected, &place, wanted, "it says no", remedy);
            }
            Refusal::Column { relation, name, why } => {
                let remedy = format!("alter table {relation} drop column {};", identifier(name));
                let place = format!("column {relation}.{name}");
                findings.add(Code::ColumnUnexpected, place, "a default that it may have", why, remedy);
            }
            Refusal::Default { relation, name, default, present } => {
                let place = format!("column {relation}.{name}");
                // That it has to be given is the same fault.
                findings.all.retain(|known| known.place != place);
                let remedy = format!("alter table {relation} alter column {} set default {default};", identifier(name));
                let wanted = format!("default {default}, or as good");
                findings.unless_own(&place, Code::ColumnChanged, &place, wanted, present, remedy);
            }
            Refusal::Trigger { relation, trigger, function, why, remedy } => {
                let place = format!("trigger {trigger} on {relation}");
                let wanted = format!("{function} can do its work");
                // One that is to be dropped needs no mending.
                if !findings.all.iter().any(|known| known.place == place) {
                    findings.add(Code::TriggerUnexpected, place, wanted, why, remedy);
                }
            }
            Refusal::Query { relation, role, policies, why } => {
                let remedy = format!("mend or drop what asks in a circle, or fails, of: {}", policies.join(", "));
                let place = format!("policies on {relation}");
                findings.add(Code::PolicyUnexpected, place, format!("{role} can read it"), why, remedy);
            }
        }
    }
}
