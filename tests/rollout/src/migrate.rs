//! The migrations: through the Supabase CLI where it is installed, else in the same way by ourselves.

use std::{env, fs, path::Path};

use anyhow::{Context as _, Result, ensure};
use gate::{
    database::{self, Connection},
    migrate,
    migrations::{self, Migration},
};

use crate::{
    cli::{Sources, With},
    context::Context,
    shell,
    terminal::Working,
};

/// What will apply them.
pub fn with(sources: &Sources) -> With {
    let installed = || env::split_paths(&env::var_os("PATH").unwrap_or_default()).any(|f| f.join("supabase").is_file());
    sources.migrate_with.unwrap_or_else(|| if installed() { With::Cli } else { With::Direct })
}

/// Those that the database does not have.
pub async fn pending(connection: &mut Connection, folder: &Path) -> Result<Vec<Migration>> {
    migrate::pending(connection, migrations::files(folder)?).await
}

/// Applies what is pending, and notes each that was in `applied`: also of those before one that failed.
pub async fn apply(
    context: &mut Context,
    sources: &Sources,
    pending: &[Migration],
    working: &Working,
    applied: &mut Vec<String>,
) -> Result<()> {
    let done = match with(sources) {
        With::Direct => directly(context, pending, working).await,
        With::Cli => through_the_cli(context, sources).await,
    };
    // What the history says, whatever came of it.
    let left = migrate::pending(context.store.connection(), pending.to_vec()).await;
    let left: Vec<String> = left.unwrap_or_default().into_iter().map(|migration| migration.version).collect();
    applied.extend(pending.iter().map(|one| one.version.clone()).filter(|version| !left.contains(version)));
    let count = pending.len() - left.len();
    done.with_context(|| format!("{count} of {} migrations were applied, this one was not", pending.len()))
}

/// On a connection of their own: what a file sets must not stay with the one that writes the record.
async fn directly(context: &Context, pending: &[Migration], working: &Working) -> Result<()> {
    let mut connection = database::connect(context.database_url()).await?;
    // Should we be killed, the statement that runs ends with us. PostgreSQL has this from 14 on.
    let _older = database::run(&mut connection, "set client_connection_check_interval = '1s'").await;
    for migration in pending {
        working.says(&migration.name);
        migrate::apply(&mut connection, migration).await?;
    }
    database::close(connection).await;
    Ok(())
}

/// In the folder that has `supabase` in it, as the CLI wants it. The URL goes through the environment of the shell, so
/// that no error shows it.
async fn through_the_cli(context: &Context, sources: &Sources) -> Result<()> {
    let folder = fs::canonicalize(&sources.migrations)?;
    let project = folder.parent().filter(|parent| parent.ends_with("supabase")).and_then(Path::parent);
    let project =
        project.context("the Supabase CLI takes migrations from supabase/migrations only: --migrate-with direct")?;
    ensure!(folder.ends_with("migrations"), "the Supabase CLI takes migrations from supabase/migrations only");
    let push = "supabase db push --db-url \"$ROLLOUT_DATABASE_URL\" --include-all --yes";
    let url = ("ROLLOUT_DATABASE_URL".to_owned(), context.database_url().to_owned());
    shell::run(push, project, [url], &context.secrets).await.map(drop)
}

/// How each of these is undone, as its file says it; the newest first.
pub fn undo(folder: &Path, versions: &[String]) -> Result<Vec<(String, String)>> {
    let files = migrations::files(folder)?;
    let mut all = Vec::new();
    for migration in files.into_iter().rev().filter(|migration| versions.contains(&migration.version)) {
        let text = fs::read_to_string(&migration.path)?;
        let undo = migrate::undo(&text).unwrap_or_else(|| "its header does not say".to_owned());
        all.push((format!("{}_{}", migration.version, migration.name), undo));
    }
    Ok(all)
}
