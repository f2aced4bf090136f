//! Logs are written by many; nothing in them ends the reading, fills the memory or gets out of its place in the page.

use std::io::Cursor;

use record::Record;
use report::{Analysis, Objectives, Period, input, page};

use crate::{MINUTE, NOON, analysed, answered, lines, read, record};

#[test]
fn a_line_that_is_no_record_is_counted_by_what_it_is_and_stops_nothing() {
    let good = lines(&[record(NOON)]).remove(0);
    let long = format!("{{\"timestamp\":\"{}\"}}", "x".repeat(100_000));
    let mut log = format!("Serving http://…\n\n{good}\n{{\"level\":\"info\"}}\n{long}\n{{\"broken\n").into_bytes();
    log.extend(b"\xff\xfe{\"\n");
    log.extend(good.as_bytes());

    let report = read(&log, None);

    let rejected = &report.lines.rejected;
    assert_eq!((report.lines.read, report.lines.records, report.total.requests), (7, 2, 2));
    assert_eq!((rejected.not_json, rejected.no_record, rejected.too_long, rejected.not_utf8), (2, 1, 1, 1));
    assert_eq!(rejected.samples.len(), 3);
}

#[test]
fn a_line_across_two_reads_is_one_line() {
    let all = lines(&[record(NOON), record(NOON)]).join("\n");
    let mut analysis = Analysis::new(Objectives::default(), Period::default());
    let mut small = std::io::BufReader::with_capacity(7, Cursor::new(all));

    input::lines(&mut small, &mut analysis).unwrap();

    assert_eq!(analysis.finish().total.requests, 2);
}

#[test]
fn a_time_that_cannot_be_is_no_record_s() {
    let at = |time: &'static str| Record { timestamp: time.into(), ..record(NOON) };
    let all = [
        at("1970-01-01T00:00:00Z"),
        at("9999-12-31T23:59:59Z"),
        at("yesterday"),
        at("2026-02-30T00:00:00Z"),
        record(NOON),
    ];

    let report = read(lines(&all).join("\n").as_bytes(), Some("2026-11-24T00:00:00Z"));

    assert_eq!((report.lines.rejected.impossible_time, report.lines.rejected.no_record), (2, 2));
    assert_eq!((report.total.requests, report.series.starts.len()), (1, 1));
}

#[test]
fn a_name_cannot_get_out_of_its_place_in_the_page() {
    let evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)>";
    let bad = Record {
        rpc: Some(evil.into()),
        matched: Some("<!--<script>".into()),
        cause: Some(evil.into()),
        ..answered(NOON, 503, "rpc_contract_mismatch")
    };

    let page = page::html(&analysed(Objectives::default(), &[bad, record(NOON)]));

    assert_eq!(page.matches("<script").count(), 4, "the data, the library, the charts and the page's own");
    assert_eq!(page.matches("</script").count(), 4);
    assert!(!page.contains("<img") && !page.contains("<!--"));
}

/// The policy in the page forbids all of it, and there is nothing that would ask.
#[test]
fn the_page_asks_for_nothing_from_outside() {
    let page = page::html(&analysed(Objectives::default(), &[record(NOON)]));

    assert!(page.contains("default-src &#39;none&#39;") || page.contains("default-src 'none'"));
    for asking in ["<link", "src=\"", "@import", "url(", "fetch(", "XMLHttpRequest"] {
        assert!(!page.contains(asking), "{asking}");
    }
}

#[test]
fn a_log_of_nothing_is_a_page_that_says_so() {
    let report = read(b"", None);

    assert_eq!(report.headline, "There is no request in what was read.");
    assert!(page::html(&report).contains("There is no request"));
}

#[test]
fn more_versions_than_a_report_can_hold_are_counted_together() {
    let versions = (0..1000).map(|version| Record { matched: Some(format!("1.0.{version}").into()), ..record(NOON) });

    let report = analysed(Objectives::default(), &versions.collect::<Vec<_>>());

    assert_eq!(report.groups.len(), 101);
    let others = report.groups.iter().find(|group| group.label == "all others").unwrap();
    assert_eq!((others.requests, report.total.requests), (900, 1000));
}

#[test]
fn years_of_records_have_no_more_slots_than_a_day_and_lose_none() {
    let day = 24 * 60 * MINUTE;
    let years: Vec<_> = (0..2000).map(|place| record(NOON - place * day)).collect();

    let report = analysed(Objectives::default(), &years);

    assert!(report.series.starts.len() <= 256, "{}", report.series.starts.len());
    assert_eq!(report.series.total.requests.iter().sum::<u64>(), 2000);
    assert_eq!(report.total.windows[6].requests, 3);
}

/// Each would take hours if every bracket were tried to the end of its line.
#[test]
fn brackets_that_open_nothing_take_no_time() {
    let open = ["[", "{\"faas\":", "{ [ { \"faas\": [ ", "\\\"faas {\\\"", "{\"a\":\"\\\"faas{"];
    for line in open.map(|text| text.repeat(60_000)) {
        let report = read([&line, "\n", &line, "\n"].concat().as_bytes(), None);

        assert_eq!((report.lines.read, report.lines.rejected.total), (2, 2), "{}", &line[..20]);
    }
}

#[test]
fn a_token_in_a_line_is_not_shown() {
    let report = read(b"Authorization: Bearer eyJhbGciOi.eyJzdWIi.c2ln and more\n", None);

    assert_eq!(report.lines.rejected.samples[0].text, "Authorization: Bearer [token] and more");
}
