//! Records in what is no JSON, or no text: base64, and how programming languages write a string or a dictionary.

use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

use crate::{
    envelopes::{assert_found, plain},
    packed::gzip,
};

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
