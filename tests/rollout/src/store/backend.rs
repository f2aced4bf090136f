//! Whether a connection keeps its backend. Behind a pooler in transaction mode (Supavisor, PgBouncer) the backend of who asks
//! for nothing serves others, and what a session has set is gone.
//!
//! The port says nothing: a pooler listens where it is told to. So others connect here, too, and it is seen whether one of
//! them is given the backend that should be ours. Where others use the pooler at the same time, it can go unseen. The lock
//! does not depend on it.

use std::time::Duration;

use anyhow::Result;
use gate::database::{self, Connection, Settings};
use serde_json::Value;
use tokio::time::timeout;

const BACKEND: &str = "select to_jsonb(pg_backend_pid())::text";
/// A pooler may have more than one idle backend to give. All are of the same role and database.
const IDLE: &str = "select to_jsonb(count(*))::text from pg_stat_activity \
    where state = 'idle' and usename = current_user and datname = current_database() and pid <> pg_backend_pid()";
/// So many others connect at most. The database may have few connections left, and the application needs them.
const MOST: u64 = 3;
/// Where all backends of a pool are in use, the next client has to wait.
const PATIENCE: Duration = Duration::from_secs(2);

/// True where nothing speaks against it, also where nobody else can connect. Leaves nothing: each of the others is ended in
/// peace.
pub async fn is_kept(connection: &mut Connection, settings: &Settings) -> Result<bool> {
    let ours = database::read(connection, BACKEND).await?;
    let idle = database::read(connection, IDLE).await?.as_u64().unwrap_or_default();
    let mut others = Vec::new();
    let mut kept = true;
    while kept && (others.len() as u64) < MOST.min(idle + 1) {
        let Ok(Ok((other, backend))) = timeout(PATIENCE, begin(settings)).await else { break };
        others.push(other);
        kept = backend != ours && database::read(connection, BACKEND).await? == ours;
    }
    let kept = kept && database::read(connection, BACKEND).await? == ours;
    for mut other in others {
        let _gone = database::rollback(&mut other).await;
        database::close(other).await;
    }
    Ok(kept)
}

/// Another connection, which holds its backend for as long as its transaction is open.
async fn begin(settings: &Settings) -> Result<(Connection, Value)> {
    let mut other = database::connect_with(settings).await?;
    database::run(&mut other, "begin").await?;
    let backend = database::read(&mut other, BACKEND).await?;
    Ok((other, backend))
}
