//! `--record`: what a component saw and did, one line of JSON for each request, from which `replay` runs it again.
//!
//! An instance that is recorded takes one request at a time, so that every reading belongs to one. Nothing that is
//! written here reaches the caller, and no secret of the project's reaches the file: see [`disguise`].

mod capture;
mod disguise;
pub mod format;
mod instance;
mod tape;
mod writer;

use std::{
    collections::BTreeMap,
    fmt,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
};

use anyhow::Result;

use self::{
    disguise::{Disguise, Secrets},
    format::{Entry, Text},
    writer::{Job, Writer},
};
pub use self::{
    instance::Instance,
    tape::{Tape, message},
};

/// A file that is being recorded into. Several hosts may share one.
pub struct Recorder {
    instances: AtomicU64,
    disguise: Arc<Mutex<Disguise>>,
    jobs: mpsc::Sender<Job>,
    heads_alone: Mutex<Vec<String>>,
}

impl fmt::Debug for Recorder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Recorder").finish_non_exhaustive()
    }
}

/// What the entries of one component have in common.
pub struct Subject {
    recorder: Arc<Recorder>,
    component: String,
    sha256: String,
    secrets: Secrets,
}

impl Recorder {
    /// Begins a file that is not there yet, for its owner's eyes only.
    pub fn create(path: &Path) -> Result<Arc<Self>> {
        let disguise = Arc::new(Mutex::new(Disguise::new()?));
        let writer = Writer::create(path, disguise.clone())?;
        let (jobs, work) = mpsc::channel();
        std::thread::spawn(move || writer.run(&work));
        Ok(Arc::new(Self { instances: AtomicU64::new(0), disguise, jobs, heads_alone: Mutex::default() }))
    }

    /// A component, and the values that its variables have.
    pub(super) fn subject(
        self: &Arc<Self>,
        component: &str,
        sha256: String,
        variables: &BTreeMap<String, String>,
    ) -> Arc<Subject> {
        let secrets = self.disguise().secrets(variables);
        Arc::new(Subject { recorder: self.clone(), component: component.to_owned(), sha256, secrets })
    }

    /// Waits until everything is in the file that has come so far.
    pub fn flush(&self) {
        let (done, wait) = mpsc::channel();
        self.job(Job::Flush(done));
        // The writer ends with the last sender, and we are one.
        let _flushed = wait.recv();
    }

    /// The messages so far whose head left before the first bytes of their body were there: see [`super::order`].
    pub fn heads_alone(&self) -> Vec<String> {
        self.heads_alone.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn head_alone(&self, message: String) {
        say::note!("a head leaves before its body is there: {message}");
        self.heads_alone.lock().unwrap_or_else(PoisonError::into_inner).push(message);
    }

    fn learn(&self, answer: Text) {
        self.job(Job::Learn(answer));
    }

    fn write(&self, entry: Entry, subject: Arc<Subject>) {
        self.job(Job::Write(Box::new(entry), subject));
    }

    fn job(&self, job: Job) {
        if self.jobs.send(job).is_err() {
            say::note!("THE RECORDING IS NOT COMPLETE: its writer has failed");
        }
    }

    fn disguise(&self) -> MutexGuard<'_, Disguise> {
        self.disguise.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Subject {
    /// Of a request that has just arrived.
    pub fn tape(self: &Arc<Self>) -> Arc<Tape> {
        Tape::new(self.clone())
    }

    /// A new instance, before its first request.
    pub fn instance(self: &Arc<Self>) -> Arc<Instance> {
        Instance::new(self, self.recorder.instances.fetch_add(1, Ordering::Relaxed))
    }
}
