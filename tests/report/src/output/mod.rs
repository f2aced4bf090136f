//! What goes to standard output: a summary for people, and what other programs take.

pub mod metrics;
pub mod rules;
pub mod schema;
pub mod text;

use std::io::Write as _;

use anyhow::{Context as _, Result};

use crate::Report;

/// The report for machines.
pub fn json(report: &Report) -> Result<String> {
    Ok(serde_json::to_string_pretty(report)? + "\n")
}

/// To standard output. Who stops reading, as `head` does, has seen enough.
pub fn write(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error).context("cannot write the report"),
        _ => Ok(()),
    }
}
