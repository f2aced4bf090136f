//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::host;

/// Measures what the functions cost: over a direct PostgREST call, beside the same three functions in Deno with
/// @supabase/server and in Node with supabase-js, in one run and with the same data, tokens and load.
///
/// Everything that is measured runs in processes of its own, and the load comes from this one. The systems take turns in
/// every round, and medians over the rounds are shown. A full run takes about a quarter of an hour, during which the
/// machine should do nothing else.
#[derive(Debug, Parser)]
#[command(
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Exit status: 0 it was measured, 1 a limit was missed and --fail-on-miss was given, 2 it could not be measured."
)]
pub struct Cli {
    /// A run of about two minutes, to try the tool: too short for figures to rely on
    #[arg(long)]
    pub quick: bool,
    /// Measure this part alone; may be given several times [default: all]
    #[arg(long, value_enum, value_name = "PART")]
    pub only: Vec<Part>,
    /// Write the figures to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write the page to this file
    #[arg(long, value_name = "FILE", default_value = "target/bench/index.html")]
    pub page: PathBuf,
    /// Exit with 1 when a limit is missed
    #[arg(long)]
    pub fail_on_miss: bool,
    /// What the benchmark itself starts
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// The functions and the peers under load
    Speed,
    /// The functions without TCP_NODELAY, as Spin leaves sockets
    Sockets,
    /// One instance: size, instantiation, memory, the cost of a token
    Micro,
    /// The cost as messages and overlays become more
    Growth,
}

/// Processes of the benchmark's own.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The functions alone in a process, as they are measured
    #[command(hide = true)]
    Host(host::Host),
    /// What is behind them: the stack, without components
    #[command(hide = true)]
    Upstream(host::Upstream),
}

impl Cli {
    /// Whether this part is wanted.
    pub fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}
