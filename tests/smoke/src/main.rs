//! `cargo run -p smoke -- --url … --token …`

use std::{
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::{Result, ensure};
use clap::Parser;
use console::style;
use smoke::{Project, Target};
use tokio::signal::unix::{SignalKind, signal};

/// Tests a deployment: who is let in, what is refused and how, reading, writing, staging, overlays, versions, CORS.
///
/// Without --database-url nothing is written: what reads is tested, and what has to be refused. With it, the test makes
/// a channel, a game and a room of its own for the two users, and removes them at the end, on Ctrl-C too.
#[derive(Parser)]
#[command(
    version,
    after_help = "Exit status: 0 when every check passed, 1 when one failed, 2 for wrong arguments or when the test \
                  could not be made.\nNothing that it says has a token or a password in it."
)]
struct Arguments {
    /// Base URL of the functions, such as https://example.com/functions/v1
    #[arg(long, env = "FUNCTIONS_URL")]
    url: String,
    /// Access token of a user: who belongs to --channel, and owns what the test makes
    #[arg(long, env = "TOKEN_MEMBER", hide_env_values = true)]
    token: String,
    /// Access token of another user, who does not belong to --channel [default: what needs one is left out]
    #[arg(long, env = "TOKEN_OUTSIDER", hide_env_values = true)]
    outsider: Option<String>,
    /// A channel to read, by its id, where the test makes none of its own
    #[arg(long, env = "CHANNEL_ID")]
    channel: Option<String>,
    /// Connection string of the project, as psql takes it, for what the test needs there; not taken from DATABASE_URL
    #[arg(long, value_name = "URL", requires = "outsider", value_parser = gate::cli::database_url)]
    database_url: Option<String>,
    /// The project's origin, for the overlays: https://<ref>.supabase.co
    #[arg(long, env = "SUPABASE_URL", value_name = "URL", requires = "apikey")]
    supabase_url: Option<String>,
    /// The project's publishable key
    #[arg(long, env = "SUPABASE_PUBLISHABLE_KEY", hide_env_values = true, value_name = "KEY")]
    apikey: Option<String>,
    /// Every function is turned off: check that each says so
    #[arg(long)]
    expect_disabled: bool,
}

fn main() -> ExitCode {
    let outcome = test(Arguments::parse()).unwrap_or_else(|error| {
        say::note!("{} {error:#}", style("could not test:").yellow().bold().for_stderr());
        2
    });
    ExitCode::from(outcome)
}

fn test(arguments: Arguments) -> Result<u8> {
    let channel = arguments.channel.filter(|_| arguments.database_url.is_none());
    ensure!(
        arguments.expect_disabled || channel.is_some() || arguments.database_url.is_some(),
        "give a channel to read (--channel), or the database to make one in (--database-url)"
    );
    let target = Target {
        url: arguments.url,
        token: arguments.token,
        outsider: arguments.outsider,
        channel,
        database_url: arguments.database_url,
        project: arguments.supabase_url.zip(arguments.apikey).map(|(url, apikey)| Project { url, apikey }),
        disabled: arguments.expect_disabled,
        quiet: false,
    };
    let interrupted = Arc::<AtomicBool>::default();
    let _signals = listen(interrupted.clone())?;
    Ok(u8::from(!smoke::run(&target, &interrupted)?.is_good()))
}

/// The check that is being made ends, and what was written is removed.
fn listen(interrupted: Arc<AtomicBool>) -> Result<tokio::runtime::Runtime> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.spawn(async move {
        let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            return;
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        interrupted.store(true, Ordering::Relaxed);
    });
    Ok(runtime)
}
