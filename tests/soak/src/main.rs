//! `cargo run -p soak`: breaks one part at a time while clients send with retries, and counts what became of every message.
//!
//! In the order in which it goes: [`site`] is all that runs, with the [`host`] as a process that can be killed;
//! [`clients`] make the traffic and [`answer`] is one answer of it; [`scenario`] takes them through a [`fault`], [`judge`]
//! says what did not hold; [`load`] is the long one, and [`output`] what is shown.

mod answer;
mod clients;
mod fault;
mod host;
mod judge;
mod load;
mod output;
mod scenario;
mod site;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Context as _, Result};
use clap::{Parser, ValueEnum as _};
use console::style;
use stack::progress::Progress;
use tokio::signal::unix::{SignalKind, signal};

use crate::{fault::Fault, output::Summary, site::Site};

/// Breaks one part of the system at a time while clients send with retries through the browser module, and counts.
///
/// No message that was answered 201 may be lost, none stored twice; every answer has to be well formed, within the time
/// budget, and on record; and everything has to work again when the fault is over, without a restart of anything that the
/// fault did not kill. Then the functions' host is loaded fully, and must hold no more memory and descriptors than before.
///
/// All of it takes a quarter of an hour, ten minutes of them the load; --sample two minutes, once everything is built.
#[derive(Parser)]
#[command(version, after_help = "Exit status: 0 everything held, 1 something did not, 2 it could not be tried.")]
struct Arguments {
    /// Break this only, and load nothing; may be given several times
    #[arg(long, value_enum, value_name = "FAULT")]
    only: Vec<Fault>,
    /// The two minutes that belong to every change: each fault for two seconds, but for keys-rotated, and seconds of load
    #[arg(long, conflicts_with = "only")]
    sample: bool,
    /// Minutes of full load [default: 10, with --sample a few seconds]
    #[arg(long, value_name = "MINUTES")]
    load_minutes: Option<f64>,
    /// The order of the faults; the same seed, the same order
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write all results to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// One request's budget, in place of the eight seconds of a deployment: what waits for it takes a quarter of the time.
const BUDGET: Duration = Duration::from_secs(2);

/// What half a minute of waiting belongs to, and so not to two minutes in all: an instance's pause between key sets.
const TOO_LONG: [Fault; 1] = [Fault::KeysRotated];

fn main() -> ExitCode {
    let runtime = tokio::runtime::Runtime::new();
    let result = runtime.map_err(Into::into).and_then(|runtime| {
        let result = match host::task() {
            Some(task) => runtime.block_on(host::serve(&task)).map(|()| ExitCode::SUCCESS),
            None => runtime.block_on(run(Arguments::parse())),
        };
        runtime.shutdown_background();
        result
    });
    result.unwrap_or_else(|error: anyhow::Error| {
        say::note!("{} {error:#}", style("error:").red().bold().for_stderr());
        ExitCode::from(2)
    })
}

async fn run(arguments: Arguments) -> Result<ExitCode> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    // Whichever comes first drops the other, and with it all that was started.
    tokio::select! {
        done = soak(arguments) => done,
        _ = interrupt.recv() => Ok(ExitCode::from(130)),
        _ = terminate.recv() => Ok(ExitCode::from(143)),
    }
}

async fn soak(arguments: Arguments) -> Result<ExitCode> {
    let Arguments { only, sample, load_minutes, seed, json } = arguments;
    let mut faults = if only.is_empty() { shuffled(Fault::value_variants().to_vec(), seed) } else { only.clone() };
    faults.retain(|fault| !sample || !TOO_LONG.contains(fault));
    let minutes = load_minutes.unwrap_or(if sample {
        0.1
    } else if only.is_empty() {
        10.0
    } else {
        0.0
    });
    let load = Duration::try_from_secs_f64(minutes * 60.0).context("--load-minutes")?;
    let hold = Duration::from_secs(if sample { 2 } else { 8 });

    let site = Site::start(BUDGET).await?;
    let mut summary = Summary::default();
    // A host that is killed is another one: what it holds is compared from then on.
    let (first, rest): (Vec<Fault>, Vec<Fault>) = faults.into_iter().partition(|fault| *fault == Fault::HostKilled);
    for fault in first {
        summary.faults.push(broken(&site, fault, hold).await?);
    }
    let before = if load.is_zero() { None } else { Some(warmed(&site, load.min(Duration::from_secs(30))).await?) };
    for fault in rest {
        summary.faults.push(broken(&site, fault, hold).await?);
    }
    if before.is_some() {
        let work = async {
            let mut loaded = load::run(&site, load).await?;
            let (after, excess) = load::settled(&site, before).await?;
            (loaded.before, loaded.after) = (before, Some(after));
            loaded.broken.extend(excess);
            Ok(loaded)
        };
        summary.load = Some(Progress::Shown.step(&format!("full load, {minutes} min"), work).await?);
    }
    summary.print()?;
    if let Some(path) = json {
        let text = serde_json::to_string_pretty(&summary)?;
        std::fs::write(&path, text + "\n").with_context(|| format!("--json {}", path.display()))?;
    }
    Ok(if summary.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn broken(site: &Site, fault: Fault, hold: Duration) -> Result<scenario::Outcome> {
    let value = fault.to_possible_value().context("every fault has a name")?;
    let name = value.get_name();
    Progress::Shown.step(name, scenario::run(site, fault, name, hold)).await
}

/// What the host holds once it has worked: allocators and pools fill up the first time.
async fn warmed(site: &Site, time: Duration) -> Result<host::Usage> {
    let work = async {
        load::run(site, time).await?;
        Ok(load::settled(site, None).await?.0)
    };
    Progress::Shown.step("the host warms up", work).await
}

/// By a small generator of its own (xorshift): the order must be the same wherever it runs.
fn shuffled(mut faults: Vec<Fault>, seed: u64) -> Vec<Fault> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for last in (1..faults.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        faults.swap(last, usize::try_from(state % (last as u64 + 1)).unwrap_or_default());
    }
    faults
}
