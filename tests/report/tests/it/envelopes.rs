//! What log pipelines make of a line: the report says the same as of the line itself.

use record::{Auth, Record};
use serde_json::{Map, Value, json};

use crate::{MINUTE, NOON, lines, read, record};

const TIME: &str = "2026-11-23T12:00:00.5Z";

/// What a pipeline makes of a line, of its fields, and of both.
type AsText = fn(&str) -> Value;
pub type AsFields<'f> = &'f dyn Fn(Map<String, Value>) -> Value;
type AsRow<'f> = &'f dyn Fn(&str, Value) -> String;
type AsBoth = fn(&str, Map<String, Value>) -> Value;

/// Five, no two alike, with what has to be escaped.
pub fn records() -> Vec<Record<'static>> {
    let one = |place: i64| Record {
        span_id: format!("{place:016x}").into(),
        trace_id: "7".repeat(32).into(),
        cause: Some(format!("\"{{[{place}\\ é").into()),
        auth: Some(Auth::Accepted),
        rows: Some(3),
        duration_ms: 100.5 * (place + 1) as f64,
        status: if place == 3 { 503 } else { 200 },
        error: (place == 3).then(|| "upstream_failed".into()),
        ..record(NOON + place * MINUTE)
    };
    (0..5).map(one).collect()
}

pub fn plain() -> Vec<String> {
    lines(&records())
}

pub fn fields() -> Vec<Map<String, Value>> {
    plain().iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// All that a report says of the requests.
pub fn said(log: &str) -> Value {
    let mut report = serde_json::to_value(read(log.as_bytes(), None)).unwrap();
    report.as_object_mut().unwrap().remove("lines");
    report
}

pub fn assert_found(what: &str, log: &str) {
    let report = read(log.as_bytes(), None);
    assert_eq!((report.lines.records, report.lines.rejected.total), (5, 0), "{what}: {:?}", report.lines);
    assert_eq!(said(log), said(&plain().join("\n")), "{what}");
}

/// As one event to a line, as one to many lines, and all in one list, in one line and in many.
pub fn assert_found_in_all_shapes(what: &str, events: &[Value]) {
    let each = |write: fn(&Value) -> String| events.iter().map(write).collect::<Vec<_>>().join("\n");
    let all = json!({ "status": "success", "data": { "events": events }, "next": null });
    assert_found(what, &each(Value::to_string));
    assert_found(what, &each(|event| format!("{event:#}")));
    assert_found(what, &all.to_string());
    assert_found(what, &format!("{all:#}\r\n").replace('\n', "\r\n"));
}

#[test]
fn a_line_in_any_string_of_any_json_is_the_line() {
    let pipelines: [(&str, AsText); 13] = [
        ("docker", |line| json!({ "log": format!("{line}\n"), "stream": "stdout", "time": TIME })),
        ("journald", |line| json!({ "__CURSOR": "s=1", "MESSAGE": line, "PRIORITY": "6" })),
        ("journald, not printable", |line| json!({ "PRIORITY": "6", "MESSAGE": line.as_bytes() })),
        ("stern", |line| json!({ "message": line, "nodeName": "n", "podName": "p" })),
        ("loki", |line| json!({ "stream": { "app": "x" }, "values": [["1795435200000000000", line]] })),
        ("cloud logging", |line| json!({ "textPayload": line, "timestamp": TIME })),
        ("cloudwatch", |line| json!({ "timestamp": 1_795_435_200_000_u64, "message": line, "eventId": "1" })),
        ("insights", |line| json!([{ "field": "@message", "value": line }, { "field": "@ptr", "value": "x" }])),
        ("azure", |line| json!({ "tables": [{ "columns": [{ "name": "Log_s" }], "rows": [[TIME, line]] }] })),
        ("datadog", |line| json!({ "attributes": { "message": line, "tags": ["a:b"] } })),
        ("opentelemetry", |line| json!({ "timeUnixNano": "1", "body": { "stringValue": line } })),
        ("an array of texts", |line| json!([line])),
        (
            "in a string in a string",
            |line| json!({ "a": json!({ "b": json!({ "c": line }).to_string() }).to_string() }),
        ),
    ];
    for (what, wrap) in pipelines {
        let events: Vec<Value> = plain().iter().map(|line| wrap(line)).collect();
        assert_found_in_all_shapes(what, &events);
    }
}

/// Such as Datadog's own attributes.
pub fn nested(fields: &Map<String, Value>) -> Value {
    let mut all = json!({});
    for (name, value) in fields {
        let at = name.split('.').fold(&mut all, |object, part| &mut object[part]);
        *at = value.clone();
    }
    all
}

pub fn renamed(fields: &Map<String, Value>, write: fn(&Value) -> Value) -> Value {
    fields.iter().map(|(name, value)| (name.replace('.', "_"), write(value))).collect::<Map<_, _>>().into()
}

pub fn without_time(mut fields: Map<String, Value>) -> (Value, Value) {
    let time = fields.remove("timestamp").unwrap();
    (fields.into(), time)
}

pub fn as_text(value: &Value) -> Value {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned).into()
}

