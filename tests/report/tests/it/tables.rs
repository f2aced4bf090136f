//! Tables as consoles export them, with a column for each field of a record: the report says the same as of the lines.

use serde_json::{Map, Value, json};

use crate::{
    envelopes::{fields, plain, said},
    read,
};

/// RFC 4180.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn table(separator: &str, name: impl Fn(&str) -> String, time: impl Fn(&str) -> String) -> String {
    let all = fields();
    let names: Vec<&String> = all[3].keys().collect();
    let cell = |value: &Value| value.as_str().map_or_else(|| value.to_string(), quoted);
    let row = |fields: &Map<String, Value>| {
        let cells = names.iter().map(|name| match (&***name, fields.get(*name)) {
            ("timestamp", Some(value)) => quoted(&time(value.as_str().unwrap())),
            (_, value) => value.map_or_else(String::new, cell),
        });
        cells.collect::<Vec<_>>().join(separator)
    };
    let header = names.iter().map(|key| name(key)).collect::<Vec<_>>().join(separator);
    format!("{header}\n{}", all.iter().map(row).collect::<Vec<_>>().join("\n"))
}

/// The line with the names is none of a record.
fn assert_found(what: &str, log: &str) {
    for log in [log, &log.replace('\n', "\r\n")] {
        let lines = read(log.as_bytes(), None).lines;
        assert_eq!((lines.records, lines.rejected.total), (5, 1), "{what}: {lines:?}\n{log}");
        assert_eq!(said(log), said(&plain().join("\n")), "{what}");
    }
}

#[test]
fn a_record_with_a_column_for_each_field_is_found() {
    // 2026-11-23T12:03:00.000Z
    let clock = |time: &str| time[11..23].to_owned();
    let kibana = |time: &str| format!("Nov 23, 2026 @ {}", clock(time));
    let azure = |time: &str| format!("11/23/2026, {} PM", clock(time));
    let postgresql = |time: &str| time.replace('T', " ").replace('Z', "+00");
    let tables = [
        ("athena", table(",", str::to_owned, postgresql)),
        ("kibana", table(",", |name| name.replace("timestamp", "@timestamp"), kibana)),
        ("kibana's fields", table(",", |name| format!("json.{name}"), str::to_owned)),
        ("azure", table(",", |name| format!("{}_s", name.replace('.', "_")), azure)),
        ("datadog", table(";", |name| format!("@{name}"), str::to_owned)),
        ("tabulators", table("\t", |name| format!("\"{name}\""), str::to_owned)),
    ];
    for (what, log) in tables {
        assert_found(what, &log);
    }
}

#[test]
fn a_line_beside_its_fields_is_one_record_and_a_line_that_is_no_row_is_itself() {
    let [header, rows @ ..] =
        &table(",", str::to_owned, str::to_owned).lines().map(str::to_owned).collect::<Vec<_>>()[..]
    else {
        panic!()
    };
    let both: Vec<String> = rows.iter().zip(plain()).map(|(row, line)| format!("{row},{}", quoted(&line))).collect();
    let log = format!("{header},message\n{}\nhello, you\n{}\n", both.join("\n"), plain()[0]);

    let lines = read(log.as_bytes(), None).lines;

    assert_eq!((lines.read, lines.records, lines.rejected.not_json), (8, 6, 2), "{lines:?}");
}

/// A record's fields in one line or many.
type AsLines<'l> = &'l dyn Fn(&Map<String, Value>) -> String;
/// The names of all columns, and each record's values in their order.
type AsTable<'t> = &'t dyn Fn(&[&String], Vec<Vec<Value>>) -> Value;

