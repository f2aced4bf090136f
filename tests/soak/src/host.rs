//! The functions' host as a process of its own, so that it can be killed: this program again, told so by a variable.

use std::{
    collections::BTreeMap,
    env, fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, Result};
use nix::sys::signal::Signal;
use serde::{Deserialize, Serialize};
use stack::{
    host::{Host, Manifest, Sockets},
    process::Process,
    reaper::Reaper,
    setup,
};
use tokio::sync::Mutex;

/// Holds the task of a process that is the host.
const TASK: &str = "SOAK_HOST";
const READY: &str = "the host serves";
const START: Duration = Duration::from_secs(120);

#[derive(Serialize, Deserialize)]
struct Task {
    address: SocketAddr,
    variables: BTreeMap<String, String>,
    logs: PathBuf,
}

/// The child.
pub struct HostProcess {
    address: SocketAddr,
    process: Mutex<Process>,
}

impl HostProcess {
    /// Starts it. Each request's record is in a file of `logs` before its answer is on the way.
    pub async fn start(variables: BTreeMap<String, String>, logs: &Path, reaper: &Reaper) -> Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let task = Task { address, variables, logs: logs.to_owned() };
        let mut command = Command::new(env::current_exe()?);
        command.env(TASK, serde_json::to_string(&task)?);
        let mut process = Process::spawn("the functions' host", command, Signal::SIGKILL, reaper)?;
        process.until(READY, START).await?;
        Ok(Self { address, process: Mutex::new(process) })
    }

    /// Where the functions are.
    pub fn url(&self) -> String {
        format!("http://{}/functions/v1", self.address)
    }

    /// Kills it.
    pub async fn kill(&self) -> Result<()> {
        self.process.lock().await.kill().await
    }

    /// Starts it at the same address.
    pub async fn again(&self) -> Result<()> {
        self.process.lock().await.again(READY, START).await.map(drop)
    }

    /// What it holds at present.
    pub async fn usage(&self) -> Result<Usage> {
        let id = self.process.lock().await.id();
        let status = fs::read_to_string(format!("/proc/{id}/status")).context("the host is gone")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS in /proc")?;
        let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(Usage { resident_mib: kib / 1024, descriptors: fs::read_dir(format!("/proc/{id}/fd"))?.count() })
    }
}

/// Of the host's process.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Usage {
    /// Resident memory.
    pub resident_mib: u64,
    /// Open file descriptors.
    pub descriptors: usize,
}

/// The task of this process, where it is the host.
pub fn task() -> Option<String> {
    env::var(TASK).ok()
}

/// Until it is killed.
pub async fn serve(task: &str) -> Result<()> {
    let Task { address, variables, logs } = serde_json::from_str(task).context(TASK)?;
    let root = setup::root();
    let manifest = Manifest::read(&root)?;
    let _host = Host::start_at(address, &root, Some(&manifest), &variables, Sockets::NoDelay, Some(logs), None).await?;
    say::line!("{READY}")?;
    std::future::pending().await
}
