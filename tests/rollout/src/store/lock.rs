//! The lock that only one run has. A transaction has it, which stays open for the whole run, on a connection of its own.
//!
//! Every pooler leaves a transaction its backend, and ends both when the client goes. So the lock cannot stay with a
//! backend that serves others. A lock of the session could, where a pooler in transaction mode is taken for none.
//!
//! The transaction is idle and is in nobody's way: it has no id and no snapshot, and locks no table.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use gate::database::{self, Connection, Settings};
use serde_json::Value;
use tokio::time::timeout;
use tokio_postgres::error::SqlState;

use super::ANOTHER_WAY;

/// `lockstep`, as PostgreSQL's lock has it: a number.
const LOCK: i64 = i64::from_be_bytes(*b"lockstep");

/// A process that has just ended, or was killed, has the lock for a moment more, so it is waited for. The timeouts that a role
/// has for transactions are not for this one. PostgreSQL has `transaction_timeout` from 17 on.
const BEGIN: &str = "begin transaction isolation level read committed read only; set local lock_timeout = '3s'; \
    set local application_name = 'rollout: the lock of the run'; \
    set local idle_in_transaction_session_timeout = 0; \
    select set_config('transaction_timeout', '0', true) where current_setting('transaction_timeout', true) is not null";

/// How long the lock may take. A pooler may have no backend to give that could wait for it.
const PATIENCE: Duration = Duration::from_secs(6);
/// How long its end may take. The network may be gone.
const FAREWELL: Duration = Duration::from_secs(2);

const ROOM: &str = "A run has two connections that stay open, and a third at times: give the pool a larger size, end idle \
    connections, or raise max_connections.";

/// Ours for as long as it is there.
pub struct Lock(Connection);

/// The connection that the lock is to be on.
pub async fn connect(settings: &Settings) -> Result<Connection> {
    database::connect_with(settings).await.with_context(|| format!("there is no connection for the lock. {ROOM}"))
}

/// As SQL: a backend has the lock, and its row of `pg_locks` meets a condition.
pub fn is_held_where(condition: &str) -> String {
    format!(
        "exists (select from pg_locks where locktype = 'advisory' \
         and (classid::bigint << 32) + objid::bigint = {LOCK} and granted and {condition})"
    )
}

impl Lock {
    /// None where somebody else has it.
    pub async fn take(mut connection: Connection) -> Result<Option<Self>> {
        let take = format!("{BEGIN}; select pg_advisory_xact_lock({LOCK})");
        let Ok(taken) = timeout(PATIENCE, database::run(&mut connection, &take)).await else {
            bail!("the connection for the lock was given no backend within {} s. {ROOM}", PATIENCE.as_secs());
        };
        let code = |code: SqlState| taken.as_ref().is_err_and(|error| database::has_code(error, &[code]));
        if code(SqlState::LOCK_NOT_AVAILABLE) {
            database::close(connection).await;
            return Ok(None);
        }
        if code(SqlState::PROTOCOL_VIOLATION) {
            return taken.map(|()| None).with_context(|| format!("the pooler takes no transaction. {ANOTHER_WAY}"));
        }
        taken.map(|()| Some(Self(connection)))
    }

    /// Fails when it has been lost, with the connection or the transaction.
    pub async fn still_ours(&mut self) -> Result<()> {
        let query = format!("select to_jsonb({})::text", is_held_where("pid = pg_backend_pid()"));
        let ours = database::read(&mut self.0, &query).await;
        let ours = ours.context("the connection that keeps others out is gone")?;
        ensure!(ours == Value::Bool(true), "the transaction that keeps others out was ended");
        Ok(())
    }

    /// In peace: the next one finds it free, and the server's log has no word of a client that was lost.
    pub async fn let_go(self) {
        let Self(mut connection) = self;
        let _gone = timeout(FAREWELL, async {
            let _ended = database::rollback(&mut connection).await;
            database::close(connection).await;
        })
        .await;
    }
}
