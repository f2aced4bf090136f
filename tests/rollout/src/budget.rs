//! Whether the records of a step leave the error budget alone.
//!
//! TODO-report: the analysis is `report`'s; this stands in until it can be called, and counts no more than it must.

use serde_json::Value;

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
    /// Counts records, one to a line.
    pub fn of(records: &str) -> Self {
        let mut spent = Self::default();
        for record in records.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
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

        let spent = Spent::of(&records);

        assert_eq!((spent.requests, spent.bad), (4, 1));
        assert!(spent.burns(99.5, true).unwrap().contains("1 of 4"));
        assert_eq!(spent.burns(99.5, false), None);
        assert_eq!(Spent::of(&good.join("\n")).burns(99.5, true), None);
    }
}
