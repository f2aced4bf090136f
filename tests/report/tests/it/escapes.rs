//! Records in what is no JSON, or no text: base64, and how programming languages write a string or a dictionary.

use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD},
};
use record::Record;
use serde_json::{Map, Value, json};

use crate::{
    NOON,
    envelopes::{assert_found, fields, plain},
    lines,
    packed::gzip,
    read, record,
};

/// How a language writes a line, and its fields.
type AsLiteral<'l> = &'l dyn Fn(&str) -> String;
type AsDictionary<'l> = &'l dyn Fn(&Map<String, Value>) -> String;

fn in_lines(text: &str) -> String {
    let lines: Vec<&str> = text.as_bytes().chunks(76).map(|line| str::from_utf8(line).unwrap()).collect();
    lines.join("\r\n") + "\r\n"
}

#[test]
fn what_kinesis_and_cloudwatch_pack_into_base64_is_read() {
    let events = |line: &str| json!({ "logEvents": [{ "message": line }] }).to_string();
    let gzipped = |line: &str| gzip(events(line).as_bytes());
    let encodings: [fn(Vec<u8>) -> String; 5] = [
        |bytes| BASE64_STANDARD.encode(bytes),
        |bytes| BASE64_STANDARD_NO_PAD.encode(bytes),
        |bytes| BASE64_URL_SAFE.encode(bytes),
        |bytes| BASE64_URL_SAFE_NO_PAD.encode(bytes),
        |bytes| in_lines(&BASE64_STANDARD.encode(bytes)),
    ];
    for encode in encodings {
        let kinesis = |line: &String| json!({ "kinesis": { "data": encode(line.clone().into_bytes()) } });
        assert_found("kinesis", &json!({ "Records": plain().iter().map(kinesis).collect::<Value>() }).to_string());
        let all = plain().iter().map(|line| events(line)).collect::<Vec<_>>().join("\n");
        assert_found("cloudwatch", &json!({ "awslogs": { "data": encode(gzip(all.as_bytes())) } }).to_string());
        let each = |write: &dyn Fn(&str) -> Vec<u8>| plain().iter().map(|line| encode(write(line))).collect::<Vec<_>>();
        for lines in [each(&|line| line.as_bytes().to_vec()), each(&gzipped)] {
            if lines.iter().all(|line| !line.contains('\n')) {
                assert_found("a file of it", &lines.join("\n"));
            }
        }
    }
}

/// What is packed has none of a record's names.
#[test]
fn what_is_packed_is_read_wherever_it_stands() {
    let packings: [AsLiteral; 4] = [
        &|line| json!({ "data": BASE64_STANDARD.encode(line) }).to_string(),
        &|line| json!({ "data": BASE64_STANDARD.encode(gzip(line.as_bytes())) }).to_string(),
        &|line| json!({ "MESSAGE": line.as_bytes(), "PRIORITY": "6" }).to_string(),
        &|line| json!({ "log": json!({ "data": BASE64_STANDARD.encode(line) }).to_string() }).to_string(),
    ];
    let wrappings: [AsLiteral; 7] = [
        &|text| json!({ "log": text, "stream": "stdout" }).to_string(),
        &|text| json!({ "data": BASE64_STANDARD.encode(text) }).to_string(),
        &|text| format!("2026-11-23,\"{}\",x", text.replace('"', "\"\"")),
        &|text| format!("level=info msg={}", json!(text)),
        &|text| format!("<p>{}</p>", text.replace('"', "&quot;")),
        &|text| format!("<p>{}</p>", text.replace('"', "&amp;quot;")),
        &|text| format!("<p a='{}'/>", text.replace('"', "&#x22;")),
    ];
    for (pack, wrap) in packings.into_iter().flat_map(|pack| wrappings.into_iter().map(move |wrap| (pack, wrap))) {
        let lines: Vec<String> = plain().iter().map(|line| wrap(&pack(line))).collect();
        assert_found(&lines[0], &lines.join("\n"));
    }
}

/// As `repr` and `inspect` write a text.
fn quoted(text: &str, quote: char) -> String {
    format!("{quote}{}{quote}", text.replace('\\', r"\\").replace(quote, &format!(r"\{quote}")))
}

