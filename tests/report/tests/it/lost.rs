//! Logs that are cut, packed, or not there: what can be read is, and nothing is called good that was not looked at.

use std::{fs, io::Write as _, process::Stdio};

use serde_json::Value;

use crate::{NOON, command, lines, record};

fn packed() -> Vec<u8> {
    let text = lines(&(0..2000).map(|n| record(NOON + n * 977)).collect::<Vec<_>>()).join("\n");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn a_log_that_was_cut_is_read_as_far_as_it_goes_and_so_are_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let all = packed();
    fs::write(folder.path().join("cut.gz"), &all[..all.len() / 2]).unwrap();
    fs::write(folder.path().join("whole.txt"), lines(&[record(NOON)]).join("\n")).unwrap();

    let output = command(&folder).args(["--json", "cut.gz", "whole.txt"]).output().unwrap();

    assert!(output.status.success());
    let warning = String::from_utf8(output.stderr).unwrap();
    assert!(warning.contains("cut.gz was not read to its end"), "{warning}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report["total"]["requests"].as_u64() > Some(100), "{report}");
}

#[test]
fn a_packed_log_is_known_by_what_it_is_and_not_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("old.txt"), packed()).unwrap();
    let mut piped =
        command(&folder).args(["--json", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    piped.stdin.take().unwrap().write_all(&packed()).unwrap();

    for output in [command(&folder).args(["--json", "old.txt"]).output().unwrap(), piped.wait_with_output().unwrap()] {
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["total"]["requests"], 2000);
    }
}

/// A pipeline that has lost its records would be green for ever.
#[test]
fn where_nothing_was_recorded_nothing_can_be_judged() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("empty.txt"), "").unwrap();

    let judged = command(&folder).args(["--json", "--fail-on-burn", "empty.txt"]).output().unwrap();
    let read = command(&folder).args(["--json", "empty.txt"]).output().unwrap();

    assert_eq!((judged.status.code(), read.status.code()), (Some(2), Some(0)));
    assert!(String::from_utf8(judged.stderr).unwrap().contains("nothing to judge"));
}

#[test]
fn a_file_that_is_named_twice_is_read_once() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("one_stdout.txt"), lines(&[record(NOON)]).join("\n")).unwrap();
    std::os::unix::fs::symlink("one_stdout.txt", folder.path().join("other.txt")).unwrap();

    let output = command(&folder).args(["--json", ".", "one_stdout.txt", "other.txt"]).output().unwrap();

    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap()["total"]["requests"], 1);
}

/// Whatever was asked for, and before anything else is said.
#[test]
fn where_no_line_is_a_record_the_lines_are_shown_and_nothing_is_called_good() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("log.txt"), "hello\n{\"level\":\"info\",\"key\":\"sb_secret_1\"}\n").unwrap();
    let run = |arguments: &[&str]| {
        let output = command(&folder).arg("log.txt").args(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let sentence = "None of the 2 lines that were read is a record.";
    let shown = ["line 1: hello\n", "line 2: {\"level\":\"info\",\"key\":\"[token]\"}\n"];

    for arguments in [&[][..], &["--fail-on-burn"]] {
        let (code, stdout, _) = run(arguments);
        assert_eq!(code, Some(2));
        assert!(stdout.starts_with(sentence) && shown.iter().all(|line| stdout.contains(line)), "{stdout}");
        assert!(!stdout.contains('✓'), "{stdout}");
    }
    let (code, stdout, stderr) = run(&["--json"]);
    assert_eq!((code, &serde_json::from_str::<Value>(&stdout).unwrap()["headline"]), (Some(2), &sentence.into()));
    assert!(stderr.contains(sentence) && shown.iter().all(|line| stderr.contains(line)), "{stderr}");
    let (code, stdout, stderr) = run(&["--export", "metrics"]);
    assert_eq!((code, &*stdout), (Some(2), ""));
    assert!(stderr.contains(sentence) && shown.iter().all(|line| stderr.contains(line)), "{stderr}");
    assert!(!folder.path().join("report.html").exists());
}

#[test]
fn where_nothing_could_be_unpacked_nothing_is_called_good() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cut.gz"), &packed()[..20]).unwrap();

    let output = command(&folder).arg("cut.gz").output().unwrap();

    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn a_duration_that_cannot_be_is_no_record() {
    let folder = tempfile::tempdir().unwrap();
    let of = |duration_ms| record::Record { duration_ms, ..record(NOON) };
    let log = lines(&[of(-5.0), of(1e308), of(3_600_001.0), of(0.0), of(3_600_000.0)]);
    fs::write(folder.path().join("log.txt"), log.join("\n")).unwrap();

    let output = command(&folder).args(["--json", "log.txt"]).output().unwrap();

    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["lines"]["records"], &report["lines"]["rejected"]["no_record"]), (&2.into(), &3.into()));
}
