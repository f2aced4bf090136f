//! The rules of the SRE workbook, at their edges.

use record::Record;
use report::{Indicator, Objectives};

use crate::{MINUTE, NOON, analysed, answered, record};

/// So many requests in the minute that is so many minutes before noon, of which so many are bad.
fn minute(ago: i64, requests: usize, bad: usize) -> Vec<Record<'static>> {
    let at = NOON - ago * MINUTE;
    let good = std::iter::repeat_n(record(at), requests - bad);
    good.chain(std::iter::repeat_n(answered(at, 503, "upstream_failed"), bad)).collect()
}

fn fired(parts: &[Vec<Record<'static>>]) -> Vec<(&'static str, Indicator)> {
    let report = analysed(Objectives::default(), &parts.concat());
    report
        .burning()
        .iter()
        .filter(|burn| burn.group == "all requests")
        .map(|burn| (burn.long, burn.indicator))
        .collect()
}

const AVAILABILITY: Indicator = Indicator::Availability;

#[test]
fn a_rate_of_exactly_14_4_is_no_page_and_one_request_more_is() {
    // 14.4 times 0.1 % of 10 000.
    assert_eq!(fired(&[minute(0, 10_000, 144)]), [("6h", AVAILABILITY)]);
    assert_eq!(fired(&[minute(0, 10_000, 145)]), [("1h", AVAILABILITY)]);
}

#[test]
fn what_has_stopped_is_no_page_any_more() {
    let burned = minute(30, 1000, 500);

    assert_eq!(fired(&[burned.clone(), minute(0, 10, 0)]), [("3d", AVAILABILITY)]);
    assert_eq!(fired(&[burned, minute(0, 10, 1)]), [("1h", AVAILABILITY)]);
}

#[test]
fn a_window_of_five_minutes_has_five_minutes() {
    let inside = analysed(Objectives::default(), &[minute(4, 10, 10), minute(0, 10, 0)].concat());
    let outside = analysed(Objectives::default(), &[minute(5, 10, 10), minute(0, 10, 0)].concat());

    assert_eq!((inside.total.windows[0].bad, outside.total.windows[0].bad), (10, 0));
    assert!(!outside.total.windows[0].partial && outside.total.windows[1].partial);
}

#[test]
fn four_of_a_thousand_burn_a_budget_of_one_in_a_thousand_four_times_as_fast() {
    let report = analysed(Objectives::default(), &minute(0, 1000, 4));

    assert!(report.total.windows.iter().all(|window| window.availability_burn_rate == 4.0));
    assert_eq!(report.burning()[0].severity, "ticket");
}

#[test]
fn slow_requests_burn_the_budget_of_latency_and_exactly_the_threshold_is_in_time() {
    let took = |ms: f64| Record { duration_ms: ms, ..record(NOON) };
    let (in_time, slow) = (vec![took(300.0); 100], vec![took(300.1); 20]);

    assert_eq!(fired(std::slice::from_ref(&in_time)), []);
    assert_eq!(fired(&[in_time, slow]), [("1h", Indicator::Latency)]);
}

#[test]
fn the_version_that_burns_is_named_where_all_requests_together_do_not() {
    let new = |record| Record { matched: Some("1.1.0".into()), ..record };
    let canary: Vec<_> = minute(0, 10, 1).into_iter().map(new).collect();

    let report = analysed(Objectives::default(), &[minute(1, 2000, 0), canary].concat());

    let [burn] = report.burning() else { panic!("{:?}", report.burning()) };
    assert_eq!(
        burn.to_string(),
        "fetch_social_messages 1.1.0: availability burns 100.0 times as fast as allowed over 1h, of which the log has only a \
         part and 100.0 times over 5m (the rule: 14.4), since 2026-11-23 12:00:00 UTC: 1 of 10 requests answered with a 5xx"
    );
}

#[test]
fn too_few_bad_requests_fire_nothing() {
    let two = |at_least| analysed(Objectives { at_least, ..Objectives::default() }, &minute(0, 2, 2)).burning().len();

    assert_eq!((two(2), two(3)), (2, 0));
}

/// There are failures only in such a group: its rate says nothing, and all requests together say it.
#[test]
fn what_no_version_answered_burns_the_budget_of_all_requests() {
    let unanswered = |record| Record { matched: None, ..record };
    let bad: Vec<_> = minute(0, 20, 20).into_iter().map(unanswered).collect();

    let report = analysed(Objectives::default(), &[minute(0, 980, 0), bad].concat());

    let [burn] = report.burning() else { panic!("{:?}", report.burning()) };
    assert_eq!((&*burn.group, burn.long_rate), ("all requests", 20.0));
    assert_eq!(burn.mostly.as_deref(), Some("fetch_social_messages unanswered (built for 1.0.0)"));
}

/// Thirty bad ones among many good ones do not move the start of what really burned.
#[test]
fn since_when_is_the_start_of_what_burned_and_not_the_first_bad_request() {
    let day: Vec<_> = (0..600).flat_map(|ago| minute(1000 - ago, 100, usize::from(ago % 20 == 0))).collect();

    let report = analysed(Objectives::default(), &[day, minute(90, 100, 50), minute(80, 100, 50)].concat());

    let group = &report.groups[0];
    assert_eq!(group.first_bad.unwrap().0, NOON - 1000 * MINUTE);
    assert_eq!(group.availability_burned.unwrap().since.0, NOON - 90 * MINUTE);
}

/// The headline and the rule are about the same fault, and say the same moment.
#[test]
fn what_burns_now_burns_since_it_began_and_not_since_its_window_did() {
    let mut records: Vec<_> = (0..600).map(|minute| record(NOON + minute * MINUTE)).collect();
    records.extend((0..600).map(|minute| answered(NOON + (600 + minute) * MINUTE, 503, "upstream_failed")));

    let report = analysed(Objectives::default(), &records);

    let began = report.groups[0].availability_burned.unwrap().since;
    assert!(!report.burning().is_empty());
    assert!(report.burning().iter().all(|burn| burn.since == Some(began)), "{:?}", report.burning());
}
