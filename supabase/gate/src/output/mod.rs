//! How a report is shown: to people, to programs, and beside the lines of a pull request.

mod github;
mod layout;
mod text;

use anyhow::{Context as _, Result};

pub use self::layout::{layout, relayout};
use crate::finding::Report;

/// How a report is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people; coloured on a terminal.
    Text,
    /// One JSON object, for programs.
    Json,
    /// Workflow commands of GitHub Actions, which show as annotations.
    Github,
}

/// Writes the report to standard output.
pub fn show(report: &Report, format: Format) -> Result<()> {
    write(&match format {
        Format::Text => text::show(report),
        Format::Json => serde_json::to_string_pretty(report)? + "\n",
        Format::Github => github::show(report),
    })
}

/// To standard output.
pub fn write(text: &str) -> Result<()> {
    say::out(text).context("cannot write the report")
}

/// What stands in a database is no command for a terminal or a log.
fn printable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

/// `1 finding`, `2 findings`.
fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
