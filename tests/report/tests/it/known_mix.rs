//! A mix whose numbers are known comes out as exactly those.

use record::Record;
use report::{Analysis, Kind, Objectives, Period};

use crate::{MINUTE, NOON, analysed, answered, lines, record};

/// A thousand requests over 100 minutes: 900 to 1.0.0, which take 1 to 900 ms, and 100 to 1.1.0, half of which fail.
fn mix() -> Vec<Record<'static>> {
    let old = (0..900).map(|place| Record {
        duration_ms: f64::from(place + 1),
        rpc_ms: Some(1.5),
        rows: Some(2),
        retries: u32::from(place < 7),
        ..record(NOON + i64::from(place) * MINUTE / 10)
    });
    let new = (0..100).map(|place| {
        let at = NOON + 50 * MINUTE + i64::from(place) * MINUTE / 2;
        let bad = place % 2 == 0;
        let base = if bad { answered(at, 503, "upstream_failed") } else { record(at) };
        Record {
            matched: Some("1.1.0".into()),
            expected: Some("1.1.0".into()),
            function_version: "0.2.0".into(),
            ..base
        }
    });
    old.chain(new).collect()
}

#[test]
fn each_version_has_exactly_its_own_numbers() {
    let report = analysed(Objectives::default(), &mix());

    let [new, old] = &report.groups[..] else { panic!("{:?}", report.groups) };
    assert_eq!((&*new.label, &*old.label), ("fetch_social_messages 1.1.0", "fetch_social_messages 1.0.0"));
    assert_eq!((old.requests, old.ok, old.server_errors, old.slow), (900, 900, 0, 600));
    assert_eq!((new.requests, new.ok, new.server_errors, new.slow), (100, 50, 50, 0));
    assert_eq!(
        (old.duration_ms.p50, old.duration_ms.p95, old.duration_ms.p99),
        (Some(450.0), Some(855.0), Some(891.0))
    );
    assert_eq!((old.rpc_ms.p99, new.rpc_ms.p50, old.rows, old.retries), (Some(1.5), None, 1800, 7));
    assert_eq!((new.error_rate, new.availability_burned_share, old.latency_burned_share), (0.5, 1.0, 1.0));
    assert_eq!((new.first_bad.unwrap().0, new.last_bad.unwrap().0), (NOON + 50 * MINUTE, NOON + 99 * MINUTE));
    assert_eq!(new.function_versions.clone().into_iter().collect::<Vec<_>>(), [("0.2.0".to_owned(), 100)]);
    assert_eq!(new.codes["upstream_failed"], 50);
}

#[test]
fn the_budget_is_what_the_objectives_allow_of_these_requests() {
    let report = analysed(Objectives { availability_percent: 98.0, ..Objectives::default() }, &mix());

    assert_eq!((report.availability.bad, report.availability.allowed, report.availability.used), (50, 20.0, 2.5));
    assert_eq!((report.latency.requests, report.latency.bad), (950, 600));
    assert_eq!((report.latency.allowed, report.latency.used), (9.5, 63.157_894_737));
    assert_eq!(report.series.availability_left_percent.last(), Some(&-150.0));
}

#[test]
fn the_headline_says_which_version_burned_the_budget_and_since_when() {
    let report = analysed(Objectives::default(), &mix());

    let start = "fetch_social_messages 1.1.0 burned 100 % of the error budget that is used, since 2026-11-23 12:50:00 UTC \
                 (50 of 50 failed requests, mostly upstream_failed).";
    assert!(report.headline.starts_with(start), "{}", report.headline);
}

#[test]
fn what_the_charts_add_up_to_is_what_the_tables_say() {
    let report = analysed(Objectives::default(), &mix());

    let sums: Vec<(u64, u64)> =
        report.series.groups.iter().map(|line| (line.requests.iter().sum(), line.bad.iter().sum())).collect();
    assert_eq!(sums, [(100, 50), (900, 0)]);
    assert!(report.series.starts.len() <= 256);
}

#[test]
fn a_4xx_burns_nothing_and_preflights_and_what_is_turned_off_are_no_requests() {
    let records = [
        answered(NOON, 401, "token_expired"),
        answered(NOON, 429, "rate_limited"),
        Record { method: "OPTIONS".into(), ..answered(NOON, 500, "misconfigured") },
        answered(NOON, 503, "feature_disabled"),
        record(NOON),
    ];

    let report = analysed(Objectives::default(), &records);

    assert_eq!((report.total.requests, report.total.client_errors, report.total.server_errors), (3, 2, 0));
    assert_eq!((report.lines.preflights, report.lines.turned_off), (1, 1));
    assert_eq!((report.availability.used, report.burning().len()), (0.0, 0));
}

