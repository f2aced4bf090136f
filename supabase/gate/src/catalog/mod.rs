//! What the database has, read from its catalog in the contract's own types.
//!
//! `pg_catalog` is open to every role, so any login will do. Where it is not (pg_cron), what cannot be seen is an
//! [`Unseen`], and never missing.

mod acl;
mod asked;
mod doors;
mod facts;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

pub use self::{
    acl::Acl,
    asked::{Asking, Refusal},
    doors::{Door, Doors},
    facts::{
        Answer, Beyond, Fault, ForeignKey, Found, Index, Job, Keeping, OfPlatform, Run, SetFor, Source, Trigger, Way,
    },
};
use crate::{
    contract::{Contract, Function, Relation, Role, SETTINGS_TABLE, Schema},
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
    /// What is set for roles and for the database.
    pub settings: Vec<SetFor>,
    /// Names of the rows of settings; none where they cannot be seen, or are not asked for.
    pub rows: Option<BTreeSet<String>>,
    /// Who was given what directly.
    pub acl: Acl,
    /// Of tables, what a contract does not say.
    pub beyond: BTreeMap<String, Beyond>,
    /// Views and functions of somebody else's that reach what is protected.
    pub ways: Vec<Way>,
    /// What is refused when it is asked as those who ask it.
    pub refusals: Vec<Refusal>,
    /// What this role may not look at.
    pub unseen: Vec<Unseen>,
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
    /// The database.
    pub database: String,
    /// What Supabase's functions said that is not what they were asked about.
    #[serde(default)]
    pub answers: Vec<Answer>,
    /// Those that are there, of Supabase's functions that the contract names.
    pub platform: BTreeMap<String, OfPlatform>,
    /// What keeps a role of the contract from logging in.
    pub logins: BTreeMap<String, Vec<String>>,
    /// Members of a role by which somebody who logs in can become it.
    pub reached_by: BTreeMap<String, Vec<String>>,
    /// `member role`, where the one cannot become the other.
    pub cannot_become: BTreeSet<String>,
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
    /// Whether its scheduler runs on this server; on a standby none does.
    pub scheduler: bool,
    /// Those that the contract names.
    pub jobs: Vec<Job>,
    /// The last finished run, by the job's id.
    pub runs: BTreeMap<String, Run>,
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
        let settings = rows(connection, include_str!("settings.sql")).await.context("settings")?;
        let present =
            setting_rows(connection, contract, &access.user, &mut unseen).await.context("rows of settings")?;
        let acl = rows(connection, include_str!("acl.sql")).await.context("rights")?;
        let mut beyond: BTreeMap<String, Beyond> =
            rows(connection, include_str!("beyond.sql")).await.context("tables")?;
        let storage: BTreeMap<String, Vec<Fault>> =
            rows(connection, include_str!("storage.sql")).await.context("storage")?;
        for (table, faults) in storage {
            beyond.entry(table).or_default().storage = faults;
        }
        let ways = rows(connection, include_str!("ways.sql")).await.context("ways around")?;
        let mut catalog = Self {
            functions,
            raising,
            relations,
            access,
            cron,
            doors,
            settings,
            rows: present,
            acl,
            beyond,
            ways,
            refusals: Vec::new(),
            unseen,
        };
        asked::ask(connection, contract, &mut catalog).await.context("questions")?;
        Ok(catalog)
    }
}

/// The names, as a setting of this transaction: the simple protocol has no parameters.
async fn ask(connection: &mut Connection, contract: &Contract) -> Result<()> {
    let homes: BTreeSet<&str> = contract.all_functions().map(|function| function.schema.as_str()).collect();
    let schemas: BTreeSet<&str> =
        homes.iter().copied().chain(contract.schemas.iter().map(|schema| schema.name.as_str())).collect();
    let asked = json!({
        "functions": contract.all_functions().map(Function::qualified).collect::<Vec<_>>(),
        "relations": contract.relations.iter().map(Relation::qualified).collect::<Vec<_>>(),
        "schemas": schemas,
        "homes": homes,
        "roles": contract.role_names(),
        "platform": contract.platform.iter().map(|function| &function.signature).collect::<Vec<_>>(),
        "sessions": contract.settings.keys().collect::<Vec<_>>(),
        "protected": contract.protected().map(Relation::qualified).collect::<Vec<_>>(),
        "clients": contract.clients(),
        "askers": contract.owners().into_iter().chain(contract.clients()).collect::<BTreeSet<_>>(),
        "long": contract.relations.iter().flat_map(Relation::long_columns).collect::<BTreeSet<_>>(),
        "job_users": contract.cron_jobs.iter().filter_map(|job| job.user.as_deref()).collect::<BTreeSet<_>>(),
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
        scheduler: bool,
        sees_jobs: bool,
        sees_runs: bool,
    }
    let sight: Sight = rows(connection, include_str!("cron_access.sql")).await?;
    if !sight.installed {
        return Ok(Some(Cron { installed: false, scheduler: false, jobs: Vec::new(), runs: BTreeMap::new() }));
    }
    if !sight.sees_jobs {
        unseen.push(hidden("cron.job", "select", user));
        return Ok(None);
    }
    let jobs = rows(connection, include_str!("cron_jobs.sql")).await?;
    let runs = if sight.sees_runs {
        rows(connection, include_str!("cron_runs.sql")).await?
    } else {
        unseen.push(hidden("cron.job_run_details", "select", user));
        BTreeMap::new()
    };
    Ok(Some(Cron { installed: true, scheduler: sight.scheduler, jobs, runs }))
}

/// The names in the table of settings, which a login without rights there does not see.
async fn setting_rows(
    connection: &mut Connection,
    contract: &Contract,
    user: &str,
    unseen: &mut Vec<Unseen>,
) -> Result<Option<BTreeSet<String>>> {
    if contract.rows.is_empty() {
        return Ok(None);
    }
    #[derive(Deserialize)]
    struct Sight {
        exists: bool,
        whole: bool,
    }
    let sight: Sight = rows(connection, include_str!("rows_access.sql")).await?;
    if sight.exists && !sight.whole {
        unseen.push(hidden(SETTINGS_TABLE, "select (name)", user));
    }
    if !sight.whole {
        return Ok(None);
    }
    let names = "select coalesce(jsonb_agg(setting.name), '[]')::text from lockstep.settings as setting";
    Ok(Some(rows(connection, names).await?))
}

/// A table whose rows a login does not see, or not all of them, and what helps.
fn hidden(table: &str, right: &str, user: &str) -> Unseen {
    let (schema, login) = (table.split('.').next().unwrap_or_default(), database::identifier(user));
    Unseen {
        place: table.to_owned(),
        why: format!("{user} does not see every row of it"),
        remedy: format!(
            "connect as postgres; or, as a superuser: grant usage on schema {schema} to {login}; \
             grant {right} on {table} to {login}; alter role {login} bypassrls;"
        ),
    }
}

async fn rows<T: DeserializeOwned>(connection: &mut Connection, sql: &str) -> Result<T> {
    let value: Value = database::read(connection, sql).await?;
    Ok(serde_path_to_error::deserialize(value)?)
}
