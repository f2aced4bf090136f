//! From counts to a report.

use std::{cmp::Reverse, collections::BTreeMap};

use crate::{
    analysis::Analysis,
    burn::{self, Burn, Indicator},
    group::{Gathered, Kind},
    headline,
    moment::{Millis, Moment},
    objectives::steady,
    reject::Reason,
    report::{Budget, Code, Group, Latency, Lines, Report},
    series::Series,
    times::Times,
};

impl Analysis {
    /// What the lines so far say. More can follow.
    pub fn finish(&self) -> Report {
        let some = self.all.tally.events > 0;
        let now = self.until.unwrap_or(if some { self.all.last } else { 0 });
        let mut order: Vec<&Gathered> = self.groups.iter().collect();
        order.sort_by_key(|group| {
            (Reverse(group.tally.bad), Reverse(group.tally.slow), Reverse(group.tally.events), group.label())
        });
        let total = self.group(&self.all, now);
        let groups: Vec<Group> = order.iter().map(|group| self.group(group, now)).collect();
        let mut mismatches = self.mismatches.clone();
        mismatches.sort_by_key(|mismatch| Reverse(mismatch.count));
        let mut report = Report {
            format: 1,
            headline: String::new(),
            first: some.then_some(Moment(self.all.first)),
            last: some.then_some(Moment(self.all.last)),
            now: (some || self.until.is_some()).then_some(Moment(now)),
            lines: self.lines(),
            objectives: self.objectives.clone(),
            mismatches,
            availability: self.budget(Indicator::Availability),
            latency: self.budget(Indicator::Latency),
            burning: self.burning(&order, &total, &groups, now),
            codes: self.codes(),
            series: Series::of(self, &order),
            total,
            groups,
        };
        report.headline = headline::of(&report);
        report
    }

    /// With those that would have been a part of a record.
    fn lines(&self) -> Lines {
        let mut lines = self.lines.clone();
        for begun in self.splits.unfinished() {
            lines.rejected.add_many(begun.lines, Reason::NotJson, begun.line, begun.text.as_bytes());
        }
        lines
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of requests are exact below 9e15")]
    fn budget(&self, indicator: Indicator) -> Budget {
        let (requests, bad) = indicator.of(self.all.tally);
        let allowed = steady(requests as f64 * self.objectives.allowed(indicator));
        Budget {
            objective_percent: match indicator {
                Indicator::Availability => self.objectives.availability_percent,
                Indicator::Latency => self.objectives.latency_percent,
            },
            requests,
            bad,
            allowed,
            used: if bad == 0 { 0.0 } else { steady(bad as f64 / allowed) },
        }
    }

    fn group(&self, group: &Gathered, now: Millis) -> Group {
        let some = group.tally.events > 0;
        let burned = |indicator| {
            let end = self.all.last;
            burn::stretch(&group.slots, self.width, 0, end, (&self.objectives, indicator))
        };
        Group {
            label: group.label(),
            kind: group.kind.clone(),
            name: group.name.clone(),
            version: group.version.clone(),
            requests: group.tally.events,
            ok: group.tally.events - group.tally.refused - group.tally.bad,
            client_errors: group.tally.refused,
            server_errors: group.tally.bad,
            error_rate: share(group.tally.bad, group.tally.events),
            slow: group.tally.slow,
            availability_burned_share: share(group.tally.bad, self.all.tally.bad),
            latency_burned_share: share(group.tally.slow, self.all.tally.slow),
            duration_ms: latency(&group.duration),
            rpc_ms: latency(&group.rpc),
            rows: group.rows,
            retries: group.retries,
            first: some.then_some(Moment(group.first)),
            last: some.then_some(Moment(group.last)),
            first_bad: group.bad_between.map(|(first, _)| Moment(first)),
            last_bad: group.bad_between.map(|(_, last)| Moment(last)),
            availability_burned: burned(Indicator::Availability),
            latency_burned: burned(Indicator::Latency),
            windows: burn::windows(&self.objectives, &group.minutes, now, self.all.first),
            function_versions: group.functions.clone(),
            contracts: group.contracts.clone(),
            codes: group.codes.clone(),
        }
    }

    fn burning(&self, order: &[&Gathered], total: &Group, groups: &[Group], now: Millis) -> Vec<Burn> {
        let mut all = Vec::new();
        for (gathered, group) in [(&self.all, total)].into_iter().chain(order.iter().copied().zip(groups)) {
            // Where no version answered there are failures only, and a rate of them says nothing; they count among all.
            if !matches!(group.kind, Kind::All | Kind::Answered) {
                continue;
            }
            for indicator in Indicator::ALL {
                let Some(fires) = burn::fires(&group.windows, indicator, self.objectives.at_least) else { continue };
                let from = now - burn::minutes_of(fires.long) * 60_000;
                let judged = (&self.objectives, indicator);
                let since = |from| burn::stretch(&gathered.slots, self.width, from, self.all.last, judged);
                // What goes on until now began when it began, and not with the window.
                let stretch = since(0).filter(|whole| whole.until.is_none()).or_else(|| since(from));
                let mostly = (group.kind == Kind::All).then(|| most(groups, indicator, fires.long)).flatten();
                let since = stretch.map(|stretch| stretch.since);
                all.push(Burn { group: group.label.clone(), mostly, since, ..fires });
            }
        }
        all
    }

    fn codes(&self) -> Vec<Code> {
        let code = |((code, status), (count, cause)): (&(String, u16), &(u64, Option<String>))| Code {
            code: code.clone(),
            status: *status,
            count: *count,
            cause: cause.clone(),
        };
        // By name first, so that the order of those with equal counts is always the same.
        let named: BTreeMap<_, _> = self.codes.iter().collect();
        let mut codes: Vec<Code> = named.into_iter().map(code).collect();
        codes.sort_by_key(|code| (code.status < 500, Reverse(code.count)));
        codes
    }
}

/// The group with the most in a window that were not as promised.
fn most(groups: &[Group], indicator: Indicator, window: &str) -> Option<String> {
    let wrong = |group: &&Group| {
        let window = group.windows.iter().find(|known| known.window == window);
        window.map_or(0, |window| if indicator == Indicator::Availability { window.bad } else { window.slow })
    };
    groups.iter().rev().max_by_key(wrong).map(|group| group.label.clone())
}

#[expect(clippy::cast_precision_loss, reason = "counts of requests are exact below 9e15")]
fn share(part: u64, whole: u64) -> f64 {
    if part == 0 { 0.0 } else { steady(part as f64 / whole as f64) }
}

fn latency(times: &Times) -> Latency {
    Latency { p50: times.at(0.50), p95: times.at(0.95), p99: times.at(0.99) }
}
