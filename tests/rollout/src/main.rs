//! `cargo run -p rollout`: from migrations to flags that are up, and back.

use std::process::ExitCode;

use clap::Parser as _;
use rollout::{cli::Cli, run, terminal};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let outcome = runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(run::run(cli)));
    outcome.map_or_else(
        |error| {
            say::note!("{} {error:#}", terminal::failure("could not start:"));
            ExitCode::from(run::NO_START)
        },
        ExitCode::from,
    )
}
