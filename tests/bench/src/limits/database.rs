//! The limits of the database: as its rows become more, and of each RPC alone.

use super::Limit;
use crate::result::database::{GrownList, GrownSweep, Growth, Rpcs};

/// Each RPC, on each PostgreSQL.
pub fn rpcs(rpcs: &Rpcs) -> Vec<Limit> {
    let mut limits = Vec::new();
    for database in &rpcs.databases {
        for of in &database.rpcs {
            let what =
                format!("{}, PostgreSQL {}: one call, over {:.2} ms bare", of.title(), database.postgresql, of.bare_ms);
            limits.push(Limit::at_most(what, of.limit_ms, of.rpc_ms, "ms"));
        }
    }
    limits
}

/// What still counts as flat, and as linear: noise is a part of every figure.
const FLAT: f64 = 1.5;
const LINEAR: f64 = 2.0;
/// With fewer messages, sorting those of a channel is as cheap, and PostgreSQL may well do it.
const SMALL: u64 = 10_000;

/// Pages, asked of the functions.
pub fn lists(growth: &Growth) -> Vec<Limit> {
    let [first, .., last] = growth.lists.as_slice() else { return Vec::new() };
    let flat = |of: &str, value: fn(&GrownList) -> f64| flat(of, first, last, value);
    vec![
        flat("newest page", |list| list.newest_lockstep_ms),
        flat("page in the middle", |list| list.middle_lockstep_ms),
    ]
}

/// What the database and the gate do by themselves.
pub fn others(growth: &Growth) -> Vec<Limit> {
    let mut limits = Vec::new();
    if let [first, .., last] = growth.lists.as_slice() {
        limits.push(flat("gate check", first, last, |list| list.gate_ms));
        let by_index = growth.lists.iter().filter(|list| list.messages >= SMALL).all(|list| list.by_index);
        let (figure, limit) = (if by_index { "yes" } else { "no" }, format!("from {SMALL} messages on"));
        limits.push(Limit::judged("lists find their rows by an index alone", limit, figure.into(), by_index));
    }
    // A sweep of few is dominated by what every sweep costs.
    let many: Vec<_> = growth.sweeps.iter().filter(|sweep| sweep.overlays >= 1000).collect();
    if let [first, .., last] = many.as_slice() {
        let each = |sweep: &GrownSweep| sweep.took_ms / sweep.overlays as f64;
        let what = format!("sweep, for each overlay: {} over {}", last.overlays, first.overlays);
        limits.push(Limit::at_most(what, LINEAR, each(last) / each(first), "times"));
    }
    limits
}

fn flat(of: &str, first: &GrownList, last: &GrownList, value: fn(&GrownList) -> f64) -> Limit {
    let what = format!("{of}: {} messages over {}", last.messages, first.messages);
    Limit::at_most(what, FLAT, value(last) / value(first), "times")
}
