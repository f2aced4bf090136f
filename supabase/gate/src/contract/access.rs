//! Who may, and who must not: of functions, schemas and roles. And the jobs that run by themselves.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Rights are judged as they take effect: through a membership, or through PUBLIC, counts as well as directly.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// Roles that need it.
    #[serde(default)]
    pub must: Vec<String>,
    /// Roles that must not have it; `public` stands for everybody. Roles that are not named may or may not.
    #[serde(default)]
    pub must_not: Vec<String>,
}

impl Access {
    /// Every role that is named.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.must.iter().chain(&self.must_not).map(String::as_str)
    }

    /// Says nothing about anybody.
    pub fn is_empty(&self) -> bool {
        self.must.is_empty() && self.must_not.is_empty()
    }
}

/// A schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    /// Its name.
    pub name: String,
    /// Whose it is. Null: anybody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Who may look into it.
    #[serde(default, skip_serializing_if = "Access::is_empty")]
    pub usage: Access,
    /// Who may make things in it.
    #[serde(default, skip_serializing_if = "Access::is_empty")]
    pub create: Access,
}

/// A role that functions run as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Whether it can log in.
    pub login: bool,
    /// Whether every check of rights is skipped for it.
    pub superuser: bool,
    /// Whether policies are skipped for it.
    pub bypass_rls: bool,
    /// Who may become it, or has its rights by membership.
    #[serde(default, skip_serializing_if = "Access::is_empty")]
    pub members: Access,
}

/// A function of Supabase's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// As `regprocedure` spells it.
    pub signature: String,
    /// Who has to be able to run it.
    #[serde(default, skip_serializing_if = "Access::is_empty")]
    pub execute: Access,
}

/// A job of pg_cron (https://github.com/citusdata/pg_cron).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CronJob {
    /// Its name.
    pub name: String,
    /// Schedules, any of which will do: pg_cron before 1.5 knows no seconds.
    pub schedule: Vec<String>,
    /// What it runs.
    pub command: String,
    /// As whom. Null: as anybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}
