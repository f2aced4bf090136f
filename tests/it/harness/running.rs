//! One stack for a whole test binary, on a thread that outlives every test.

use std::sync::{Arc, LazyLock, mpsc};

use serde_json::Value;
use stack::{
    host::{Host, Sockets, record::Recorder},
    setup::{self, Binaries},
    stack::{Options, Stack},
};

use crate::{recording::recorder, records::Records};

/// The stack, and the records that it has written so far.
pub struct Running {
    /// The system itself.
    pub stack: Stack,
    /// Why the machine does not have what the database's own tests need.
    lacking: Option<String>,
    records: Arc<Records>,
}

/// Started by the first test that asks. When it cannot start, every test says why.
pub fn running() -> &'static Running {
    static RUNNING: LazyLock<Running> = LazyLock::new(start);
    &RUNNING
}

fn start() -> Running {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async move {
            let lacking = provide().await;
            let stack = Stack::start(Options { recorder: Some(recorder()), ..Options::default() });
            let stack = stack.await.unwrap_or_else(|error| panic!("{error:#}"));
            let records = Records::follow(stack.telemetry());
            sender.send(Running { stack, lacking, records }).expect("somebody asked");
            std::future::pending::<()>().await;
        });
    });
    receiver.recv().expect("the stack starts; its thread has said why not")
}

/// Before the cluster is made, since its baseline creates the extensions that are there.
async fn provide() -> Option<String> {
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let binaries = Binaries::find(&setup::root(), None, scratch.path()).await.unwrap_or_else(|e| panic!("{e:#}"));
    setup::provide(&setup::database_packages(&binaries)).await.unwrap_or_else(|error| panic!("{error:#}"))
}

impl Running {
    /// Whether pgTAP and the other extensions for tests are there. Loud where they are not, and fatal in CI.
    pub fn has_test_extensions(&self) -> bool {
        let Some(reason) = &self.lacking else { return true };
        assert!(std::env::var("CI").is_err(), "{reason}");
        say::note!("NOT TESTED: {reason}");
        false
    }

    /// The components once more. The host gives an instance that is not recorded sixteen requests at once, where it takes them.
    pub async fn again(&self, recorder: Option<Arc<Recorder>>) -> Host {
        let (root, manifest, variables) = (setup::root(), self.stack.manifest(), self.stack.variables());
        let start = Host::start(&root, Some(manifest), &variables, Sockets::NoDelay, None, recorder);
        start.await.unwrap_or_else(|error| panic!("{error:#}"))
    }

    /// The record of a request.
    pub async fn record(&self, request_id: &str) -> Value {
        self.records.of(request_id).await
    }
}
