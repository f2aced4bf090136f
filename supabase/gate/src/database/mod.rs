//! A connection to PostgreSQL as libpq makes it, for every tool of the project.
//!
//! [`conninfo`] reads the connection string, [`settings`] adds what libpq takes from elsewhere, by the list of
//! [`parameters`] and from [`files`]. [`dial`] gets through, by a [`handshake`] over [`tls`] where [`trust`] and [`names`] allow it. Statements
//! go in the simple query protocol: a pooler that hands out another backend for each transaction (Supavisor, PgBouncer)
//! loses prepared statements.

mod conninfo;
mod dial;
mod files;
mod handshake;
mod names;
mod parameters;
mod settings;
mod socket;
mod tls;
mod trust;

use std::fmt;

use anyhow::{Context as _, Error, Result};
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, SimpleQueryMessage, error::SqlState};

pub use self::settings::{Environment, Host, Settings};

/// An open connection. Dropping it ends it at once, in the middle of a statement too.
#[derive(Debug)]
pub struct Connection {
    client: Client,
    task: Task,
}

/// What runs a connection, for as long as somebody has it.
#[derive(Debug)]
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Opens a connection, by a URL or by `key=value` pairs. The error never shows the password.
pub async fn connect(url: &str) -> Result<Connection> {
    connect_with(&Settings::read(url)?).await
}

/// Opens a connection, by settings that have been read.
pub async fn connect_with(settings: &Settings) -> Result<Connection> {
    let (client, task) = dial::dial(settings).await?;
    Ok(Connection { client, task: Task(task) })
}

impl Connection {
    /// What prepares statements, for who goes through no pooler.
    pub fn client(&self) -> &Client {
        &self.client
    }
}

/// Ends the connection in peace. What it was for is done.
pub async fn close(connection: Connection) {
    let Connection { client, mut task } = connection;
    drop(client);
    let _ended = (&mut task.0).await;
}

/// Begins a transaction that changes nothing and sees one moment, with names spelt in full.
pub async fn begin_reading(connection: &mut Connection) -> Result<()> {
    let begin = format!("begin transaction isolation level repeatable read read only; {SPELLING}");
    run(connection, &begin).await
}

/// So that the catalog is spelt in one way, whatever the database or the role has set.
const SPELLING: &str = "set local search_path = ''; set local standard_conforming_strings = on; \
    set local quote_all_identifiers = off; set local timezone = 'UTC'; set local datestyle = 'ISO'; \
    set local intervalstyle = 'postgres'; set local statement_timeout = '15s'";

/// The same in a transaction that is open already.
pub async fn spell_plainly(connection: &mut Connection) -> Result<()> {
    run(connection, SPELLING).await
}

/// Ends the transaction; nothing of it stays.
pub async fn rollback(connection: &mut Connection) -> Result<()> {
    run(connection, "rollback").await
}

/// Statements whose results do not matter.
pub async fn run(connection: &mut Connection, sql: &str) -> Result<()> {
    execute(connection, sql).await.map_err(said)
}

/// The same, with the error as the database gave it.
pub async fn execute(connection: &mut Connection, sql: &str) -> Result<(), tokio_postgres::Error> {
    connection.client.batch_execute(sql).await
}

/// All that `work` does, or nothing of it.
pub async fn in_transaction<T>(
    connection: &mut Connection,
    work: impl AsyncFnOnce(&mut Connection) -> Result<T>,
) -> Result<T> {
    run(connection, "begin").await?;
    let done = work(connection).await;
    run(connection, if done.is_ok() { "commit" } else { "rollback" }).await.and(done)
}

/// What the database says to a statement that fails: once, and without the line of PostgreSQL's source.
#[derive(Debug)]
struct Refused {
    code: SqlState,
    message: String,
    hint: Option<String>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}: {}", self.code.code(), self.message)?;
        self.hint.iter().try_for_each(|hint| write!(f, ". {hint}"))
    }
}

impl std::error::Error for Refused {}

fn said(error: tokio_postgres::Error) -> Error {
    match error.as_db_error() {
        Some(said) => Refused {
            code: said.code().clone(),
            message: said.message().to_owned(),
            hint: said.hint().map(str::to_owned),
        }
        .into(),
        None => error.into(),
    }
}

/// Whether the error of [`run`] or [`read`] has one of these codes of PostgreSQL.
pub fn has_code(error: &Error, codes: &[SqlState]) -> bool {
    error.downcast_ref::<Refused>().is_some_and(|refused| codes.contains(&refused.code))
}

/// The first column of the last row, as JSON.
pub async fn read(connection: &mut Connection, sql: &str) -> Result<Value> {
    let all = connection.client.simple_query(sql).await.map_err(said)?;
    let last = all.iter().rev().find_map(|one| if let SimpleQueryMessage::Row(row) = one { row.get(0) } else { None });
    Ok(serde_json::from_str(last.context("the database gave no row")?)?)
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
