//! `cargo run --release -p bench`: what the functions cost over a direct call, and beside what they replace.
//!
//! [`cli`] says what can be asked, [`run`] does it. [`children`] are the processes that are measured, [`ours`] in Spin or in
//! the stack's host among them, asked by [`people`] what [`work`] says, under the [`load`] of this process, while
//! [`usage`] reads their CPU and memory. On one [`site`], [`speed`] fills the [`cells`], [`first`], [`soak`] and [`micro`]
//! follow; [`growth`] and [`rpc`] have databases of their own. Their [`result`] is judged by [`limits`], on the
//! [`machine`] that it was measured on, and shown by [`text`] and [`page`].

mod cells;
mod children;
mod cli;
mod figures;
mod first;
mod growth;
mod host;
mod limits;
mod load;
mod machine;
mod micro;
mod ours;
mod page;
mod people;
mod plan;
mod result;
mod rpc;
mod run;
mod site;
mod soak;
mod speed;
mod text;
mod usage;
mod work;

use std::process::ExitCode;

use clap::Parser as _;
use console::style;

use crate::cli::{Cli, Command};

fn main() -> ExitCode {
    let mut cli = Cli::parse();
    let work = async {
        match cli.command.take() {
            Some(Command::Host(arguments)) => host::serve(arguments).await.map(|()| ExitCode::SUCCESS),
            Some(Command::Upstream(arguments)) => host::upstream(arguments).await.map(|()| ExitCode::SUCCESS),
            None => run::run(cli).await,
        }
    };
    let result = tokio::runtime::Runtime::new().map_err(Into::into).and_then(|runtime| runtime.block_on(work));
    result.unwrap_or_else(|error: anyhow::Error| {
        say::note!("{} {error:#}", style("could not measure:").red().bold().for_stderr());
        ExitCode::from(2)
    })
}
