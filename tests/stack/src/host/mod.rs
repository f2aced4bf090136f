//! Where the components run: a host that reads `spin.toml` and does what Spin's HTTP trigger does, from the same crates
//! (`wasmtime-wasi-http`'s `ProxyHandler`), as far as the components can see. Spin itself is in no package registry.

mod boundary;
mod deploy;
mod instance;
mod log;
mod manifest;
mod order;
mod outbound;
pub mod record;
pub mod replay;
mod server;
mod variables;
pub mod wasi;
mod worker;

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::{Context as _, Result};
use tokio::{net::TcpListener, sync::broadcast, task::JoinHandle};

pub use self::{
    deploy::Deployer,
    instance::Ended,
    manifest::{FAST, Manifest},
};
use self::{outbound::Client, record::Recorder, server::Server};

/// A running host. Dropping it closes the port.
pub struct Host {
    address: SocketAddr,
    deployer: Arc<Deployer>,
    serving: JoinHandle<()>,
}

/// How the sockets behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sockets {
    /// `TCP_NODELAY` on both sides.
    NoDelay,
    /// As Spin leaves them.
    LikeSpin,
}

/// Lines that wait for a slow reader. One that falls further behind loses the oldest.
const WAITING_LINES: usize = 16 * 1024;

/// Instances that are over, and of which nobody has heard yet.
const WAITING_ENDS: usize = 1024;

impl Host {
    /// Compiles the components of `manifest`, whose sources are relative to `root`, and serves them on a free port;
    /// without a manifest, nothing until something is deployed. Each component's lines are kept in `logs` too, where that
    /// is given, and all that they see is recorded, where there is something to record it.
    pub async fn start(
        root: &Path,
        manifest: Option<&Manifest>,
        variables: &BTreeMap<String, String>,
        sockets: Sockets,
        logs: Option<PathBuf>,
        recorder: Option<Arc<Recorder>>,
    ) -> Result<Self> {
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self::start_at(anywhere, root, manifest, variables, sockets, logs, recorder).await
    }

    /// The same, at an address where another was before.
    pub async fn start_at(
        address: SocketAddr,
        root: &Path,
        manifest: Option<&Manifest>,
        variables: &BTreeMap<String, String>,
        sockets: Sockets,
        logs: Option<PathBuf>,
        recorder: Option<Arc<Recorder>>,
    ) -> Result<Self> {
        let (telemetry, _) = broadcast::channel(WAITING_LINES);
        let deployer = Arc::new(Deployer {
            engine: worker::engine(root)?,
            client: Client::new(sockets),
            telemetry,
            ended: broadcast::channel(WAITING_ENDS).0,
            logs,
            recorder,
            stopping: Arc::<AtomicBool>::default(),
            server: Arc::new(Server::new(sockets)),
        });
        if let Some(manifest) = manifest {
            deployer.server.serve_instead(deployer.load(root, manifest, variables).await?);
        }
        let listener = TcpListener::bind(address).await.context("no free port for the host")?;
        let address = listener.local_addr()?;
        let serving = tokio::spawn(deployer.server.clone().serve(listener));
        Ok(Self { address, deployer, serving })
    }

    /// Where the routes of `spin.toml` are served.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What puts other components there.
    pub fn deployer(&self) -> Arc<Deployer> {
        self.deployer.clone()
    }

    /// Every instance that is over from now on.
    pub fn ended(&self) -> broadcast::Receiver<Ended> {
        self.deployer.ended.subscribe()
    }

    /// Every line that a component writes from now on.
    pub fn telemetry(&self) -> broadcast::Receiver<String> {
        self.deployer.telemetry.subscribe()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.deployer.stopping.store(true, Ordering::Relaxed);
        self.serving.abort();
    }
}
