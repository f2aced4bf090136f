//! Full load: as many requests as the machine answers, for minutes. Every message is counted, and afterwards the host
//! must hold no more than before.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use futures::future::try_join_all;
use reqwest::{Client, Response};
use serde::Serialize;
use serde_json::json;
use stack::demo;
use uuid::Uuid;

use crate::{
    answer::Attempt,
    host::Usage,
    scenario::{MARGIN, stored},
    site::Site,
};

/// Requests at once.
const AT_ONCE: usize = 32;

/// What may remain beyond what was there before: allocators keep freed pages, a quarter of what they had at most.
const RESIDENT_MIB: u64 = 32;
/// Connections to the origin that wait in the host's pool.
const DESCRIPTORS: usize = 8;
/// An idle instance goes after a second, an idle pooled connection after a minute and a half.
const SETTLING: Duration = Duration::from_secs(100);

/// What the load has shown.
#[derive(Debug, Default, Serialize)]
pub struct Loaded {
    /// Requests that were answered.
    pub requests: usize,
    /// In a second.
    pub rate: f64,
    /// The longest answer, in milliseconds.
    pub worst_ms: u64,
    /// Of the host, before.
    pub before: Option<Usage>,
    /// Of the host, when it had settled.
    pub after: Option<Usage>,
    /// What did not hold.
    pub broken: Vec<String>,
}

/// Loads the host for so long.
pub async fn run(site: &Site, time: Duration) -> Result<Loaded> {
    let prefix = format!("soak load {}", Uuid::new_v4().simple());
    let end = Instant::now() + time;
    let started = Instant::now();
    let all = try_join_all((0..AT_ONCE).map(|number| one(site, number, &prefix, end))).await?;
    let mut loaded = Loaded::default();
    let mut sent = HashMap::new();
    for worker in all {
        loaded.requests += worker.requests;
        loaded.worst_ms = loaded.worst_ms.max(worker.worst_ms);
        loaded.broken.extend(worker.broken.into_iter().take(1));
        sent.extend(worker.sent);
    }
    loaded.rate = loaded.requests as f64 / started.elapsed().as_secs_f64();
    let stored = stored(site, &prefix).await?;
    let lost = sent.iter().filter(|(body, id)| stored.get(*body) != Some(&vec![(*id).clone()])).count();
    if lost > 0 || stored.len() != sent.len() {
        loaded.broken.push(format!(
            "{} answered 201, {lost} of them not stored once, {} stored",
            sent.len(),
            stored.len()
        ));
    }
    let longest = u64::try_from((site.budget + MARGIN).as_millis())?;
    if loaded.worst_ms > longest {
        loaded.broken.push(format!("an answer after {} ms", loaded.worst_ms));
    }
    let recorded = site.records()?.len();
    if recorded != loaded.requests {
        loaded.broken.push(format!("{} answers, {recorded} records", loaded.requests));
    }
    Ok(loaded)
}

/// What the host holds when nobody asks anything, and has not for a while.
pub async fn settled(site: &Site, before: Option<Usage>) -> Result<(Usage, Option<String>)> {
    let end = Instant::now() + SETTLING;
    // Instances are dropped after a second.
    tokio::time::sleep(Duration::from_secs(3)).await;
    loop {
        let usage = site.host.usage().await?;
        let Some(excess) = before.and_then(|before| excess(before, usage)) else { return Ok((usage, None)) };
        if Instant::now() > end {
            return Ok((usage, Some(excess)));
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

fn excess(before: Usage, after: Usage) -> Option<String> {
    let memory = before.resident_mib + before.resident_mib / 4 + RESIDENT_MIB;
    if after.resident_mib > memory {
        return Some(format!("{} MiB before, {} MiB after", before.resident_mib, after.resident_mib));
    }
    let descriptors = before.descriptors + DESCRIPTORS;
    (after.descriptors > descriptors)
        .then(|| format!("{} descriptors before, {} after", before.descriptors, after.descriptors))
}

#[derive(Default)]
struct Worker {
    requests: usize,
    worst_ms: u64,
    /// The id by the body.
    sent: HashMap<String, String>,
    broken: Vec<String>,
}

/// Three times out of four it lists, as clients do.
async fn one(site: &Site, number: usize, prefix: &str, end: Instant) -> Result<Worker> {
    let client = Client::new();
    let (id, email) = &site.people[number % site.people.len()];
    let token = site.stack.keys().user(*id, email)?;
    let url = site.host.url();
    let mut worker = Worker::default();
    while Instant::now() < end {
        let key = Uuid::new_v4();
        let kind = if worker.requests % 4 == 0 { "send" } else { "list" };
        let body = format!("{prefix} {key}");
        let request = if kind == "send" {
            let message = json!({ "channel_id": demo::GENERAL, "body": body, "client_message_id": key });
            client.post(format!("{url}/messages-send")).json(&message)
        } else {
            client.get(format!("{url}/messages-list?channel_id={}&limit=10", demo::GENERAL))
        };
        let started = Instant::now();
        let response = request.bearer_auth(&token).send().await.context("the host does not answer under load")?;
        let attempt = read_attempt(response, kind).await?;
        worker.requests += 1;
        worker.worst_ms = worker.worst_ms.max(u64::try_from(started.elapsed().as_millis())?);
        if let Some(why) = attempt.form_error() {
            worker.broken.push(why);
        } else if !attempt.succeeded() {
            worker.broken.push(format!("{kind} {}", attempt.body));
        } else if kind == "send" {
            let answer: serde_json::Value = serde_json::from_str(&attempt.body)?;
            worker.sent.insert(body, answer["id"].as_str().unwrap_or_default().to_owned());
        }
        if worker.broken.len() > 1000 {
            bail!("under load nothing works: {}", worker.broken[0]);
        }
    }
    Ok(worker)
}

async fn read_attempt(response: Response, kind: &str) -> Result<Attempt> {
    let headers =
        response.headers().iter().filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
    let (headers, status) = (headers.collect(), response.status().as_u16());
    let body = response.text().await.context("half an answer under load")?;
    Ok(Attempt { kind: kind.to_owned(), status: Some(status), headers, body, ..Attempt::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_is_noticed() {
        let before = Usage { resident_mib: 100, descriptors: 20 };

        assert_eq!(excess(before, before), None);
        assert!(excess(before, Usage { resident_mib: 158, ..before }).is_some());
        assert!(excess(before, Usage { descriptors: 29, ..before }).is_some());
    }
}
