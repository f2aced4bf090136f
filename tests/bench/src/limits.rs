//! The limits that the product sets itself, and whether a run met them.

use serde::Serialize;

use crate::{
    people::Algorithm,
    result::{Cell, Figures, Growth, Micro, Run},
};

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
        Self { what: what.into(), limit, figure, verdict }
    }
}

/// With as many digits as are worth reading.
fn shown(value: f64, unit: &str) -> String {
    let digits = if value.abs() >= 100.0 { 0 } else { 2 };
    format!("{value:.digits$} {unit}").trim_end().to_owned()
}

/// Of a run.
pub fn judge(run: &Run) -> Vec<Limit> {
    let mut limits = Vec::new();
    if let Some(speed) = &run.speed {
        for (name, rows, algorithm) in [
            ("messages-list", 50, Algorithm::Es256),
            ("messages-list", 50, Algorithm::Hs256),
            ("messages-send", 0, Algorithm::Es256),
        ] {
            let at = |connections| {
                speed.cells.iter().find(|cell| {
                    let same = cell.name == name && cell.rows == rows && cell.algorithm == algorithm;
                    same && cell.connections == connections && !cell.session_check
                })
            };
            let what = format!("{name}, {algorithm}");
            limits.extend(at(1).into_iter().flat_map(|cell| latency(&what, cell)));
            limits.extend(at(16).into_iter().flat_map(|cell| throughput(&what, cell)));
        }
    }
    limits.extend(run.sockets.iter().flatten().filter_map(stall));
    limits.extend(run.micro.iter().flat_map(micro));
    limits.extend(run.growth.iter().flat_map(growth));
    limits
}

fn peers(cell: &Cell) -> impl Iterator<Item = &Figures> {
    cell.systems.iter().filter(|figures| !["direct", "lockstep"].contains(&figures.system))
}

fn latency(what: &str, cell: &Cell) -> Vec<Limit> {
    let Some(ours) = cell.of("lockstep") else { return Vec::new() };
    let mut limits = vec![Limit::at_most(format!("{what}: added p50 at 1 connection"), 0.4, ours.added_p50_ms, "ms")];
    for peer in peers(cell) {
        let fifth = peer.added_p50_ms / 5.0;
        limits.push(Limit::at_most(
            format!("{what}: added p50, a fifth of what {} adds", peer.system),
            fifth,
            ours.added_p50_ms,
            "ms",
        ));
    }
    limits
}

fn throughput(what: &str, cell: &Cell) -> Vec<Limit> {
    let Some(ours) = cell.of("lockstep") else { return Vec::new() };
    let mut limits = vec![Limit::at_least(
        format!("{what}: throughput of direct at {} connections", cell.connections),
        75.0,
        ours.throughput_ratio * 100.0,
        "%",
    )];
    for peer in peers(cell) {
        let times = ours.requests_per_second / peer.requests_per_second;
        limits.push(Limit::at_least(format!("{what}: throughput over {}'s", peer.system), 2.5, times, "times"));
    }
    limits
}

/// A wait for a delayed acknowledgement takes 40 ms. The write path is another matter, and not judged.
fn stall(cell: &Cell) -> Option<Limit> {
    if cell.name == "messages-send" {
        return None;
    }
    let (direct, ours) = (cell.of("direct")?, cell.of("lockstep")?);
    let what = format!("{} without TCP_NODELAY, {} connections: p99", cell.name, cell.connections);
    let mut limit = Limit::at_most(what, 20.0, ours.p99_ms, "ms");
    if direct.p99_ms >= 10.0 {
        limit.verdict = Verdict::NotJudged;
        limit.limit += &format!(", where direct is below 10 ms (it is {:.1})", direct.p99_ms);
    }
    Some(limit)
}

fn micro(micro: &Micro) -> Vec<Limit> {
    let mut limits = vec![
        Limit::at_most("a repeated ES256 token", 20.0, micro.repeated_es256_us, "µs"),
        Limit::at_most("a first ES256 token", 1000.0, micro.first_es256_us, "µs"),
    ];
    for figures in &micro.components {
        let name = &figures.component;
        let size = figures.size_bytes as f64 / 1000.0;
        let memory = figures.memory_bytes.max(figures.memory_at_16_bytes) as f64 / 1024.0 / 1024.0;
        limits.push(Limit::at_most(format!("{name}: instantiation"), 300.0, figures.instantiation_us, "µs"));
        limits.push(Limit::at_most(format!("{name}: size"), 600.0, size, "KB"));
        limits.push(Limit::at_most(format!("{name}: memory after 128 requests"), 4.0, memory, "MiB"));
    }
    limits
}

