//! Realtime's table of messages, as realtime.send() writes it.

use super::Findings;
use crate::{
    contract::{Column, Relation},
    database::identifier,
    finding::Code,
};

/// What realtime.send() gives, and no more.
pub fn compare(want: &Relation, have: &Relation, findings: &mut Findings) {
    const GIVEN: [(&str, &str); 5] =
        [("topic", "text"), ("extension", "text"), ("payload", "jsonb"), ("event", "text"), ("private", "boolean")];
    for (name, kind) in GIVEN {
        let present = have.columns.iter().find(|column| column.name == name);
        if let Some(present) = present.filter(|present| present.kind != kind) {
            let remedy = format!("as a superuser: alter table {} alter column {name} type {kind};", want.qualified());
            let place = format!("column {}.{name}", want.qualified());
            findings.add(Code::ColumnChanged, place, kind, &present.kind, remedy);
        }
    }
    let has_to_be_given = |column: &&Column| column.not_null && column.default.is_none();
    let unknown = have.columns.iter().filter(|column| !GIVEN.iter().any(|(name, _)| *name == column.name));
    for column in unknown.filter(has_to_be_given) {
        let (table, name) = (want.qualified(), identifier(&column.name));
        let remedy = format!("as a superuser: alter table {table} alter column {name} drop not null;");
        let place = format!("column {table}.{}", column.name);
        findings.add(Code::ColumnUnexpected, place, "a default, or null", super::relations::spelt(column), remedy);
    }
}
