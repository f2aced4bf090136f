//! Whether the records of a step leave the error budget alone.
//!
//! TODO-report: the analysis is `report`'s; this stands in until it can be called, and counts no more than it must.

use serde_json::Value;
use time::{UtcDateTime, format_description::well_known::Rfc3339};

/// So many have to be bad before a step is ended early.
const TELLING: usize = 5;

/// What the records say.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Requests that count: no preflights.
    pub requests: usize,
    /// Those that were answered with a 5xx, unless because they are turned off.
    pub bad: usize,
    /// What the last bad one was.
    pub last: Option<String>,
}

impl Spent {
    /// Counts records, one to a line, from a moment on. Before the record there may be what a platform puts there.
    pub fn of(records: &str, since: UtcDateTime) -> Self {
        let mut spent = Self::default();
        let record = |line: &str| serde_json::from_str::<Value>(&line[line.find('{')?..]).ok();
        for record in records.lines().filter_map(record) {
            let written = record["timestamp"].as_str().and_then(|text| UtcDateTime::parse(text, &Rfc3339).ok());
            if written.is_some_and(|written| written < since) {
                continue;
            }
            let Some(status) = record["http.response.status_code"].as_u64() else { continue };
            if record["http.request.method"] == "OPTIONS" {
                continue;
            }
            spent.requests += 1;
            let error = record["error.type"].as_str().unwrap_or_default();
            if status >= 500 && error != "feature_disabled" {
                spent.bad += 1;
                let function = record["faas.name"].as_str().unwrap_or("a function");
                spent.last = Some(format!("{function}: {status} {error}"));
            }
        }
        spent
    }

    /// Why to stop, if there is a reason to. Before its time is over, a step is ended only when it is plain.
    pub fn burns(&self, objective: f64, over: bool) -> Option<String> {
        let Self { requests, bad, last } = self;
        let allowed = (100.0 - objective) / 100.0 * f64::from(u32::try_from(*requests).unwrap_or(u32::MAX));
        let burns = f64::from(u32::try_from(*bad).unwrap_or(u32::MAX)) > allowed && (over || *bad >= TELLING);
        burns.then(|| {
            format!(
                "the error budget burns: {bad} of {requests} requests were answered badly, the objective of {objective} % \
                 allows {allowed:.1}. The last one: {}",
                last.as_deref().unwrap_or("unknown")
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use time::UtcDateTime;

    use super::Spent;

    #[test]
    fn a_5xx_counts_a_4xx_a_preflight_and_what_is_turned_off_do_not() {
        let record = |method: &str, status: u16, error: &str| {
            format!(
                r#"{{"http.request.method":"{method}","http.response.status_code":{status},"error.type":"{error}"}}"#
            )
        };
        let good = [record("GET", 200, ""), record("GET", 403, "forbidden"), record("POST", 503, "feature_disabled")];
        let bad = record("POST", 503, "upstream_unavailable");
        let records = [&good.join("\n"), "no record", &record("OPTIONS", 500, ""), &bad].join("\n");

        let spent = Spent::of(&records, UtcDateTime::MIN);

        assert_eq!((spent.requests, spent.bad), (4, 1));
        assert!(spent.burns(99.5, true).unwrap().contains("1 of 4"));
        assert_eq!(spent.burns(99.5, false), None);
        assert_eq!(Spent::of(&good.join("\n"), UtcDateTime::MIN).burns(99.5, true), None);
    }

    #[test]
    fn a_record_counts_from_its_own_time_on_whatever_a_platform_puts_before_it() {
        let record =
            |time: &str| format!(r#"2026-01-01 [lockstep] {{"timestamp":"{time}","http.response.status_code":503}}"#);
        let records = [record("2026-11-24T10:00:00.5Z"), record("2026-11-24T11:00:00.25Z")].join("\n");
        // Half past ten.
        let since = UtcDateTime::from_unix_timestamp(1_795_516_200).unwrap();

        let spent = Spent::of(&records, since);

        assert_eq!((spent.requests, spent.bad), (1, 1));
    }
}
