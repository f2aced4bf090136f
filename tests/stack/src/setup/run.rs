//! A command that is run to its end, and whose output matters only when it fails.

use anyhow::{Context as _, Result, bail};
use tokio::process::Command;

/// Runs `command`. `remedy` is what a person can do when it is not there or fails.
pub async fn run(command: &mut Command, remedy: &str) -> Result<String> {
    let words = std::iter::once(command.as_std().get_program()).chain(command.as_std().get_args());
    let shown = words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    let output = command.kill_on_drop(true).stdin(std::process::Stdio::null()).output().await;
    let output = output.with_context(|| format!("cannot run `{shown}`: {remedy}"))?;
    if !output.status.success() {
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        let tail: Vec<&str> = text.lines().rev().take(30).collect();
        let tail: String = tail.iter().rev().map(|line| format!("    {line}\n")).collect();
        bail!("`{shown}` failed ({}): {remedy}\n{tail}", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