#[test]
fn a_record_that_became_an_object_is_a_record_whatever_its_fields_are_called_now() {
    let any = |value: &Value| match value {
        Value::String(text) => json!({ "stringValue": text }),
        Value::Number(number) if number.is_u64() => json!({ "intValue": number.to_string() }),
        number => json!({ "doubleValue": number }),
    };
    let pairs = |fields: Map<String, Value>| -> Value {
        fields.iter().map(|(name, value)| json!({ "key": name, "value": any(value) })).collect()
    };
    let fractions = |value: &Value| value.as_f64().map_or_else(|| value.clone(), Value::from);
    let pipelines: [(&str, AsFields); 10] = [
        ("a list of records", &|fields| fields.into()),
        ("cloud logging", &|fields| json!({ "jsonPayload": fields, "timestamp": TIME, "insertId": "x" })),
        ("cloud logging, its numbers", &|fields| json!({ "jsonPayload": nested(&fields), "numbers": 1.5 })),
        ("bigquery", &|fields| json!({ "jsonPayload": renamed(&fields, fractions), "labels": null })),
        ("loki's labels", &|fields| json!({ "stream": renamed(&fields, as_text), "values": [["1", "x"]] })),
        ("opentelemetry", &|fields| json!({ "body": { "kvlistValue": { "values": pairs(fields) } } })),
        ("cloud logging takes the time out", &|fields| {
            let (fields, time) = without_time(fields);
            json!({ "jsonPayload": fields, "receiveTimestamp": TIME, "timestamp": time })
        }),
        ("logstash does too", &|fields| {
            let (mut fields, time) = without_time(fields);
            fields["@timestamp"] = time;
            fields
        }),
        ("fluent-bit writes seconds", &|fields| {
            let (mut fields, time) = without_time(fields);
            fields["date"] = (report::moment::parse(time.as_str().unwrap()).unwrap() as f64 / 1000.0).into();
            fields["kubernetes"] = json!({ "pod_name": "x" });
            fields
        }),
        ("bigquery writes a space", &|fields| {
            let (fields, time) = without_time(fields);
            let time = time.as_str().unwrap().replace('T', " ").replace('Z', " UTC");
            json!({ "jsonPayload": fields, "timestamp": time })
        }),
    ];
    for (what, wrap) in pipelines {
        let events: Vec<Value> = fields().into_iter().map(wrap).collect();
        assert_found_in_all_shapes(what, &events);
    }
}

#[test]
fn a_copy_beside_a_record_is_the_same_record() {
    let with_copy: [AsBoth; 9] = [
        |line, fields| {
            let parsed = json!({ "structuredMetadata": {}, "parsed": renamed(&fields, as_text) });
            json!({ "stream": { "app": "x" }, "values": [["1795435200000000000", line, parsed]] })
        },
        |line, fields| json!({ "streams": [{ "values": [["1", line, renamed(&fields, as_text)]] }] }),
        |line, fields| json!({ "tables": [{ "rows": [[TIME, line, fields]] }] }),
        |line, fields| json!([line, 1, fields]),
        |line, fields| json!({ "log": line, "log_processed": fields }),
        |line, fields| json!({ "_source": { "json": fields, "message": line }, "fields": { "message": [line] } }),
        |line, fields| json!({ "attributes": { "attributes": nested(&fields), "message": line } }),
        |line, fields| json!({ "stream": renamed(&fields, as_text), "values": [["1", line]] }),
        |line, mut fields| {
            fields.insert("log".to_owned(), line.into());
            fields.into()
        },
    ];
    for wrap in with_copy {
        let events: Vec<Value> = plain().iter().zip(fields()).map(|(line, fields)| wrap(line, fields)).collect();
        assert_found_in_all_shapes(&events[0].to_string(), &events);
    }
}

