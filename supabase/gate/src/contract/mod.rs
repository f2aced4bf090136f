//! The contract as types: what the components need from a database, and what nobody may find in it.
//!
//! The catalog is read into the same types, so a comparison is one of like with like, and what `gate describe` prints
//! can be pasted into the file.

mod access;
mod function;
mod read;
mod relation;
mod settings;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use semver::Version;
use serde::{Deserialize, Serialize};

pub use self::{
    access::{Access, CronJob, Platform, Role, Schema},
    function::{Argument, Column, Function, Mode, Returns, Security, Volatility},
    read::sha256,
    relation::{Columns, Command, Enabled, Grants, Kind, Policy, Privilege, Relation, Rights, Trigger},
    settings::{Allowed, SETTINGS_TABLE, SettingRow, Settings},
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
    /// Functions of Supabase's own that all this stands on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub platform: Vec<Platform>,
    /// What may be set for the roles that requests and jobs run as, and with `*` for all roles or the whole database. Of what
    /// changes answers, nothing else may. None: no setting is judged.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, Settings>,
    /// The rows of `lockstep.settings`, without which functions refuse.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<SettingRow>,
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

    /// Tables and views that nobody reads but through functions, and what Realtime tells by its policies.
    pub fn protected(&self) -> impl Iterator<Item = &Relation> {
        self.relations.iter().filter(|relation| !relation.shared || relation.schema == "realtime")
    }

    /// Whether a table's constraint is the contract's.
    pub fn has_constraint(&self, table: &str, name: &str, found: &Relation) -> bool {
        let mut known = self.relations.iter().filter(|relation| relation.qualified() == table);
        known.any(|known| {
            known.constraints.get(name).is_some_and(|definition| found.constraints.get(name) == Some(definition))
        })
    }

    /// The roles that functions run as.
    pub fn owners(&self) -> BTreeSet<&str> {
        let roles = self.roles.iter().map(|role| role.name.as_str());
        roles.filter(|role| self.all_functions().any(|function| function.owner == *role)).collect()
    }

    /// The roles that must see nothing but what policies let them see.
    pub fn clients(&self) -> BTreeSet<&str> {
        let kept_out = self.schemas.iter().flat_map(|schema| &schema.usage.must_not).map(String::as_str);
        let bypasses = |name: &str| self.roles.iter().any(|role| role.name == name && role.bypass_rls);
        kept_out.filter(|name| *name != "public" && !bypasses(name)).collect()
    }

    /// Every role that is named anywhere, `public` apart.
    pub fn role_names(&self) -> BTreeSet<&str> {
        let accesses = self.all_functions().map(|function| &function.execute);
        let accesses = accesses.chain(self.schemas.iter().flat_map(|schema| [&schema.usage, &schema.create]));
        let accesses = accesses.chain(self.roles.iter().map(|role| &role.members));
        let accesses = accesses.chain(self.platform.iter().map(|function| &function.execute));
        let grants = self.relations.iter().map(|relation| &relation.grants);
        let granted =
            grants.flat_map(|grants| grants.exact.keys().chain(grants.never.keys()).chain(grants.least.keys()));
        let mut names: BTreeSet<&str> = accesses.flat_map(Access::names).chain(granted.map(String::as_str)).collect();
        names.extend(self.roles.iter().map(|role| role.name.as_str()));
        names.remove("public");
        names
    }
}
