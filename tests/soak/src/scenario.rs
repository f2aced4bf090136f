//! One fault from its beginning to the last message: traffic, the fault, traffic until everybody is served again, and
//! then the count.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use serde::Serialize;
use stack::demo;
use uuid::Uuid;

use crate::{
    clients::{Clients, Said},
    fault::Fault,
    judge::{Rules, Stored, broken_rules},
    site::Site,
};

/// What a client measures beyond the functions' own budget: connecting, and a machine whose cores are all busy.
pub const MARGIN: Duration = Duration::from_millis(1500);

/// Traffic before the fault.
const BEFORE: Duration = Duration::from_secs(1);

/// For the last of what was begun: retries pause for up to two seconds.
const DRAIN: Duration = Duration::from_secs(30);

/// What became of one fault.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// What was broken.
    pub fault: String,
    /// Calls that were begun.
    pub calls: usize,
    /// Answers 201.
    pub stored: usize,
    /// Answers, or connections without one, that led to a repetition.
    pub retries: usize,
    /// The longest that a client has waited for one answer, in milliseconds.
    pub worst_ms: u64,
    /// From the mending until each client was served again, in seconds; absent where one never was.
    pub recovery_s: Option<f64>,
    /// What did not hold. Nothing: all is well.
    pub broken: Vec<String>,
}

/// Breaks one thing for so long.
pub async fn run(site: &Site, fault: Fault, name: &str, hold: Duration) -> Result<Outcome> {
    let prefix = format!("soak {name} {}", Uuid::new_v4().simple());
    site.records()?;
    let mut clients = Clients::start(site, &prefix).await?;
    clients.listen(BEFORE).await?;

    let broken = fault.begin(site).await?;
    if fault.needs_new_instances() {
        clients.lull()?;
    }
    clients.listen(hold).await?;
    fault.end(site, broken).await?;
    let mended = now();
    let recovery = clients.recovered(mended, fault.patience()).await?;
    let said = clients.finish(DRAIN).await?;

    let stored = stored(site, &prefix).await?;
    let longest_ms = u64::try_from((site.budget + MARGIN).as_millis())?;
    let rules = Rules { prefix: &prefix, longest_ms, codes: fault.codes(), may_be_silent: fault == Fault::HostKilled };
    let mut broken = broken_rules(&said, &stored, &site.records()?, &rules);
    if recovery.is_none() {
        broken.push(format!("a client was not served within {} s of the mending", fault.patience().as_secs()));
    }
    if !felt(&said, fault) {
        broken.push("no client noticed the fault: nothing was tried".into());
    }
    Ok(outcome(name, &said, recovery, broken))
}

fn outcome(name: &str, said: &Said, recovery: Option<Duration>, broken: Vec<String>) -> Outcome {
    Outcome {
        fault: name.to_owned(),
        calls: said.begun.len(),
        stored: said.attempts.iter().filter(|attempt| attempt.status == Some(201)).count(),
        retries: said.attempts.iter().filter(|attempt| !attempt.succeeded()).count(),
        worst_ms: said.attempts.iter().map(|attempt| attempt.ms).max().unwrap_or_default(),
        recovery_s: recovery.map(|time| time.as_secs_f64()),
        broken,
    }
}

/// Whether it reached anybody. Where keys rotate as they should, nobody need notice.
fn felt(said: &Said, fault: Fault) -> bool {
    let refused = |code: Option<&str>| code.is_some_and(|code| fault.codes().contains(&code));
    match fault {
        Fault::KeysRotated => true,
        Fault::HostKilled => said.attempts.iter().any(|attempt| attempt.failure.is_some()),
        _ => said.attempts.iter().any(|attempt| refused(attempt.code())),
    }
}

/// What is in the table of one run's messages.
pub async fn stored(site: &Site, prefix: &str) -> Result<Stored> {
    let query = "select body, id::text from public.social_messages where channel_id = $1 and starts_with(body, $2)";
    let rows = site.superuser().await?.query(query, &[&demo::GENERAL, &prefix]).await?;
    let mut stored = Stored::new();
    for row in rows {
        stored.entry(row.get(0)).or_default().push(row.get(1));
    }
    Ok(stored)
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
