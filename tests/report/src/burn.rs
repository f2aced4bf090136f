//! How fast the error budget burns, and the rules that say when somebody has to look.
//!
//! Windows and rules are those of Google's SRE workbook, chapter 5 (multiwindow, multi-burn-rate): a rate of 1 uses the
//! budget of 30 days in 30 days, one of 14.4 uses 2 % of it in an hour. The short window says that it has not stopped.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use crate::{
    group::{Slot, Tally},
    moment::{Millis, Moment},
    objectives::{Objectives, steady},
};

/// Names and minutes of the windows.
pub const WINDOWS: [(&str, i64); 7] =
    [("5m", 5), ("30m", 30), ("1h", 60), ("2h", 120), ("6h", 360), ("1d", 1440), ("3d", 4320)];

/// Long and short window, the rate that both have to exceed, and what it means, from the worst down.
pub const RULES: [(&str, &str, f64, &str); 3] =
    [("1h", "5m", 14.4, "page"), ("6h", "30m", 6.0, "page"), ("3d", "6h", 1.0, "ticket")];

/// What was promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Indicator {
    /// That requests are not answered with a 5xx.
    Availability,
    /// That those answered with neither a 5xx nor a 4xx do not take too long.
    Latency,
}

impl Indicator {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Availability, Self::Latency];

    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Availability => "availability",
            Self::Latency => "latency",
        }
    }

    /// What counts, and what of it was not as promised.
    pub(crate) fn of(self, tally: Tally) -> (u64, u64) {
        match self {
            Self::Availability => (tally.events, tally.bad),
            Self::Latency => (tally.events - tally.refused - tally.bad, tally.slow),
        }
    }
}

/// The requests of a window that ends at the newest record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Window {
    /// `5m` to `3d`: whole minutes, of which the newest is not over.
    pub window: &'static str,
    /// Whether the log is shorter than this.
    pub partial: bool,
    /// Requests.
    pub requests: u64,
    /// Those answered with a 4xx.
    pub refused: u64,
    /// Those answered with a 5xx.
    pub bad: u64,
    /// Those of the others that took too long.
    pub slow: u64,
    /// 1 is as fast as the objective allows.
    pub availability_burn_rate: f64,
    /// The same for latency.
    pub latency_burn_rate: f64,
}

impl Window {
    fn tally(&self) -> Tally {
        Tally { events: self.requests, refused: self.refused, bad: self.bad, slow: self.slow }
    }

    /// The rate of one of both.
    pub fn rate(&self, indicator: Indicator) -> f64 {
        match indicator {
            Indicator::Availability => self.availability_burn_rate,
            Indicator::Latency => self.latency_burn_rate,
        }
    }
}

/// How many times faster than allowed.
#[expect(clippy::cast_precision_loss, reason = "counts of requests are exact below 9e15")]
pub(crate) fn rate(objectives: &Objectives, indicator: Indicator, tally: Tally) -> f64 {
    let (all, wrong) = indicator.of(tally);
    if wrong == 0 { 0.0 } else { steady(wrong as f64 / all as f64 / objectives.allowed(indicator)) }
}

pub(crate) fn windows(
    objectives: &Objectives,
    minutes: &BTreeMap<i64, Tally>,
    now: Millis,
    log_start: Millis,
) -> Vec<Window> {
    let end = now.div_euclid(60_000);
    let window = |(window, length): (&'static str, i64)| {
        let mut tally = Tally::default();
        minutes.range(end - length + 1..=end).for_each(|(_, minute)| tally.add(*minute));
        Window {
            window,
            partial: log_start > now - length * 60_000,
            requests: tally.events,
            refused: tally.refused,
            bad: tally.bad,
            slow: tally.slow,
            availability_burn_rate: rate(objectives, Indicator::Availability, tally),
            latency_burn_rate: rate(objectives, Indicator::Latency, tally),
        }
    };
    WINDOWS.into_iter().map(window).collect()
}

/// When the budget was burned: the stretch of time that used the most beyond what it was allowed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Stretch {
    /// The first request in it that was not as promised.
    pub since: Moment,
    /// Its end, unless it lasts until the end of the log.
    pub until: Option<Moment>,
}

