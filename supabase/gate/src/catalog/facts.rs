//! What is found beside the contract's own types.

use std::collections::{BTreeMap, BTreeSet};

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

/// Rights as they were given, and memberships.
#[derive(Debug, Deserialize)]
pub struct Acl {
    /// `privilege role`, by table, function or schema.
    given: BTreeMap<String, BTreeSet<String>>,
    /// The roles that a role is a member of.
    memberships: BTreeMap<String, Vec<String>>,
    /// Roles that come with PostgreSQL, and have rights that are given nowhere.
    predefined: BTreeSet<String>,
}

impl Acl {
    /// The role by whose membership `role` has a right that it was not given itself.
    pub fn through(&self, place: &str, privilege: &str, role: &str, owner: Option<&str>) -> Option<&str> {
        if self.given(place, privilege, role) || self.given(place, privilege, "public") {
            return None;
        }
        let all = self.memberships.get(role)?;
        let has = |group: &&String| {
            self.closure(group).iter().any(|role| self.given(place, privilege, role) || owner == Some(*role))
        };
        all.iter().find(has).or_else(|| all.iter().find(|group| self.predefined.contains(*group))).map(String::as_str)
    }

    /// The role by whose membership `role` belongs to another.
    pub fn membership_in(&self, role: &str, other: &str) -> Option<&str> {
        let groups = self.memberships.get(role)?;
        groups.iter().find(|group| self.closure(group).contains(other)).map(String::as_str)
    }

    /// The statements that take a right from each of the roles: from itself, or with a membership.
    pub fn taken(
        &self,
        roles: &str,
        place: &str,
        privilege: &str,
        owner: Option<&str>,
        revoke: impl FnOnce(&str) -> String,
    ) -> String {
        let (groups, own): (Vec<_>, Vec<_>) = roles
            .split(", ")
            .map(|role| (role, self.through(place, privilege, role, owner)))
            .partition(|(_, group)| group.is_some());
        let own: Vec<&str> = own.into_iter().map(|(role, _)| role).collect();
        let mut all: Vec<String> =
            groups.into_iter().filter_map(|(role, group)| Some(format!("revoke {} from {role};", group?))).collect();
        if !own.is_empty() {
            all.push(revoke(&own.join(", ")));
        }
        all.join(" ")
    }

    fn given(&self, place: &str, privilege: &str, role: &str) -> bool {
        self.given.get(place).is_some_and(|given| given.contains(&format!("{privilege} {role}")))
    }

    /// Every role whose rights or membership a role has.
    pub fn closure<'a>(&'a self, role: &'a str) -> BTreeSet<&'a str> {
        let mut all = BTreeSet::from([role]);
        let mut rest = vec![role];
        while let Some(role) = rest.pop() {
            for more in self.memberships.get(role).into_iter().flatten() {
                if all.insert(more) {
                    rest.push(more);
                }
            }
        }
        all
    }
}

/// Of a table, what a contract does not say.
#[derive(Debug, Default, Deserialize)]
pub struct Beyond {
    /// How it is kept, where that is a fault, with what mends it.
    pub storage: Vec<(String, String)>,
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
}

/// A view or a function of somebody else's that reaches what is protected.
#[derive(Debug, Deserialize)]
pub struct Way {
    /// `view`, `materialized view` or `function`.
    pub kind: String,
    /// With the schema, and the types of arguments.
    pub name: String,
    /// A table that it reaches.
    pub reaches: String,
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
