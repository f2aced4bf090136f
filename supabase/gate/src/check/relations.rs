//! Tables and views: are the policies in force, the same, and nothing beside them?

use super::{APPLY, Findings, access::Inheriting, beyond, grants, indexes, policies, renamed, shared};
use crate::{
    catalog::Catalog,
    contract::{Column, Columns, Contract, Enabled, Kind, Privilege, Relation},
    database::identifier,
    finding::Code,
};

pub fn compare(
    contract: &Contract,
    named: &Contract,
    catalog: &Catalog,
    inheriting: &Inheriting,
    findings: &mut Findings,
) {
    let renamed = renamed::find(contract, &catalog.relations);
    for renamed::Renamed { relation, old, new } in &renamed {
        let remedy = format!("alter table {relation} rename column {} to {};", identifier(new), identifier(old));
        let place = format!("column {relation}.{old}");
        findings.add(Code::ColumnMissing, place, format!("the name {old}"), format!("the name {new}"), remedy);
    }
    let relations = renamed::undone(&catalog.relations, &renamed);
    for want in &contract.relations {
        let found = relations.iter().find(|have| have.qualified() == want.qualified());
        let Some(have) = found.filter(|have| have.kind == want.kind) else {
            let there = found.map_or("nothing of the name".to_owned(), |other| format!("a {}", other.kind.word()));
            findings.add(Code::RelationMissing, place(want), format!("a {}", want.kind.word()), there, APPLY);
            continue;
        };
        owner(contract, want, have, findings);
        inherited(contract, catalog, want, have, findings);
        security(want, have, findings);
        columns(want, have, findings);
        beyond::compare(contract, catalog, want, have, findings);
        shared::compare(contract, named, catalog, want, have, findings);
        constraints(want, have, findings);
        indexes::compare(want, have, catalog.beyond.get(&want.qualified()), findings);
        for rule in have.rules.iter().filter(|rule| !want.shared && !want.rules.contains(rule)) {
            let remedy = format!("drop rule {} on {};", identifier(rule), want.qualified());
            let place = format!("rule {rule} on {}", want.qualified());
            findings.add(Code::RuleUnexpected, place, "no such rule", "it rewrites statements", remedy);
        }
        policies::compare(want, have, findings);
        triggers(want, have, findings);
        grants::compare(want, have, inheriting, &catalog.acl, &contract.owners(), findings);
    }
}

fn place(relation: &Relation) -> String {
    format!("{} {}", relation.kind.word(), relation.qualified())
}

