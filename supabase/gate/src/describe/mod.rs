//! `gate describe`: the contract as this database would have it, to be pasted into the file after a migration.

mod unmeant;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use semver::Version;
use serde_json::json;

use self::unmeant::{owners, unmeant};
use crate::{
    catalog::Catalog,
    check::{self, commented},
    contract::{Access, Contract, Function, Grants, Relation, Rights, Schema},
    finding::Code,
};

/// Takes names in, of which nothing is known yet but that clients have no business there; with a component, `name=component`
/// is an RPC for signed-in users.
pub fn with(mut contract: Contract, also: &[String]) -> Result<Contract> {
    let clients = ["public", "anon", "authenticated", "service_role"];
    // Whoever else may is none of the contract's.
    let owners = owners(&contract);
    let everybody = owners.iter().map(String::as_str).chain(clients);
    let exact: BTreeMap<String, Rights> = everybody.map(|role| (role.to_owned(), Rights::new())).collect();
    for name in also {
        let (name, component) = name.split_once('=').map_or((&**name, None), |(name, of)| (name, Some(of)));
        let known = contract.all_functions().any(|function| function.qualified() == name);
        ensure!(!known, "{name} is in the contract already: leave it out");
        let (schema, name) = name.split_once('.').with_context(|| format!("{name}: say schema.name"))?;
        if let Some(component) = component {
            contract.rpcs.push(serde_json::from_value(json!({
                "name": name, "version": "0.0.0", "schema": schema, "component": component, "arguments": [],
                "returns": { "set": false, "type": NOTHING }, "volatility": "volatile", "security": "definer",
                "owner": NOTHING, "search_path": null,
                "execute": { "must": ["authenticated"], "must_not": ["public", "anon", "service_role"] },
            }))?);
            continue;
        }
        // Whichever of the two it is; the other is not found, and left out.
        contract.functions.push(serde_json::from_value(json!({
            "name": name, "schema": schema, "arguments": [], "returns": { "set": false, "type": NOTHING },
            "volatility": "volatile", "security": "invoker", "owner": "", "search_path": null,
            "execute": { "must": owners, "must_not": clients },
        }))?);
        contract.relations.push(serde_json::from_value(json!({
            "schema": schema, "name": name, "kind": "table", "owner": NOTHING, "grants": { "exact": exact },
        }))?);
    }
    Ok(contract)
}

/// The type or owner of what was only named.
const NOTHING: &str = "-";

/// The same entries, as they are found; an RPC has the version that it says. What the catalog does not know (component,
/// runs, which roles matter) is taken over. What is not there cannot be described, and what nobody means is not.
pub fn describe(mut contract: Contract, catalog: &Catalog) -> Result<Contract> {
    let forgotten = unmeant(&contract, catalog);
    ensure!(
        forgotten.is_empty(),
        "this would be written down as meant, and is a migration that forgot something:\n  {}",
        forgotten.join("\n  ")
    );
    let Contract { rpcs, functions, relations, schemas, roles, .. } = &mut contract;
    for function in rpcs.iter_mut().chain(functions.iter_mut()) {
        self::function(function, catalog);
    }
    for relation in relations.iter_mut() {
        if let Some(found) = catalog.relations.iter().find(|found| found.qualified() == relation.qualified()) {
            *relation = self::relation(relation, found);
        }
    }
    for schema in schemas {
        if let Some(Schema { usage, create, .. }) =
            catalog.access.schemas.iter().find(|found| found.name == schema.name)
        {
            schema.usage = access(&schema.usage, usage);
            schema.create = access(&schema.create, create);
        }
    }
    for role in roles {
        if let Some(found) = catalog.access.roles.iter().find(|found| found.name == role.name) {
            let members = access(&role.members, &found.members);
            *role = found.clone();
            role.members = members;
        }
    }
    functions.retain(|function| function.returns.kind != NOTHING);
    relations.retain(|relation| relation.owner.as_deref() != Some(NOTHING));
    let gone = check::compare(&contract, catalog);
    let gone: Vec<String> = gone
        .findings
        .into_iter()
        .filter(|finding| {
            matches!(finding.code, Code::FunctionMissing | Code::FunctionOverloaded | Code::RelationMissing)
        })
        .map(|finding| format!("{} {}", finding.code.word(), finding.place))
        .collect();
    ensure!(gone.is_empty(), "cannot describe what is not there, or there twice: {}", gone.join("; "));
    Ok(contract)
}

fn function(function: &mut Function, catalog: &Catalog) {
    let all = catalog.functions.iter().filter(|found| found.function.qualified() == function.qualified());
    let [found] = all.collect::<Vec<_>>()[..] else { return };
    if function.returns.kind == NOTHING {
        // Of the roles that were guessed, those who may. Its owner may anyway.
        let Function { execute, owner, .. } = &found.function;
        function.execute.must.retain(|role| role != owner && execute.must.contains(role));
    }
    let said = commented(found).and_then(|(_, version)| Version::parse(&version).ok());
    *function = Function {
        version: function.version.take().map(|version| said.unwrap_or(version)),
        component: function.component.take(),
        runs: std::mem::take(&mut function.runs),
        execute: access(&function.execute, &found.function.execute),
        ..found.function.clone()
    };
}

/// Of a shared table, only what was named before.
fn relation(named: &Relation, found: &Relation) -> Relation {
    let mut relation = Relation {
        shared: named.shared,
        keys: named.keys.clone(),
        caller: named.caller.clone(),
        grants: Grants {
            exact: named
                .grants
                .exact
                .keys()
                .map(|role| (role.clone(), found.grants.exact.get(role).cloned().unwrap_or_default()))
                .collect(),
            never: named.grants.never.clone(),
            least: named.grants.least.clone(),
        },
        ..found.clone()
    };
    // Another version of PostgreSQL spells it in another way.
    if relation.definition.iter().all(|present| named.definition.contains(present)) {
        relation.definition = named.definition.clone();
    }
    if named.owner.as_deref() == Some(NOTHING) {
        relation.grants.exact.retain(|role, _| found.owner.as_ref() != Some(role));
    }
    if named.shared {
        relation.owner = named.owner.clone();
        relation.row_security &= named.row_security;
        relation.columns.retain(|column| named.columns.iter().any(|other| other.name == column.name));
        for column in &mut relation.columns {
            let asked = named.columns.iter().find(|other| other.name == column.name);
            column.not_null &= asked.is_some_and(|other| other.not_null);
            column.nullable = asked.is_some_and(|other| other.nullable);
            column.default = column.default.take().filter(|_| asked.is_some_and(|other| other.default.is_some()));
        }
        relation.constraints.retain(|name, _| named.constraints.contains_key(name));
        relation.indexes.retain(|name, _| named.indexes.contains_key(name));
        // Where the table is made here, a constraint may have it.
        let of_constraints = named.indexes.iter().filter(|(name, _)| found.constraints.contains_key(*name));
        relation.indexes.extend(of_constraints.map(|(name, definition)| (name.clone(), definition.clone())));
        relation.policies.retain(|policy| named.policies.iter().any(|other| other.name == policy.name));
        relation.triggers.retain(|trigger| named.triggers.iter().any(|other| other.name == trigger.name));
    }
    relation
}

/// The same roles, each on the side where it is now.
fn access(named: &Access, found: &Access) -> Access {
    let (must, must_not) = named.names().map(str::to_owned).partition(|role| found.must.contains(role));
    Access { must, must_not }
}
