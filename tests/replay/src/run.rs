//! Through a recording: every request by itself, in any order, as often as is asked for.

use std::{
    io::IsTerminal as _,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhow::{Context as _, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use rand::{SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use serde::Serialize;
use stack::host::{
    record::format::Entry,
    replay::{Recording, caches},
};

use crate::{
    compare::{Difference, difference},
    components::Components,
};

/// What is to be run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The id of one request.
    pub only: Option<String>,
    /// The seed of the order.
    pub shuffle: Option<u64>,
    /// How often.
    pub times: u32,
}

/// What came of it.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// How many requests were run.
    pub requests: usize,
    /// How often each was run.
    pub times: u32,
    /// In which order, where it was not the recorded one.
    pub seed: Option<u64>,
    /// The number of a last line that broke off, and was left out.
    pub broken_line: Option<usize>,
    /// The requests that differ, each with its first difference, in the order in which they were run.
    pub differences: Vec<Different>,
}

/// A request that did something else.
#[derive(Debug, Clone, Serialize)]
pub struct Different {
    /// Its id.
    pub id: String,
    /// Where it went.
    pub component: String,
    /// Its method.
    pub method: String,
    /// Its URI.
    pub uri: String,
    /// The first.
    #[serde(flatten)]
    pub difference: Difference,
}

/// A seed that nobody has chosen.
pub fn seed() -> u64 {
    u64::from(std::process::id()) ^ std::time::UNIX_EPOCH.elapsed().map_or(0, |time| u64::from(time.subsec_nanos()))
}

/// Runs what is asked for, on all cores.
pub fn run(recording: &Recording, components: &Components, options: &Options) -> Result<Outcome> {
    let chosen = |entry: &&Entry| options.only.as_ref().is_none_or(|id| entry.id == *id);
    let chosen: Vec<&Entry> = recording.entries.iter().filter(chosen).collect();
    if let (Some(id), true) = (&options.only, chosen.is_empty()) {
        bail!("no request has the id {id}: it is the answer's x-request-id");
    }
    let players = components.players(&chosen)?;
    let instances = recording.instances();
    let mut order: Vec<&Entry> = (0..options.times).flat_map(|_| chosen.iter().copied()).collect();
    if let Some(seed) = options.shuffle {
        order.shuffle(&mut StdRng::seed_from_u64(seed));
    }

    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let progress = progress(order.len());
    let work = || -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(entry) = order.get(index).copied() else { return Ok(()) };
            let player = players.get(&entry.component).context("every component has been loaded")?;
            let played = runtime.block_on(player.play(&caches(entry, &instances), entry));
            let observed = played.with_context(|| format!("request {} cannot be run again", entry.id))?;
            if let Some(difference) = difference(entry, &observed) {
                found.lock().unwrap_or_else(PoisonError::into_inner).push((index, different(entry, difference)));
            }
            progress.inc(1);
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..std::thread::available_parallelism().map_or(1, usize::from)).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("it does not panic"))
    })?;
    progress.finish_and_clear();

    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by_key(|(index, _)| *index);
    Ok(Outcome {
        requests: chosen.len(),
        times: options.times,
        seed: options.shuffle,
        broken_line: recording.broken,
        differences: found.into_iter().map(|(_, different)| different).collect(),
    })
}

fn different(entry: &Entry, difference: Difference) -> Different {
    Different {
        id: entry.id.clone(),
        component: entry.component.clone(),
        method: entry.request.method.clone(),
        uri: entry.request.uri.lossy().into_owned(),
        difference,
    }
}

fn progress(length: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} requests  {elapsed}").expect("a constant template");
    ProgressBar::new(length as u64).with_style(style)
}
