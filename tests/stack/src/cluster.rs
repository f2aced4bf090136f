//! PostgreSQL: a cluster of its own, reached by a free port of the loopback interface and a socket in its folder.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::{PermissionsExt as _, chown},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::Signal;
use tokio::sync::Mutex;
use tokio_postgres::{Client, Config};
use url::Url;

use crate::{
    login::Login,
    process::Process,
    reaper::Reaper,
    setup::{Binaries, unprivileged},
};

/// What the roles of the baseline that can log in are given.
pub const PASSWORD: &str = "postgres";

/// What it writes when it answers.
const READY: &str = "database system is ready to accept connections";

const START: Duration = Duration::from_secs(60);

/// Loaded where the machine has them, as hosted projects do: these two cannot be used otherwise.
const PRELOAD: &[&str] = &["pg_cron", "pg_stat_statements"];

/// A running cluster. Dropping it stops it.
pub struct Cluster {
    port: u16,
    sockets: PathBuf,
    version: u32,
    process: Mutex<Process>,
}

/// Whether what is written must survive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// `--data`: the cluster is kept.
    Kept,
    /// Nothing is synced to disk.
    Temporary,
}

impl Cluster {
    /// Starts the cluster in `data`, which is made when it is empty, with its socket in `sockets`.
    pub async fn start(
        binaries: &Binaries,
        data: &Path,
        sockets: &Path,
        durability: Durability,
        reaper: &Reaper,
    ) -> Result<Self> {
        let exists = data.join("PG_VERSION").is_file();
        let empty = fs::read_dir(data).map_or(true, |mut entries| entries.next().is_none());
        if !exists && !empty {
            bail!("{} is neither empty nor the data of a PostgreSQL: choose another folder", data.display());
        }
        own(data)?;
        own(sockets)?;
        if !exists {
            initdb(binaries, data)?;
        }
        // The port is free when it is looked for; whoever takes it before PostgreSQL does makes us look again.
        for _ in 0..5 {
            let port = free_port()?;
            let mut process = Process::spawn(
                "PostgreSQL",
                postgres(binaries, data, sockets, port, durability)?,
                stop(durability),
                reaper,
            )?;
            match process.until(READY, START).await {
                Ok(_) => {
                    return Ok(Self {
                        port,
                        sockets: sockets.to_owned(),
                        version: binaries.version,
                        process: Mutex::new(process),
                    });
                }
                Err(_) if process.output().contains("could not bind") => {}
                Err(error) => return Err(error),
            }
        }
        bail!("five free ports in a row were taken by somebody else before PostgreSQL could")
    }

    /// Kills all of it, and leaves the data as it is at that moment.
    pub async fn kill(&self) -> Result<()> {
        self.process.lock().await.kill().await
    }

    /// Starts it on the same data, port and socket.
    pub async fn again(&self) -> Result<()> {
        self.process.lock().await.again(READY, START).await.map(drop)
    }

    /// For a role of the baseline, over the socket and without a password.
    pub fn login(&self, role: &str) -> Login {
        let mut config = Config::new();
        config.host_path(&self.sockets).port(self.port);
        Login::new(config, role)
    }

    /// A connection of such a role.
    pub async fn connect(&self, role: &str) -> Result<Client> {
        self.login(role).connect().await
    }

    /// A URL with a password, for other programs.
    pub fn url(&self, role: &str) -> String {
        format!("postgresql://{role}:{PASSWORD}@127.0.0.1:{}/postgres", self.port)
    }

    /// A URL over the socket, which asks for no password: for the superuser, who has none.
    pub fn socket_url(&self, role: &str) -> String {
        let mut url = Url::parse("postgresql://localhost/postgres").expect("a constant URL");
        url.query_pairs_mut().append_pair("host", &self.sockets.display().to_string());
        url.query_pairs_mut().append_pair("port", &self.port.to_string()).append_pair("user", role);
        url.into()
    }

    /// Where it listens, on the loopback interface.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// PostgreSQL's major version.
    pub fn version(&self) -> u32 {
        self.version
    }
}

fn initdb(binaries: &Binaries, data: &Path) -> Result<()> {
    let mut command = binaries.command("initdb")?;
    command.args(["--username=supabase_admin", "--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync"]);
    command.args(["--encoding=UTF8", "--locale=C.UTF-8", "--pgdata"]).arg(data);
    let output = command.output().context("cannot run initdb")?;
    if !output.status.success() {
        bail!("initdb failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

fn postgres(
    binaries: &Binaries,
    data: &Path,
    sockets: &Path,
    port: u16,
    durability: Durability,
) -> Result<std::process::Command> {
    let mut command = binaries.command("postgres")?;
    command.arg("-D").arg(data).arg("-k").arg(sockets).args(["-p", &port.to_string(), "-h", "127.0.0.1"]);
    let mut set = |setting: &str| {
        command.args(["-c", setting]);
    };
    // What Supabase's Realtime reads, and what a busy project has.
    set("wal_level=logical");
    set("max_connections=100");
    // Messages are waited for and shown; they must not depend on the machine's language.
    set("lc_messages=C");
    set("log_destination=stderr");
    set("logging_collector=off");
    if durability == Durability::Temporary {
        set("fsync=off");
        set("full_page_writes=off");
        set("synchronous_commit=off");
    }
    let loaded: Vec<&str> = PRELOAD.iter().copied().filter(|library| binaries.has_library(library)).collect();
    if !loaded.is_empty() {
        set(&format!("shared_preload_libraries={}", loaded.join(",")));
    }
    if loaded.contains(&"pg_cron") {
        set(&format!("cron.host={}", sockets.display()));
        set("cron.database_name=postgres");
    }
    Ok(command)
}

fn stop(durability: Durability) -> Signal {
    match durability {
        // "Fast": connections are closed, everything is written.
        Durability::Kept => Signal::SIGINT,
        // "Immediate": the folder goes anyway.
        Durability::Temporary => Signal::SIGQUIT,
    }
}

/// Makes a folder that belongs to the user PostgreSQL runs as, and to nobody else.
fn own(folder: &Path) -> Result<()> {
    let mend = || -> Result<()> {
        fs::create_dir_all(folder)?;
        if let Some(user) = unprivileged()? {
            chown(folder, Some(user.uid.as_raw()), Some(user.gid.as_raw()))?;
        }
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        Ok(())
    };
    mend().with_context(|| format!("cannot use the folder {}", folder.display()))
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0").context("no free port")?.local_addr()?.port())
}
