//! `cargo run -p replay -- FILE`: an incident, run again.

use std::process::ExitCode;

use clap::Parser as _;
use console::style;
use replay::{cli::Arguments, output};

/// When the recording cannot be replayed at all.
const COULD_NOT: u8 = 2;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let shown = |outcome| Ok(output::show(&outcome, arguments.json).map(|()| outcome)?);
    match arguments.run().and_then(shown) {
        Ok(outcome) if outcome.differences.is_empty() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            say::note!("{} {error:#}", style("error:").red().bold().for_stderr());
            ExitCode::from(COULD_NOT)
        }
    }
}
