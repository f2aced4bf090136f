//! From a manifest and its components to what the port serves; and from one such application to the next, while it runs.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};
use tokio::sync::broadcast;
use wasmtime::Engine;
use wasmtime_wasi_http::handler::ProxyHandler;

use super::{
    instance::Ended,
    log::Log,
    manifest::Manifest,
    outbound::Client,
    record::Recorder,
    server::{Application, Server},
    worker::{Surroundings, Worker},
};

/// What components are made ready with. Its server takes the next application with [`Deployer::deploy`].
pub struct Deployer {
    pub(super) engine: Engine,
    pub(super) client: Client,
    pub(super) telemetry: broadcast::Sender<String>,
    pub(super) ended: broadcast::Sender<Ended>,
    /// Where each component's lines are kept too.
    pub(super) logs: Option<PathBuf>,
    /// Where everything is written down that the components see.
    pub(super) recorder: Option<Arc<Recorder>>,
    pub(super) stopping: Arc<AtomicBool>,
    pub(super) server: Arc<Server>,
}

impl Deployer {
    /// Serves the components of `folder`'s manifest from now on. Requests that are on their way end where they began,
    /// and a failure leaves what is there.
    pub async fn deploy(&self, folder: &Path, variables: &BTreeMap<String, String>) -> Result<()> {
        self.deploy_components(folder, &Manifest::read(folder)?, variables).await
    }

    /// The same, of a manifest that has been read. Its sources are relative to `root`.
    pub async fn deploy_components(
        &self,
        root: &Path,
        manifest: &Manifest,
        variables: &BTreeMap<String, String>,
    ) -> Result<()> {
        let application = self.load(root, manifest, variables).await?;
        self.server.serve_instead(application);
        Ok(())
    }

    /// Compiles the components, whose sources are relative to `root`.
    pub(super) async fn load(
        &self,
        root: &Path,
        manifest: &Manifest,
        variables: &BTreeMap<String, String>,
    ) -> Result<Application> {
        let (mut handlers, mut recorded) = (BTreeMap::new(), BTreeMap::new());
        for (id, component) in &manifest.components {
            let path = root.join(&component.source);
            let settings = manifest.settings(id, variables)?;
            let subject = match &self.recorder {
                Some(recorder) => Some(recorder.subject(id, digest(&path)?, &settings.variables)),
                None => None,
            };
            recorded.extend(subject.clone().map(|subject| (id.clone(), subject)));
            let surroundings = Surroundings {
                component: id.as_str().into(),
                settings,
                client: self.client.clone(),
                log: Log::new(self.telemetry.clone(), self.log_file(id)?),
                subject,
                ended: self.ended.clone(),
                stopping: self.stopping.clone(),
            };
            let engine = self.engine.clone();
            // Cranelift takes seconds when nothing is cached, and would hold up everything else on this thread.
            let worker = tokio::task::spawn_blocking(move || Worker::new(&engine, &path, surroundings)).await??;
            handlers.insert(id.clone(), ProxyHandler::new(worker));
        }
        Ok(Application { routes: manifest.routes()?, handlers, recorded })
    }

    /// As Spin names it.
    fn log_file(&self, component: &str) -> Result<Option<Arc<File>>> {
        let Some(folder) = &self.logs else { return Ok(None) };
        let path = folder.join(format!("{component}_stdout.txt"));
        let open = || {
            fs::create_dir_all(folder)?;
            File::options().create(true).append(true).open(&path)
        };
        Ok(Some(Arc::new(open().with_context(|| format!("cannot write {}", path.display()))?)))
    }
}

/// SHA-256 of a component's file.
pub fn digest(path: &Path) -> Result<String> {
    let file = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(base16ct::lower::encode_string(&Sha256::digest(file)))
}
