//! What goes to standard output: a summary for people, and what other programs take.

pub mod metrics;
pub mod rules;
pub mod schema;
pub mod text;

use anyhow::{Context as _, Result};

use crate::Report;

/// The report for machines.
pub fn json(report: &Report) -> Result<String> {
    Ok(serde_json::to_string_pretty(report)? + "\n")
}

/// To standard output.
pub fn write(text: &str) -> Result<()> {
    say::out(text).context("cannot write the report")
}
