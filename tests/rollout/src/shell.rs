//! The commands of an environment: lines for a shell, run in the release's folder.

use std::{path::Path, process::Stdio};

use anyhow::{Context as _, Result, bail};
use tokio::process::Command;

use crate::secrets::Secrets;

/// So many of a command's last lines are shown when it fails.
const SHOWN_LINES: usize = 15;

/// Runs a line, and returns what it printed. The error has its last lines, and no secret.
pub async fn run(
    line: &str,
    folder: &Path,
    variables: impl IntoIterator<Item = (String, String)>,
    secrets: &Secrets,
) -> Result<String> {
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).current_dir(folder).envs(variables).stdin(Stdio::null()).kill_on_drop(true);
    let output = shell.output().await.context("cannot start a shell")?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let said = printed + &String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
        let last = lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n");
        bail!("the command ended with {}\n{}", output.status, secrets.scrub(&last));
    }
    Ok(printed)
}
