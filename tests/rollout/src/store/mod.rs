//! What is kept in the database: the releases, what is in place, every run; and the lock that only one run has.
//!
//! The lock is PostgreSQL's own, on the session: when a process is killed, or its machine, it is free at once, and nobody
//! has to find out how old a lease may be. It costs a connection that stays open, and so no pooler in transaction mode.

mod backend;
mod place;
mod releases;
mod runs;

use anyhow::{Context as _, Result, ensure};
use gate::database::{self, Connection, Settings, literal};
use serde_json::Value;
use tokio_postgres::error::SqlState;

pub use self::{
    place::Place,
    runs::{Run, StepRecord},
};

const TABLES: &str = include_str!("tables.sql");
/// `lockstep`, as PostgreSQL's lock has it: a number.
const LOCK: i64 = i64::from_be_bytes(*b"lockstep");

const ANOTHER_WAY: &str = "Give the direct connection or the session pooler (on Supabase, port 5432).";

/// An open connection to it.
pub struct Store {
    connection: Connection,
    settings: Settings,
    /// Of the row that this process writes.
    run: Option<i64>,
}

/// Whether somebody else is at it.
pub enum Turn {
    /// Nobody is, until the connection ends.
    Ours,
    /// Who, what and since when, as far as they have said it.
    Theirs(String),
}

impl Store {
    /// Connects. The error never shows the password.
    pub async fn open(url: &str) -> Result<Self> {
        let settings = Settings::read(url)?;
        Ok(Self { connection: database::connect_with(&settings).await?, settings, run: None })
    }

    /// Connects again: what was dropped in the middle of a query answers no other. The lock is let go of.
    pub async fn reopen(&mut self) -> Result<()> {
        self.connection = database::connect_with(&self.settings).await?;
        Ok(())
    }

    /// Takes the lock.
    pub async fn take(&mut self) -> Result<Turn> {
        let kept = backend::is_kept(&mut self.connection, &self.settings).await;
        let kept = kept.context("whether the connection goes through a pooler cannot be found out")?;
        ensure!(kept, "the connection goes through a pooler in transaction mode, where no lock holds. {ANOTHER_WAY}");
        // The session of a process that has just ended, or was killed, is there for a moment more.
        self.write("set lock_timeout = '3s'").await?;
        let taken = self.query(&format!("select to_jsonb(true)::text from pg_advisory_lock({LOCK})")).await;
        self.write("reset lock_timeout").await?;
        if let Err(error) = taken {
            if !database::has_code(&error, &[SqlState::LOCK_NOT_AVAILABLE]) {
                return Err(error);
            }
            let running = self.running().await.unwrap_or_default();
            return Ok(Turn::Theirs(running.unwrap_or_else(|| "another run, which has just begun".to_owned())));
        }
        self.still_ours().await?;
        Ok(Turn::Ours)
    }

    /// Makes the tables where they are missing. What cannot begin makes none.
    pub async fn make(&mut self) -> Result<()> {
        if self.exists().await? {
            return Ok(());
        }
        let tables = format!("begin; set local role postgres; {TABLES} commit;");
        let made = database::run(&mut self.connection, &tables).await;
        made.context("the tables of the rollout cannot be made: connect as postgres")
    }

    /// Fails when the lock has been lost: with the connection, or to a pooler.
    pub async fn still_ours(&mut self) -> Result<()> {
        let query = format!(
            "select to_jsonb(exists (select from pg_locks where locktype = 'advisory' and pid = pg_backend_pid() \
             and (classid::bigint << 32) + objid::bigint = {LOCK} and granted))::text"
        );
        let ours = self.query(&query).await.context("the connection that keeps others out is gone")?;
        ensure!(
            ours == Value::Bool(true),
            "the lock that keeps others out does not hold: the connection goes through a pooler in transaction mode, \
             or was ended. {ANOTHER_WAY}"
        );
        Ok(())
    }

    /// Whether somebody has the lock.
    pub async fn is_taken(&mut self) -> Result<bool> {
        let query = format!(
            "select to_jsonb(exists (select from pg_locks where locktype = 'advisory' \
             and (classid::bigint << 32) + objid::bigint = {LOCK} and granted \
             and database = (select oid from pg_database where datname = current_database())))::text"
        );
        Ok(self.query(&query).await? == Value::Bool(true))
    }

    /// Whether there has ever been a run.
    pub async fn exists(&mut self) -> Result<bool> {
        let there = "select to_jsonb(to_regclass('lockstep_rollout.in_place') is not null)::text";
        Ok(self.query(there).await? == Value::Bool(true))
    }

    /// All that `work` does, or nothing of it.
    pub async fn in_transaction<T>(&mut self, work: impl AsyncFnOnce(&mut Self) -> Result<T>) -> Result<T> {
        database::run(&mut self.connection, "begin").await?;
        let done = work(self).await;
        database::run(&mut self.connection, if done.is_ok() { "commit" } else { "rollback" }).await.and(done)
    }

    /// Records a command that is one statement, with what it did.
    pub async fn record(&mut self, run: &Run, note: &str) -> Result<()> {
        self.begin(run).await?;
        let step =
            StepRecord { name: run.command.clone(), outcome: "done".to_owned(), note: note.to_owned(), took: 0.0 };
        self.note(&[step], &[]).await?;
        let place = self.place(&run.environment).await?;
        self.finish("done", &place, None).await
    }

    /// The connection, for what belongs to the same database.
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    async fn query(&mut self, sql: &str) -> Result<Value> {
        database::read(&mut self.connection, sql).await
    }

    async fn write(&mut self, sql: &str) -> Result<()> {
        database::run(&mut self.connection, sql).await.context("the record cannot be written")
    }
}

/// As SQL spells it, or null.
fn text(value: Option<&str>) -> String {
    value.map_or_else(|| "null".to_owned(), literal)
}

/// As SQL spells it, or null.
fn json<T: serde::Serialize>(value: Option<&T>) -> Result<String> {
    let value = value.map(serde_json::to_string).transpose()?;
    Ok(value.map_or_else(|| "null".to_owned(), |value| format!("{}::jsonb", literal(&value))))
}
