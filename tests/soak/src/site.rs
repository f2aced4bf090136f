//! All that runs: the stack of the tests, with PostgreSQL as durable as a deployment's, and the functions' host beside it.

use std::{collections::HashMap, fs, path::PathBuf, time::Duration};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use stack::{
    demo,
    progress::Progress,
    reaper::Reaper,
    setup,
    stack::{Components, Options, Stack},
};
use tempfile::TempDir;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::host::HostProcess;

/// How many people write beside the demo's.
const PEOPLE: usize = 6;

/// What runs. The host goes first.
pub struct Site {
    /// The functions.
    pub host: HostProcess,
    /// Everything else.
    pub stack: Stack,
    /// The functions' budget for one request.
    pub budget: Duration,
    /// E-mail addresses of the members of the demo's channel.
    pub people: Vec<(Uuid, String)>,
    /// What clients stage.
    pub staging: Value,
    logs: PathBuf,
    _folder: TempDir,
    /// Stops the processes that are ours, whatever ends us.
    pub reaper: Reaper,
}

impl Site {
    /// Starts it, with this budget for one request.
    pub async fn start(budget: Duration) -> Result<Self> {
        setup::packages(&setup::root().join("tests/stack/demo")).await?;
        let options =
            Options { durable: true, components: Components::Built, progress: Progress::Shown, ..Options::default() };
        let stack = Stack::start(options).await?;
        let folder = tempfile::Builder::new().prefix("soak-").tempdir()?;
        let reaper = Reaper::start()?;
        reaper.folder(folder.path())?;
        let logs = folder.path().join("logs");
        let mut variables = stack.variables();
        // As a project of today: no token is good without the key set.
        variables.remove("supabase_jwt_secret");
        variables.insert("request_timeout_ms".into(), budget.as_millis().to_string());
        let start = HostProcess::start(variables, &logs, &reaper);
        let host = Progress::Shown.step("the functions' host", start).await?;
        let people = people(&stack.cluster().connect("postgres").await?).await?;
        let staging = staging();
        Ok(Self { host, stack, budget, people, staging, logs, _folder: folder, reaper })
    }

    /// A connection for which PostgreSQL keeps a place.
    pub async fn superuser(&self) -> Result<Client> {
        self.stack.cluster().connect("supabase_admin").await
    }

    /// Status and code by request id, of all records since the last time.
    pub fn records(&self) -> Result<HashMap<String, (u16, Option<String>)>> {
        let mut records = HashMap::new();
        for entry in fs::read_dir(&self.logs)? {
            let path = entry?.path();
            for line in fs::read_to_string(&path)?.lines() {
                // The host may have been killed in the middle of one.
                let Ok(record) = serde_json::from_str::<Value>(line) else { continue };
                let id = record["app.request_id"].as_str().unwrap_or_default().to_owned();
                let status = record["http.response.status_code"].as_u64().and_then(|status| status.try_into().ok());
                let code = record["error.type"].as_str().map(str::to_owned);
                records.insert(id, (status.context("a record without a status")?, code));
            }
            // The host appends: the file begins anew.
            fs::OpenOptions::new().write(true).open(&path)?.set_len(0)?;
        }
        Ok(records)
    }
}

/// Members of the demo's channel who may write as much as they like.
async fn people(database: &Client) -> Result<Vec<(Uuid, String)>> {
    let mut people = vec![(demo::ADA, "ada@example.com".to_owned()), (demo::GRACE, "grace@example.com".to_owned())];
    for number in 1..=PEOPLE {
        let (id, email) = (Uuid::new_v4(), format!("soak{number}@example.com"));
        let account = "insert into auth.users (id, aud, role, email) values ($1, 'authenticated', 'authenticated', $2)";
        database.execute(account, &[&id, &email]).await?;
        let member = "insert into public.social_channel_members (channel_id, user_id) values ($1, $2)";
        database.execute(member, &[&demo::GENERAL, &id]).await?;
        people.push((id, email));
    }
    let unlimited =
        "update lockstep.settings set value = '999999999' where name in ('messages_per_minute', 'stagings_per_minute')";
    database.execute(unlimited, &[]).await?;
    Ok(people)
}

/// The same each time: what is staged twice is staged once.
fn staging() -> Value {
    json!({
        "room_id": demo::ROOM,
        "game_id": demo::GAME,
        "match_instance_id": Uuid::new_v4(),
        "roster": [
            { "slot_index": 0, "role": "attack", "owner_id": demo::ADA, "ready": true },
            { "slot_index": 2, "role": "support", "owner_id": demo::GRACE, "ready": true },
        ],
        "slot_template": {
            "version": 1_000_000,
            "roles": [{ "name": "attack", "slot_count": 1 }, { "name": "support", "slot_count": 1 }],
            "slots": [{ "slot_index": 0, "role": "attack" }, { "slot_index": 2, "role": "support" }],
        },
    })
}
