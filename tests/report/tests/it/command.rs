//! The command: its arguments, its exit status, and what it leaves behind.

use std::{fs, io::Write as _, process::Stdio};

use serde_json::Value;

use crate::{NOON, answered, command, lines, record};

fn log(folder: &tempfile::TempDir, name: &str, bad: usize) {
    let mut all = vec![record(NOON); 100];
    all.extend(vec![answered(NOON, 503, "upstream_failed"); bad]);
    fs::write(folder.path().join(name), lines(&all).join("\n")).unwrap();
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_log_becomes_a_page_and_a_summary_without_colours() {
    let folder = tempfile::tempdir().unwrap();
    log(&folder, "one.txt", 3);

    let output = command(&folder).arg("one.txt").output().unwrap();

    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(said.starts_with("fetch_social_messages 1.0.0 burned 100 %"), "{said}");
    assert!(
        said.contains("✓ no contract mismatch") && said.contains("report.html") && !said.contains('\u{1b}'),
        "{said}"
    );
    assert!(fs::read_to_string(folder.path().join("report.html")).unwrap().starts_with("<!DOCTYPE html>"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn spins_logs_are_read_where_nothing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join(".spin/logs")).unwrap();
    log(&folder, ".spin/logs/messages-list_stdout.txt", 0);
    log(&folder, ".spin/logs/messages-send_stdout.txt", 0);
    fs::write(folder.path().join(".spin/logs/messages-send_stderr.txt"), "not read").unwrap();

    let output = command(&folder).arg("--json").output().unwrap();

    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["total"]["requests"], &report["lines"]["read"]), (&200.into(), &200.into()));
    assert!(!folder.path().join("report.html").exists());
}

#[test]
fn where_there_is_nothing_to_read_it_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();

    let output = command(&folder).output().unwrap();

    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(
        said.starts_with("could not report: there are no records: .spin/logs") && said.contains("`spin up`"),
        "{said}"
    );
}

#[test]
fn a_file_that_is_not_there_is_named_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    log(&folder, "one.txt", 0);

    let output = command(&folder).args(["one.txt", "two.txt"]).output().unwrap();

    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("cannot open two.txt: does it exist"), "{}", text(&output.stderr));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn standard_input_and_compressed_files_are_read_too() {
    let folder = tempfile::tempdir().unwrap();
    let file = fs::File::create(folder.path().join("old.txt.gz")).unwrap();
    let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    packed.write_all(lines(&[record(NOON)]).join("\n").as_bytes()).unwrap();
    packed.finish().unwrap();

    let mut child = command(&folder)
        .args(["--json", "-", "old.txt.gz"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(lines(&[record(NOON), record(NOON)]).join("\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();

    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["total"]["requests"], 3);
}

#[test]
fn fail_on_burn_fails_and_says_who_burns_since_when() {
    let folder = tempfile::tempdir().unwrap();
    log(&folder, "good.txt", 0);
    log(&folder, "bad.txt", 3);
    let run = |arguments: &[&str]| command(&folder).arg("--fail-on-burn").args(arguments).output().unwrap();

    let (good, bad) = (run(&["good.txt"]), run(&["bad.txt"]));

    assert_eq!((good.status.code(), bad.status.code()), (Some(0), Some(1)));
    let said = text(&bad.stderr);
    assert!(said.contains("burns: fetch_social_messages 1.0.0: availability burns 29.1 times"), "{said}");
    assert!(said.contains("since 2026-11-23 12:00:00 UTC: 3 of 103 requests"), "{said}");
    assert_eq!(run(&["bad.txt", "--at-least", "4"]).status.code(), Some(0));
    assert_eq!(run(&["bad.txt", "--objective", "90"]).status.code(), Some(0));
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = [
        ["--objective", "100"],
        ["--objective", "NaN"],
        ["--latency-threshold", "-1"],
        ["--now", "noon"],
        ["--json", "--schema"],
    ];
    for arguments in refused {
        let output = command(&folder).args(arguments).output().unwrap();

        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}

/// Programs depend on them.
#[test]
fn the_fields_of_the_json_are_these() {
    let folder = tempfile::tempdir().unwrap();
    log(&folder, "one.txt", 1);

    let output = command(&folder).args(["--json", "one.txt"]).output().unwrap();

    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let fields = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(
        fields(&report),
        "availability burning codes first format groups headline last latency lines mismatches now objectives series total"
    );
    assert_eq!(
        fields(&report["groups"][0]),
        "availability_burned availability_burned_share client_errors codes contracts duration_ms error_rate first first_bad \
         function_versions kind label last last_bad latency_burned latency_burned_share name ok requests retries rows rpc_ms \
         server_errors slow version windows"
    );
    assert_eq!(
        fields(&report["burning"][0]),
        "bad factor group indicator long long_rate mostly partial requests severity short short_rate since"
    );
    assert_eq!(report["burning"][0]["since"], "2026-11-23T12:00:00.000Z");
    assert_eq!((&report["format"], &report["groups"][0]["kind"]), (&1.into(), &"answered".into()));
}

#[test]
fn the_schema_in_the_repository_is_the_record_s() {
    let folder = tempfile::tempdir().unwrap();

    let output = command(&folder).arg("--schema").output().unwrap();

    let committed = include_str!("../../../../functions/_shared/record/record.schema.json");
    assert_eq!(
        text(&output.stdout),
        committed,
        "cargo run -p report -- --schema >functions/_shared/record/record.schema.json"
    );
    let schema = jsonschema::validator_for(&serde_json::from_str(committed).unwrap()).unwrap();
    let mut written = serde_json::to_value(record(NOON)).unwrap();
    written["trace_id"] = "0".repeat(32).into();
    written["span_id"] = "0".repeat(16).into();
    written["app.contract.sha256"] = "0".repeat(64).into();
    assert!(schema.is_valid(&written));
    written["token"] = "secret".into();
    assert!(!schema.is_valid(&written));
}

#[test]
fn the_metrics_are_those_that_the_rules_are_over() {
    let folder = tempfile::tempdir().unwrap();
    log(&folder, "one.txt", 3);

    let metrics = text(&command(&folder).args(["--export", "metrics", "one.txt"]).output().unwrap().stdout);
    let rules = text(&command(&folder).args(["--export", "prometheus"]).output().unwrap().stdout);

    let labels = r#"function="",rpc="fetch_social_messages",rpc_version="1.0.0",built_for="""#;
    assert!(metrics.contains(&format!("lockstep_requests_total{{{labels},status_class=\"5xx\"}} 3\n")), "{metrics}");
    for name in ["lockstep_requests_total", "lockstep_requests_slow_total", "lockstep_contract_mismatches_total"] {
        assert!(rules.contains(&format!("{name}{{")) || rules.contains(&format!("{name}[")), "{name}");
        assert!(metrics.contains(&format!("# TYPE {name} counter")), "{name}");
    }
}
