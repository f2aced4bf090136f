//! The report: what `--json` prints, field by field, and what the page shows. A field is never renamed or given another
//! meaning without a new number in `format`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    burn::{Burn, Stretch, Window},
    group::Kind,
    mismatch::Mismatch,
    moment::Moment,
    objectives::Objectives,
    reject::Rejected,
    series::Series,
};

/// What the records say.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Of these fields: 1.
    pub format: u32,
    /// The answer to "which version burned the budget, since when", in words.
    pub headline: String,
    /// The oldest request that counts.
    pub first: Option<Moment>,
    /// The newest.
    pub last: Option<Moment>,
    /// Where the windows end.
    pub now: Option<Moment>,
    /// What was read.
    pub lines: Lines,
    /// What was promised.
    pub objectives: Objectives,
    /// Functions that met a database without their RPC's version.
    pub mismatches: Vec<Mismatch>,
    /// The budget of requests that may be answered with a 5xx.
    pub availability: Budget,
    /// The budget of requests that may take too long.
    pub latency: Budget,
    /// The rules that fire, those of all requests first.
    pub burning: Vec<Burn>,
    /// All requests.
    pub total: Group,
    /// By RPC and version, those that burned most first.
    pub groups: Vec<Group>,
    /// Codes of problems, the most frequent first.
    pub codes: Vec<Code>,
    /// Over time.
    pub series: Series,
}

impl Report {
    /// The rules that fire: empty where the budget lasts.
    pub fn burning(&self) -> &[Burn] {
        &self.burning
    }
}

/// What was read, by what it was.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Lines {
    /// All that are not empty.
    pub read: u64,
    /// Records in them: a line can have many, and one can go over many lines.
    pub records: u64,
    /// Records from before or after the time that was asked for. They count nowhere.
    pub outside: u64,
    /// Browsers' preflights (`OPTIONS`). They count nowhere else.
    pub preflights: u64,
    /// Requests to functions that are turned off (`feature_disabled`). They count nowhere else.
    pub turned_off: u64,
    /// Lines that are no records.
    pub rejected: Rejected,
}

/// What of a budget is used.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Budget {
    /// What was promised, in percent.
    pub objective_percent: f64,
    /// Requests that count for it.
    pub requests: u64,
    /// Those that were not as promised.
    pub bad: u64,
    /// How many may be.
    pub allowed: f64,
    /// The share of the budget that is used: 1 is all of it.
    pub used: f64,
}

/// Requests with something in common: an RPC and the version that answered.
#[derive(Debug, Clone, Serialize)]
pub struct Group {
    /// What to call it.
    pub label: String,
    /// What they have in common.
    pub kind: Kind,
    /// The RPC; the function where none was called.
    pub name: String,
    /// The version that answered; where none did, the one that the function was built for.
    pub version: Option<String>,
    /// How many there are.
    pub requests: u64,
    /// Answered with 2xx or 3xx.
    pub ok: u64,
    /// Answered with 4xx: the caller is to blame. They burn nothing.
    pub client_errors: u64,
    /// Answered with 5xx.
    pub server_errors: u64,
    /// The share of those, of 1.
    pub error_rate: f64,
    /// Neither 4xx nor 5xx, and longer than the threshold.
    pub slow: u64,
    /// Of all requests answered with 5xx, the share that is this group's, of 1.
    pub availability_burned_share: f64,
    /// Of all that were too slow.
    pub latency_burned_share: f64,
    /// Of the whole request, without the time in which the caller sent its body.
    pub duration_ms: Latency,
    /// Of the RPC's call.
    pub rpc_ms: Latency,
    /// Rows that went to callers.
    pub rows: u64,
    /// Calls that were repeated.
    pub retries: u64,
    /// The oldest.
    pub first: Option<Moment>,
    /// The newest.
    pub last: Option<Moment>,
    /// The oldest answered with a 5xx.
    pub first_bad: Option<Moment>,
    /// The newest.
    pub last_bad: Option<Moment>,
    /// When it burned the availability budget: the stretch in which it exceeded it most.
    pub availability_burned: Option<Stretch>,
    /// The same of the latency budget.
    pub latency_burned: Option<Stretch>,
    /// Burn rates.
    pub windows: Vec<Window>,
    /// Versions of the functions, with their requests.
    pub function_versions: BTreeMap<String, u64>,
    /// Contracts (SHA-256) that the functions were built with, with their requests.
    pub contracts: BTreeMap<String, u64>,
    /// Codes of problems, with their requests.
    pub codes: BTreeMap<String, u64>,
}

/// Milliseconds, to three significant digits. Absent where nothing was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Latency {
    /// Half took no longer.
    pub p50: Option<f64>,
    /// 95 of 100.
    pub p95: Option<f64>,
    /// 99 of 100.
    pub p99: Option<f64>,
}

/// A problem's code.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Code {
    /// As callers see it.
    pub code: String,
    /// The status it came with.
    pub status: u16,
    /// How many there are.
    pub count: u64,
    /// The first cause that was given, which callers do not see.
    pub cause: Option<String>,
}
