//! `bench host` and `bench upstream`: our functions, and what is behind them, each alone in a process, as they are
//! measured.

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use stack::{
    host::{Manifest, Sockets},
    setup,
    stack::{Components, Options, Stack},
};
use tokio::signal::unix::{SignalKind, signal};

/// The line that says where; the peers write the same.
pub const LISTENING: &str = "listening on ";
/// The name of the superuser's URL in the environment.
pub const SUPERUSER: &str = "SUPERUSER_URL";

/// Of `bench upstream`.
#[derive(Debug, Args)]
pub struct Upstream {
    /// Where it is written what a shell would be given, as a JSON object
    #[arg(long, value_name = "FILE")]
    environment: PathBuf,
}

/// Of `bench host`.
#[derive(Debug, Args)]
pub struct Host {
    /// The application's variables, a JSON object
    #[arg(long, value_name = "FILE")]
    variables: PathBuf,
    /// Where records are kept, as Spin keeps them
    #[arg(long, value_name = "FOLDER")]
    logs: PathBuf,
    /// Leave TCP_NODELAY off, as Spin does
    #[arg(long)]
    no_nodelay: bool,
}

/// The stack without components, until it is told to stop.
pub async fn upstream(arguments: Upstream) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let stack = Stack::start(Options { components: Components::Built, ..Options::default() }).await?;
    let mut environment = stack.environment()?;
    // Without a host's name: that of the URL would be one, and the socket a second.
    environment.push((SUPERUSER, stack.cluster().socket_url("supabase_admin").replacen("localhost", "", 1)));
    let environment: BTreeMap<_, _> = environment.into_iter().collect();
    fs::write(&arguments.environment, serde_json::to_vec(&environment)?)?;
    say::line!("{LISTENING}{}", stack.origin())?;
    terminate.recv().await;
    Ok(())
}

/// The functions, until it is told to stop.
pub async fn serve(arguments: Host) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let text = fs::read_to_string(&arguments.variables)
        .with_context(|| format!("cannot read {}", arguments.variables.display()))?;
    let variables: BTreeMap<String, String> = serde_json::from_str(&text)?;
    let root = setup::root();
    let manifest = Manifest::read(&root)?;
    let sockets = if arguments.no_nodelay { Sockets::LikeSpin } else { Sockets::NoDelay };
    let host =
        stack::host::Host::start(&root, Some(&manifest), &variables, sockets, Some(arguments.logs), None).await?;
    say::line!("{LISTENING}{}", host.address())?;
    terminate.recv().await;
    Ok(())
}
