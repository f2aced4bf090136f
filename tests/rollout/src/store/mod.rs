//! What is kept in the database: the releases, what is in place, every run; and the lock that only one run has.
//!
//! The lock is PostgreSQL's own: when a process is killed, or its machine, it is free at once, and nobody has to find out
//! how old a lease may be. It costs a second connection that stays open.

mod backend;
mod lock;
mod place;
mod releases;
mod runs;

use anyhow::{Context as _, Result, ensure};
use gate::database::{self, Connection, Settings, literal};
use serde_json::Value;

use self::lock::Lock;
pub use self::{
    place::Place,
    runs::{Run, StepRecord},
};

const TABLES: &str = include_str!("tables.sql");
const ANOTHER_WAY: &str = "Give the direct connection or the session pooler (on Supabase, port 5432).";

/// An open connection to it.
pub struct Store {
    connection: Connection,
    settings: Settings,
    lock: Option<Lock>,
    /// Of the row that this process writes.
    run: Option<i64>,
}

/// Whether somebody else is at it.
pub enum Turn {
    /// Nobody is, until the lock is let go of.
    Ours,
    /// Who, what and since when, as far as they have said it.
    Theirs(String),
}

impl Store {
    /// Connects. The error never shows the password.
    pub async fn open(url: &str) -> Result<Self> {
        let settings = Settings::read(url)?;
        Ok(Self { connection: database::connect_with(&settings).await?, settings, lock: None, run: None })
    }

    /// Connects again: what was dropped in the middle of a query answers no other. The lock is let go of.
    pub async fn reopen(&mut self) -> Result<()> {
        self.let_go().await;
        self.connection = database::connect_with(&self.settings).await?;
        Ok(())
    }

    /// Takes the lock. Its connection is there before others are tried, which could leave none for it.
    pub async fn take(&mut self) -> Result<Turn> {
        let connection = lock::connect(&self.settings).await?;
        let kept = backend::is_kept(&mut self.connection, &self.settings).await;
        let kept = kept.context("whether the connection goes through a pooler cannot be found out")?;
        ensure!(
            kept,
            "the connection goes through a pooler in transaction mode, where nothing that a session sets holds. {ANOTHER_WAY}"
        );
        self.lock = Lock::take(connection).await?;
        if self.lock.is_some() {
            return Ok(Turn::Ours);
        }
        let running = self.running().await.unwrap_or_default();
        Ok(Turn::Theirs(running.unwrap_or_else(|| "another run, which has just begun".to_owned())))
    }

    /// Lets others have it.
    pub async fn let_go(&mut self) {
        if let Some(lock) = self.lock.take() {
            lock.let_go().await;
        }
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

    /// Fails when the lock has been lost, or the connection of the record. Asked often, neither is ended for being idle.
    pub async fn still_ours(&mut self) -> Result<()> {
        self.lock.as_mut().context("nobody is kept out")?.still_ours().await?;
        self.query("select to_jsonb(true)::text").await.context("the connection of the record is gone").map(drop)
    }

    /// Whether somebody has the lock.
    pub async fn is_taken(&mut self) -> Result<bool> {
        let here = "database = (select oid from pg_database where datname = current_database())";
        Ok(self.query(&format!("select to_jsonb({})::text", lock::is_held_where(here))).await? == Value::Bool(true))
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
        self.guard().await?;
        database::run(&mut self.connection, sql).await.context("the record cannot be written")
    }

    /// Whoever has lost the lock writes over nothing that another run has written.
    async fn guard(&mut self) -> Result<()> {
        match &mut self.lock {
            Some(lock) => lock.still_ours().await,
            None => Ok(()),
        }
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
