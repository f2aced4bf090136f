//! Our own tables beyond the contract: what shows in answers, or is in the way of who writes or removes.

use super::Findings;
use crate::{
    catalog::{Beyond, Catalog, Fault},
    contract::{Contract, Kind, Privilege, Relation},
    database::identifier,
    finding::Code,
};

pub fn compare(contract: &Contract, catalog: &Catalog, want: &Relation, have: &Relation, findings: &mut Findings) {
    let Some(beyond) = catalog.beyond.get(&want.qualified()) else { return };
    if want.kind != Kind::Table || want.shared {
        return;
    }
    columns(contract, beyond, want, have, findings);
    storage(beyond.storage.iter(), want, findings);
    for index in &beyond.indexes {
        let known = want.indexes.contains_key(&index.name);
        if index.constraint.is_some() || known || !(index.unique || index.may_fail) {
            continue;
        }
        let definition = have.indexes.get(&index.name).map_or("", String::as_str);
        let remedy = format!("drop index {}.{};", identifier(&want.schema), identifier(&index.name));
        let place = format!("index {} on {}", index.name, want.qualified());
        findings.add(Code::IndexUnexpected, place, "no index that can refuse a row", definition, remedy);
    }
    for key in &beyond.keeping {
        let of_the_contract = contract.relations.iter().find(|relation| relation.qualified() == key.table);
        if of_the_contract.is_some_and(|relation| relation.constraints.contains_key(&key.name)) {
            continue;
        }
        let remedy = format!("alter table {} drop constraint {};", key.table, identifier(&key.name));
        let place = format!("constraint {} on {}", key.name, key.table);
        let wanted = format!("nothing keeps rows of {} from going", want.qualified());
        findings.add(Code::ConstraintUnexpected, place, wanted, &key.definition, remedy);
    }
}

/// How it is kept.
pub fn storage<'a>(faults: impl Iterator<Item = &'a Fault>, want: &Relation, findings: &mut Findings) {
    for Fault { what, remedy, .. } in faults {
        let place = format!("table {}", want.qualified());
        let object = format!("{place}: {what}");
        findings.unless_own(&object, Code::StorageChanged, place, "a table like any other", what, remedy);
    }
}

fn columns(contract: &Contract, beyond: &Beyond, want: &Relation, have: &Relation, findings: &mut Findings) {
    let answered = contract.all_functions().any(|function| function.returns.kind == want.qualified());
    for present in have.columns.iter().filter(|present| !want.columns.iter().any(|known| known.name == present.name)) {
        let denied =
            beyond.denied_defaults.get(&present.name).into_iter().flatten().find(|role| {
                want.grants.exact.get(*role).is_some_and(|rights| rights.contains_key(&Privilege::Insert))
            });
        let has_to_be_given = present.not_null && present.default.is_none();
        let place = format!("column {}.{}", want.qualified(), present.name);
        let drop = format!("alter table {} drop column {};", want.qualified(), identifier(&present.name));
        let spelt = super::relations::spelt(present);
        if answered {
            findings.add(Code::ColumnUnexpected, place, "no column that shows in answers", spelt, drop);
        } else if let Some(role) = denied {
            let wanted = format!("a default that {role} may evaluate");
            findings.add(Code::ColumnUnexpected, place, wanted, spelt, drop);
        } else if want.is_written() && beyond.may_fail.contains(&present.name) {
            findings.add(Code::ColumnUnexpected, place, "nothing that can fail for each row", spelt, drop);
        } else if has_to_be_given {
            let name = identifier(&present.name);
            let remedy = format!("alter table {} alter column {name} drop not null;", want.qualified());
            findings.add(Code::ColumnUnexpected, place, "a default, or null", spelt, remedy);
        }
    }
}
