//! Where the components run: a host that reads `spin.toml` and does what Spin's HTTP trigger does, from the same crates
//! (`wasmtime-wasi-http`'s `ProxyHandler`), as far as the components can see. Spin itself is in no package registry.

mod log;
mod manifest;
mod outbound;
mod server;
mod variables;
mod worker;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::{Context as _, Result};
use tokio::{net::TcpListener, sync::broadcast, task::JoinHandle};
use wasmtime_wasi_http::handler::ProxyHandler;

pub use self::manifest::Manifest;
use self::{log::Log, outbound::Client, server::Server, worker::Worker};

/// A running host. Dropping it closes the port.
pub struct Host {
    address: SocketAddr,
    telemetry: broadcast::Sender<String>,
    serving: JoinHandle<()>,
    stopping: Arc<AtomicBool>,
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

impl Host {
    /// Compiles the components of `manifest`, whose sources are relative to `root`, and serves them on a free port.
    pub async fn start(
        root: &Path,
        manifest: &Manifest,
        variables: &BTreeMap<String, String>,
        sockets: Sockets,
    ) -> Result<Self> {
        let (telemetry, _) = broadcast::channel(WAITING_LINES);
        let engine = worker::engine(root)?;
        let client = Client::new(sockets);
        let stopping = Arc::<AtomicBool>::default();
        let mut handlers = BTreeMap::new();
        for (id, component) in &manifest.components {
            let settings = manifest.settings(id, variables)?;
            let path = root.join(&component.source);
            let (engine, log) = (engine.clone(), Log::new(telemetry.clone()));
            let (client, stopping) = (client.clone(), stopping.clone());
            // Cranelift takes seconds when nothing is cached, and would hold up everything else on this thread.
            let worker =
                tokio::task::spawn_blocking(move || Worker::new(&engine, &path, settings, client, log, stopping))
                    .await??;
            handlers.insert(id.clone(), ProxyHandler::new(worker));
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no free port for the host")?;
        let address = listener.local_addr()?;
        let server = Arc::new(Server::new(manifest.routes()?, handlers, sockets));
        let serving = tokio::spawn(server.serve(listener));
        Ok(Self { address, telemetry, serving, stopping })
    }

    /// Where the routes of `spin.toml` are served.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every line that a component writes from now on.
    pub fn telemetry(&self) -> broadcast::Receiver<String> {
        self.telemetry.subscribe()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.serving.abort();
    }
}
