//! Everything over time, column by column, as the charts take it.

use serde::Serialize;

use crate::{
    analysis::Analysis,
    burn::Indicator,
    group::{Gathered, Slot},
    objectives::Objectives,
};

/// All requests, and each group, in slots of one width.
#[derive(Debug, Clone, Serialize)]
pub struct Series {
    /// Of a slot.
    pub width_seconds: i64,
    /// Where each begins, in seconds since 1970.
    pub starts: Vec<i64>,
    /// What is left of the availability budget of the whole log, in percent, at the end of each slot.
    pub availability_left_percent: Vec<f64>,
    /// The same of the latency budget.
    pub latency_left_percent: Vec<f64>,
    /// All requests.
    pub total: Line,
    /// In the order of the report's groups.
    pub groups: Vec<Line>,
}

/// One group over time.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// What to call it.
    pub label: String,
    /// Requests.
    pub requests: Vec<u64>,
    /// Answered with a 5xx.
    pub bad: Vec<u64>,
    /// Not 5xx, and longer than the threshold.
    pub slow: Vec<u64>,
    /// Milliseconds, to two significant digits; absent where there was no request, and in groups that came after many.
    pub p50_ms: Vec<Option<f64>>,
    /// The same for 95 of 100.
    pub p95_ms: Vec<Option<f64>>,
    /// The same for 99 of 100.
    pub p99_ms: Vec<Option<f64>>,
}

impl Series {
    /// Of groups in this order.
    pub(crate) fn of(analysis: &Analysis, order: &[&Gathered]) -> Self {
        let all = &analysis.all;
        let ends = all.slots.first_key_value().zip(all.slots.last_key_value());
        let slots: Vec<i64> = ends.map_or_else(Vec::new, |((first, _), (last, _))| (*first..=*last).collect());
        let left = |indicator| left(&analysis.objectives, indicator, all, &slots);
        Self {
            width_seconds: analysis.width / 1000,
            starts: slots.iter().map(|slot| slot * analysis.width / 1000).collect(),
            availability_left_percent: left(Indicator::Availability),
            latency_left_percent: left(Indicator::Latency),
            total: Line::of(all, &slots),
            groups: order.iter().map(|group| Line::of(group, &slots)).collect(),
        }
    }
}

impl Line {
    fn of(group: &Gathered, slots: &[i64]) -> Self {
        let number = |of: fn(&Slot) -> u64| slots.iter().map(|slot| group.slots.get(slot).map_or(0, of)).collect();
        let took = |share: f64| {
            let at = |slot: &i64| group.slots.get(slot)?.times.as_ref()?.at(share);
            slots.iter().map(at).collect()
        };
        Self {
            label: group.label(),
            requests: number(|slot| slot.tally.events),
            bad: number(|slot| slot.tally.bad),
            slow: number(|slot| slot.tally.slow),
            p50_ms: took(0.50),
            p95_ms: took(0.95),
            p99_ms: took(0.99),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of requests are exact below 9e15")]
fn left(objectives: &Objectives, indicator: Indicator, all: &Gathered, slots: &[i64]) -> Vec<f64> {
    let allowed = indicator.of(all.tally).0 as f64 * objectives.allowed(indicator);
    let mut wrong = 0;
    let left = |slot: &i64| {
        wrong += all.slots.get(slot).map_or(0, |slot| indicator.of(slot.tally).1);
        let left = if wrong == 0 { 100.0 } else { 100.0 - 100.0 * wrong as f64 / allowed };
        (left * 100.0).round() / 100.0
    };
    slots.iter().map(left).collect()
}
