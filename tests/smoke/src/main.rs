//! `cargo run -p smoke -- --url … --token … --channel …`

use std::process::ExitCode;

use clap::Parser;

/// Sends a handful of requests to a deployment and says which of its promises hold. Reads only.
#[derive(Parser)]
#[command(version, after_help = "Exit status: 0 when every check passed, 1 when one failed, 2 for wrong arguments.")]
struct Arguments {
    /// Base URL of the functions, such as https://example.com/functions/v1
    #[arg(long, env = "FUNCTIONS_URL")]
    url: String,
    /// Access token of a user who belongs to the channel
    #[arg(long, env = "TOKEN_MEMBER", hide_env_values = true)]
    token: String,
    /// Access token of a user who does not [default: that check is left out]
    #[arg(long, env = "TOKEN_OUTSIDER", hide_env_values = true)]
    outsider: Option<String>,
    /// The channel's id
    #[arg(long, env = "CHANNEL_ID")]
    channel: String,
}

fn main() -> ExitCode {
    let Arguments { url, token, outsider, channel } = Arguments::parse();
    let passed = smoke::run(&smoke::Target { url, token, outsider, channel });
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
