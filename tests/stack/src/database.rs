//! What is in the database: hosted Supabase's baseline, the migrations as the CLI records them, the demo's rows.

use std::{fs, path::Path, str::FromStr};

use anyhow::Result;
use gate::{
    finding::Code,
    migrate,
    migrations::{self, Migration},
};

use crate::cluster::Cluster;

/// Supabase's default privileges changed in October 2026; projects of both kinds exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Grants {
    /// New tables in `public` have no grants for clients.
    Today,
    /// `anon`, `authenticated` and `service_role` are granted everything on new tables and functions.
    #[value(name = "before-october-2026")]
    BeforeOctober2026,
}

const HOSTED: &str = include_str!("../baseline/hosted.sql");
const REALTIME: &str = include_str!("../baseline/realtime.sql");
const TODAY: &str = include_str!("../baseline/grants_today.sql");
const BEFORE: &str = include_str!("../baseline/grants_before_october_2026.sql");
const INSTALLATION: &str = include_str!("../baseline/installation.sql");
const INSTALLATION_ROWS: &str = include_str!("../baseline/installation_rows.sql");

/// Makes a fresh cluster look like a hosted project: a new one, or one that has been in use for years. Does nothing to
/// one that already does.
pub async fn baseline(cluster: &Cluster, grants: Grants, in_use: bool) -> Result<()> {
    let mut admin = gate::database::connect(&cluster.socket_url("supabase_admin")).await?;
    let there = "select to_jsonb(exists (select from pg_roles where rolname = 'authenticator'))::text";
    if gate::database::read(&mut admin, there).await? == true {
        return Ok(());
    }
    let grants = if grants == Grants::Today { TODAY } else { BEFORE };
    // All or nothing: a folder that is kept would otherwise stay half a project.
    let all = async |admin: &mut gate::database::Connection| {
        for (file, sql) in [("hosted.sql", HOSTED), ("realtime.sql", REALTIME), ("grants_*.sql", grants)] {
            migrate::run(admin, &format!("baseline/{file}"), sql).await?;
        }
        Ok(())
    };
    gate::database::in_transaction(&mut admin, all).await?;
    if in_use { put_in_use(cluster).await } else { Ok(()) }
}

/// With rows in every table, before any migration of ours.
async fn put_in_use(cluster: &Cluster) -> Result<()> {
    let mut connection = gate::database::connect(&cluster.url("postgres")).await?;
    for (file, sql) in [("installation.sql", INSTALLATION), ("installation_rows.sql", INSTALLATION_ROWS)] {
        migrate::run(&mut connection, &format!("baseline/{file}"), sql).await?;
    }
    gate::database::close(connection).await;
    Ok(())
}

/// How many of the migrations are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migrations {
    /// All of them.
    All,
    /// So many, from the first one on.
    First(usize),
}

impl FromStr for Migrations {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "all" => Ok(Self::All),
            "none" => Ok(Self::First(0)),
            _ => text.parse().map(Self::First).map_err(|_| "it is `all`, `none` or a number".to_owned()),
        }
    }
}

/// Applies what the history does not have yet, as `supabase db push` does. Returns how many that were.
pub async fn migrate(cluster: &Cluster, supabase: &Path, migrations: Migrations) -> Result<usize> {
    let mut files = migrations::files(&supabase.join("migrations"))?;
    if let Migrations::First(count) = migrations {
        files.truncate(count);
    }
    let mut connection = gate::database::connect(&cluster.url("postgres")).await?;
    let pending = migrate::pending(&mut connection, files).await?;
    for migration in &pending {
        migrate::apply(&mut connection, migration).await?;
    }
    gate::database::close(connection).await;
    Ok(pending.len())
}

/// Applies these, in their order, all or none of them, whether they have been applied before or not: each can be applied twice.
pub async fn apply_again(cluster: &Cluster, all: &[Migration]) -> Result<()> {
    let mut connection = gate::database::connect(&cluster.url("postgres")).await?;
    let work = async |connection: &mut gate::database::Connection| {
        for migration in all {
            migrate::apply_again(connection, migration).await?;
        }
        Ok(())
    };
    gate::database::in_transaction(&mut connection, work).await?;
    gate::database::close(connection).await;
    Ok(())
}

/// What a database that was kept has of another text than the files, or of no file.
pub async fn applied_otherwise(cluster: &Cluster, supabase: &Path) -> Result<Vec<String>> {
    let files = migrations::files(&supabase.join("migrations"))?;
    let mut connection = gate::database::connect(&cluster.url("postgres")).await?;
    gate::database::begin_reading(&mut connection).await?;
    let report = migrations::compare(&mut connection, &files).await?;
    gate::database::close(connection).await;
    let found = report.findings.into_iter();
    Ok(found
        .filter_map(|finding| match finding.code {
            Code::MigrationChanged => Some(format!(
                "{} was edited after this database applied it, and is not applied again: save it while the stack runs with \
                 --watch, or start with another --data folder",
                finding.place
            )),
            Code::MigrationUnknown => {
                Some(format!("{} is in this database, and has no file: start with another --data folder", finding.place))
            }
            _ => None,
        })
        .collect())
}

/// The demo's rows, of which those that exist are left alone. Before the last migration only its people can be there.
pub async fn seed(cluster: &Cluster, supabase: &Path, migrations: Migrations) -> Result<()> {
    let sql = fs::read_to_string(supabase.join("seed.sql"))?;
    let rows = match migrations {
        Migrations::All => sql.as_str(),
        Migrations::First(_) => sql.split("insert into public.").next().unwrap_or_default(),
    };
    let mut connection = gate::database::connect(&cluster.url("postgres")).await?;
    migrate::run(&mut connection, "supabase/seed.sql", rows).await?;
    gate::database::close(connection).await;
    Ok(())
}
