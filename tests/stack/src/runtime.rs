//! What the components run in: the host that is built in, or Spin itself.

use std::{
    collections::BTreeMap,
    env,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::Signal;
use tokio::sync::broadcast;

use crate::{
    host::{Deployer, Host, Manifest, Sockets, record::Recorder},
    process::Process,
    reaper::Reaper,
};

/// Which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// On wasmtime, as Spin's own HTTP trigger is.
    Embedded,
    /// `spin up`, from the PATH, or by the program that the environment's SPIN names.
    Spin,
}

/// The components, being served.
pub enum Runtime {
    /// In this process.
    Embedded(Host),
    /// A child, whose lines that are records are passed on.
    Spin(SocketAddr, broadcast::Sender<String>, Box<Process>),
}

const START: Duration = Duration::from_secs(120);

impl Runtime {
    /// Starts the components of `manifest`, if there are to be any, with these values of the application's variables. What the runtime writes
    /// goes into `folder`, and what the components write into `logs`, where that is given.
    #[expect(clippy::too_many_arguments, reason = "each is one thing that the stack has and a runtime needs")]
    pub async fn start(
        kind: Kind,
        root: &Path,
        manifest: Option<&Manifest>,
        variables: &BTreeMap<String, String>,
        sockets: Sockets,
        logs: Option<&Path>,
        recorder: Option<Arc<Recorder>>,
        folder: &Path,
        reaper: &Reaper,
    ) -> Result<Self> {
        match kind {
            Kind::Embedded => {
                let logs = logs.map(Path::to_owned);
                Ok(Self::Embedded(Host::start(root, manifest, variables, sockets, logs, recorder).await?))
            }
            Kind::Spin if manifest.is_none() => bail!("Spin runs components from its start on: leave --runtime out"),
            Kind::Spin if recorder.is_some() => {
                bail!("only the built-in host records: leave --runtime or --record out")
            }
            Kind::Spin => spin(root, variables, logs, folder, reaper).await,
        }
    }

    /// Where the routes are served.
    pub fn address(&self) -> SocketAddr {
        match self {
            Self::Embedded(host) => host.address(),
            Self::Spin(address, ..) => *address,
        }
    }

    /// What puts other components there. Spin is told by its own command line.
    pub fn deployer(&self) -> Option<Arc<Deployer>> {
        match self {
            Self::Embedded(host) => Some(host.deployer()),
            Self::Spin(..) => None,
        }
    }

    /// Every record from now on.
    pub fn telemetry(&self) -> broadcast::Receiver<String> {
        match self {
            Self::Embedded(host) => host.telemetry(),
            Self::Spin(_, lines, _) => lines.subscribe(),
        }
    }
}

/// `spin up` of the application, as it is.
pub struct Spin<'s> {
    /// The program.
    pub program: &'s Path,
    /// Values of the application's variables.
    pub variables: &'s BTreeMap<String, String>,
    /// Where the components' lines are kept, if not where Spin keeps them by itself.
    pub logs: Option<&'s Path>,
    /// For what Spin itself writes.
    pub folder: &'s Path,
    /// Whether Spin keeps the components' lines to its logs. Otherwise it shows them too.
    pub quiet: bool,
}

impl Spin<'_> {
    /// Returns when it listens, on a port that it has chosen itself.
    pub async fn up(self, root: &Path, reaper: &Reaper) -> Result<(SocketAddr, Process)> {
        let mut command = Command::new(self.program);
        command.current_dir(root).args(["up", "--listen", "127.0.0.1:0", "--state-dir"]).arg(self.folder);
        if let Some(logs) = self.logs {
            command.arg("--log-dir").arg(logs);
        }
        if self.quiet {
            command.arg("--quiet");
        }
        for (name, value) in self.variables {
            command.env(format!("SPIN_VARIABLE_{}", name.to_uppercase()), value);
        }
        let mut process = Process::spawn("spin", command, Signal::SIGINT, reaper).context(
            "install Spin 4.1 or newer (https://spinframework.dev/install), say where it is with SPIN, or leave \
             --runtime out",
        )?;
        let line = process.until(SERVING, START).await?;
        let address = line.split(SERVING).nth(1).unwrap_or_default().trim().trim_end_matches('/');
        let address = address.parse().with_context(|| format!("Spin says where it listens in no known way: {line}"))?;
        // It listens already. The routes are the last that it says of its start.
        process.until("Available Routes", START).await?;
        Ok((address, process))
    }
}

/// What Spin writes before its address.
const SERVING: &str = "Serving http://";

/// The program that the environment's SPIN names, else `spin` from the PATH.
pub fn spin_program() -> PathBuf {
    env::var_os("SPIN").map_or_else(|| "spin".into(), PathBuf::from)
}

async fn spin(
    root: &Path,
    variables: &BTreeMap<String, String>,
    logs: Option<&Path>,
    folder: &Path,
    reaper: &Reaper,
) -> Result<Runtime> {
    let (program, folder) = (spin_program(), folder.join("spin"));
    let up = Spin { program: &program, variables, logs, folder: &folder, quiet: false };
    let (address, mut process) = up.up(root, reaper).await?;
    let (lines, _) = broadcast::channel(1024);
    let sender = lines.clone();
    let mut output = process.lines();
    tokio::spawn(async move {
        while let Some(line) = output.recv().await {
            if line.starts_with('{') {
                let _unheard = sender.send(line);
            }
        }
    });
    Ok(Runtime::Spin(address, lines, Box::new(process)))
}
