//! Columns of our own tables that have another name now. What hangs on one is called by the new name too, and is no other
//! thing for that.

use regex::Regex;

use super::relations::spelt;
use crate::{
    contract::{Column, Columns, Contract, Relation},
    database::identifier,
};

/// A column that was renamed.
pub struct Renamed {
    /// Where, with the schema.
    pub relation: String,
    /// In the contract.
    pub old: String,
    /// In the database.
    pub new: String,
}

/// A column that is missing, and one of the same type in its place that nobody knows.
pub fn find(contract: &Contract, relations: &[Relation]) -> Vec<Renamed> {
    let mut all = Vec::new();
    for want in contract.relations.iter().filter(|want| !want.shared) {
        let Some(have) = relations.iter().find(|have| have.qualified() == want.qualified()) else { continue };
        for (known, present) in want.columns.iter().zip(&have.columns) {
            let gone = !have.columns.iter().any(|other| other.name == known.name);
            let new = !want.columns.iter().any(|other| other.name == present.name);
            if gone && new && known.kind == present.kind {
                let (old, new) = (known.name.clone(), present.name.clone());
                all.push(Renamed { relation: want.qualified(), old, new });
            }
        }
    }
    all
}

/// The relations as they would be if nothing had been renamed.
pub fn undone(relations: &[Relation], renamed: &[Renamed]) -> Vec<Relation> {
    let mut relations = relations.to_vec();
    for Renamed { old, new, .. } in renamed {
        let word = Regex::new(&format!(r"\b{}\b", regex::escape(new))).expect("an escaped word");
        let spell = |text: &mut String| *text = word.replace_all(text, old.as_str()).into_owned();
        for relation in &mut relations {
            relation.columns.iter_mut().for_each(|column| spell(&mut column.name));
            relation.constraints.values_mut().chain(relation.indexes.values_mut()).for_each(spell);
            for policy in &mut relation.policies {
                policy.using.iter_mut().chain(&mut policy.with_check).for_each(spell);
            }
            relation.triggers.iter_mut().for_each(|trigger| spell(&mut trigger.definition));
            for rights in relation.grants.exact.values_mut() {
                for columns in rights.values_mut() {
                    if let Columns::Some(names) = columns {
                        names.iter_mut().for_each(spell);
                    }
                }
            }
        }
    }
    relations
}

/// A column that was renamed comes back by its name, with all that is in it; an empty one in its place would hide the loss.
pub fn missing(want: &Relation, have: &Relation, column: &Column) -> String {
    let unknown = have
        .columns
        .iter()
        .filter(|present| present.kind == column.kind && !want.columns.iter().any(|known| known.name == present.name));
    let candidates: Vec<&str> = unknown.map(|present| present.name.as_str()).collect();
    let (table, name) = (want.qualified(), identifier(&column.name));
    let renamed = match candidates[..] {
        [] => String::new(),
        _ => format!(
            "if it was renamed: alter table {table} rename column <{}> to {name}; else ",
            candidates.join(" or ")
        ),
    };
    format!(
        "{renamed}restore it from a backup; where it held nothing, alter table {table} add column {name} {}",
        spelt(column)
    )
}