fn owner(contract: &Contract, want: &Relation, have: &Relation, findings: &mut Findings) {
    let Some(present) = &have.owner else { return };
    let of_the_contract = contract.roles.iter().any(|role| role.name == *present);
    let remedy = |owner: &str| {
        let (kind, name) = (want.kind.word(), want.qualified());
        // Who was the owner needed no right.
        let rights = want.grants.exact.get(present).into_iter().flatten();
        let again =
            rights.map(|(privilege, columns)| format!(" grant {} on {name} to {present};", privilege.phrase(columns)));
        format!("alter {kind} {name} owner to {owner};{}", again.collect::<String>())
    };
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

/// Policies do not hold for who has the rights of a table's owner.
fn inherited(contract: &Contract, catalog: &Catalog, want: &Relation, have: &Relation, findings: &mut Findings) {
    let Some(owner) = have.owner.as_deref().filter(|_| want.row_security) else { return };
    for role in contract.owners().into_iter().chain(contract.clients()).filter(|role| *role != owner) {
        for group in catalog.acl.memberships_in(role, owner) {
            let wanted = format!("{role} has no rights of {owner}, the owner of {}", want.qualified());
            let remedy = format!("revoke {group} from {role};");
            findings.add(
                Code::RoleMemberTooMany,
                format!("role {group}"),
                wanted,
                format!("{role} is a member"),
                remedy,
            );
        }
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
    let known = want.definition.is_empty() || have.definition.iter().all(|present| want.definition.contains(present));
    if !known {
        let text = |relation: &Relation| relation.definition.join(" or ");
        findings.add(Code::ViewChanged, place(want), text(want), text(have), APPLY);
    }
}

fn columns(want: &Relation, have: &Relation, findings: &mut Findings) {
    let alter = |change: String| format!("alter table {} {change};", want.qualified());
    for column in &want.columns {
        let place = format!("column {}.{}", want.qualified(), column.name);
        let name = identifier(&column.name);
        let Some(present) = have.columns.iter().find(|present| present.name == column.name) else {
            findings.add(Code::ColumnMissing, place, spelt(column), "none", renamed::missing(want, have, column));
            continue;
        };
        // Of a shared table, what the contract does not say is the installation's.
        let same_null = column.not_null == present.not_null || want.shared && !column.not_null && !column.nullable;
        let generated =
            |column: &Column| column.default.as_ref().is_some_and(|text| text.starts_with("generated always"));
        let same_default =
            column.default == present.default || want.shared && column.default.is_none() && !generated(present);
        let mut changes = Vec::new();
        if column.kind != present.kind {
            // The text in it, without its quotes.
            let cast = match (&*present.kind, &*column.kind) {
                ("json" | "jsonb", "text") => format!("{name} #>> '{{}}'"),
                (_, kind) => format!("{name}::{kind}"),
            };
            changes.push(format!("alter column {name} type {} using {cast}", column.kind));
        }
        if !same_null {
            changes.push(format!("alter column {name} {} not null", if column.not_null { "set" } else { "drop" }));
        }
        if !same_default {
            changes.push(match &column.default {
                Some(identity) if identity.starts_with("generated ") => {
                    let other = present.default.as_ref().filter(|text| text.ends_with("as identity"));
                    let (verb, what) = match other {
                        Some(_) => ("set", identity.trim_end_matches(" as identity")),
                        None => ("add", identity.as_str()),
                    };
                    format!("alter column {name} {verb} {what}")
                }
                Some(default) => format!("alter column {name} set default {default}"),
                None if present.default.as_ref().is_some_and(|text| text.ends_with("identity")) => {
                    format!("alter column {name} drop identity")
                }
                None if generated(present) => format!("alter column {name} drop expression"),
                None => format!("alter column {name} drop default"),
            });
        }
        if !changes.is_empty() {
            let remedy = alter(changes.join(", "));
            findings.unless_own(&place, Code::ColumnChanged, &place, spelt(column), spelt(present), remedy);
        }
    }
    // Who inserts through the RPCs gives no value for it.
    let inserted = want.grants.exact.values().find_map(|rights| rights.get(&Privilege::Insert));
    for present in have.columns.iter().filter(|present| present.not_null && present.default.is_none()) {
        let given = match inserted {
            Some(Columns::Some(names)) => names.contains(&present.name),
            _ => want.columns.iter().any(|column| column.name == present.name),
        };
        // Of our own tables, see beyond.rs.
        if want.shared && inserted.is_some() && !given {
            let place = format!("column {}.{}", want.qualified(), present.name);
            let remedy = alter(format!("alter column {} drop not null", identifier(&present.name)));
            findings.add(Code::ColumnUnexpected, place, "a default, or null", spelt(present), remedy);
        }
    }
}

pub fn spelt(column: &Column) -> String {
    let default = column.default.as_ref().map_or(String::new(), |default| format!(" default {default}"));
    format!("{}{}{default}", column.kind, if column.not_null { " not null" } else { "" })
}

fn constraints(want: &Relation, have: &Relation, findings: &mut Findings) {
    let place = |name: &str| format!("constraint {name} on {}", want.qualified());
    let again = |name: &str, definition: &str| {
        let (table, name) = (want.qualified(), identifier(name));
        format!(
            "alter table {table} drop constraint if exists {name}; alter table {table} add constraint {name} {definition};"
        )
    };
    // PostgreSQL takes another name where a table that was renamed has kept this one.
    let is_there = |definition: &str, named: &Relation, by: &Relation| {
        named.constraints.iter().any(|(name, found)| found == definition && !by.constraints.contains_key(name))
    };
    for (name, definition) in &want.constraints {
        let remedy = again(name, definition);
        match have.constraints.get(name) {
            None if is_there(definition, have, want) => {}
            None => findings.add(Code::ConstraintMissing, place(name), definition, "none", remedy),
            Some(present) if present != definition => {
                findings.add(Code::ConstraintChanged, place(name), definition, present, remedy);
            }
            Some(_) => {}
        }
    }
    for (name, present) in have.constraints.iter().filter(|(name, _)| !want.constraints.contains_key(*name)) {
        if !want.shared && !is_there(present, want, have) {
            let remedy = format!("alter table {} drop constraint {};", want.qualified(), identifier(name));
            findings.add(Code::ConstraintUnexpected, place(name), "no such constraint", present, remedy);
        }
    }
}

fn triggers(want: &Relation, have: &Relation, findings: &mut Findings) {
    let word = |enabled| match enabled {
        Enabled::Origin => "enable",
        Enabled::Always => "enable always",
        Enabled::Replica => "enable replica",
        Enabled::Disabled => "disable",
    };
    let place = |name: &str| format!("trigger {name} on {}", want.qualified());
    let drop = |name: &str| format!("drop trigger if exists {} on {};", identifier(name), want.qualified());
    for trigger in &want.triggers {
        let name = &trigger.name;
        let enable =
            format!("alter table {} {} trigger {};", want.qualified(), word(trigger.enabled), identifier(name));
        let again = format!("{} {}; {enable}", drop(name), trigger.definition);
        let Some(present) = have.triggers.iter().find(|present| present.name == *name) else {
            findings.add(Code::TriggerMissing, place(name), &trigger.definition, "none", again);
            continue;
        };
        if trigger.definition != present.definition {
            findings.add(Code::TriggerChanged, place(name), &trigger.definition, &present.definition, again);
        }
        if trigger.enabled != present.enabled {
            findings.add(Code::TriggerDisabled, place(name), word(trigger.enabled), word(present.enabled), enable);
        }
    }
    for present in have.triggers.iter().filter(|_| !want.shared) {
        if !want.triggers.iter().any(|trigger| trigger.name == present.name) {
            let (name, definition) = (&present.name, &present.definition);
            findings.add(Code::TriggerUnexpected, place(name), "no such trigger", definition, drop(name));
        }
    }
}
