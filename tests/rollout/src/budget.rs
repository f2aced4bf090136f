//! Whether the records of a level leave the error budget alone: `report`'s analysis of them, with the environment's
//! objective.

use report::{Analysis, Objectives, Period};
use time::UtcDateTime;

/// So many have to be bad before a level is ended early.
const TELLING: u64 = 5;

/// What the records say.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Requests that count: no preflights, none that were answered because a function is turned off.
    pub requests: u64,
    /// Those that were answered with a 5xx.
    pub bad: u64,
    /// Who burned most, and with what.
    pub mostly: Option<String>,
}

/// Records from a moment on, as they come.
pub struct Budget(Analysis);

impl Budget {
    /// Nothing yet.
    pub fn since(since: UtcDateTime) -> Self {
        Self(Analysis::new(Objectives::default(), Period { since: Some(since), ..Period::default() }))
    }

    /// Counts records, one to a line.
    pub fn add(&mut self, records: &[u8]) {
        records.split(|byte| *byte == b'\n').for_each(|line| self.0.add_line(line));
    }

    /// What they say so far.
    pub fn spent(&self) -> Spent {
        let report = self.0.finish();
        let worst = report.groups.iter().find(|group| group.server_errors > 0);
        let mostly = worst.map(|group| {
            let code = group.codes.iter().max_by_key(|(_, count)| **count).map_or("", |(code, _)| code);
            format!("{} ({} times, {code})", group.label, group.server_errors)
        });
        Spent { requests: report.availability.requests, bad: report.availability.bad, mostly }
    }
}

impl Spent {
    /// Both together.
    pub fn and(self, other: Self) -> Self {
        let mostly = if other.bad > self.bad { other.mostly } else { self.mostly };
        Self { requests: self.requests + other.requests, bad: self.bad + other.bad, mostly }
    }

    /// In words. Where nothing was seen, nothing is known.
    pub fn describe(&self) -> String {
        match self {
            Self { requests: 0, .. } => "not judged: 0 requests".to_owned(),
            Self { requests, bad, .. } => format!("{requests} requests, {bad} bad"),
        }
    }

    /// Why to stop, if there is a reason to. Before its time is over, a level is ended only when it is plain.
    pub fn burns(&self, objective: f64, over: bool) -> Option<String> {
        let Self { requests, bad, mostly } = self;
        let (allowed, spent) = ((100.0 - objective) / 100.0 * *requests as f64, *bad as f64);
        let burns = spent > allowed && (over || *bad >= TELLING);
        burns.then(|| {
            format!(
                "the error budget burns: {bad} of {requests} requests were answered badly, the objective of {objective} % \
                 allows {allowed:.1}. Most of them: {}",
                mostly.as_deref().unwrap_or("unknown")
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use record::Record;
    use time::format_description::well_known::Rfc3339;

    use super::*;

    const NOON: i64 = 1_795_521_600;

    fn record(method: &'static str, status: u16, error: Option<&'static str>, at: i64) -> String {
        let timestamp = UtcDateTime::from_unix_timestamp(at).unwrap().format(&Rfc3339).unwrap().into();
        let error = error.map(Into::into);
        let record = Record { timestamp, method: method.into(), status, error, ..Record::default() };
        serde_json::to_string(&record).unwrap()
    }

    fn spent(records: &str, since: i64) -> Spent {
        let mut budget = Budget::since(UtcDateTime::from_unix_timestamp(since).unwrap());
        budget.add(records.as_bytes());
        budget.spent()
    }

    #[test]
    fn a_5xx_counts_a_4xx_a_preflight_and_what_is_turned_off_do_not() {
        let good = [
            record("GET", 200, None, NOON),
            record("GET", 403, Some("forbidden"), NOON),
            record("POST", 503, Some("feature_disabled"), NOON),
        ];
        let bad = record("POST", 503, Some("upstream_unavailable"), NOON);
        let records = [&good.join("\n"), "no record", &record("OPTIONS", 500, None, NOON), &bad].join("\n");

        let spent = spent(&records, 0);

        assert_eq!((spent.requests, spent.bad), (3, 1));
        assert!(spent.burns(99.5, true).unwrap().contains("1 of 3"));
        assert!(spent.burns(99.5, true).unwrap().contains("upstream_unavailable"));
        assert_eq!(spent.burns(99.5, false), None);
    }

    #[test]
    fn two_sources_are_added_up() {
        let one = Spent { requests: 10, bad: 1, mostly: Some("a".into()) };
        let other = Spent { requests: 5, bad: 2, mostly: Some("b".into()) };

        assert_eq!(one.and(other), Spent { requests: 15, bad: 3, mostly: Some("b".into()) });
    }

    #[test]
    fn a_record_counts_from_its_own_time_on_whatever_a_platform_puts_before_it() {
        let record = |at| format!("2026-01-01 [lockstep] {}", record("GET", 503, Some("upstream_failed"), at));
        let records = [record(NOON - 1), record(NOON + 1)].join("\n");

        let spent = spent(&records, NOON);

        assert_eq!((spent.requests, spent.bad), (1, 1));
    }
}
