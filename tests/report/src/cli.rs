//! The command line: which records, what was promised, and how the outcome is shown.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use time::UtcDateTime;

use crate::{Objectives, moment};

/// What the records say: per RPC and version requests, errors and latency; who burns the error budget, since when.
#[derive(Debug, Parser)]
#[command(
    name = "report",
    version,
    after_help = "Logs are packed (gzip, xz, zstd) or not, in UTF-8 or UTF-16. Records are found in what a log pipeline puts \
                  around them: JSON of any shape, escaped or nested (Docker, journald, Loki, fluent-bit, OpenTelemetry, \
                  CloudWatch, Cloud Logging, Azure, Datadog, Grafana, ...), CRI, CSV, colours, any text.\n\n\
                  Exit status: 0 read, 1 the error budget burns (with --fail-on-burn), 2 could not read, no line is a \
                  record, nothing to judge (with --fail-on-burn), or wrong arguments."
)]
pub struct Cli {
    /// Files, folders of *_stdout.txt, or - for standard input [default: what is piped in, else .spin/logs]
    #[arg(value_name = "LOG")]
    pub logs: Vec<PathBuf>,
    /// Where the page goes [default: report.html]
    #[arg(long, value_name = "PATH")]
    pub output: Option<PathBuf>,
    /// Print the report as JSON. Writes no page unless --output says where
    #[arg(long, conflicts_with_all = ["export", "schema"])]
    pub json: bool,
    /// Print what Prometheus takes. Writes no page
    #[arg(long, value_enum, value_name = "WHAT", conflicts_with_all = ["schema", "output", "fail_on_burn"])]
    pub export: Option<Export>,
    /// Print the JSON Schema of a record
    #[arg(long, conflicts_with_all = ["logs", "output", "fail_on_burn"])]
    pub schema: bool,
    /// Exit with 1 when the budget burns too fast, over all or in one RPC version
    #[arg(long)]
    pub fail_on_burn: bool,
    /// So many bad requests have to be in a window before a rule fires
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub at_least: u64,
    /// Percent of the requests that have to be answered with something else than a 5xx
    #[arg(long, value_name = "PERCENT", default_value_t = 99.9, value_parser = percent)]
    pub objective: f64,
    /// Percent of those answered with no 4xx either that have to be in time
    #[arg(long, value_name = "PERCENT", default_value_t = 99.0, value_parser = percent)]
    pub latency_objective: f64,
    /// Milliseconds within which a request is in time
    #[arg(long, value_name = "MS", default_value_t = 300.0, value_parser = milliseconds)]
    pub latency_threshold: f64,
    /// Count records from this moment on: 2026-11-24T12:40:00Z
    #[arg(long, value_name = "TIME", value_parser = moment::argument)]
    pub since: Option<UtcDateTime>,
    /// Count records up to this moment, and end the windows there [default: at the newest record]
    #[arg(long, value_name = "TIME", value_parser = moment::argument)]
    pub now: Option<UtcDateTime>,
}

/// What Prometheus takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Export {
    /// Recording and alert rules, over metrics that are made of records (README.md). Reads no log
    Prometheus,
    /// The counts of these logs as OpenMetrics, for a textfile collector
    Metrics,
}

impl Cli {
    /// What was promised.
    pub fn objectives(&self) -> Objectives {
        Objectives {
            availability_percent: self.objective,
            latency_percent: self.latency_objective,
            latency_threshold_ms: self.latency_threshold,
            at_least: self.at_least,
        }
    }
}

fn percent(text: &str) -> Result<f64, String> {
    let percent: f64 = text.parse().map_err(|_| "not a number: write it as 99.9")?;
    if (1.0..=99.9999).contains(&percent) {
        Ok(percent)
    } else {
        Err("from 1 to 99.9999, so that something may go wrong".to_owned())
    }
}

fn milliseconds(text: &str) -> Result<f64, String> {
    let ms: f64 = text.parse().map_err(|_| "not a number: write it as 300")?;
    if ms > 0.0 && ms.is_finite() { Ok(ms) } else { Err("it has to be more than 0".to_owned()) }
}
