//! What is in the database: hosted Supabase's baseline, the migrations as the CLI records them, the demo's rows.

use std::{fs, path::Path};

use anyhow::{Result, anyhow};
use gate::migrations::{self, Migration};
use tokio_postgres::Client;

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

/// Makes a fresh cluster look like a hosted project. Does nothing to one that already does.
pub async fn baseline(cluster: &Cluster, grants: Grants) -> Result<()> {
    let mut admin = cluster.connect("supabase_admin").await?;
    if admin.query_opt("select from pg_roles where rolname = 'authenticator'", &[]).await?.is_some() {
        return Ok(());
    }
    let grants = if grants == Grants::Today { TODAY } else { BEFORE };
    // All or nothing: a folder that is kept would otherwise stay half a project.
    let transaction = admin.transaction().await?;
    for (file, sql) in [("hosted.sql", HOSTED), ("realtime.sql", REALTIME), ("grants_*.sql", grants)] {
        execute(transaction.client(), &format!("baseline/{file}"), sql).await?;
    }
    Ok(transaction.commit().await?)
}

/// Applies what `supabase_migrations.schema_migrations` does not have yet, each file in one transaction, as
/// `supabase db push` does. Returns how many that were.
pub async fn migrate(cluster: &Cluster, supabase: &Path) -> Result<usize> {
    let mut client = cluster.connect("postgres").await?;
    let mut applied = 0;
    for Migration { path, version, name } in migrations::files(&supabase.join("migrations"))? {
        let known = "select from supabase_migrations.schema_migrations where version = $1";
        if client.query_opt(known, &[&version]).await?.is_some() {
            continue;
        }
        let sql = fs::read_to_string(&path)?;
        let transaction = client.transaction().await?;
        execute(transaction.client(), &path.display().to_string(), &sql).await?;
        // The file has set a role and a search path; the history is the connection's own business.
        transaction.batch_execute("reset role; reset search_path").await?;
        let record =
            "insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, $3)";
        transaction.execute(record, &[&version, &name, &vec![sql]]).await?;
        transaction.commit().await?;
        applied += 1;
    }
    Ok(applied)
}

/// The demo's rows, of which those that exist are left alone.
pub async fn seed(cluster: &Cluster, supabase: &Path) -> Result<()> {
    let sql = fs::read_to_string(supabase.join("seed.sql"))?;
    execute(&cluster.connect("postgres").await?, "supabase/seed.sql", &sql).await
}

/// Runs a file. Its failure says what PostgreSQL said, with line and hint.
async fn execute(client: &Client, file: &str, sql: &str) -> Result<()> {
    client.batch_execute(sql).await.map_err(|error| {
        let Some(said) = error.as_db_error() else { return anyhow!("{file}: {error}") };
        let line = match said.position() {
            Some(tokio_postgres::error::ErrorPosition::Original(at)) => {
                let at = usize::try_from(*at).unwrap_or_default();
                format!(", line {}", sql.chars().take(at.saturating_sub(1)).filter(|c| *c == '\n').count() + 1)
            }
            _ => String::new(),
        };
        let more: Vec<&str> = [said.detail(), said.hint(), said.where_()].into_iter().flatten().collect();
        anyhow!("{file}{line}: {} {} {}", said.code().code(), said.message(), more.join("; "))
    })
}
