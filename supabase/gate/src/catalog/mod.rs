//! What the database has, read from its catalog in the contract's own types.
//!
//! `pg_catalog` is open to every role, so any login will do. Where it is not (pg_cron), what cannot be seen is an
//! [`Unseen`], and never missing.

mod doors;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

pub use self::doors::{Door, Doors};
use crate::{
    contract::{Contract, CronJob, Function, Relation, Role, Schema},
    database::{self, Connection},
    finding::Unseen,
};

/// A database, as far as a contract asks.
#[derive(Debug)]
pub struct Catalog {
    /// Every function of a name that the contract has.
    pub functions: Vec<Found>,
    /// Sources that speak of 40001.
    pub raising: Vec<Source>,
    /// Tables and views.
    pub relations: Vec<Relation>,
    /// Schemas, roles, the server.
    pub access: Access,
    /// The jobs; none where they cannot be seen.
    pub cron: Option<Cron>,
    /// What a project had before, and has still.
    pub doors: Doors,
    /// What this role may not look at.
    pub unseen: Vec<Unseen>,
}

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

/// Who may what, beside functions and relations.
#[derive(Debug, Deserialize)]
pub struct Access {
    /// Such as 150018.
    pub server_version_num: u32,
    /// Who is looking.
    pub user: String,
    /// Versions by name.
    pub extensions: BTreeMap<String, String>,
    /// Those that exist, of the roles that the contract names.
    pub role_names: BTreeSet<String>,
    /// Every role to which policies do not apply.
    pub bypassing: BTreeSet<String>,
    /// Roles for which no right is checked.
    pub superusers: BTreeSet<String>,
    /// Those that are there, of Supabase's functions that the contract names.
    pub platform: BTreeSet<String>,
    /// Schemas of the contract.
    pub schemas: Vec<Schema>,
    /// Roles of the contract.
    pub roles: Vec<Role>,
}

/// What pg_cron has.
#[derive(Debug)]
pub struct Cron {
    /// Whether the extension is there.
    pub installed: bool,
    /// Those that the contract names.
    pub jobs: Vec<Job>,
    /// The last finished run, by the job's id.
    pub runs: BTreeMap<String, Run>,
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

impl Catalog {
    /// Reads what the contract asks for. Expects to be in a transaction with `search_path = ''`
    /// ([`database::begin_reading`]); what that transaction has changed is seen.
    pub async fn read(connection: &mut Connection, contract: &Contract) -> Result<Self> {
        ask(connection, contract).await?;
        let functions = rows(connection, include_str!("functions.sql")).await.context("functions")?;
        let raising = rows(connection, include_str!("raising.sql")).await.context("sources")?;
        let relations = rows(connection, include_str!("relations.sql")).await.context("relations")?;
        let access: Access = rows(connection, include_str!("access.sql")).await.context("schemas and roles")?;
        let doors = Doors::read(connection).await.context("doors")?;
        let mut unseen = Vec::new();
        let cron = if contract.cron_jobs.is_empty() {
            None
        } else {
            cron(connection, &access.user, &mut unseen).await.context("pg_cron's jobs")?
        };
        Ok(Self { functions, raising, relations, access, cron, doors, unseen })
    }
}

/// The names, as a setting of this transaction: the simple protocol has no parameters.
async fn ask(connection: &mut Connection, contract: &Contract) -> Result<()> {
    let schemas: BTreeSet<&str> = contract
        .all_functions()
        .map(|function| function.schema.as_str())
        .chain(contract.schemas.iter().map(|schema| schema.name.as_str()))
        .collect();
    let asked = json!({
        "functions": contract.all_functions().map(Function::qualified).collect::<Vec<_>>(),
        "relations": contract.relations.iter().map(Relation::qualified).collect::<Vec<_>>(),
        "schemas": schemas,
        "roles": contract.role_names(),
        "platform": contract.platform,
        "owners": contract.roles.iter().map(|role| &role.name).collect::<Vec<_>>(),
        "cron_jobs": contract.cron_jobs.iter().map(|job| &job.name).collect::<Vec<_>>(),
    });
    let set = format!("select set_config('gate.asked', {}, true)", database::literal(&asked.to_string()));
    database::run(connection, &set).await
}

async fn cron(connection: &mut Connection, user: &str, unseen: &mut Vec<Unseen>) -> Result<Option<Cron>> {
    #[derive(Deserialize)]
    struct Sight {
        installed: bool,
        sees_jobs: bool,
        sees_runs: bool,
    }
    let sight: Sight = rows(connection, include_str!("cron_access.sql")).await?;
    if !sight.installed {
        return Ok(Some(Cron { installed: false, jobs: Vec::new(), runs: BTreeMap::new() }));
    }
    let mut hidden = |table: &str| {
        unseen.push(Unseen {
            place: table.to_owned(),
            why: format!("{user} does not see every row of it"),
            remedy: "connect as postgres, or as a role with BYPASSRLS that may select from it".to_owned(),
        });
    };
    if !sight.sees_jobs {
        hidden("cron.job");
        return Ok(None);
    }
    let jobs = rows(connection, include_str!("cron_jobs.sql")).await?;
    let runs = if sight.sees_runs {
        rows(connection, include_str!("cron_runs.sql")).await?
    } else {
        hidden("cron.job_run_details");
        BTreeMap::new()
    };
    Ok(Some(Cron { installed: true, jobs, runs }))
}

async fn rows<T: DeserializeOwned>(connection: &mut Connection, sql: &str) -> Result<T> {
    let value: Value = database::read(connection, sql).await?;
    Ok(serde_path_to_error::deserialize(value)?)
}
