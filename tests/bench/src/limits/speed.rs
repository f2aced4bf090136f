//! The limits of requests under load: others in Spin than in the stack's host, which stands in for it and has less to do.

use super::Limit;
use crate::{
    people::Algorithm,
    result::{Cell, Figures, SLOW_MS, Speed},
    speed::FORWARDER,
};

/// What is wanted of a list and of a send.
struct Wanted {
    /// Over the direct call, at one connection.
    added_ms: f64,
    /// Of what a peer adds: one part of so many.
    part_of_a_peers: f64,
    /// Of the direct call's throughput, at 16 connections.
    of_direct_percent: f64,
    /// Of a peer's throughput.
    times_a_peers: f64,
}

const IN_SPIN: Wanted = Wanted { added_ms: 0.7, part_of_a_peers: 2.0, of_direct_percent: 88.0, times_a_peers: 1.2 };
const IN_THE_STACK: Wanted =
    Wanted { added_ms: 0.4, part_of_a_peers: 5.0, of_direct_percent: 75.0, times_a_peers: 2.5 };

/// What a token, an answer that is read and a record may take more than a component that does nothing.
const OVER_THE_FORWARDER_MS: f64 = 0.3;
const OF_THE_FORWARDER_PERCENT: f64 = 85.0;

/// Where the direct call takes longer, the machine is busy, and a slow request says nothing.
const CALM_MS: f64 = 10.0;

/// Of all cells.
pub fn check(speed: &Speed, in_spin: bool) -> Vec<Limit> {
    let wanted = if in_spin { IN_SPIN } else { IN_THE_STACK };
    let mut limits = Vec::new();
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
        limits.extend(at(1).into_iter().flat_map(|cell| latency(&what, cell, &wanted)));
        limits.extend(at(16).into_iter().flat_map(|cell| throughput(&what, cell, &wanted)));
        limits.extend(at(1).and_then(|cell| latency_over_spins(&what, cell)));
        limits.extend(at(16).and_then(|cell| throughput_of_spins(&what, cell)));
    }
    if in_spin {
        limits.extend(speed.cells.iter().filter_map(none_is_slow));
    }
    limits
}

fn peers(cell: &Cell) -> impl Iterator<Item = &Figures> {
    cell.systems.iter().filter(|figures| !["direct", "lockstep", FORWARDER].contains(&figures.system))
}

fn latency(what: &str, cell: &Cell, wanted: &Wanted) -> Vec<Limit> {
    let Some(ours) = cell.of("lockstep") else { return Vec::new() };
    let added = format!("{what}: added p50 at 1 connection");
    let mut limits = vec![Limit::at_most(added, wanted.added_ms, ours.added_p50_ms, "ms")];
    for peer in peers(cell) {
        let parts = wanted.part_of_a_peers;
        let what = format!("{what}: added p50, 1/{parts} of what {} adds", peer.system);
        let limit = Limit::at_most(what, peer.added_p50_ms / parts, ours.added_p50_ms, "ms");
        let sound = peer.added_p50_ms > 0.0;
        limits.push(if sound {
            limit
        } else {
            limit.not_judged("a peer that adds nothing was measured on a busy machine")
        });
    }
    limits
}

fn throughput(what: &str, cell: &Cell, wanted: &Wanted) -> Vec<Limit> {
    let Some(ours) = cell.of("lockstep") else { return Vec::new() };
    let of_direct = format!("{what}: throughput of direct at {} connections", cell.connections);
    let percent = ours.throughput_ratio * 100.0;
    let mut limits = vec![Limit::at_least(of_direct, wanted.of_direct_percent, percent, "%")];
    for peer in peers(cell) {
        let times = ours.requests_per_second / peer.requests_per_second;
        let what = format!("{what}: throughput over {}'s", peer.system);
        limits.push(Limit::at_least(what, wanted.times_a_peers, times, "times"));
    }
    limits
}

/// The forwarder looks at no token and reads no answer: what ours adds to it is for that.
fn latency_over_spins(what: &str, cell: &Cell) -> Option<Limit> {
    let (ours, floor) = (cell.of("lockstep")?, cell.of(FORWARDER)?);
    let what = format!("{what}: p50 over that of a component that only hands on, at 1 connection");
    Some(Limit::at_most(what, OVER_THE_FORWARDER_MS, ours.p50_ms - floor.p50_ms, "ms"))
}

fn throughput_of_spins(what: &str, cell: &Cell) -> Option<Limit> {
    let (ours, floor) = (cell.of("lockstep")?, cell.of(FORWARDER)?);
    let what = format!("{what}: throughput of a component that only hands on, at {} connections", cell.connections);
    let percent = ours.requests_per_second / floor.requests_per_second * 100.0;
    Some(Limit::at_least(what, OF_THE_FORWARDER_PERCENT, percent, "%"))
}

