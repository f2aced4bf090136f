//! Doors: the older ways to what the RPCs do, which a project had before; whether they are still to be open.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::rows;
use crate::{
    adopt,
    contract::{Columns, Contract, Enabled, Privilege, Relation, Trigger},
    database::Connection,
};

/// The questions that migrations have too, and read nothing but the catalog: where each is asked, the migration, and the
/// beginning of its function.
const QUESTIONS: [(&str, &str, &str); 2] = [
    ("$open_doors", include_str!("../../../migrations/20261124110000_doors.sql"), "function lockstep.open_doors()"),
    (
        "$own_objects",
        include_str!("../../../migrations/20261122080010_own_objects.sql"),
        "function lockstep.own_objects()",
    ),
];

/// What a project had before, and what of it is open.
#[derive(Debug, Default, Deserialize)]
pub struct Doors {
    /// Tables in `public` that were there before the first migration.
    pub adopted: Vec<String>,
    /// What was remembered with them, and is as it was then. In the words of findings: `trigger t on public.social_messages`.
    pub own: BTreeSet<String>,
    /// Whether `lockstep.close_doors()` has been called, or there was nothing to close.
    pub closed: bool,
    /// Those that are open.
    pub open: Vec<Door>,
}

/// One older way.
#[derive(Debug, Deserialize)]
pub struct Door {
    /// The object.
    pub door: String,
    /// For whom, and for what.
    pub opened_to: String,
    /// The statement that closes it.
    pub closing: String,
}

impl Doors {
    /// Expects what [`super::Catalog::read`] expects.
    pub async fn read(connection: &mut Connection) -> Result<Self> {
        let mut asked = include_str!("doors.sql").to_owned();
        for (place, migration, function) in QUESTIONS {
            asked = asked.replace(place, question(migration, function).context("the migration has the question")?);
        }
        rows(connection, &asked).await
    }

    /// The contract as it is for a project that had some of the tables before: those are shared, as the rank tables are. What
    /// it wants of their rights waits for the doors to be closed.
    pub fn adapted(&self, contract: &Contract) -> Contract {
        let owners: BTreeSet<String> = contract.all_functions().map(|function| function.owner.clone()).collect();
        let mut contract = contract.clone();
        let mut pointing: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for relation in &mut contract.relations {
            if !self.has_adopted(&relation.schema, &relation.name) {
                let (table, triggers) = (relation.name.clone(), &mut relation.triggers);
                relation.constraints.retain(|_, constraint| {
                    let reference = reference(constraint).filter(|(to, ..)| self.has_adopted("public", to));
                    if let Some((to, column, action)) = reference {
                        pointing.entry(to.to_owned()).or_default().push(format!("'{table} {column} {action}'"));
                        triggers.push(requiring(&table, to, column));
                    }
                    reference.is_none()
                });
                continue;
            }
            if !relation.shared {
                relation.shared = true;
                relation.owner = None;
                relation.columns.retain(|column| adopt::is_used(&relation.name, &column.name));
                relation.keys = relation.constraints.values().filter_map(|constraint| key(constraint)).collect();
                // What keeps keys apart is the project's; that they are found by is not.
                for (name, constraint) in &relation.constraints {
                    if let (true, Some(columns)) = (constraint.starts_with("UNIQUE"), key(constraint)) {
                        let (table, last) = (relation.qualified(), columns.last().map_or("", String::as_str));
                        let index = format!(
                            "CREATE INDEX {name} ON {table} USING btree ({}) WHERE ({last} IS NOT NULL)",
                            columns.join(", ")
                        );
                        relation.indexes.insert(name.clone(), index);
                    }
                }
                relation.constraints.clear();
                let given = relation.grants.exact.values().find_map(|rights| rights.get(&Privilege::Insert)).cloned();
                for column in &mut relation.columns {
                    let given = matches!(&given, Some(Columns::Some(names)) if names.contains(&column.name));
                    column.nullable = given && !column.not_null && relation.caller.as_ref() != Some(&column.name);
                    column.not_null = false;
                    column.default = None;
                }
            }
            if !self.closed {
                relation.grants.exact.retain(|role, _| owners.contains(role));
                relation.grants.never.clear();
                relation.row_security = false;
            }
        }
        for relation in &mut contract.relations {
            if let Some(arguments) = pointing.get(&relation.name).filter(|_| relation.schema == "public") {
                relation.triggers.extend(following(&relation.name, &arguments.join(", ")));
            }
        }
        contract
    }

    /// Whether the trigger is what a table of ours has instead of a foreign key to one of the project's.
    pub fn is_instead_of_a_key(&self, table: &Relation, trigger: &Trigger) -> bool {
        let is_it =
            |to: &String| table.columns.iter().any(|column| *trigger == requiring(&table.name, to, &column.name));
        !self.has_adopted(&table.schema, &table.name) && self.adopted.iter().any(is_it)
    }

    /// Whether the project had this table before.
    pub fn has_adopted(&self, schema: &str, table: &str) -> bool {
        schema == "public" && self.adopted.iter().any(|name| name == table)
    }
}

/// The columns of a primary key or a unique constraint: the RPCs never write two rows with the same, so a project's own index
/// on them refuses nothing.
fn key(constraint: &str) -> Option<Vec<String>> {
    let columns = ["PRIMARY KEY (", "UNIQUE ("].iter().find_map(|start| constraint.strip_prefix(start))?;
    Some(columns.trim_end_matches(')').split(", ").map(str::to_owned).collect())
}

/// To which table of ours, from which column, and what becomes of the row.
fn reference(constraint: &str) -> Option<(&str, &str, &str)> {
    let (column, rest) = constraint.strip_prefix("FOREIGN KEY (")?.split_once(") REFERENCES public.")?;
    let (to, rest) = rest.split_once("(id)")?;
    Some((to, column, if rest.contains("ON DELETE CASCADE") { "cascade" } else { "null" }))
}

/// What `lockstep.refer()` makes on a table of ours, instead of a foreign key to one of the project's.
fn requiring(table: &str, to: &str, column: &str) -> Trigger {
    let name = format!("the_{column}_is_there");
    let definition = format!(
        "CREATE TRIGGER {name} AFTER INSERT OR UPDATE OF {column} ON public.{table} FOR EACH ROW \
         WHEN ((new.{column} IS NOT NULL)) EXECUTE FUNCTION lockstep.require_adopted('{to}', '{column}')"
    );
    Trigger { name, definition, enabled: Enabled::Origin }
}

/// What it makes on the project's.
fn following(table: &str, arguments: &str) -> [Trigger; 2] {
    let made = [("it", "DELETE OR UPDATE OF id", "ROW"), ("them", "TRUNCATE", "STATEMENT")];
    made.map(|(what, when, each)| {
        let name = format!("what_points_at_{what}_goes_with_{what}");
        let definition = format!(
            "CREATE TRIGGER {name} AFTER {when} ON public.{table} FOR EACH {each} \
             EXECUTE FUNCTION lockstep.follow_adopted({arguments})"
        );
        Trigger { name, definition, enabled: Enabled::Origin }
    })
}

/// The body of the function.
fn question(migration: &'static str, function: &str) -> Option<&'static str> {
    let (_, after) = migration.split_once(function)?;
    let (_, body) = after.split_once("as $$")?;
    let (body, _) = body.split_once("$$;")?;
    Some(body.trim_end().trim_end_matches(';'))
}
