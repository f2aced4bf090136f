//! `gate describe`: the contract as this database would have it, to be pasted into the file after a migration.

use crate::{
    catalog::Catalog,
    contract::{Access, Contract, Function, Grants, Relation, Schema},
};

/// The same entries, as they are found. What is not there stays as it was; what the catalog does not know (component,
/// runs, versions, which roles matter) is taken over.
pub fn describe(mut contract: Contract, catalog: &Catalog) -> Contract {
    let Contract { rpcs, functions, relations, schemas, roles, .. } = &mut contract;
    for function in rpcs.iter_mut().chain(functions) {
        self::function(function, catalog);
    }
    for relation in relations {
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
    contract
}

fn function(function: &mut Function, catalog: &Catalog) {
    let all = catalog.functions.iter().filter(|found| found.function.qualified() == function.qualified());
    let [found] = all.collect::<Vec<_>>()[..] else { return };
    *function = Function {
        version: function.version.take(),
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
        grants: Grants {
            exact: named
                .grants
                .exact
                .keys()
                .map(|role| (role.clone(), found.grants.exact.get(role).cloned().unwrap_or_default()))
                .collect(),
            never: named.grants.never.clone(),
        },
        ..found.clone()
    };
    if named.shared {
        relation.owner = named.owner.clone();
        relation.columns.retain(|column| named.columns.iter().any(|other| other.name == column.name));
        for column in &mut relation.columns {
            let asked = named.columns.iter().find(|other| other.name == column.name);
            column.not_null &= asked.is_some_and(|other| other.not_null);
            column.default = column.default.take().filter(|_| asked.is_some_and(|other| other.default.is_some()));
        }
        relation.constraints.retain(|name, _| named.constraints.contains_key(name));
        relation.indexes.retain(|name, _| named.indexes.contains_key(name));
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
