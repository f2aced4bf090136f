//! What was measured, as `--json` writes it and as the page and the terminal show it. Units are in the names.

pub mod database;
pub mod host;

use serde::Serialize;

use self::{
    database::{Growth, Rpcs},
    host::{First, Micro, ProcessFigures, Soak},
};
use crate::{limits::Limit, machine::Machine, people::Algorithm};

/// One run.
#[derive(Debug, Serialize)]
pub struct Run {
    /// Where, and with which versions.
    pub machine: Machine,
    /// What our functions ran in: `stack`, or what Spin says of itself.
    pub host: String,
    /// How the time was divided.
    pub method: Method,
    /// Ours and the peers, over a direct call.
    pub speed: Option<Speed>,
    /// Ours in the stack's host without `TCP_NODELAY`.
    pub sockets: Option<Vec<Cell>>,
    /// After a pause.
    pub first: Option<First>,
    /// Minutes on end.
    pub soak: Option<Soak>,
    /// In the database.
    pub rpc: Option<Rpcs>,
    /// One instance.
    pub micro: Option<Micro>,
    /// The cost as the work grows.
    pub growth: Option<Growth>,
    /// What was asked for, and whether it was met.
    pub limits: Vec<Limit>,
}

impl Run {
    /// Of which nothing has been measured yet.
    pub fn new(machine: Machine, host: String, method: Method) -> Self {
        let (speed, sockets, first, soak, rpc, micro, growth) = (None, None, None, None, None, None, None);
        Self { machine, host, method, speed, sockets, first, soak, rpc, micro, growth, limits: Vec::new() }
    }

    /// Whether ours ran in Spin, or in what stands in for it.
    pub fn in_spin(&self) -> bool {
        self.host.starts_with("spin ")
    }
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

/// Nothing that we do takes so long; a wait for a delayed acknowledgement takes twice as long.
pub const SLOW_MS: f64 = 20.0;

/// What one system did in one cell: medians over the rounds.
#[derive(Debug, Serialize)]
pub struct Figures {
    /// `direct`, `lockstep`, `deno`, `node`.
    pub system: &'static str,
    /// Of ours: `stack`, or what Spin says of itself.
    pub host: Option<String>,
    /// In all rounds.
    pub requests: u64,
    pub p50_ms: f64,
    pub p95_ms: f64,
    pub p99_ms: f64,
    /// The slowest of all rounds.
    pub max_ms: f64,
    /// How many took longer than 20 ms, in all rounds.
    pub slow_requests: u64,
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
