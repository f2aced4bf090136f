//! Applying migrations: for the local stack and for a rollout, where the Supabase CLI is not there to do it.
//!
//! As `supabase db push` does it: in the order of the versions, each file in one transaction with its row of the history. An
//! index that is made beside those who write is a file of its own, and made after that transaction.

use anyhow::{Context as _, Result, anyhow};
use serde_json::Value;
use tokio_postgres::error::ErrorPosition;

use crate::{
    database::{self, Connection, literal},
    migrations::{APPLIED, Applied, Migration},
};

/// The history as the Supabase CLI makes it, where a database has none.
const HISTORY: &str = "create schema if not exists supabase_migrations; \
    create table if not exists supabase_migrations.schema_migrations (version text not null primary key); \
    alter table supabase_migrations.schema_migrations \
      add column if not exists statements text[], add column if not exists name text";

/// Those that the history does not have. Reads only.
pub async fn pending(connection: &mut Connection, files: Vec<Migration>) -> Result<Vec<Migration>> {
    let there = "select to_jsonb(to_regclass('supabase_migrations.schema_migrations') is not null)::text";
    let applied: Vec<Applied> = match database::read(connection, there).await? {
        Value::Bool(true) => serde_json::from_value(database::read(connection, APPLIED).await?)?,
        _ => Vec::new(),
    };
    let mut pending = Vec::new();
    for migration in files {
        let mut known = applied.iter().any(|row| row.version == migration.version);
        for row in &applied {
            known |= row.is_under_another_version(&migration)?;
        }
        if !known {
            pending.push(migration);
        }
    }
    Ok(pending)
}

/// Applies one, or nothing of it. The error says what PostgreSQL said, with line and hint.
pub async fn apply(connection: &mut Connection, migration: &Migration) -> Result<()> {
    let text = migration.text()?;
    if !there(connection).await? {
        database::run(connection, HISTORY).await.context("the migrations' history cannot be made")?;
    }
    if let Some((before, concurrent)) = concurrent(&text) {
        run(connection, &migration.path.display().to_string(), before).await?;
        return run_and_record(connection, migration, concurrent, "").await;
    }
    let both = async |connection: &mut Connection| run_and_record(connection, migration, &text, "").await;
    database::in_transaction(connection, both).await
}

/// Applies one that may have been applied before, with this text or another one, in a transaction that is open and to a
/// database that has a history. For a developer's database: elsewhere an applied migration is never edited.
pub async fn apply_again(connection: &mut Connection, migration: &Migration) -> Result<()> {
    let instead = "on conflict (version) do update set name = excluded.name, statements = excluded.statements";
    run_and_record(connection, migration, &in_a_transaction(&migration.text()?), instead).await
}

async fn run_and_record(
    connection: &mut Connection,
    migration: &Migration,
    text: &str,
    on_conflict: &str,
) -> Result<()> {
    let file = migration.path.display().to_string();
    // The file sets a role and a search path; the history is the connection's own business.
    let record = format!(
        "reset role; reset search_path; \
         insert into supabase_migrations.schema_migrations (version, name, statements) values ({}, {}, array[{}]) {on_conflict}",
        literal(&migration.version),
        literal(&migration.name),
        literal(&migration.text()?)
    );
    run(connection, &file, text).await?;
    database::run(connection, &record).await.with_context(|| format!("{file} cannot be recorded"))
}

/// What ends the transaction of a file, before its one statement that cannot be part of any.
const END: &str = "\ncommit;\n";

/// What of a file is done in a transaction, and what after it.
fn concurrent(text: &str) -> Option<(&str, &str)> {
    text.split_once(END).filter(|(_, after)| after.trim_start().starts_with("create index concurrently "))
}

/// Within a transaction an index is made like any other.
fn in_a_transaction(text: &str) -> String {
    match concurrent(text) {
        Some((before, after)) => before.to_owned() + &after.replace("create index concurrently ", "create index "),
        None => text.to_owned(),
    }
}

/// All of them as one text, for a SQL editor, which runs it as one transaction.
pub fn bundle(files: &[Migration]) -> Result<String> {
    let mut text = "-- Made by `gate bundle` from supabase/migrations; change those.\n--\n\
        -- All migrations in their order, as one file for a SQL editor. It can be run again at any time. It writes nothing into the\n\
        -- history of the Supabase CLI: `supabase db push` applies them once more, which changes nothing, and notes them there.\n"
        .to_owned();
    for migration in files {
        let name = migration.path.file_name().unwrap_or_default().display();
        text += &format!("\n-- {name}\n\n{}", in_a_transaction(&migration.text()?));
    }
    Ok(text)
}

/// Runs the text of a file. The error says what PostgreSQL said, with line and hint.
pub async fn run(connection: &mut Connection, file: &str, text: &str) -> Result<()> {
    database::execute(connection, text).await.map_err(|error| explained(file, text, &error))
}

async fn there(connection: &mut Connection) -> Result<bool> {
    // The two columns came later than the table.
    let columns = "select to_jsonb(count(*) = 3)::text from pg_attribute \
        where attrelid = to_regclass('supabase_migrations.schema_migrations') and attname in ('version', 'name', 'statements')";
    Ok(database::read(connection, columns).await? == Value::Bool(true))
}

/// How to undo a migration, as its header says it.
pub fn undo(text: &str) -> Option<String> {
    let mut lines = text.lines().skip_while(|line| !line.starts_with("-- Undo: "));
    let mut undo = lines.next()?.trim_start_matches("-- Undo: ").to_owned();
    for line in lines.map_while(|line| line.strip_prefix("--   ")) {
        undo = undo + " " + line.trim();
    }
    Some(undo)
}

fn explained(file: &str, text: &str, error: &tokio_postgres::Error) -> anyhow::Error {
    let Some(said) = error.as_db_error() else {
        return anyhow!("{file}: {error}");
    };
    let line = match said.position() {
        Some(ErrorPosition::Original(at)) => {
            let before = usize::try_from(*at).unwrap_or(usize::MAX).saturating_sub(1);
            format!(", line {}", text.chars().take(before).filter(|c| *c == '\n').count() + 1)
        }
        _ => String::new(),
    };
    let more: Vec<&str> = [said.detail(), said.hint(), said.where_()].into_iter().flatten().collect();
    anyhow!("{file}{line}: {} {} {}", said.code().code(), said.message(), more.join("; "))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_undo_of_a_header_goes_on_over_indented_lines() {
        let text = "-- What.\n-- Undo: drop view a;\n--   drop table b;\n\nset local role postgres;\n";

        assert_eq!(super::undo(text).as_deref(), Some("drop view a; drop table b;"));
        assert_eq!(super::undo("-- What.\nselect 1;"), None);
    }
}
