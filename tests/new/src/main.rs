//! `cargo run -p new -- channels-list --rpc fetch_social_channels --reads`: begins a function of your own, and says what is left
//! to write.

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use new::{Function, Kind, Names, begin, checkout};

/// Makes all that a function takes but what it is about: folder, workspace member, block of spin.toml, flag, migration, entry of the
/// contract, tests, description, and the client's method. It builds and answers as it is, with nothing.
#[derive(Parser)]
#[command(version, group(clap::ArgGroup::new("kind").required(true)))]
struct Arguments {
    /// Of the function and its route, such as channels-list
    name: String,
    /// The function of the database that it calls, such as fetch_social_channels
    #[arg(long, value_name = "NAME")]
    rpc: String,
    /// It reads: GET, and POST for functions.invoke; the RPC is STABLE and returns rows
    #[arg(long, group = "kind")]
    reads: bool,
    /// It stores something: POST; the RPC is VOLATILE and returns one row
    #[arg(long, group = "kind")]
    write: bool,
    /// The role that the RPC belongs to
    #[arg(long, value_name = "ROLE", default_value = "social_rpc_owner")]
    owner: String,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::note!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(Arguments { name, rpc, reads, owner, .. }: &Arguments) -> Result<()> {
    let root = checkout()?;
    let kind = if *reads { Kind::Reads } else { Kind::Writes };
    let function = Function::new(&Names { name, rpc, owner }, kind, &root)?;
    for path in begin(&root, &function)? {
        say::line!("{}", path.display())?;
    }
    say::line!("{}", function.left())?;
    Ok(())
}
