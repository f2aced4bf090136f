//! `cargo run -p gate`: does this database meet the contract?

use std::process::ExitCode;

use anyhow::anyhow;
use clap::{Parser as _, ValueEnum as _, error::ErrorKind};
use gate::{cli::Cli, output::Format, run};

/// Could not look.
const NO_LOOK: u8 = 2;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => error.exit(),
        Err(error) => match wanted() {
            Format::Text => error.exit(),
            format => {
                run::explain(&anyhow!(error.to_string()), format);
                return ExitCode::from(NO_LOOK);
            }
        },
    };
    let format = cli.format;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(run::run(cli)));
    outcome.map_or_else(
        |error| {
            run::explain(&error, format);
            ExitCode::from(NO_LOOK)
        },
        ExitCode::from,
    )
}

/// The format that was asked for, where the arguments as a whole make no sense.
fn wanted() -> Format {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |(number, argument): (usize, &String)| match argument.strip_prefix("--format=") {
        Some(value) => Some(value.to_owned()),
        None => arguments.get(number + 1).filter(|_| argument == "--format").cloned(),
    };
    let word = arguments.iter().enumerate().find_map(value);
    word.and_then(|word| Format::from_str(&word, true).ok()).unwrap_or(Format::Text)
}
