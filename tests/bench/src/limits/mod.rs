//! The limits that the product sets itself, and whether a run met them.

mod database;
mod host;
mod speed;

use serde::Serialize;

use crate::result::Run;

/// Whether a limit was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Held,
    Missed,
    /// What it depends on was not so.
    NotJudged,
}

/// One limit, and the figure.
#[derive(Debug, Clone, Serialize)]
pub struct Limit {
    pub what: String,
    pub limit: String,
    pub figure: String,
    pub verdict: Verdict,
    /// Of figures of our functions: what they ran in.
    pub host: Option<String>,
}

impl Limit {
    fn at_most(what: impl Into<String>, limit: f64, figure: f64, unit: &str) -> Self {
        Self::judged(what, format!("at most {}", shown(limit, unit)), shown(figure, unit), figure <= limit)
    }

    fn at_least(what: impl Into<String>, limit: f64, figure: f64, unit: &str) -> Self {
        Self::judged(what, format!("at least {}", shown(limit, unit)), shown(figure, unit), figure >= limit)
    }

    fn judged(what: impl Into<String>, limit: String, figure: String, held: bool) -> Self {
        let verdict = if held { Verdict::Held } else { Verdict::Missed };
        Self { what: what.into(), limit, figure, verdict, host: None }
    }

    /// Held or missed, it says nothing: because of this.
    fn not_judged(mut self, because: &str) -> Self {
        self.verdict = Verdict::NotJudged;
        self.limit += &format!("; not judged: {because}");
        self
    }
}

/// With as many digits as are worth reading.
fn shown(value: f64, unit: &str) -> String {
    let digits = if value.abs() >= 100.0 { 0 } else { 2 };
    format!("{value:.digits$} {unit}").trim_end().to_owned()
}

/// Of a run.
pub fn check(run: &Run) -> Vec<Limit> {
    let mut limits = Vec::new();
    let mut add = |host: Option<&str>, of: Vec<Limit>| {
        limits.extend(of.into_iter().map(|limit| Limit { host: host.map(str::to_owned), ..limit }));
    };
    let (ours, stack) = (Some(run.host.as_str()), Some("stack"));
    add(ours, run.speed.iter().flat_map(|speed| speed::check(speed, run.in_spin())).collect());
    add(stack, run.sockets.iter().flatten().filter_map(speed::stall).collect());
    add(ours, run.first.iter().flat_map(host::first).collect());
    add(ours, run.soak.iter().flat_map(host::soak).collect());
    add(stack, run.micro.iter().flat_map(host::micro).collect());
    add(None, run.rpc.iter().flat_map(database::rpcs).collect());
    add(ours, run.growth.iter().flat_map(database::lists).collect());
    add(None, run.growth.iter().flat_map(database::others).collect());
    limits
}