/// The caller's 4xx, and the time in which the caller sends: neither is the function's.
#[test]
fn only_what_a_function_took_to_answer_well_is_slow() {
    let took = |duration_ms, body_ms| Record { duration_ms, body_ms, ..record(NOON) };
    let refused = Record { duration_ms: 10_000.0, ..answered(NOON, 400, "malformed_request") };
    let in_time = [took(5200.0, Some(5000.0)), took(300.0, None), took(10.0, Some(10.001))];

    let mut records = in_time.to_vec();
    records.extend(vec![refused; 498]);
    let good = analysed(Objectives::default(), &records);
    records.push(took(5400.0, Some(5000.0)));
    let slow = analysed(Objectives::default(), &records);

    assert_eq!((good.latency.requests, good.latency.bad, good.burning().len()), (3, 0, 0));
    assert_eq!((good.total.windows[0].refused, good.total.client_errors), (498, 498));
    assert_eq!((slow.latency.requests, slow.latency.bad, slow.total.windows[0].latency_burn_rate), (4, 1, 25.0));
    assert_eq!((slow.burning()[0].requests, slow.burning()[0].bad), (4, 1));
    let own = analysed(Objectives::default(), &in_time);
    assert_eq!((own.total.duration_ms.p50, own.total.duration_ms.p99), (Some(200.0), Some(300.0)));
}

/// The expected version is never taken for the one that answered.
#[test]
fn without_an_answer_there_is_no_version() {
    let unanswered = Record { matched: None, ..answered(NOON, 503, "upstream_unavailable") };
    let unreached = Record { rpc: None, expected: None, matched: None, ..answered(NOON, 401, "auth_required") };

    let report = analysed(Objectives::default(), &[unanswered, unreached, record(NOON)]);

    let labels: Vec<&str> = report.groups.iter().map(|group| &*group.label).collect();
    assert_eq!(
        labels,
        [
            "fetch_social_messages unanswered (built for 1.0.0)",
            "fetch_social_messages 1.0.0",
            "messages-list, no RPC called"
        ]
    );
    assert_eq!(report.groups[0].kind, Kind::Unanswered);
}

#[test]
fn a_mismatch_is_named_with_both_versions_and_the_build() {
    let mismatch = Record {
        expected: Some("1.1.0".into()),
        cause: Some("old".into()),
        ..answered(NOON, 503, "rpc_contract_mismatch")
    };
    let later = Record { timestamp: "2026-11-23T13:00:00Z".into(), ..mismatch.clone() };

    let report = analysed(Objectives::default(), &[later, mismatch]);

    let [found] = &report.mismatches[..] else { panic!("{:?}", report.mismatches) };
    assert_eq!(found.sentence(), "fetch_social_messages: built for 1.1.0, the database has 1.0.0");
    assert_eq!((found.count, found.first.0, found.last.0), (2, NOON, NOON + 60 * MINUTE));
    assert_eq!((&*found.function_version, &*found.contract, found.cause.as_deref()), ("0.1.0", "c0ffee", Some("old")));
}

#[test]
fn the_order_of_lines_and_what_a_platform_puts_before_them_change_nothing() {
    let mut shuffled = lines(&mix());
    shuffled.reverse();
    shuffled.rotate_left(333);
    let mut analysis = Analysis::new(Objectives::default(), Period::default());
    for line in &shuffled {
        analysis.add_line(format!("[pod/functions-7d9/lockstep] 2026-11-23T12:00:00Z {line}\r\n").as_bytes());
    }

    let (one, other) = (analysed(Objectives::default(), &mix()), analysis.finish());

    assert_eq!(serde_json::to_value(one).unwrap(), serde_json::to_value(other).unwrap());
}

#[test]
fn records_from_before_and_after_the_time_that_was_asked_for_count_nowhere() {
    let period = Period {
        since: moment::argument("2026-11-23T12:10:00Z"),
        until: moment::argument("2026-11-23T12:20:00Z"),
        latest: None,
    };
    let mut analysis = Analysis::new(Objectives::default(), period);
    lines(&mix()).iter().for_each(|line| analysis.add_line(line.as_bytes()));

    let report = analysis.finish();

    assert_eq!((report.total.requests, report.lines.outside), (101, 899));
    assert_eq!(report.now.unwrap().0, NOON + 20 * MINUTE);
}

mod moment {
    pub fn argument(text: &str) -> Option<time::UtcDateTime> {
        report::moment::argument(text).ok()
    }
}
