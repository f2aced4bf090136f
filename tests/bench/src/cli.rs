//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::{host, ours::Runtime};

/// Measures what the functions cost: over a direct PostgREST call, beside the same three functions in Deno with
/// @supabase/server and in Node with supabase-js, in one run and with the same data, tokens and load.
///
/// Everything that is measured runs in processes of its own, and the load comes from this one. The systems take turns in
/// every round, and medians over the rounds are shown. A full run takes about half an hour, during which the machine
/// should do nothing else.
///
/// Our functions run in the stack's host, which stands in for Spin and is faster and kinder than it; with --runtime spin
/// they run in Spin, and are asked at Spin's own address. Every figure of ours says which of the two gave it.
#[derive(Debug, Parser)]
#[command(
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Exit status: 0 it was measured, 1 a limit was missed and --fail-on-miss was given, 2 it could not be measured."
)]
pub struct Cli {
    /// What our functions run in
    #[arg(long, value_enum, default_value_t = Runtime::Stack)]
    pub runtime: Runtime,
    /// The program of --runtime spin
    #[arg(long, env = "SPIN", value_name = "PATH", default_value = "spin")]
    pub spin: PathBuf,
    /// How long the soak takes [default: 10, or half a minute with --quick]
    #[arg(long, value_name = "MINUTES", value_parser = minutes)]
    pub soak: Option<f64>,
    /// A run of a few minutes, to try the tool: too short for figures to rely on
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
    /// The stack's host without TCP_NODELAY, as Spin leaves sockets; it says nothing of Spin itself
    Sockets,
    /// The first request after a pause, over a warm one
    First,
    /// The host's memory and descriptors, minutes on end at full load
    Soak,
    /// The RPCs in the database, over their bare statements, and what each of their parts costs
    Rpc,
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
        // The stand-in's sockets are no matter where Spin's own are measured.
        let usual = part != Part::Sockets || self.runtime == Runtime::Stack;
        if self.only.is_empty() { usual } else { self.only.contains(&part) }
    }

    /// Whether anything is wanted that asks functions of the stack that all share.
    pub fn wants_site(&self) -> bool {
        [Part::Speed, Part::Sockets, Part::First, Part::Soak, Part::Micro].into_iter().any(|part| self.wants(part))
    }

    /// How long the soak takes, in minutes.
    pub fn soak_minutes(&self) -> f64 {
        self.soak.unwrap_or(if self.quick { 0.5 } else { 10.0 })
    }
}

fn minutes(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(minutes) if (0.1..=24.0 * 60.0).contains(&minutes) => Ok(minutes),
        _ => Err("it is a number of minutes, from 0.1 to 1440".to_owned()),
    }
}
