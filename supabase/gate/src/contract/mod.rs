//! The contract as types: what the components need from a database, and what nobody may find in it.
//!
//! The catalog is read into the same types, so a comparison is one of like with like, and what `gate describe` prints
//! can be pasted into the file.

mod access;
mod function;
mod read;
mod relation;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use semver::Version;
use serde::{Deserialize, Serialize};

pub use self::{
    access::{Access, CronJob, Role, Schema},
    function::{Argument, Column, Function, Mode, Returns, Security, Volatility},
    read::sha256,
    relation::{Columns, Command, Enabled, Grants, Kind, Policy, Privilege, Relation, Rights, Trigger},
};

/// Who calls an RPC that no component calls.
const CLIENT: &str = "client";

/// What the components need from a database (supabase/rank_required_rpcs.json).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// Where editors find the schema of this file.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub json_schema: Option<String>,
    /// Of the contract as a whole (https://semver.org): at least the largest step that one of its parts has made.
    #[schemars(with = "String", regex(pattern = r"^\d+\.\d+\.\d+$"))]
    pub version: Version,
    /// The functions that components call. Each has a version, which it announces with every answer.
    pub rpcs: Vec<Function>,
    /// The functions that those stand on: helpers, and what triggers run. Not to be called by clients.
    #[serde(default)]
    pub functions: Vec<Function>,
    /// Tables and views.
    #[serde(default)]
    pub relations: Vec<Relation>,
    /// Schemas, and who may use them.
    #[serde(default)]
    pub schemas: Vec<Schema>,
    /// The roles that functions run as.
    #[serde(default)]
    pub roles: Vec<Role>,
    /// Functions of Supabase's own that all this stands on, as `regprocedure` spells them. They have to be there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub platform: Vec<String>,
    /// Jobs of pg_cron.
    #[serde(default)]
    pub cron_jobs: Vec<CronJob>,
}

impl Contract {
    /// Every function, RPCs first.
    pub fn all_functions(&self) -> impl Iterator<Item = &Function> {
        self.rpcs.iter().chain(&self.functions)
    }

    /// The components that ship, with the RPCs that are theirs. `client` is none: it is the browser module.
    pub fn components(&self) -> BTreeMap<&str, Vec<&Function>> {
        let mut components = BTreeMap::<&str, Vec<&Function>>::new();
        for rpc in &self.rpcs {
            if let Some(component) = rpc.component.as_deref().filter(|name| *name != CLIENT) {
                components.entry(component).or_default().push(rpc);
            }
        }
        components
    }

    /// Every role that is named anywhere, `public` apart.
    pub fn role_names(&self) -> BTreeSet<&str> {
        let accesses = self.all_functions().map(|function| &function.execute);
        let accesses = accesses.chain(self.schemas.iter().flat_map(|schema| [&schema.usage, &schema.create]));
        let accesses = accesses.chain(self.roles.iter().map(|role| &role.members));
        let grants = self.relations.iter().map(|relation| &relation.grants);
        let granted = grants.flat_map(|grants| grants.exact.keys().chain(grants.never.keys()));
        let mut names: BTreeSet<&str> = accesses.flat_map(Access::names).chain(granted.map(String::as_str)).collect();
        names.extend(self.roles.iter().map(|role| role.name.as_str()));
        names.remove("public");
        names
    }
}
