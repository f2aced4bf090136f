//! What the components have written so far, each line held to what a record must be: one write, the schema, and nothing
//! of a token or a key in it. A line that is not ends the whole run, because no single test waits for all of them.

use std::{
    collections::HashMap,
    fs,
    io::Write as _,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::Duration,
};

use serde_json::Value;
use stack::setup;
use tokio::{
    sync::{
        Notify,
        broadcast::{Receiver, error::RecvError},
    },
    time::timeout,
};

/// How long a record may take to arrive after its answer.
const RECORD: Duration = Duration::from_secs(10);

/// What tokens and keys begin with, and what e-mail addresses have in them.
const SECRETS: [&str; 5] = ["eyJ", "sb_publishable_", "sb_secret_", "Bearer ", "@"];

/// Records by request id, as they arrive.
#[derive(Default)]
pub struct Records {
    by_request: Mutex<HashMap<String, Value>>,
    arrived: Notify,
}

impl Records {
    /// Keeps every record from now on.
    pub fn follow(mut lines: Receiver<String>) -> Arc<Self> {
        let records = Arc::<Self>::default();
        let kept = records.clone();
        tokio::spawn(async move {
            loop {
                match lines.recv().await {
                    Ok(line) => kept.keep(&line),
                    Err(RecvError::Lagged(lost)) => fail(&format!("{lost} lines were not looked at")),
                    Err(RecvError::Closed) => return,
                }
            }
        });
        records
    }

    fn keep(&self, line: &str) {
        let record = checked(line).unwrap_or_else(|fault| fail(&format!("{fault}: {line}")));
        let id = record["app.request_id"].as_str().unwrap_or_default().to_owned();
        self.by_request.lock().unwrap_or_else(PoisonError::into_inner).insert(id, record);
        self.arrived.notify_waiters();
    }

    /// Waits for the record of a request.
    pub async fn of(&self, request_id: &str) -> Value {
        let wait = async {
            loop {
                let arrived = self.arrived.notified();
                if let Some(record) = self.by_request.lock().unwrap_or_else(PoisonError::into_inner).get(request_id) {
                    return record.clone();
                }
                arrived.await;
            }
        };
        timeout(RECORD, wait).await.unwrap_or_else(|_| panic!("no record of request {request_id}"))
    }
}

/// The record, if the line is one.
fn checked(line: &str) -> Result<Value, String> {
    static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
        let path = setup::root().join("functions/_shared/record/record.schema.json");
        let text = fs::read_to_string(path).expect("the schema is part of the product");
        let schema = serde_json::from_str(&text).expect("a schema is JSON");
        jsonschema::options().should_validate_formats(true).build(&schema).expect("it is a schema")
    });
    if line.len() >= record::MAX_LINE {
        return Err(format!("{} bytes are more than one write", line.len()));
    }
    if let Some(secret) = SECRETS.into_iter().find(|secret| line.contains(secret)) {
        return Err(format!("a record with {secret:?} in it"));
    }
    let value: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    SCHEMA.validate(&value).map_err(|error| error.to_string())?;
    Ok(value)
}

fn fail(why: &str) -> ! {
    // Not by a macro: what those write is kept for the test that has failed, and none has.
    let _said = std::io::stderr().write_all(format!("\nTELEMETRY IS WRONG: {why}\n").as_bytes());
    std::process::exit(101);
}
