//! `cargo run -p gate`: does this database meet the contract?

use std::process::ExitCode;

use clap::Parser as _;
use gate::{cli::Cli, run};

/// Could not look.
const NO_LOOK: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(run::run(cli)));
    outcome.map_or_else(
        |error| {
            run::explain(&error);
            ExitCode::from(NO_LOOK)
        },
        ExitCode::from,
    )
}
