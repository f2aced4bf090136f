//! PostgREST, real and unmodified, behind a Unix socket.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::Result;
use nix::sys::signal::Signal;

use crate::{cluster::Cluster, process::Process, reaper::Reaper};

const START: Duration = Duration::from_secs(60);

/// A running PostgREST. Dropping it stops it.
pub struct Postgrest {
    socket: PathBuf,
    _process: Process,
}

impl Postgrest {
    /// Starts `binary` on `cluster`, and waits until it has read the schema. `keys` is the JWK set that tokens are
    /// verified with.
    pub async fn start(binary: &Path, cluster: &Cluster, keys: &str, folder: &Path, reaper: &Reaper) -> Result<Self> {
        let socket = folder.join("postgrest.sock");
        let mut command = Command::new(binary);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PGRST_")) {
            command.env_remove(name);
        }
        command
            .env("PGRST_DB_URI", cluster.url("authenticator"))
            .env("PGRST_DB_SCHEMAS", "public")
            .env("PGRST_DB_EXTRA_SEARCH_PATH", "public,extensions")
            .env("PGRST_DB_ANON_ROLE", "anon")
            .env("PGRST_DB_POOL", "20")
            .env("PGRST_JWT_SECRET", keys)
            .env("PGRST_SERVER_UNIX_SOCKET", &socket)
            .env("PGRST_LOG_LEVEL", "error");
        let mut process = Process::spawn("PostgREST", command, Signal::SIGTERM, reaper)?;
        process.until("Schema cache loaded", START).await?;
        Ok(Self { socket, _process: process })
    }

    /// Where it listens.
    pub fn socket(&self) -> &Path {
        &self.socket
    }
}
