//! Records whose time a parser took out of them: it stands in a list, in the text before them, or around their text.

use serde_json::{Map, Value, json};

use crate::envelopes::{AsFields, as_text, assert_found, assert_found_in_all_shapes, fields, renamed, without_time};

fn nanoseconds(time: &Value) -> Value {
    (report::moment::parse(time.as_str().unwrap()).unwrap() * 1_000_000).to_string().into()
}

#[test]
fn a_time_in_the_list_of_a_record_is_its_time() {
    let pipelines: [(&str, AsFields); 5] = [
        ("loki's labels", &|fields| {
            let (fields, time) = without_time(fields);
            let labels = renamed(fields.as_object().unwrap(), as_text);
            json!({ "stream": labels, "values": [[nanoseconds(&time), "x"]] })
        }),
        ("loki's metadata", &|fields| {
            let (fields, time) = without_time(fields);
            let metadata = renamed(fields.as_object().unwrap(), as_text);
            json!({ "stream": { "app": "x" }, "values": [[nanoseconds(&time), "x", metadata]] })
        }),
        ("loki, with the line", &|fields| {
            let line = Value::from(fields.clone()).to_string();
            let (fields, time) = without_time(fields);
            let labels = renamed(fields.as_object().unwrap(), as_text);
            json!({ "stream": labels, "values": [[nanoseconds(&time), line]] })
        }),
        ("fluent-bit", &|fields| {
            let (fields, time) = without_time(fields);
            json!([[time, {}], fields])
        }),
        ("fluentd", &|fields| {
            let (fields, time) = without_time(fields);
            json!(["kube.x", time, { "log_processed": fields }])
        }),
    ];
    for (what, wrap) in pipelines {
        assert_found_in_all_shapes(what, &fields().into_iter().map(wrap).collect::<Vec<_>>());
    }
}

#[test]
fn a_time_around_the_text_of_a_record_is_its_time() {
    let in_text = |fields| {
        let (fields, time) = without_time(fields);
        json!({ "customDimensions": fields.to_string(), "itemCount": 1, "timestamp": time })
    };
    let in_texts = |fields| {
        let (fields, time) = without_time(fields);
        json!({ "time": time, "log": json!({ "custom": fields }).to_string() })
    };
    let pipelines: [AsFields; 2] = [&in_text, &in_texts];
    for wrap in pipelines {
        assert_found_in_all_shapes("a text", &fields().into_iter().map(wrap).collect::<Vec<_>>());
    }
}

#[test]
fn a_time_in_the_text_before_a_record_is_its_time() {
    let loggers: [fn(&str, &Value) -> String; 6] = [
        |time, fields| format!("{} +0000 kube.x: {fields}", time.replace('T', " ").replace('Z', "")),
        |time, fields| format!("{time}\tkube.x\t{fields}"),
        |time, fields| format!("<14>1 {time} host lockstep 123 - [meta sequenceId=\"1\"] {fields}"),
        |time, fields| format!("[{}] INFO {fields}", time.replace('T', " ")),
        |time, fields| format!("{time} stdout F {fields}"),
        |time, fields| {
            let ruby: Vec<_> =
                fields.as_object().unwrap().iter().map(|(name, value)| format!("\"{name}\"=>{value}")).collect();
            format!("[0] kube.x: [\"{time}\", {{{}}}]", ruby.join(", "))
        },
    ];
    for write in loggers {
        let lines: Vec<String> = fields()
            .into_iter()
            .map(without_time)
            .map(|(fields, time)| write(time.as_str().unwrap(), &fields))
            .collect();
        assert_found(&lines[0], &lines.join("\n"));
    }
}

/// As Protocol Buffers, DynamoDB, Avro and ClickHouse have them.
#[test]
fn a_value_in_an_object_of_its_own_is_the_value() {
    let kinds: [fn(&Value) -> Value; 6] = [
        |value| match value {
            Value::String(text) => json!({ "string_value": text }),
            Value::Number(number) if number.is_u64() => json!({ "int_value": number }),
            number => json!({ "double_value": number }),
        },
        |value| if value.is_string() { json!({ "stringValue": value }) } else { json!({ "numberValue": value }) },
        |value| if value.is_string() { json!({ "S": value }) } else { json!({ "N": value.to_string() }) },
        |value| if value.is_string() { json!({ "string": value }) } else { json!({ "double": value }) },
        |value| json!({ "Type": "STRING", "Value": as_text(value) }),
        |value| json!({ "value": value }),
    ];
    for kind in kinds {
        let object = |fields: Map<String, Value>| -> Value {
            json!({ "fields": fields.iter().map(|(name, value)| (name.clone(), kind(value))).collect::<Map<_, _>>() })
        };
        let list = |fields: Map<String, Value>| -> Value {
            fields.iter().map(|(name, value)| json!({ "Key": name, "Value": kind(value) })).collect()
        };
        for events in [fields().into_iter().map(object).collect::<Vec<_>>(), fields().into_iter().map(list).collect()] {
            assert_found_in_all_shapes(&events[0].to_string(), &events);
        }
    }
}
