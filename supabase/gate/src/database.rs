//! A connection that only reads, over whatever stands before the database.
//!
//! Everything goes in the simple query protocol: a pooler that hands out another backend for each transaction
//! (Supavisor, PgBouncer) loses prepared statements. TLS is libpq's: `sslmode` and `sslrootcert` of the URL.

use std::{str::FromStr as _, time::Duration};

use anyhow::{Context as _, Result, anyhow, ensure};
use serde_json::Value;
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _,
    postgres::{PgConnectOptions, PgConnection},
};
use tokio::time::timeout;

/// For the connection, and for each statement; more than a catalog needs.
const PATIENCE: Duration = Duration::from_secs(15);

/// Opens a connection. The error never shows the password.
pub async fn connect(url: &str) -> Result<PgConnection> {
    let rest = url.strip_prefix("postgresql://").or_else(|| url.strip_prefix("postgres://"));
    let rest = rest.context("the database URL cannot be read: it begins with postgresql://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    ensure!(
        authority.contains('@') || !rest.contains('@'),
        "the database URL cannot be read: what is special in the password has to be percent-encoded (/ is %2F)"
    );
    let options = PgConnectOptions::from_str(url)
        .map_err(|error| anyhow!("the database URL cannot be read: {error}"))?
        .application_name("gate")
        // PgBouncer refuses start-up parameters that it does not know.
        .extra_float_digits(None)
        .disable_statement_logging();
    let place = format!("{} at {}:{}", options.get_username(), options.get_host(), options.get_port());
    match timeout(PATIENCE, options.connect()).await {
        Ok(connected) => connected.map_err(said).with_context(|| format!("cannot connect as {place}")),
        Err(_) => Err(anyhow!("cannot connect as {place}: no answer within {} s", PATIENCE.as_secs())),
    }
}

/// Ends the connection in peace. What it was for is done.
pub async fn close(connection: PgConnection) {
    let _ended = connection.close().await;
}

/// Begins a transaction that changes nothing and sees one moment, with names spelt in full.
pub async fn begin_reading(connection: &mut PgConnection) -> Result<()> {
    let begin = format!("begin transaction isolation level repeatable read read only; {SPELLING}");
    run(connection, &begin).await
}

/// So that the catalog is spelt in one way, whatever the database or the role has set.
const SPELLING: &str = "set local search_path = ''; set local standard_conforming_strings = on; \
    set local quote_all_identifiers = off; set local timezone = 'UTC'; set local datestyle = 'ISO'; \
    set local intervalstyle = 'postgres'; set local statement_timeout = '15s'";

/// The same in a transaction that is open already.
pub async fn spell_plainly(connection: &mut PgConnection) -> Result<()> {
    run(connection, SPELLING).await
}

/// Ends the transaction; nothing of it stays.
pub async fn rollback(connection: &mut PgConnection) -> Result<()> {
    run(connection, "rollback").await
}

/// Statements whose results do not matter.
pub async fn run(connection: &mut PgConnection, sql: &str) -> Result<()> {
    execute(connection, sql).await.map_err(said)
}

/// The same, with the error as the database gave it.
pub async fn execute(connection: &mut PgConnection, sql: &str) -> sqlx::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.map(drop)
}

/// Once, and without the line of PostgreSQL's source.
fn said(error: sqlx::Error) -> anyhow::Error {
    match error.as_database_error() {
        Some(said) => anyhow!("{}: {}", said.code().unwrap_or_default(), said.message()),
        None => error.into(),
    }
}

/// The first column of the last row, as JSON.
pub async fn read(connection: &mut PgConnection, sql: &str) -> Result<Value> {
    let rows = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_all(connection).await.map_err(said)?;
    let text: String = rows.last().context("the database gave no row")?.try_get(0)?;
    Ok(serde_json::from_str(&text)?)
}

/// A name as SQL spells it: in quotes where it needs them.
pub fn identifier(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// A text as SQL spells it, under `standard_conforming_strings`.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
