//! Logs as they are kept: packed, encoded, filled up, under any name.

use std::{fs, io::Write as _, process::Stdio};

use flate2::{Compression, write::GzEncoder};
use liblzma::write::XzEncoder;
use record::Record;
use serde_json::{Value, json};

use crate::{MINUTE, NOON, command, lines, record};

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut packer = XzEncoder::new(Vec::new(), 6);
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

/// Of an RPC, in letters of more than one byte.
const NAME: &str = "fetch_ü_漢字";
const ASCII: &str = "fetch";

/// Two halves, so that what was packed in two goes is seen.
fn halves() -> [String; 2] {
    let one = |place| Record { rpc: Some(NAME.into()), ..record(NOON + place * MINUTE) };
    let all = lines(&(0..100).map(one).collect::<Vec<_>>());
    [all[..50].join("\n") + "\n", all[50..].join("\n") + "\n"]
}

/// Of the file, and of the same piped in a byte at a time.
fn requests(name: &str, bytes: &[u8]) -> Vec<u64> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), bytes).unwrap();
    let of_file = command(&folder).args(["--json", name]).output().unwrap();
    let mut piped =
        command(&folder).args(["--json", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = piped.stdin.take().unwrap();
    let (head, rest) = bytes.split_at(8);
    head.iter().for_each(|byte| stdin.write_all(&[*byte]).unwrap());
    stdin.write_all(rest).unwrap();
    drop(stdin);
    let outputs = [of_file, piped.wait_with_output().unwrap()];
    let named = |group: &&Value| group["name"] == NAME || group["name"] == ASCII;
    let sum = |report: Value| {
        report["groups"].as_array().unwrap().iter().filter(named).map(|group| group["requests"].as_u64().unwrap()).sum()
    };
    outputs.iter().map(|output| sum(serde_json::from_slice::<Value>(&output.stdout).unwrap())).collect()
}

fn assert_all(what: &str, name: &str, bytes: &[u8]) {
    assert_eq!(requests(name, bytes), [100, 100], "{what}");
}

#[test]
fn a_packed_log_is_read_to_the_end_of_its_last_part() {
    let [one, other] = halves().map(String::into_bytes);
    for (what, pack) in [("gzip", gzip as fn(&[u8]) -> Vec<u8>), ("xz", xz), ("zstd", zstd)] {
        assert_all(what, "log", &[pack(&one), pack(&other)].concat());
    }
    // What `pzstd` begins with: a frame that is skipped (RFC 8878, section 3.1.2).
    let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4][..], &zstd(&[&one[..], &other].concat())].concat();
    assert_all("pzstd", "log", &skipped);
    assert_all("packed twice", "log", &xz(&gzip(&[one, other].concat())));
}

#[test]
fn a_name_packs_nothing() {
    let all = halves().concat().into_bytes();

    for name in ["log.zst", "log.xz", "log.gz"] {
        assert_all(name, name, &all);
    }
    assert_all("gzip", "log.zst", &gzip(&all));
}

#[test]
fn utf_16_is_read_with_a_mark_and_without_one() {
    let text = halves().concat().replace('\n', " ü\r\n");
    let docker: String = text.lines().map(|line| json!({ "log": line, "é": "漢字" }).to_string() + "\n").collect();
    for text in [text, docker] {
        for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
            assert_all("without", "log", &utf_16(&text, bytes));
            assert_all("with", "log", &utf_16(&format!("\u{feff}{text}"), bytes));
            let foreign = "漢".repeat(300);
            assert_all("with, and no ASCII", "log", &utf_16(&format!("\u{feff}{foreign}\r\n{text}"), bytes));
            assert_all("packed", "log", &gzip(&utf_16(&format!("\u{feff}{text}"), bytes)));
        }
    }
}

#[test]
fn marks_zeros_and_other_bytes_around_lines_hide_none() {
    let [one, other] = halves();
    let all = format!("{one}{other}");
    assert_all("UTF-8 with a mark", "log", format!("\u{feff}{all}").as_bytes());
    assert_all("a file that was emptied", "log", &[&vec![0; 3 << 20], all.as_bytes(), &[0; 4096]].concat());
    for zeros in [1, 509, 510, 511, 4095] {
        assert_all("a file that was emptied", "log", &[&vec![0; zeros], all.as_bytes()].concat());
    }
    assert_all(
        "appended by PowerShell",
        "log",
        &[one.into_bytes(), utf_16(&other.replace(NAME, ASCII), u16::to_le_bytes)].concat(),
    );
    assert_all(
        "not UTF-8",
        "log",
        &all.replace("{\"", "caf? {\"").bytes().map(|b| if b == b'?' { 0xe9 } else { b }).collect::<Vec<_>>(),
    );
}

#[test]
fn packed_logs_of_a_folder_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let [one, _] = halves();
    for (ending, bytes) in [("", one.clone().into_bytes()), (".zst", zstd(one.as_bytes())), (".xz", xz(one.as_bytes()))]
    {
        fs::write(folder.path().join(format!("messages-list_stdout.txt{ending}")), bytes).unwrap();
    }

    let output = command(&folder).args(["--json", "."]).output().unwrap();

    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap()["total"]["requests"], 150);
}
