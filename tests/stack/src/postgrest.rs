//! PostgREST, real and unmodified, behind a Unix socket.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::Result;
use nix::sys::signal::Signal;
use tokio::sync::Mutex;

use crate::{cluster::Cluster, process::Process, reaper::Reaper};

/// What it writes when it answers.
const READY: &str = "Schema cache loaded";

const START: Duration = Duration::from_secs(60);

/// A running PostgREST. Dropping it stops it.
pub struct Postgrest {
    socket: PathBuf,
    keys: PathBuf,
    process: Mutex<Process>,
}

impl Postgrest {
    /// Starts `binary` on `cluster`, and waits until it has read the schema. `keys` is the JWK set that tokens are
    /// verified with.
    pub async fn start(binary: &Path, cluster: &Cluster, keys: &str, folder: &Path, reaper: &Reaper) -> Result<Self> {
        let socket = folder.join("postgrest.sock");
        let file = folder.join("postgrest-keys.json");
        write_keys(&file, keys)?;
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
            .env("PGRST_JWT_SECRET", format!("@{}", file.display()))
            .env("PGRST_SERVER_UNIX_SOCKET", &socket)
            .env("PGRST_LOG_LEVEL", "error");
        let mut process = Process::spawn("PostgREST", command, Signal::SIGTERM, reaper)?;
        process.until(READY, START).await?;
        Ok(Self { socket, keys: file, process: Mutex::new(process) })
    }

    /// Kills it.
    pub async fn kill(&self) -> Result<()> {
        self.process.lock().await.kill().await
    }

    /// Starts it as it was, and waits until it has read the schema.
    pub async fn again(&self) -> Result<()> {
        self.process.lock().await.again(READY, START).await.map(drop)
    }

    /// Other keys, which it reads with its next `reload config`.
    pub fn give(&self, keys: &str) -> Result<()> {
        write_keys(&self.keys, keys)
    }

    /// Where it listens.
    pub fn socket(&self) -> &Path {
        &self.socket
    }
}

/// For the owner only: the shared secret is among them.
fn write_keys(path: &Path, keys: &str) -> Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    Ok(file.write_all(keys.as_bytes())?)
}