#[test]
fn how_programming_languages_write_a_string_is_read() {
    let apostrophe = |line: &str| line.replace('é', "can't");
    let hexadecimal = |line: &str, escaped: &[char]| -> String {
        let one = |c: char| if escaped.contains(&c) { format!("\\x{:02X}", c as u32) } else { c.to_string() };
        line.chars().map(one).collect()
    };
    let bytes = |line: &str| -> String {
        let one = |byte: u8| if byte.is_ascii() { char::from(byte).to_string() } else { format!("\\x{byte:02x}") };
        format!("b{}", quoted(line, '\'').bytes().map(one).collect::<String>())
    };
    let literals: [(&str, AsLiteral); 9] = [
        ("python", &|line| format!("{{'log': {}, 'stream': 'stdout', 'n': None}}", quoted(line, '\''))),
        ("python, in a text", &|line| format!("can't read {{'log': {}}}", quoted(line, '\''))),
        ("python, of docker", &|line| format!("{{'m': {}}}", quoted(&json!({ "log": line }).to_string(), '\''))),
        ("python's bytes", &bytes),
        ("javascript", &|line| format!("{{ log: {}, stream: 'stdout' }}", quoted(line, '\''))),
        ("ruby", &|line| format!("{{\"log\"=>{}, \"x\"=>nil}}", quoted(line, '"'))),
        ("ruby 3.4", &|line| format!("{{\"log\" => {}, \"x\" => nil}}", quoted(line, '"'))),
        ("nginx", &|line| format!("msg=\"{}\"", hexadecimal(line, &['"', '\\']))),
        ("copy", &|line| format!("1\t{}\tx", line.replace('\\', r"\\"))),
    ];
    for (what, write) in literals {
        assert_found(what, &plain().iter().map(|line| write(line)).collect::<Vec<_>>().join("\n"));
    }
    let with_apostrophe = plain().iter().map(|line| apostrophe(line)).collect::<Vec<_>>();
    for write in [bytes, |line: &str| format!("{{'log': {}}}", quoted(line, '\''))] {
        let log = with_apostrophe.iter().map(|line| write(line)).collect::<Vec<_>>().join("\n");
        assert_eq!(read(log.as_bytes(), None).lines.records, 5, "{log}");
    }
}

#[test]
fn a_record_that_is_a_dictionary_is_read() {
    let python = |fields: &Map<String, Value>| {
        let pairs = fields.iter().map(|(name, value)| match value.as_str() {
            Some(text) => format!("'{name}': {}", quoted(text, '\'')),
            None => format!("'{name}': {value}"),
        });
        pairs.collect::<Vec<_>>().join(", ")
    };
    let ruby = |fields: &Map<String, Value>, arrow: &str| {
        fields.iter().map(|(name, value)| format!("\"{name}\"{arrow}{value}")).collect::<Vec<_>>().join(", ")
    };
    let loggers: [(&str, AsDictionary); 6] = [
        ("python", &|fields| format!("{{{}}}", python(fields))),
        ("python, in a text", &|fields| format!("INFO x's: {{'ok': True, 'record': {{{}}}}}", python(fields))),
        ("fluent-bit", &|fields| format!("[0] kube.x: [[1795435200.5, {{}}], {{{}}}]", ruby(fields, "=>"))),
        ("fluent-bit, nested", &|fields| {
            format!("[0] x: [1795435200.5, {{\"log\"=>\"x\", \"log_processed\"=>{{{}}}}}]", ruby(fields, "=>"))
        }),
        ("fluent-bit, with the line", &|fields| {
            let line = quoted(&Value::from(fields.clone()).to_string(), '"');
            format!("[0] x: [[1795435200.5, {{}}], {{\"log\"=>{line}, \"json\"=>{{{}}}}}]", ruby(fields, "=>"))
        }),
        ("ruby 3.4", &|fields| format!("{{\"record\" => {{{}}}}}", ruby(fields, " => "))),
    ];
    for (what, write) in loggers {
        assert_found(what, &fields().iter().map(write).collect::<Vec<_>>().join("\n"));
    }
}

/// What stands in a record's texts says nothing of what is around it.
#[test]
fn quotes_of_another_language_in_a_record_change_nothing() {
    for cause in ["column {'a'} is [b'c'] \"=>", "{'faas.name': 'x'}", r"C:\x22 \'"] {
        let line = lines(&[Record { cause: Some(cause.into()), ..record(NOON) }]).remove(0);
        let wrapped: [String; 5] = [
            format!("x,\"{}\"", line.replace('"', "\"\"")),
            format!("msg={}", json!(line)),
            format!("msg={}", json!(json!({ "log": line }).to_string())),
            format!("<p>{}</p>", line.replace('"', "&quot;")),
            json!({ "Log": line }).to_string().replace("\\\"", "\\u0022"),
        ];
        for log in wrapped {
            assert_eq!(read(log.as_bytes(), None).lines.records, 1, "{log}");
        }
    }
}
