//! What was measured, as `--json` writes it and as the page and the terminal show it. Units are in the names.

use serde::Serialize;

use crate::{limits::Limit, machine::Machine, people::Algorithm};

/// One run.
#[derive(Debug, Serialize)]
pub struct Run {
    /// Where, and with which versions.
    pub machine: Machine,
    /// How the time was divided.
    pub method: Method,
    /// Ours and the peers, over a direct call.
    pub speed: Option<Speed>,
    /// Ours without `TCP_NODELAY`.
    pub sockets: Option<Vec<Cell>>,
    /// One instance.
    pub micro: Option<Micro>,
    /// The cost as the work grows.
    pub growth: Option<Growth>,
    /// What was asked for, and whether it was met.
    pub limits: Vec<Limit>,
}

/// How it was measured.
#[derive(Debug, Clone, Serialize)]
pub struct Method {
    /// `true` for a run whose figures are for trying the tool only.
    pub quick: bool,
    /// In each of which every system had its turn.
    pub rounds: usize,
    /// Of one system in one round.
    pub warm_up_seconds: f64,
    /// After the warm-up.
    pub measured_seconds: f64,
}

/// Requests under load.
#[derive(Debug, Serialize)]
pub struct Speed {
    /// Each with all systems.
    pub cells: Vec<Cell>,
    /// Of the processes, after the load.
    pub processes: Vec<ProcessFigures>,
}

/// One operation, at one concurrency, with one kind of token.
#[derive(Debug, Serialize)]
pub struct Cell {
    /// `messages-list`, …
    pub name: String,
    /// Of a list; 0 elsewhere.
    pub rows: usize,
    /// How many ask at once.
    pub connections: usize,
    /// Of the tokens.
    pub algorithm: Algorithm,
    /// Whether Auth is asked before a write.
    pub session_check: bool,
    /// The direct call first.
    pub systems: Vec<Figures>,
}

/// What one system did in one cell: medians over the rounds.
#[derive(Debug, Serialize)]
pub struct Figures {
    /// `direct`, `lockstep`, `deno`, `node`.
    pub system: &'static str,
    /// In all rounds.
    pub requests: u64,
    pub p50_ms: f64,
    pub p95_ms: f64,
    pub p99_ms: f64,
    /// p50, less that of the direct call.
    pub added_p50_ms: f64,
    pub requests_per_second: f64,
    /// Of the direct call's.
    pub throughput_ratio: f64,
    /// Of all processes that take part, the database included.
    pub cpu_seconds_per_1000: f64,
    /// Less that of the direct call.
    pub added_cpu_seconds_per_1000: f64,
}

/// A process that serves functions.
#[derive(Debug, Serialize)]
pub struct ProcessFigures {
    pub system: &'static str,
    /// Proportional set size after the load.
    pub memory_bytes: u64,
    /// From its start to the first right answer, compiled code cached.
    pub first_answer_ms: f64,
}

/// One instance.
#[derive(Debug, Serialize)]
pub struct Micro {
    pub components: Vec<ComponentFigures>,
    /// The component's own time for a token that it has verified before.
    pub repeated_es256_us: f64,
    /// And for one that it has not.
    pub first_es256_us: f64,
    /// The same with the shared secret.
    pub first_hs256_us: f64,
}

/// A component.
#[derive(Debug, Serialize)]
pub struct ComponentFigures {
    pub component: String,
    pub size_bytes: u64,
    /// Median.
    pub instantiation_us: f64,
    /// Of how many instances.
    pub instantiations: usize,
    /// The largest linear memory at the end of 128 requests, one at a time.
    pub memory_bytes: usize,
    /// The same with sixteen at once.
    pub memory_at_16_bytes: usize,
}

/// The cost as the work grows.
#[derive(Debug, Serialize)]
pub struct Growth {
    pub lists: Vec<GrownList>,
    pub sweeps: Vec<GrownSweep>,
}

/// With so many messages.
#[derive(Debug, Serialize)]
pub struct GrownList {
    pub messages: u64,
    pub newest_direct_ms: f64,
    pub newest_lockstep_ms: f64,
    pub middle_direct_ms: f64,
    pub middle_lockstep_ms: f64,
    /// Of the RPCs' queries.
    pub plans: Vec<String>,
    /// Whether all of them find their rows by the index alone.
    pub by_index: bool,
    pub gate_ms: f64,
}

/// With so many overlays that are over.
#[derive(Debug, Serialize)]
pub struct GrownSweep {
    pub overlays: u64,
    pub took_ms: f64,
}

impl Cell {
    /// A system's figures.
    pub fn of(&self, system: &str) -> Option<&Figures> {
        self.systems.iter().find(|figures| figures.system == system)
    }

    /// For people.
    pub fn title(&self) -> String {
        title(&self.name, self.rows, self.algorithm, self.session_check)
    }
}

/// What a cell is called, without its concurrency.
pub fn title(name: &str, rows: usize, algorithm: Algorithm, session_check: bool) -> String {
    let rows = match rows {
        0 => String::new(),
        1 => ", 1 row".to_owned(),
        _ => format!(", {rows} rows"),
    };
    let check = if session_check { ", session checked" } else { "" };
    format!("{name}{rows}, {algorithm}{check}")
}

/// How many ask at once, for people.
pub fn connections(count: usize) -> String {
    if count == 1 { "1 connection".to_owned() } else { format!("{count} connections") }
}
