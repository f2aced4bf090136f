//! What the components run in: the host that is built in, or Spin itself.

use std::{collections::BTreeMap, net::SocketAddr, path::Path, process::Command, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::Signal;
use tokio::{net::TcpListener, sync::broadcast};

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
    /// `spin up`, from the PATH.
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

async fn spin(
    root: &Path,
    variables: &BTreeMap<String, String>,
    logs: Option<&Path>,
    folder: &Path,
    reaper: &Reaper,
) -> Result<Runtime> {
    let address = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let mut command = Command::new("spin");
    command.current_dir(root).args(["up", "--listen", &address.to_string(), "--state-dir"]).arg(folder.join("spin"));
    if let Some(logs) = logs {
        command.arg("--log-dir").arg(logs);
    }
    for (name, value) in variables {
        command.env(format!("SPIN_VARIABLE_{}", name.to_uppercase()), value);
    }
    let mut process = Process::spawn("spin", command, Signal::SIGINT, reaper)
        .context("install Spin 4.1 or newer (https://spinframework.dev/install), or leave --runtime out")?;
    process.until("Available Routes", START).await?;
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
