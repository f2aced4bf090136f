//! One stack for a whole test binary, on a thread that outlives every test.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError, mpsc},
    time::Duration,
};

use serde_json::Value;
use stack::{
    setup::{self, Binaries},
    stack::{Options, Stack},
};
use tokio::{
    sync::{Notify, broadcast::error::RecvError},
    time::timeout,
};

/// How long a record may take to arrive after its answer.
const RECORD: Duration = Duration::from_secs(10);

/// The stack, and the records that it has written so far.
pub struct Running {
    /// The system itself.
    pub stack: Stack,
    /// Why the machine does not have what the database's own tests need.
    lacking: Option<String>,
    records: Arc<Records>,
}

/// Records by request id, as they arrive.
#[derive(Default)]
pub(crate) struct Records {
    by_request: Mutex<HashMap<String, Value>>,
    arrived: Notify,
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
            let stack = Stack::start(Options::default()).await.unwrap_or_else(|error| panic!("{error:#}"));
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
        eprintln!("NOT TESTED: {reason}");
        false
    }

    /// The record of a request.
    pub async fn record(&self, request_id: &str) -> Value {
        self.records.of(request_id).await
    }
}

impl Records {
    /// Keeps every record from now on.
    pub(crate) fn follow(mut lines: tokio::sync::broadcast::Receiver<String>) -> Arc<Self> {
        let records = Arc::<Self>::default();
        let kept = records.clone();
        tokio::spawn(async move {
            loop {
                let line = match lines.recv().await {
                    Ok(line) => line,
                    Err(RecvError::Lagged(_)) => continue,
                    Err(RecvError::Closed) => return,
                };
                let Ok(mut record) = serde_json::from_str::<Value>(&line) else { continue };
                record["line.length"] = line.len().into();
                let id = record["app.request_id"].as_str().unwrap_or_default().to_owned();
                kept.by_request.lock().unwrap_or_else(PoisonError::into_inner).insert(id, record);
                kept.arrived.notify_waiters();
            }
        });
        records
    }

    /// Waits for the record of a request.
    pub(crate) async fn of(&self, request_id: &str) -> Value {
        let wait = async {
            loop {
                let arrived = self.arrived.notified();
                if let Some(record) = self.by_request.lock().unwrap_or_else(PoisonError::into_inner).get(request_id) {
                    return record.clone();
                }
                arrived.await;
            }
        };
        let record = timeout(RECORD, wait).await.unwrap_or_else(|_| panic!("no record of request {request_id}"));
        assert!(record["line.length"].as_u64() <= Some(4096), "longer than one write: {record}");
        record
    }
}
