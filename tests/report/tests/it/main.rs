//! What is promised of a report: exact numbers, rules at their edges, a page that nothing can break out of, and a
//! command that says what is wrong.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod burn_rules;
mod command;
mod complete;
mod documents;
mod envelopes;
mod escapes;
mod hostile;
mod known_mix;
mod lost;
mod names;
mod packed;
mod pieces;
mod tables;
mod undated;

use std::{io::Cursor, process::Command};

use record::Record;
use report::{Analysis, Objectives, Period, Report, input, moment};

/// 2026-11-23T12:00:00Z, in milliseconds.
const NOON: i64 = 1_795_435_200_000;
/// In milliseconds.
const MINUTE: i64 = 60_000;

/// A record of a good request to `fetch_social_messages` 1.0.0, to be changed.
fn record(at: i64) -> Record<'static> {
    Record {
        timestamp: moment::rfc3339(at).into(),
        function: "messages-list".into(),
        function_version: "0.1.0".into(),
        request_id: "r".into(),
        method: "GET".into(),
        status: 200,
        rpc: Some("fetch_social_messages".into()),
        expected: Some("1.0.0".into()),
        matched: Some("1.0.0".into()),
        contract: "c0ffee".into(),
        duration_ms: 10.0,
        ..Record::default()
    }
}

/// The same, answered with this.
fn answered(at: i64, status: u16, code: &'static str) -> Record<'static> {
    Record { status, error: Some(code.into()), ..record(at) }
}

fn lines<'r>(records: impl IntoIterator<Item = &'r Record<'static>>) -> Vec<String> {
    records.into_iter().map(|record| serde_json::to_string(record).unwrap()).collect()
}

fn analysed(objectives: Objectives, records: &[Record<'static>]) -> Report {
    let mut analysis = Analysis::new(objectives, Period::default());
    lines(records).iter().for_each(|line| analysis.add_line(line.as_bytes()));
    analysis.finish()
}

/// A log as it is; what is later than `latest` cannot be.
fn read(log: &[u8], latest: Option<&str>) -> Report {
    let latest = latest.and_then(|text| moment::argument(text).ok());
    let mut analysis = Analysis::new(Objectives::default(), Period { latest, ..Period::default() });
    input::lines(&mut Cursor::new(log), &mut analysis).unwrap();
    analysis.finish()
}

/// The built command, in an empty folder.
fn command(folder: &tempfile::TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_report"));
    command.current_dir(folder.path()).env("RUST_BACKTRACE", "0").stdin(std::process::Stdio::null());
    command
}
