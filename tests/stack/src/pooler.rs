//! A real PgBouncer (Debian's) in front of a database, for what has to get along with one.

use std::{
    fs,
    os::unix::{
        fs::{PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, Result};
use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::{cluster::Cluster, process::Process, reaper::Reaper, setup};

/// On a socket of its own; there is no port that another could have.
pub struct Pooler {
    folder: TempDir,
    _process: Process,
    _reaper: Reaper,
}

/// What a client keeps of its backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The next statement may have another, and there are no transactions.
    Statement,
    /// The next transaction may have another.
    Transaction,
    /// It is the client's until that leaves.
    Session,
}

impl Pooler {
    /// In front of `cluster`, as `postgres`. `settings` are further lines of its file.
    pub async fn start(cluster: &Cluster, mode: Mode, settings: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("lockstep-").tempdir()?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777))?;
        let mode = match mode {
            Mode::Statement => "statement",
            Mode::Transaction => "transaction",
            Mode::Session => "session",
        };
        let text = format!(
            "[databases]\npostgres = host=127.0.0.1 port={} user=postgres password=postgres\n\
             [pgbouncer]\nlisten_addr =\nlisten_port = 6432\nunix_socket_dir = {}\nauth_type = any\n\
             pool_mode = {mode}\nlogfile =\npidfile =\n{settings}\n",
            cluster.port(),
            folder.path().display()
        );
        let file = folder.path().join("pgbouncer.ini");
        fs::write(&file, text)?;
        let mut command = Command::new("/usr/sbin/pgbouncer");
        command.arg(&file);
        // It runs as root no more than PostgreSQL does.
        if let Some(user) = setup::unprivileged()? {
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
            chown(&file, Some(user.uid.as_raw()), Some(user.gid.as_raw()))?;
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        let reaper = Reaper::start()?;
        let mut process = Process::spawn("PgBouncer", command, Signal::SIGINT, &reaper)
            .context("PgBouncer cannot be started: apt-get install pgbouncer")?;
        process.until("process up", Duration::from_secs(20)).await?;
        Ok(Self { folder, _process: process, _reaper: reaper })
    }

    /// Of the database `postgres`.
    pub fn url(&self) -> String {
        format!("postgresql://postgres@localhost/postgres?host={}&port=6432", self.folder.path().display())
    }
}
