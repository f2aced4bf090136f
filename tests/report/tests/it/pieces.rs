//! Records that a container runtime cut into pieces, or that were written over many lines of its log.

use record::Record;
use serde_json::{Value, json};

use crate::{MINUTE, NOON, lines, read, record};

/// How a runtime writes a piece of a container's line, and whether it is the last.
type Writer<'w> = &'w dyn Fn(usize, &str, bool) -> String;

const TIME: &str = "2026-11-23T12:00:00.5Z";

fn plain() -> Vec<String> {
    lines(&(0..4).map(|place| Record { rows: Some(7), ..record(NOON + place * MINUTE) }).collect::<Vec<_>>())
}

/// So long that none has all of a name.
fn pieces(line: &str) -> Vec<&str> {
    line.as_bytes().chunks(40).map(|piece| std::str::from_utf8(piece).unwrap()).collect()
}

fn cri(pod: &str, piece: &str, last: bool) -> String {
    format!("{pod}{TIME} stdout {} {piece}", if last { "F" } else { "P" })
}

fn all_of<'l>(lines: &'l [String], write: impl Fn(&'l str, bool) -> String) -> String {
    let mut log = Vec::new();
    for line in lines {
        let pieces = pieces(line);
        log.extend(pieces.iter().enumerate().map(|(place, piece)| write(piece, place + 1 == pieces.len())));
    }
    log.join("\n")
}

#[test]
fn the_pieces_of_a_line_are_the_line() {
    let lines = plain();
    let docker = |piece: &str, last| {
        let end = if last { "\n" } else { "" };
        json!({ "log": format!("{piece}{end}"), "stream": "stdout", "time": TIME }).to_string()
    };
    let parsed = |piece: &str, last| {
        let tag = if last { "F" } else { "P" };
        json!({ "time": TIME, "stream": "stdout", "logtag": tag, "log": piece }).to_string()
    };

    for log in [all_of(&lines, |piece, last| cri("", piece, last)), all_of(&lines, docker), all_of(&lines, parsed)] {
        let report = read(log.as_bytes(), None);

        assert_eq!((report.lines.records, report.lines.rejected.total, report.total.rows), (4, 0, 28), "{log}");
    }
}

#[test]
fn pieces_of_many_containers_do_not_mix() {
    let lines = plain();
    let all: Vec<Vec<&str>> = lines.iter().map(|line| pieces(line)).collect();
    let last = all[0].len() - 1;
    let text = |pod, piece: &str, last| cri(&format!("[pod/f-{pod}/lockstep] "), piece, last);
    let json =
        |pod, piece: &str, _| json!({ "log": piece, "podName": format!("f-{pod}"), "stream": "stdout" }).to_string();
    let writers: [Writer; 2] = [&text, &json];
    for write in writers {
        let turn = |place| all.iter().enumerate().map(move |(pod, pieces)| write(pod, pieces[place], place == last));
        let log: Vec<String> = (0..=last).flat_map(turn).collect();

        let report = read(log.join("\n").as_bytes(), None);

        assert_eq!((report.lines.records, report.lines.rejected.total), (4, 0));
    }
}

/// As `jq .` in a container would print it.
#[test]
fn a_record_over_many_lines_of_a_container_is_one() {
    let pretty = plain().into_iter().map(|line| format!("{:#}\n", serde_json::from_str::<Value>(&line).unwrap()));
    let text: String = pretty.collect();
    let docker = |line: &str| json!({ "log": format!("{line}\n"), "stream": "stdout" }).to_string();
    let each = |write: &dyn Fn(&str) -> String| text.lines().map(write).collect::<Vec<_>>().join("\n");

    for log in [text.clone(), each(&|line| cri("", line, true)), each(&docker)] {
        assert_eq!(read(log.as_bytes(), None).lines.records, 4, "{log}");
    }
}

/// A runtime without marks for pieces: only what they are says which belong together.
#[test]
fn a_record_that_broke_off_does_not_take_the_next_with_it() {
    let lines = plain();
    let log = |text: &str| json!({ "log": text, "stream": "stdout" }).to_string();
    let broken = log(pieces(&lines[0])[0]);
    let next = all_of(&lines[1..2], |piece, _| log(piece));

    let report = read([broken, next, log(&lines[2])].join("\n").as_bytes(), None);

    assert_eq!((report.lines.records, report.lines.rejected.total), (2, 1));
}

#[test]
fn a_piece_without_the_others_is_a_line_that_is_no_record() {
    let line = plain().remove(0);
    let first = cri("", pieces(&line)[0], false);
    let other = format!("{TIME} stdout F something else");
    let log = format!("{first}\n{other}\n{TIME} stdout F {line}\n{first}\n{other}\n{first}\n");

    let report = read(log.as_bytes(), None);

    assert_eq!((report.lines.read, report.lines.records, report.lines.rejected.not_json), (6, 1, 5));
    let shown: Vec<_> = report.lines.rejected.samples.iter().map(|sample| sample.line).collect();
    assert_eq!(shown, [2, 5, 1]);
}
