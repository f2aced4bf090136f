//! Instances and their reuse: up to 128 requests each, sixteen at once, dropped after a second of idleness. These are
//! Spin 4.1's defaults; one that is recorded takes one request at a time, so that each reading belongs to one.

use std::{
    future::Future,
    path::Path,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use tokio::sync::broadcast;
use wasmtime::{
    Cache, CacheConfig, CallHook, Config, Engine, Store, StoreContextMut,
    component::{Component, GuestTaskId, Linker, ResourceTable},
};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{
    WasiHttpCtx,
    handler::{HandlerState, Instance, Proxy, ShouldAccept, ViewFn, WorkerExpiration, WorkerState, WorkerStatus},
    p3::bindings::ServicePre,
};

use super::{
    boundary::{self, Boundary, Set},
    instance::{Ended, Memory},
    log::Log,
    manifest::Settings,
    outbound::{Client, Outbound},
    record::{Instance as Recording, Subject, Tape},
    variables::{self, Values},
    wasi::{WasiHttpCtxView, WasiHttpView},
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
    surroundings: Surroundings,
}

/// What the instances of one component are given, and whom they report to.
#[derive(Clone)]
pub struct Surroundings {
    pub component: Arc<str>,
    pub settings: Settings,
    pub client: Client,
    pub log: Log,
    /// Where what they see is written down.
    pub subject: Option<Arc<Subject>>,
    /// Where it is said that an instance is over.
    pub ended: broadcast::Sender<Ended>,
    /// Set while the host itself stops: an instance that is cancelled with it has not failed.
    pub stopping: Arc<AtomicBool>,
}

/// What one instance sees.
pub struct State {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    table: ResourceTable,
    outbound: Outbound,
    settings: Settings,
    boundary: Option<Arc<dyn Boundary>>,
    memory: Memory,
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

impl State {
    /// Of a new instance, whose lines go to `log`.
    pub fn new(client: Client, settings: Settings, log: &Log, boundary: Option<Arc<dyn Boundary>>) -> Self {
        let mut wasi = WasiCtx::builder();
        wasi.stdout(log.of(boundary.clone())).stderr(wasmtime_wasi::cli::stderr());
        if let Some(boundary) = &boundary {
            boundary::senses(&mut wasi, boundary);
        }
        let allowed = settings.allowed_outbound_hosts.clone();
        let outbound = Outbound { client, allowed, boundary: boundary.clone() };
        let (wasi, http, table) = (wasi.build(), WasiHttpCtx::new(), ResourceTable::new());
        Self { wasi, http, table, outbound, settings, boundary, memory: Memory::default() }
    }
}

/// Compiles a component, or takes it from the cache, to be instantiated with or without a boundary.
pub fn load(engine: &Engine, path: &Path, bounded: bool) -> Result<ServicePre<State>> {
    let load = || -> wasmtime::Result<ServicePre<State>> {
        let component = Component::from_file(engine, path)?;
        let mut linker = Linker::<State>::new(engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        wasmtime_wasi::p3::add_to_linker(&mut linker)?;
        wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
        variables::add_to_linker(&mut linker, |state: &mut State| {
            Values(&state.settings.variables, state.boundary.as_ref())
        })?;
        if bounded {
            boundary::add_to_linker(&mut linker, |state: &mut State| {
                Set(state.boundary.as_ref().expect("a bounded component's instances have one"))
            })?;
        }
        ServicePre::new(linker.instantiate_pre(&component)?)
    };
    load().map_err(anyhow::Error::from).with_context(|| format!("cannot load {}", path.display()))
}

impl Worker {
    /// Compiles the component, or takes it from the cache.
    pub fn new(engine: &Engine, path: &Path, surroundings: Surroundings) -> Result<Self> {
        let service = load(engine, path, surroundings.subject.is_some())?;
        Ok(Self { engine: engine.clone(), service, surroundings })
    }
}

impl HandlerState for Worker {
    type StoreData = State;
    type WorkerExpiration = Expiration;
    type WorkerState = Reuse;

    async fn instantiate(&self) -> wasmtime::Result<Instance<State, Expiration, Reuse>> {
        let began = Instant::now();
        let surroundings = self.surroundings.clone();
        let Surroundings { settings, client, log, subject, .. } = surroundings.clone();
        let recording = subject.as_ref().map(Subject::instance);
        let boundary = recording.clone().map(|recording| recording as Arc<dyn Boundary>);
        let mut store = Store::new(&self.engine, State::new(client, settings, &log, boundary));
        store.limiter(|state| &mut state.memory);
        if let Some(recording) = recording.clone() {
            store.call_hook(move |_, hook| {
                if matches!(hook, CallHook::CallingWasm) {
                    recording.entered();
                }
                Ok(())
            });
        }
        let service = self.service.instantiate_async(&mut store).await?;
        let instantiated_in = began.elapsed();
        let expiration = Expiration(Box::pin(tokio::time::sleep(IDLE)));
        Ok(Instance {
            store,
            proxy: Proxy::P3(service),
            view: ViewFn::P3(State::http),
            expiration,
            state: Reuse { surroundings, instantiated_in, requests: AtomicUsize::new(0), recording },
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

/// How many requests an instance takes, and what is said of it when it is over.
pub struct Reuse {
    surroundings: Surroundings,
    instantiated_in: Duration,
    requests: AtomicUsize,
    recording: Option<Arc<Recording>>,
}

impl WorkerState for Reuse {
    type StoreData = State;
    /// What is noted of the request, where it is recorded.
    type RequestId = Option<Arc<Tape>>;

    fn should_accept_request(&self, at_once: usize, total: usize) -> ShouldAccept {
        if total >= REQUESTS_PER_INSTANCE {
            ShouldAccept::Never
        } else if at_once >= if self.recording.is_some() { 1 } else { REQUESTS_AT_ONCE } {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        }
    }

    /// Like Spin, no request timeout: the components have their own.
    fn on_request_start(
        &self,
        _: StoreContextMut<'_, State>,
        tape: Option<Arc<Tape>>,
        _: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if let (Some(recording), Some(tape)) = (&self.recording, tape) {
            recording.begin(tape);
        }
        Box::pin(std::future::pending())
    }

    fn drop(&self, store: Store<State>, result: wasmtime::Result<()>) {
        if let Err(error) = result
            && !self.surroundings.stopping.load(Ordering::Relaxed)
        {
            say::note!("a component failed: {error:?}");
        }
        let _unheard = self.surroundings.ended.send(Ended {
            component: self.surroundings.component.clone(),
            instantiated_in: self.instantiated_in,
            requests: self.requests.load(Ordering::Relaxed),
            memory_bytes: store.data().memory.bytes(),
        });
        drop(store);
    }
}
