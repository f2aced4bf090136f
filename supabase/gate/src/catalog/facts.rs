//! What is found beside the contract's own types.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::contract::{CronJob, Function};

/// A function, and what the contract does not say of it.
#[derive(Debug, Clone, Deserialize)]
pub struct Found {
    /// In the contract's words.
    pub function: Function,
    /// Of an RPC: JSON with its version.
    pub comment: Option<String>,
    /// Its body.
    pub source: String,
}

/// Where something is said.
#[derive(Debug, Deserialize)]
pub struct Source {
    /// As `regprocedure` spells it.
    pub place: String,
    /// The body.
    pub source: String,
}

/// A job, and what the contract does not say of it.
#[derive(Debug, Deserialize)]
pub struct Job {
    /// In the contract's words.
    pub job: CronJob,
    /// pg_cron's number for it.
    pub id: i64,
    /// Whether it is switched on.
    pub active: bool,
    /// Where it runs.
    pub database: String,
    /// Whether that is this database.
    pub here: bool,
    /// As whom it runs.
    pub user: String,
}

/// One run of a job.
#[derive(Debug, Deserialize)]
pub struct Run {
    /// `succeeded` or `failed`.
    pub status: String,
    /// What the database said.
    pub message: Option<String>,
    /// When it began.
    pub at: Option<String>,
}

/// A setting of new sessions.
#[derive(Debug, Deserialize)]
pub struct SetFor {
    /// For whom; none: for everybody.
    pub role: Option<String>,
    /// Where; none: in every database.
    pub database: Option<String>,
    /// In lower case.
    pub name: String,
    /// As it was given.
    pub value: String,
}

/// Of a table, what a contract does not say.
#[derive(Debug, Default, Deserialize)]
pub struct Beyond {
    /// How it is kept, where that is a fault (storage.sql).
    #[serde(default)]
    pub storage: Vec<Fault>,
    /// Columns whose computation can fail.
    pub may_fail: Vec<String>,
    /// Roles that may not evaluate the default of a column.
    pub denied_defaults: BTreeMap<String, Vec<String>>,
    /// All indexes.
    pub indexes: Vec<Index>,
    /// Foreign keys of other tables that keep its rows from going.
    pub keeping: Vec<Keeping>,
    /// Its own foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// Expressions of its checks, by name.
    pub checks: BTreeMap<String, String>,
    /// Triggers that fire in a session like any other.
    pub triggers: BTreeMap<String, Trigger>,
    /// The command that each rule is for; none for select.
    pub rules: BTreeMap<String, Option<String>>,
}

/// An index.
#[derive(Debug, Deserialize)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// The constraint that it serves.
    pub constraint: Option<String>,
    /// Whether it refuses what is there twice.
    pub unique: bool,
    /// Whether it is an exclusion constraint's.
    pub excludes: bool,
    /// Whether it is used, and complete.
    pub valid: bool,
    /// As `pg_get_indexdef` gives it.
    pub definition: String,
    /// What it is made of; expressions are left out.
    pub columns: Vec<String>,
    /// Whether making its entry can fail.
    pub may_fail: bool,
}

/// A foreign key of another table.
#[derive(Debug, Deserialize)]
pub struct Keeping {
    /// Whose it is.
    pub table: String,
    /// Its name.
    pub name: String,
    /// As `pg_get_constraintdef` gives it.
    pub definition: String,
}

/// A foreign key.
#[derive(Debug, Deserialize)]
pub struct ForeignKey {
    /// Its name.
    pub name: String,
    /// The table that it leads to.
    pub to: String,
    /// Its columns.
    pub columns: Vec<String>,
}

/// When a trigger fires, and what it runs.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "PostgreSQL's words")]
pub struct Trigger {
    pub before: bool,
    pub row: bool,
    pub insert: bool,
    pub delete: bool,
    pub update: bool,
    pub columns: Vec<String>,
    pub source: String,
    /// As `regprocedure` spells it.
    pub function: String,
    pub language: String,
    /// The owner of a `security definer` function.
    pub runs_as: Option<String>,
    /// As the function sets it.
    pub search_path: Option<String>,
}

impl Trigger {
    /// Whether nothing but removals fires it.
    pub fn only_deletes(&self) -> bool {
        self.delete && !self.insert && !self.update
    }
}

/// A way in which a table is kept that is a fault.
#[derive(Debug, Deserialize)]
pub struct Fault {
    /// In a word.
    pub kind: String,
    /// For people.
    pub what: String,
    /// The statement that mends it.
    pub remedy: String,
}

/// A view or a function of somebody else's that reaches what is protected.
#[derive(Debug, Deserialize)]
pub struct Way {
    /// `view`, `materialized view` or `function`.
    pub kind: String,
    /// With the schema, and the types of arguments.
    pub name: String,
    /// The tables that it reaches.
    pub reaches: Vec<String>,
    /// To whom it is open.
    pub clients: Vec<String>,
}

/// A function of Supabase's that does not say what it should.
#[derive(Debug, Deserialize)]
pub struct Answer {
    /// As `regprocedure` spells it.
    pub function: String,
    /// What it said.
    pub said: String,
}

/// A function of Supabase's, as it is there.
#[derive(Debug, Deserialize)]
pub struct OfPlatform {
    /// Roles of the contract that may run it.
    pub may: Vec<String>,
    /// Whose it is.
    pub owner: String,
    /// Whether it is said to answer the same for ever.
    pub immutable: bool,
    /// What it sets for itself.
    pub settings: BTreeMap<String, String>,
}