#[test]
fn a_record_that_is_a_row_of_json_is_found() {
    let all = fields();
    let names: Vec<&String> = all[3].keys().collect();
    let values =
        || all.iter().map(|fields| names.iter().map(|name| fields.get(*name).cloned().into()).collect()).collect();
    let text = |value: &Value| if value.is_number() { value.to_string().into() } else { value.clone() };
    let listed = |row: &[Value], key: &str| -> Value { row.iter().map(|value| json!({ key: text(value) })).collect() };
    let tables: [(&str, AsTable); 6] = [
        ("azure", &|names, rows| {
            let columns: Value = names.iter().map(|name| json!({ "name": name, "type": "string" })).collect();
            json!({ "tables": [{ "name": "PrimaryResult", "columns": columns, "rows": rows }] })
        }),
        ("azure's custom logs", &|names, rows| {
            let name = |name: &&String| json!({ "name": format!("{}_s", name.replace('.', "_")), "type": "string" });
            let columns: Value = names.iter().map(name).collect();
            json!({ "tables": [{ "columns": columns, "rows": rows }] })
        }),
        ("influxdb", &|names, rows| json!({ "results": [{ "series": [{ "columns": names, "values": rows }] }] })),
        ("bigquery", &|names, rows| {
            let names: Value = names.iter().map(|name| json!({ "mode": "NULLABLE", "name": name })).collect();
            let rows: Value = rows.iter().map(|row| json!({ "f": listed(row, "v") })).collect();
            // In the order in which it answers.
            json!([{ "schema": { "fields": names } }, { "rows": rows }])
        }),
        ("athena", &|names, rows| {
            let names: Vec<Value> = names.iter().map(|name| json!(name)).collect();
            let rows = [names].into_iter().chain(rows);
            let rows: Value = rows.map(|row| json!({ "Data": listed(&row, "VarCharValue") })).collect();
            json!({ "ResultSet": { "Rows": rows } })
        }),
        ("with the line", &|names, rows| {
            let row = |(mut row, line): (Vec<Value>, String)| {
                row.push(line.into());
                Value::from(row)
            };
            let rows: Value = rows.into_iter().zip(plain()).map(row).collect();
            let names: Vec<&str> = names.iter().map(|name| name.as_str()).chain(["message"]).collect();
            json!({ "columns": names, "values": rows })
        }),
    ];
    for (what, write) in tables {
        let log = write(&names, values());
        for log in [log.to_string(), format!("{log:#}")] {
            let lines = read(log.as_bytes(), None).lines;
            assert_eq!((lines.records, lines.rejected.total), (5, 0), "{what}: {lines:?}");
            assert_eq!(said(&log), said(&plain().join("\n")), "{what}");
        }
    }
}

#[test]
fn a_record_in_logfmt_is_found() {
    let of_vector = |value: &Value| match value.as_str() {
        Some(text) if text.contains([' ', '"', '=']) => value.to_string(),
        _ => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
    };
    let quoted = |value: &Value| value.to_string();
    let writers: [&dyn Fn(&Value) -> String; 2] = [&of_vector, &quoted];
    for write in writers {
        let line = |fields: &Map<String, Value>| {
            let pairs = fields.iter().map(|(name, value)| format!("{name}={}", write(value)));
            format!("level=info {} msg=\"a b\"", pairs.collect::<Vec<_>>().join(" "))
        };
        let log = fields().iter().map(line).collect::<Vec<_>>().join("\n");
        assert_eq!(read(log.as_bytes(), None).lines.rejected.total, 0, "{log}");
        assert_eq!(said(&log), said(&plain().join("\n")), "{log}");
    }
}

/// All lines but the one with which it is complete are none of a record, as they are where its text is a field.
#[test]
fn a_record_in_yaml_is_found() {
    let scalar = |value: &Value| match value.as_str() {
        Some(text) if text.starts_with(|first: char| first.is_ascii_digit()) => format!("'{text}'"),
        Some(text) if text.contains('"') => format!("'{}'", text.replace('\'', "''")),
        _ => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
    };
    let lines = |fields: &Map<String, Value>| -> String {
        fields.iter().map(|(name, value)| format!("  {name}: {}\n", scalar(value))).collect()
    };
    let gcloud = |fields: &_| {
        let entry = "receiveTimestamp: '2026-11-23T18:00:00Z'\nresource:\n  labels:\n    cluster_name: x\n";
        format!("---\ninsertId: 1a\njsonPayload:\n{}{entry}timestamp: '2026-11-23T18:00:00Z'\n", lines(fields))
    };
    let azure = |fields: &_| format!("- TableName: PrimaryResult\n{}", lines(fields));
    let in_order = |fields: &Map<String, Value>| {
        let mut fields = fields.clone();
        let [time, duration] = ["timestamp", "duration_ms"].map(|name| fields.remove(name).unwrap());
        let [time, duration] = [time, duration].map(|value| scalar(&value));
        format!("---\njsonPayload:\n  timestamp: {time}\n{}  duration_ms: {duration}\n", lines(&fields))
    };
    let printers: [AsLines; 3] = [&gcloud, &azure, &in_order];
    for print in printers {
        let log: String = fields().iter().map(print).collect();
        assert_eq!(said(&log), said(&plain().join("\n")), "{log}");
    }
}
