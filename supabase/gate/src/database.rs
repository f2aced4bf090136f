//! A connection that only reads, over whatever stands before the database.
//!
//! Everything goes in the simple query protocol: a pooler that hands out another backend for each transaction
//! (Supavisor, PgBouncer) loses prepared statements. TLS is libpq's: `sslmode` and `sslrootcert` of the URL.

use std::{str::FromStr as _, time::Duration};

use anyhow::{Context as _, Result, anyhow};
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
    let options = PgConnectOptions::from_str(url)
        .map_err(|error| anyhow!("the database URL cannot be read: {error}"))?
        .application_name("gate")
        // PgBouncer refuses start-up parameters that it does not know.
        .extra_float_digits(None)
        .disable_statement_logging();
    let place = format!("{} at {}:{}", options.get_username(), options.get_host(), options.get_port());
    match timeout(PATIENCE, options.connect()).await {
        Ok(connected) => connected.with_context(|| format!("cannot connect as {place}")),
        Err(_) => Err(anyhow!("cannot connect as {place}: no answer within {} s", PATIENCE.as_secs())),
    }
}

/// Ends the connection in peace. What it was for is done.
pub async fn close(connection: PgConnection) {
    let _ended = connection.close().await;
}

/// Begins a transaction that changes nothing and sees one moment, with names spelt in full.
pub async fn begin_reading(connection: &mut PgConnection) -> Result<()> {
    let begin = format!(
        "begin transaction isolation level repeatable read read only; set local search_path = ''; \
         set local statement_timeout = '{}s'",
        PATIENCE.as_secs()
    );
    run(connection, &begin).await
}

/// Ends the transaction; nothing of it stays.
pub async fn rollback(connection: &mut PgConnection) -> Result<()> {
    run(connection, "rollback").await
}

/// Statements whose results do not matter.
pub async fn run(connection: &mut PgConnection, sql: &str) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await?;
    Ok(())
}

/// The first column of the last row, as JSON.
pub async fn read(connection: &mut PgConnection, sql: &str) -> Result<Value> {
    let rows = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_all(connection).await?;
    let text: String = rows.last().context("the database gave no row")?.try_get(0)?;
    Ok(serde_json::from_str(&text)?)
}

/// A text as SQL spells it, under `standard_conforming_strings`.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
