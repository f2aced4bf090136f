//! No record is lost in silence: it is found, or the line that it is in is counted as rejected.

use std::io::BufReader;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use report::{Analysis, Objectives, Period, Report, input};
use serde_json::{Value, json};

use crate::{
    envelopes::{assert_found, fields, plain},
    read,
};

const MIB: usize = 1 << 20;

fn found_and_rejected(log: &str) -> (u64, u64) {
    let report = read(log.as_bytes(), None);
    (report.lines.records, report.lines.rejected.total)
}

#[test]
fn brackets_that_open_nothing_hide_no_record() {
    let [first, others @ ..] = &plain()[..] else { panic!() };
    let started = "[2026-11-23 12:00:00] [info] started {x}\n".repeat(25);
    let rest = others.join("\n");
    let stack = "  at f ({\n".repeat(70);
    let list = |name: &str| json!(vec![json!({ "a": name.repeat(500) }); 200]).to_string();

    assert_found("log lines in a string", &json!({ "log": format!("{first}\n{started}{rest}") }).to_string());
    assert_found("in one line", &format!("{first}{}{rest}", "[x]".repeat(70)));
    assert_found("carriage returns", &format!("{first}\n{started}{rest}").replace('\n', "\r"));
    assert_found("a stack trace", &json!({ "log": format!("{first}\n{stack}{rest}") }).to_string());
    let long = format!("[{first},{}] {} [{},{}]", list("x"), "[x] ".repeat(40), list("y"), others.join(","));
    assert_eq!(read(long.as_bytes(), None).lines.records, 5);
}

/// More than can be tried in the time that there is.
#[test]
fn a_line_that_is_not_searched_to_its_end_is_rejected() {
    let line = &plain()[0];
    let open = "{\"faas\":".repeat(5000);
    let text = json!({ "log": format!("{line}\n{open} x\n{line}") });

    let report = read(text.to_string().as_bytes(), None);

    assert_eq!((report.lines.records, report.lines.rejected.too_long), (1, 1));
}

#[test]
fn a_string_that_is_too_long_is_rejected_and_hides_nothing_behind_it() {
    let [first, others @ ..] = &plain()[..] else { panic!() };
    for filling in ["x{", "é\\\"", "\\u00e9", "漢", "\\\\"] {
        let long = filling.repeat(3 * MIB / filling.len());
        let log = format!(r#"[{{"log":{}}},{{"m":"{long}"}},{}]"#, json!(first), others.join(","));

        assert_eq!(found_and_rejected(&log), (5, 1), "{filling}");
    }
    let lines = json!(format!("{}\n{}", plain().join("\n"), "x".repeat(2 * MIB)));
    assert_eq!(found_and_rejected(&format!(r#"[{{"log":{lines}}}]"#)), (5, 1));
}

#[test]
fn what_is_unpacked_is_read_to_its_end_or_rejected() {
    let event = json!({ "message": plain()[0] });
    let packed = |number: usize| {
        let all = json!({ "logEvents": vec![&event; number] }).to_string();
        BASE64_STANDARD.encode(crate::packed::gzip(all.as_bytes()))
    };

    assert_eq!(found_and_rejected(&json!({ "awslogs": { "data": packed(5000) } }).to_string()), (5000, 0));
    let (found, rejected) = found_and_rejected(&json!({ "awslogs": { "data": packed(20_000) } }).to_string());
    assert!((5000..20_000).contains(&found) && rejected == 1, "{found} {rejected}");
}

#[test]
fn a_time_that_was_written_anew_is_still_the_record_s() {
    let times: [fn(i64) -> Value; 11] = [
        |ms| report::moment::rfc3339(ms).replace('T', " ").replace('Z', "").into(),
        |ms| report::moment::rfc3339(ms).replace('T', " ").replace('Z', " UTC").into(),
        |ms| report::moment::rfc3339(ms).replace('Z', "").into(),
        |ms| report::moment::rfc3339(ms).replace('Z', "+0000").into(),
        |ms| report::moment::rfc3339(ms).replace('Z', "+00").into(),
        |ms| report::moment::rfc3339(ms).replace('.', ",").into(),
        |ms| format!("{}.{:03}", ms / 1000, ms % 1000).into(),
        |ms| ms.to_string().into(),
        |ms| json!({ "seconds": ms / 1000, "nanos": ms % 1000 * 1_000_000 }),
        |ms| json!({ "$date": report::moment::rfc3339(ms) }),
        |ms| json!({ "$date": { "$numberLong": ms.to_string() } }),
    ];
    for time in times {
        let of = |mut record: serde_json::Map<String, Value>| {
            let at = report::moment::parse(record["timestamp"].as_str().unwrap()).unwrap();
            record.insert("timestamp".to_owned(), time(at));
            Value::from(record).to_string()
        };
        let log: Vec<String> = fields().into_iter().map(of).collect();

        assert_found(&log[0], &log.join("\n"));
        assert_found("in a list", &format!("[{}]", log.join(",")));
    }
}

#[test]
fn what_is_found_does_not_depend_on_how_the_bytes_arrive() {
    let read_by = |bytes: usize, log: &str| -> Report {
        let mut analysis = Analysis::new(Objectives::default(), Period::default());
        input::lines(&mut BufReader::with_capacity(bytes, log.as_bytes()), &mut analysis).unwrap();
        analysis.finish()
    };
    let line = |filling: usize| format!("x,{},\"{}\"\n", "y".repeat(filling), plain()[0].replace('"', "\"\""));
    let log = line(66_000).repeat(40);
    let edges: String = (0..1200).map(|less| line(MIB - less)).step_by(150).collect();

    for bytes in [7, 4099, MIB, 100 * MIB] {
        assert_eq!(read_by(bytes, &log).lines.records, 40, "{bytes}");
        assert_eq!(read_by(bytes, &edges).lines, read_by(1000, &edges).lines, "{bytes}");
    }
}
