//! Whether a connection keeps its backend. Behind a pooler in transaction mode (Supavisor, PgBouncer) the backend of who asks
//! for nothing serves others. A session's lock would stay on it, and keep everybody out.
//!
//! The port says nothing: a pooler listens where it is told to. So others connect here, too, and it is seen whether one of
//! them is given the backend that should be ours.

use std::time::Duration;

use anyhow::Result;
use gate::database::{self, Connection, Settings};
use serde_json::Value;
use tokio::time::timeout;

const BACKEND: &str = "select to_jsonb(pg_backend_pid())::text";
/// A pooler may have more than one idle backend to give. All are of the same role and database.
const IDLE: &str = "select to_jsonb(count(*))::text from pg_stat_activity \
    where state = 'idle' and usename = current_user and datname = current_database() and pid <> pg_backend_pid()";
/// PgBouncer's pools have 20 backends unless somebody sets another size, Supavisor's 15.
const MOST: u64 = 20;
/// Where all backends of a pool are in use, the next client has to wait.
const PATIENCE: Duration = Duration::from_secs(2);

/// Leaves nothing: each of the others is ended in peace.
pub async fn is_kept(connection: &mut Connection, settings: &Settings) -> Result<bool> {
    let ours = database::read(connection, BACKEND).await?;
    let idle = database::read(connection, IDLE).await?.as_u64().unwrap_or_default().min(MOST);
    let mut others = Vec::new();
    let mut given_away = false;
    while !given_away && others.len() as u64 <= idle {
        let Ok(other) = timeout(PATIENCE, begin(settings)).await else { break };
        let (other, backend) = other?;
        given_away = backend == ours;
        others.push(other);
    }
    let kept = !given_away && database::read(connection, BACKEND).await? == ours;
    for mut other in others {
        database::rollback(&mut other).await?;
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