/// Of all rounds, not of the median one: a wait for a delayed acknowledgement takes 40 ms, and one request in a hundred
/// that waits is one too many.
fn none_is_slow(cell: &Cell) -> Option<Limit> {
    let (direct, ours) = (cell.of("direct")?, cell.of("lockstep")?);
    let what = format!("{}, {} at once: requests above {SLOW_MS} ms", cell.title(), cell.connections);
    let figure = format!("{} of {}, {:.1} ms at most", ours.slow_requests, ours.requests, ours.max_ms);
    let limit = Limit::judged(what, "none".to_owned(), figure, ours.slow_requests == 0);
    Some(if direct.p99_ms < CALM_MS { limit } else { limit.not_judged(&busy(direct)) })
}

/// In the stack's host with sockets as Spin leaves them. That nothing waits there proves nothing about Spin.
pub fn stall(cell: &Cell) -> Option<Limit> {
    // What a write announces is another matter.
    if cell.name == "messages-send" {
        return None;
    }
    let (direct, ours) = (cell.of("direct")?, cell.of("lockstep")?);
    let what = format!("{} in the stack's host without TCP_NODELAY, {} at once: p99", cell.name, cell.connections);
    let limit = Limit::at_most(what, SLOW_MS, ours.p99_ms, "ms");
    Some(if direct.p99_ms < CALM_MS { limit } else { limit.not_judged(&busy(direct)) })
}

fn busy(direct: &Figures) -> String {
    format!("direct's p99 is {:.1} ms, not below {CALM_MS}", direct.p99_ms)
}

#[cfg(test)]
mod tests {
    use super::{super::Verdict, *};

    fn figures(system: &'static str, p50: f64, p99: f64, rate: f64) -> Figures {
        Figures {
            system,
            host: None,
            requests: 1000,
            p50_ms: p50,
            p95_ms: p99,
            p99_ms: p99,
            max_ms: p99,
            slow_requests: u64::from(p99 > SLOW_MS),
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
        // These limits do not look at the forwarder, however slow it is.
        let floor = figures(FORWARDER, 9.0, 9.0, 100.0);
        let systems = [figures("direct", 1.0, 2.0, 1000.0), figures("lockstep", 1.3, 2.0, 800.0), floor];
        let cell = cell("messages-list", systems.into_iter().chain(peers).collect());

        assert_eq!(verdicts(&latency("list", &cell, &IN_THE_STACK)), [Verdict::Held, Verdict::Held, Verdict::Missed]);
        assert_eq!(verdicts(&latency("list", &cell, &IN_SPIN)), [Verdict::Held; 3]);
        assert_eq!(
            verdicts(&throughput("list", &cell, &IN_THE_STACK)),
            [Verdict::Held, Verdict::Held, Verdict::Missed]
        );
    }

    #[test]
    fn ours_is_compared_with_a_component_that_only_hands_on() {
        let of = |ours: f64, rate: f64| {
            let systems = vec![figures("lockstep", ours, 2.0, rate), figures(FORWARDER, 2.0, 2.0, 500.0)];
            let cell = cell("messages-list", systems);
            verdicts(&[latency_over_spins("list", &cell).unwrap(), throughput_of_spins("list", &cell).unwrap()])
        };

        assert_eq!(of(2.2, 430.0), [Verdict::Held, Verdict::Held]);
        assert_eq!(of(2.4, 420.0), [Verdict::Missed, Verdict::Missed]);
        let without = cell("messages-list", vec![figures("lockstep", 1.0, 2.0, 1.0)]);
        assert!(latency_over_spins("list", &without).is_none() && throughput_of_spins("list", &without).is_none());
    }

    #[test]
    fn a_peer_that_is_faster_than_the_direct_call_is_no_measure() {
        let systems =
            vec![figures("direct", 1.0, 2.0, 1.0), figures("lockstep", 0.5, 2.0, 1.0), figures("deno", 0.9, 2.0, 1.0)];

        let limits = latency("send", &cell("messages-send", systems), &IN_SPIN);

        assert_eq!(verdicts(&limits), [Verdict::Held, Verdict::NotJudged]);
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

    #[test]
    fn in_spin_a_single_slow_request_is_one_too_many() {
        let of = |direct: f64, ours: f64| {
            let systems = vec![figures("direct", 1.0, direct, 1000.0), figures("lockstep", 1.3, ours, 800.0)];
            none_is_slow(&cell("messages-send", systems)).map(|limit| limit.verdict)
        };

        assert_eq!(of(9.0, 19.0), Some(Verdict::Held));
        assert_eq!(of(9.0, 44.0), Some(Verdict::Missed));
        assert_eq!(of(11.0, 44.0), Some(Verdict::NotJudged));
    }
}