/// What still counts as flat, and as linear: noise is a part of every figure.
const FLAT: f64 = 1.5;
const LINEAR: f64 = 2.0;
/// With fewer messages, sorting those of a channel is as cheap, and PostgreSQL may well do it.
const SMALL: u64 = 10_000;

fn growth(growth: &Growth) -> Vec<Limit> {
    let mut limits = Vec::new();
    if let [first, .., last] = growth.lists.as_slice() {
        let what = |of: &str| format!("{of}: {} messages over {}", last.messages, first.messages);
        let mut flat =
            |of: &str, small: f64, large: f64| limits.push(Limit::at_most(what(of), FLAT, large / small, "times"));
        flat("newest page", first.newest_lockstep_ms, last.newest_lockstep_ms);
        flat("page in the middle", first.middle_lockstep_ms, last.middle_lockstep_ms);
        flat("gate check", first.gate_ms, last.gate_ms);
        let by_index = growth.lists.iter().filter(|list| list.messages >= SMALL).all(|list| list.by_index);
        let (figure, limit) = (if by_index { "yes" } else { "no" }, format!("from {SMALL} messages on"));
        limits.push(Limit::judged("lists find their rows by an index alone", limit, figure.into(), by_index));
    }
    // A sweep of few is dominated by what every sweep costs.
    let many: Vec<_> = growth.sweeps.iter().filter(|sweep| sweep.overlays >= 1000).collect();
    if let [first, .., last] = many.as_slice() {
        let each = |sweep: &crate::result::GrownSweep| sweep.took_ms / sweep.overlays as f64;
        let what = format!("sweep, for each overlay: {} over {}", last.overlays, first.overlays);
        limits.push(Limit::at_most(what, LINEAR, each(last) / each(first), "times"));
    }
    limits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(system: &'static str, p50: f64, p99: f64, rate: f64) -> Figures {
        Figures {
            system,
            requests: 1000,
            p50_ms: p50,
            p95_ms: p99,
            p99_ms: p99,
            added_p50_ms: p50 - 1.0,
            requests_per_second: rate,
            throughput_ratio: rate / 1000.0,
            cpu_seconds_per_1000: 1.0,
            added_cpu_seconds_per_1000: 0.0,
        }
    }

    fn cell(name: &str, systems: Vec<Figures>) -> Cell {
        let name = name.to_owned();
        Cell { name, rows: 50, connections: 1, algorithm: Algorithm::Es256, session_check: false, systems }
    }

    fn verdicts(limits: &[Limit]) -> Vec<Verdict> {
        limits.iter().map(|limit| limit.verdict).collect()
    }

    #[test]
    fn added_latency_is_compared_with_the_limit_and_with_each_peer() {
        let peers = [figures("deno", 3.0, 5.0, 300.0), figures("node", 2.0, 5.0, 400.0)];
        let systems = [figures("direct", 1.0, 2.0, 1000.0), figures("lockstep", 1.3, 2.0, 800.0)];
        let cell = cell("messages-list", systems.into_iter().chain(peers).collect());

        assert_eq!(verdicts(&latency("list", &cell)), [Verdict::Held, Verdict::Held, Verdict::Missed]);
        assert_eq!(verdicts(&throughput("list", &cell)), [Verdict::Held, Verdict::Held, Verdict::Missed]);
    }

    #[test]
    fn a_stall_is_judged_only_where_the_direct_call_has_none() {
        let of = |direct: f64, ours: f64| {
            let systems = vec![figures("direct", 1.0, direct, 1000.0), figures("lockstep", 1.3, ours, 800.0)];
            stall(&cell("messages-list", systems)).map(|limit| limit.verdict)
        };

        assert_eq!(of(9.0, 19.0), Some(Verdict::Held));
        assert_eq!(of(9.0, 41.0), Some(Verdict::Missed));
        assert_eq!(of(11.0, 41.0), Some(Verdict::NotJudged));
    }
}
