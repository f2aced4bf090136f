//! JSON that is longer than a line, or never ends.

use record::Record;
use serde_json::{Value, json};

use crate::{
    envelopes::{assert_found, fields, plain, records},
    lines, read,
};

/// Each has a name of letters of three bytes, so that what ends in the middle of one gives the name to another group.
fn many(number: usize) -> Vec<Value> {
    let name = "漢".repeat(80);
    let one = |n| Record { span_id: format!("{n:016x}").into(), rpc: Some(name.clone().into()), ..records().remove(0) };
    lines(&(0..number).map(one).collect::<Vec<_>>()).into_iter().map(|line| json!({ "é": line })).collect()
}

fn side_by_side(events: &[Value], between: &str) -> String {
    events.iter().map(Value::to_string).collect::<Vec<_>>().join(between)
}

/// Read in pieces that end anywhere.
fn assert_all(log: &str, number: usize) {
    let mut analysis = report::Analysis::new(report::Objectives::default(), report::Period::default());
    report::input::lines(&mut std::io::BufReader::with_capacity(4099, log.as_bytes()), &mut analysis).unwrap();

    let report = analysis.finish();
    assert_eq!((report.lines.records, report.lines.rejected.total, report.groups.len()), (number as u64, 0, 1));
}

/// Many times the longest line.
#[test]
fn a_document_may_be_longer_than_any_line_and_end_anywhere() {
    let list = json!(many(1000));

    assert_all(&list.to_string(), 1000);
    assert_all(&format!("{list:#}"), 1000);
    assert_all(&side_by_side(&many(1000), " "), 1000);
    assert_all(&side_by_side(&many(10), &"x".repeat(200_000)), 10);
}

/// A little shorter than the longest, and a little longer.
#[test]
fn no_line_loses_its_end() {
    let all: Vec<String> = (40..90).map(|number| json!(many(number)).to_string()).collect();

    assert!(all[0].len() < 1 << 16 && all.last().unwrap().len() > 1 << 16);
    assert_all(&all.join("\n"), (40..90).sum());
}

#[test]
fn json_that_does_not_end_takes_no_other_line_with_it() {
    let mut log = vec!["Listening on [".to_owned(), r#"{"a": 1,"#.to_owned(), "{".to_owned(), "[1, {".to_owned()];
    for line in plain() {
        log.push(line);
        log.push("stopped at {\"level\": \"info\",".to_owned());
    }
    let [one, other, third, ..] = &plain()[..] else { panic!() };
    let in_one = read(format!("[\n{one}, oops\n{other}\n[\n{third}").as_bytes(), None);
    let cut = format!("{:#}", json!(fields())).replace("\"trace_id\": \"777", "\"trace_id\": \"777\n");

    let report = read(log.join("\n").as_bytes(), None);
    let broken = read(cut.as_bytes(), None);

    assert_eq!((report.lines.read, report.lines.records, report.lines.rejected.total), (14, 5, 9));
    assert_eq!(in_one.lines.records, 3);
    assert_eq!(broken.lines.records, 0);
    assert!(broken.lines.rejected.total > 0);
}

#[test]
fn a_wrapper_that_was_cut_still_has_its_record() {
    let cut = |wrapped: Value| {
        let text = wrapped.to_string();
        text[..text.len() - 4].to_owned()
    };
    let each: Vec<String> = plain().iter().map(|line| cut(json!({ "a": line, "stream": "stdout" }))).collect();

    assert_found("one to a line", &each.join("\n"));
    assert_found("a list", &cut(json!({ "events": fields(), "z": 1 })));
    assert_found("in many lines", format!("{:#}", json!(fields())).trim_end_matches(['\n', ']']));
}

/// Alike, so that one would pass for a copy of another.
#[test]
fn records_of_json_that_is_broken_are_no_copies() {
    let event = json!({ "n": 12345, "log": plain()[0] }).to_string();
    for broken in [
        event.replace("12345", "1e999"),
        event.replace("12345", "NaN"),
        format!("{event},NaN"),
        format!("{event},\"\t\""),
    ] {
        let log = format!("[{}]", vec![broken; 300].join(","));

        assert_eq!(read(log.as_bytes(), None).lines.records, 300, "{}", &log[..40]);
    }
}

/// Deeper than a parser goes.
#[test]
fn what_follows_a_value_that_is_nested_too_deep_is_found() {
    let deep = format!("{}1{}", r#"{"a":"#.repeat(200), "}".repeat(200));
    let list = |all: &[Value]| side_by_side(all, ",");

    for number in [3, 300] {
        let all = many(2 * number);
        let (before, after) = all.split_at(number);
        assert_all(&format!("[{},{deep},{}]", list(before), list(after)), 2 * number);
    }
}
