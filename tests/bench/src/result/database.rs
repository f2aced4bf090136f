//! What was measured of the database: as its rows become more, and of each RPC alone.

use serde::Serialize;

/// The cost as the work grows.
#[derive(Debug, Serialize)]
pub struct Growth {
    /// What our functions ran in.
    pub host: String,
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

/// Each RPC over its bare statement, inside the database.
#[derive(Debug, Serialize)]
pub struct Rpcs {
    /// One for each PostgreSQL that was to be had.
    pub databases: Vec<RpcDatabase>,
    /// What was not, and why.
    pub missing: Vec<String>,
}

/// On one PostgreSQL.
#[derive(Debug, Serialize)]
pub struct RpcDatabase {
    /// Its version.
    pub postgresql: String,
    pub rpcs: Vec<RpcFigures>,
}

/// One call of one RPC: medians over the rounds of the medians of a round.
#[derive(Debug, Serialize)]
pub struct RpcFigures {
    pub rpc: &'static str,
    /// What of it is called, where there is more to call.
    pub case: Option<&'static str>,
    /// The bare statement.
    pub bare_ms: f64,
    pub rpc_ms: f64,
    /// The RPC, less the bare statement.
    pub above_ms: f64,
    /// What the RPC may take.
    pub limit_ms: f64,
    /// What becomes less where the part is left out.
    pub parts: Vec<RpcPart>,
}

/// A part of an RPC.
#[derive(Debug, Serialize)]
pub struct RpcPart {
    pub part: &'static str,
    pub costs_ms: f64,
}

impl RpcFigures {
    /// For people.
    pub fn title(&self) -> String {
        title(self.rpc, self.case)
    }
}

/// What a call of an RPC is called.
pub fn title(rpc: &str, case: Option<&str>) -> String {
    case.map_or_else(|| rpc.to_owned(), |case| format!("{rpc}, {case}"))
}