#[test]
fn a_copy_in_another_column_is_the_same_record() {
    let doubled = |text: String| format!("\"{}\"", text.replace('"', "\"\""));
    let tables: [AsRow; 4] = [
        &|line, fields| format!("1,{},{}", doubled(line.to_owned()), doubled(fields.to_string())),
        &|line, fields| format!("1;{};x;{};2", doubled(line.to_owned()), doubled(fields.to_string())),
        &|line, fields| format!("level=info msg={} json={}", json!(line), json!(fields.to_string())),
        &|line, fields| format!("{TIME} | {line} | {fields}"),
    ];
    for write in tables {
        let row = |(line, fields): (String, Map<_, _>)| write(&line, renamed(&fields, as_text));
        let rows: Vec<String> = plain().into_iter().zip(fields()).map(row).collect();
        assert_found(&rows[0], &rows.join("\n"));
    }
    let labels: Vec<Value> = fields().iter().map(|fields| renamed(fields, as_text)).collect();
    let times: Vec<i64> = (0..5).map(|place| NOON + place).collect();
    let grafana = json!({ "frames": [{ "data": { "values": [labels, times, plain(), times, labels] } }] });
    assert_found("grafana", &grafana.to_string());
}

/// As two lines that are alike are two requests.
#[test]
fn an_event_that_is_like_another_is_another() {
    let (line, fields) = (plain().remove(0), fields().remove(0));
    let loki = json!({ "stream": { "app": "x" }, "values": [["1", line], ["2", line]] });
    let both = json!({ "log": line, "log_processed": fields });
    let rows = json!([["1", line, fields], ["2", line, fields]]);
    for log in [loki, rows, json!([both, both]), json!([fields, fields]), json!({ "log": format!("{line}\n{line}\n") })]
    {
        assert_eq!(read(log.to_string().as_bytes(), None).lines.records, 2, "{log}");
    }
    for between in ["", " ", ",", "\n", "\r"] {
        assert_eq!(read(format!("{both}{between}{both}").as_bytes(), None).lines.records, 2);
    }
    let text = json!({ "log": format!("a | {line}\na | {line}\n") });
    for log in [json!(text.to_string()).to_string(), format!("msg={}", json!(text.to_string())), text.to_string()] {
        assert_eq!(read(log.as_bytes(), None).lines.records, 2, "{log}");
    }
}

#[test]
fn text_around_a_record_and_other_records_in_its_line_hide_none() {
    let around: [fn(&str) -> String; 16] = [
        |line| format!("{TIME} stdout F {line}"),
        |line| format!("[pod/functions-7d9/lockstep] {TIME} {line} (end)"),
        |line| format!("[2026-11-23 12:00:00] [info] [1] {{x}} {line}\r"),
        |line| format!(r#"{TIME} {{app="x", pod="y"}} {line}"#),
        |line| format!(r#"{TIME} {{"app":"x"}} {line}"#),
        |line| format!("[0] kube.x: [[1795435200.5, {{}}], {{\"stream\"=>\"stdout\", \"log\"=>{}}}]", json!(line)),
        |line| format!("level=info msg={} caller=x", json!(line)),
        |line| format!("{{'log': '{line}', 'stream': 'stdout'}}"),
        |line| format!("\x1b[32m{TIME}\x1b[0m \x1b[1mlockstep |\x1b[0m \x1b[36m{line}\x1b[0m"),
        |line| line.replace("\":", "\"\x1b[0m\x1b[39m:\x1b[0;32m").replacen('{', "\x1b[1m{\x1b[0m", 1),
        |line| json!({ "log": format!("\x1b[36m{line}\x1b[0m") }).to_string(),
        |line| format!("2026-11-23,\"{}\",x", line.replace('"', "\"\"")),
        |line| format!("2026-11-23,\"{}\",x", json!({ "log": line }).to_string().replace('"', "\"\"")),
        |line| json!({ "Log": line }).to_string().replace("\\\"", "\\u0022"),
        |line| format!("message={}", json!(line).to_string().trim_matches('"')),
        |line| json!(json!(line).to_string()).to_string(),
    ];
    for wrap in around {
        let all: Vec<String> = plain().iter().map(|line| wrap(line)).collect();
        assert_found(&all[0], &all.join("\n"));
    }
    assert_found("records in one line", &plain().concat());
    assert_found("lines in one string", &json!({ "log": plain().join("\n") }).to_string());
    assert_found("a list with a record to a line", &format!("[{}]", plain().join(",\n")));
}
