//! Records that a container runtime cut into pieces, or that were written over many lines of its log.

use record::Record;
use serde_json::{Value, json};

use crate::{MINUTE, NOON, lines, read, record};

/// How a runtime writes a piece of a container's line, and whether it is the last.
type Writer<'w> = &'w dyn Fn(usize, &str, bool) -> String;

/// The same, of the only container.
type PieceWriter<'w> = &'w dyn Fn(&str, bool) -> String;

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

    let text = |piece: &str, last| json!({ "message": cri("", piece, last) }).to_string();
    let tagged =
        |piece: &str, last| json!({ "Log": format!("{} {piece}", if last { "F" } else { "P" }), "_p": 1 }).to_string();
    let bytes = |piece: &str, _| json!({ "MESSAGE": piece.as_bytes(), "_SYSTEMD_UNIT": "x" }).to_string();
    let azure = |piece: &str, _| json!({ "LogEntry": piece, "TimeGenerated": TIME }).to_string();
    let in_cri = |piece: &str, last| cri("", piece, last);
    let writers: [PieceWriter; 7] = [&in_cri, &docker, &parsed, &text, &tagged, &bytes, &azure];
    for log in writers.map(|write| all_of(&lines, write)) {
        let report = read(log.as_bytes(), None);

        assert_eq!((report.lines.records, report.lines.rejected.total, report.total.rows), (4, 0, 28), "{log}");
    }
}

#[test]
fn text_before_a_piece_and_a_record_in_it_hide_none() {
    let all = plain();
    let docker = |piece: &str, _| json!({ "log": piece, "stream": "stdout" }).to_string();
    for before in ["[messages-list] ", "INFO x: ", "2026/11/23 {x} [info]: "] {
        let prefixed: Vec<String> = all.iter().map(|line| format!("{before}{line}")).collect();
        for log in [all_of(&prefixed, |piece, last| cri("", piece, last)), all_of(&prefixed, docker)] {
            let report = read(log.as_bytes(), None);

            assert_eq!((report.lines.records, report.lines.rejected.total), (4, 0), "{log}");
        }
    }
    let empty: Vec<String> = all.iter().map(|line| [cri("", line, false), cri("", "", true)].join("\n")).collect();
    assert_eq!(read(empty.join("\n").as_bytes(), None).lines.rejected.total, 0);
    let (begun, rest) = all[1].split_at(40);
    let log = [cri("", &format!("{}{begun}", all[0]), false), cri("", rest, true)].join("\n");

    let report = read(log.as_bytes(), None);

    assert_eq!((report.lines.records, report.lines.rejected.total), (2, 0));
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

    let number = std::cell::Cell::new(7);
    let at = || (number.replace(number.get() + 1), number.get() % 60).1;
    let writers: [&dyn Fn(&str) -> String; 9] = [
        &str::to_owned,
        &|line| cri("", line, true),
        &|line| cri("", &format!("[messages-list] {line}"), true),
        &docker,
        &|line| format!("lockstep-1  | {line}"),
        &|line| format!("\x1b[36mlockstep-1  | \x1b[0m{line}"),
        &|line| format!("[pod/x/y] {line}"),
        &|line| format!("2026-11-23T12:00:{:02}.{}Z {line}", at(), at()),
        &|line| format!("Nov 23 12:00:{:02} host app[{}]: {line}", at(), at()),
    ];
    for log in writers.map(each) {
        let report = read(log.as_bytes(), None);

        assert_eq!((report.lines.records, report.lines.rejected.total), (4, 0), "{log}");
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
