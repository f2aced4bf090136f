//! `cargo run -p report -- LOG…`: what the records say.

use std::process::ExitCode;

use clap::Parser as _;
use report::{cli::Cli, run};

/// Could not read, or wrong arguments.
const UNREAD: u8 = 2;

fn main() -> ExitCode {
    match run::run(&Cli::parse()) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            run::explain(&error);
            ExitCode::from(UNREAD)
        }
    }
}
