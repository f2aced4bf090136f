//! What databases and collectors do to the names of a record's fields: the report says the same as of the line itself.

use serde_json::{Map, Value, json};

use crate::envelopes::{AsFields, as_text, assert_found_in_all_shapes, fields, nested, renamed, without_time};

fn with_names(fields: &Map<String, Value>, name: impl Fn(&str) -> String) -> Map<String, Value> {
    fields.iter().map(|(key, value)| (name(key), value.clone())).collect()
}

#[test]
fn a_time_that_was_moved_is_found_under_any_name() {
    for name in [
        "_time",
        "dt",
        "datetime",
        "ts",
        "@t",
        "time",
        "Timestamp",
        "observed_timestamp",
        "receiveTimestamp",
        "log_time",
        "ingestionTime",
        "eventTime",
        "created_at",
        "published",
        "TimeCreated",
        "@timestamp",
    ] {
        let beside = |(fields, time): (Value, Value)| {
            let mut all = fields.as_object().unwrap().clone();
            all.insert(name.to_owned(), time);
            all.into()
        };
        let around = |(fields, time): (Value, Value)| json!({ "data": fields, name: time });
        let in_another = |(fields, time): (Value, Value)| json!({ "data": fields, "meta": { name: time } });
        let moves: [&dyn Fn((Value, Value)) -> Value; 3] = [&beside, &around, &in_another];
        for to in moves {
            assert_found_in_all_shapes(name, &fields().into_iter().map(without_time).map(to).collect::<Vec<_>>());
        }
    }
}

/// The one that is a record's own says when it was, and not when somebody received it.
#[test]
fn of_many_times_the_record_s_own_is_believed() {
    let late = "2026-11-23T18:00:00Z";
    let pipelines: [AsFields; 4] = [
        &|mut fields| {
            fields.extend([("@timestamp".to_owned(), late.into()), ("_time".to_owned(), late.into())]);
            fields.into()
        },
        &|fields| {
            let (fields, time) = without_time(fields);
            json!({ "data": fields, "receiveTimestamp": late, "timestamp": time, "ingestion_time": late })
        },
        &|fields| {
            let mut fields = with_names(&fields, |name| format!("json.{name}"));
            fields.insert("@timestamp".to_owned(), late.into());
            json!({ "fields": fields, "timestamp": late })
        },
        &|fields| {
            let (fields, time) = without_time(fields);
            json!({ "meta": { "timestamp": late }, "data": fields, "date": time })
        },
    ];
    for wrap in pipelines {
        let events: Vec<Value> = fields().into_iter().map(wrap).collect();
        assert_found_in_all_shapes(&events[0].to_string(), &events);
    }
}

#[test]
fn what_stands_before_or_behind_all_names_of_a_record_is_no_part_of_them() {
    for before in ["json.", "attributes.", "body.", "jsonPayload_", "log_processed_", "@", "message.", "_", "a.b-c."] {
        let renamed = |fields| with_names(&fields, |name| format!("{before}{name}")).into();
        assert_found_in_all_shapes(before, &fields().into_iter().map(renamed).collect::<Vec<_>>());
    }
    for behind in [".keyword", "_extracted"] {
        let renamed = |fields| with_names(&fields, |name| format!("{name}{behind}")).into();
        assert_found_in_all_shapes(behind, &fields().into_iter().map(renamed).collect::<Vec<_>>());
    }
}

#[test]
fn a_record_s_fields_in_several_objects_and_lists_are_one_record() {
    let azure = |fields: Map<String, Value>| -> Value {
        let ending = |name: &str, value: &Value| match value {
            Value::Number(_) => "_d",
            _ if name == "app.request_id" => "_g",
            _ if name == "timestamp" => "_t",
            _ => "_s",
        };
        let named = |(name, value): (&String, &Value)| {
            (format!("{}{}", name.replace('.', "_"), ending(name, value)), value.clone())
        };
        fields.iter().map(named).collect::<Map<_, _>>().into()
    };
    let by_type = |fields: Map<String, Value>| {
        let (numbers, texts): (Map<_, _>, Map<_, _>) = fields.into_iter().partition(|(_, value)| value.is_number());
        json!({ "attributes_string": texts, "attributes_number": numbers, "attributes_bool": {} })
    };
    let pipelines: [(&str, AsFields); 6] = [
        ("azure's custom logs", &azure),
        ("signoz", &by_type),
        ("kibana", &|fields| {
            let listed = |(name, value): (String, Value)| (format!("json.{name}"), json!([value]));
            json!({ "_id": "x", "fields": fields.into_iter().map(listed).collect::<Map<_, _>>() })
        }),
        ("opentelemetry has the ids outside", &|mut fields| {
            let [trace, span] = ["trace_id", "span_id"].map(|id| fields.remove(id));
            json!({ "timeUnixNano": "1", "traceId": trace, "spanId": span, "attributes": nested(&fields) })
        }),
        ("axiom", &|fields| {
            let (fields, time) = without_time(fields);
            json!({ "_time": time, "_sysTime": "2026-11-23T18:00:00Z", "data": { "attributes": { "custom": fields } } })
        }),
        ("flattened, with the line", &|fields| {
            let line = Value::from(fields.clone()).to_string();
            let mut all = renamed(&with_names(&fields, |name| format!("log.{name}")), as_text);
            let object = all.as_object_mut().unwrap();
            object.retain(|name, _| name != "log_trace_id" && name != "log_span_id");
            object.insert("log".to_owned(), line.into());
            all
        }),
    ];
    for (what, wrap) in pipelines {
        assert_found_in_all_shapes(what, &fields().into_iter().map(wrap).collect::<Vec<_>>());
    }
}