/// Of slots of this width, from a moment on.
#[expect(clippy::cast_precision_loss, reason = "counts of requests are exact below 9e15")]
pub(crate) fn stretch(
    slots: &BTreeMap<i64, Slot>,
    width: Millis,
    from: Millis,
    end: Millis,
    (objectives, indicator): (&Objectives, Indicator),
) -> Option<Stretch> {
    let (mut best, mut sum) = (0.0, 0.0);
    let (mut start, mut found) = (None, None);
    for (index, slot) in slots.range(from.div_euclid(width)..) {
        let (all, wrong) = indicator.of(slot.tally);
        let first = if indicator == Indicator::Availability { slot.first_bad } else { slot.first_slow };
        if sum <= 0.0 {
            (sum, start) = (0.0, first);
        }
        sum += wrong as f64 - all as f64 * objectives.allowed(indicator);
        if let Some(since) = start.filter(|_| sum > best) {
            (best, found) = (sum, Some((since, (index + 1) * width)));
        }
    }
    let (since, until) = found?;
    // One slot without a failure is no end yet.
    Some(Stretch { since: Moment(since), until: Some(Moment(until)).filter(|until| until.0 + width <= end) })
}

/// A rule that fires.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Burn {
    /// What is burning.
    pub indicator: Indicator,
    /// The RPC's version, or all requests.
    pub group: String,
    /// For all requests: the group with the most that were not as promised.
    pub mostly: Option<String>,
    /// How urgent it is: `page` or `ticket`.
    pub severity: &'static str,
    /// The long window.
    pub long: &'static str,
    /// The short one.
    pub short: &'static str,
    /// The rate that both exceed.
    pub factor: f64,
    /// The long window's rate.
    pub long_rate: f64,
    /// The short window's rate.
    pub short_rate: f64,
    /// Requests in the long window.
    pub requests: u64,
    /// Those of them that were not as promised.
    pub bad: u64,
    /// Since when.
    pub since: Option<Moment>,
    /// Whether the log is shorter than the long window.
    pub partial: bool,
}

impl fmt::Display for Burn {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let Self { group, indicator, long, short, factor, long_rate, short_rate, bad, requests, .. } = self;
        let how = if *indicator == Indicator::Availability { "answered with a 5xx" } else { "too slow" };
        let partial = if self.partial { ", of which the log has only a part" } else { "" };
        write!(
            formatter,
            "{group}: {} burns {long_rate:.1} times as fast as allowed over {long}{partial} ",
            indicator.word()
        )?;
        write!(formatter, "and {short_rate:.1} times over {short} (the rule: {factor})")?;
        if let Some(since) = self.since {
            write!(formatter, ", since {since}")?;
        }
        write!(formatter, ": {bad} of {requests} requests {how}")?;
        self.mostly.as_ref().map_or(Ok(()), |mostly| write!(formatter, ", most of them of {mostly}"))
    }
}

/// The worst rule that fires on these windows.
pub(crate) fn fires(windows: &[Window], indicator: Indicator, at_least: u64) -> Option<Burn> {
    let named = |name: &str| windows.iter().find(|window| window.window == name);
    RULES.iter().find_map(|(long, short, factor, severity)| {
        let (long, short) = (named(long)?, named(short)?);
        let (requests, bad) = indicator.of(long.tally());
        let (long_rate, short_rate) = (long.rate(indicator), short.rate(indicator));
        (long_rate > *factor && short_rate > *factor && bad >= at_least).then(|| Burn {
            indicator,
            group: String::new(),
            mostly: None,
            severity,
            long: long.window,
            short: short.window,
            factor: *factor,
            long_rate,
            short_rate,
            requests,
            bad,
            since: None,
            partial: long.partial,
        })
    })
}

/// Minutes of a window.
pub(crate) fn minutes_of(window: &str) -> i64 {
    WINDOWS.iter().find(|(name, _)| *name == window).map_or(0, |(_, minutes)| *minutes)
}
