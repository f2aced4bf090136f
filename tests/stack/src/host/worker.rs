//! Instances and their reuse: up to 128 requests each, sixteen at once, dropped after a second of idleness. These are
//! Spin 4.1's defaults.

use std::{
    future::Future,
    path::Path,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use wasmtime::{
    Cache, CacheConfig, Config, Engine, Store, StoreContextMut,
    component::{Component, GuestTaskId, Linker, ResourceTable},
};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{
    WasiHttpCtx, WasiHttpCtxView, WasiHttpView,
    handler::{HandlerState, Instance, Proxy, ShouldAccept, WorkerExpiration, WorkerState, WorkerStatus},
    p3::bindings::ServicePre,
};

use super::{
    log::Log,
    manifest::Settings,
    outbound::{Client, Outbound},
    variables,
};

const REQUESTS_PER_INSTANCE: usize = 128;
const REQUESTS_AT_ONCE: usize = 16;
const IDLE: Duration = Duration::from_secs(1);

/// The engine, with compiled components kept below `target` for the next start.
pub fn engine(root: &Path) -> Result<Engine> {
    let mut cache = CacheConfig::new();
    cache.with_directory(root.join("target/wasmtime-cache"));
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    config.cache(Some(Cache::new(cache).map_err(anyhow::Error::from)?));
    Engine::new(&config).map_err(|error| anyhow::Error::from(error).context("wasmtime cannot be set up"))
}

/// One component, ready to be instantiated.
pub struct Worker {
    engine: Engine,
    service: ServicePre<State>,
    settings: Settings,
    client: Client,
    log: Log,
    stopping: Arc<AtomicBool>,
}

/// What one instance sees.
pub struct State {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    table: ResourceTable,
    outbound: Outbound,
    settings: Settings,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.outbound }
    }
}

impl Worker {
    /// Compiles the component, or takes it from the cache.
    pub fn new(
        engine: &Engine,
        path: &Path,
        settings: Settings,
        client: Client,
        log: Log,
        stopping: Arc<AtomicBool>,
    ) -> Result<Self> {
        let load = || -> wasmtime::Result<ServicePre<State>> {
            let component = Component::from_file(engine, path)?;
            let mut linker = Linker::<State>::new(engine);
            wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
            wasmtime_wasi::p3::add_to_linker(&mut linker)?;
            wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
            variables::add_to_linker(&mut linker, |state: &mut State| &state.settings.variables)?;
            ServicePre::new(linker.instantiate_pre(&component)?)
        };
        let service = load().map_err(anyhow::Error::from).with_context(|| format!("cannot load {}", path.display()))?;
        Ok(Self { engine: engine.clone(), service, settings, client, log, stopping })
    }
}

impl HandlerState for Worker {
    type StoreData = State;
    type WorkerExpiration = Expiration;
    type WorkerState = Reuse;

    async fn instantiate(&self) -> wasmtime::Result<Instance<State, Expiration, Reuse>> {
        let wasi = WasiCtx::builder().stdout(self.log.clone()).stderr(wasmtime_wasi::cli::stderr()).build();
        let outbound = Outbound { client: self.client.clone(), allowed: self.settings.allowed_outbound_hosts.clone() };
        let settings = self.settings.clone();
        let state = State { wasi, http: WasiHttpCtx::new(), table: ResourceTable::new(), outbound, settings };
        let mut store = Store::new(&self.engine, state);
        let service = self.service.instantiate_async(&mut store).await?;
        let expiration = Expiration(Box::pin(tokio::time::sleep(IDLE)));
        Ok(Instance {
            store,
            proxy: Proxy::P3(service),
            view: State::http,
            expiration,
            state: Reuse { stopping: self.stopping.clone() },
        })
    }
}

/// When an instance is dropped.
pub struct Expiration(Pin<Box<tokio::time::Sleep>>);

impl WorkerExpiration for Expiration {
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>, status: WorkerStatus, since: Instant) -> Poll<()> {
        match status {
            WorkerStatus::Idle => {
                let end = tokio::time::Instant::from_std(since + IDLE);
                if self.0.deadline() != end {
                    self.0.as_mut().reset(end);
                }
                self.0.as_mut().poll(cx)
            }
            WorkerStatus::Requests | WorkerStatus::PostReturn => Poll::Pending,
        }
    }
}

/// How many requests an instance takes.
pub struct Reuse {
    /// Set while the host itself stops: an instance that is cancelled with it has not failed.
    stopping: Arc<AtomicBool>,
}

impl WorkerState for Reuse {
    type StoreData = State;
    type RequestData = ();

    fn should_accept_request(&self, at_once: usize, total: usize) -> ShouldAccept {
        if total >= REQUESTS_PER_INSTANCE {
            ShouldAccept::Never
        } else if at_once >= REQUESTS_AT_ONCE {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        }
    }

    /// Like Spin, no request timeout: the components have their own.
    fn on_request_start(
        &self,
        _: StoreContextMut<'_, State>,
        (): (),
        _: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
        Box::pin(std::future::pending())
    }

    fn drop(&self, store: Store<State>, result: wasmtime::Result<()>) {
        if let Err(error) = result
            && !self.stopping.load(Ordering::Relaxed)
        {
            eprintln!("a component failed: {error:?}");
        }
        drop(store);
    }
}
