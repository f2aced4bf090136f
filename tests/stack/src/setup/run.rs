//! A command that is run to its end, and whose output matters only when it fails.

use std::process::{Output, Stdio};

use anyhow::{Context as _, Result, bail};
use gate::process::Group;
use tokio::process::Command;

/// Runs `command`. `remedy` is what a person can do when it is not there or fails.
pub async fn run(command: &mut Command, remedy: &str) -> Result<String> {
    let (shown, output) = output(command, remedy).await?;
    if !output.status.success() {
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        let tail: Vec<&str> = text.lines().rev().take(30).collect();
        let tail: String = tail.iter().rev().map(|line| format!("    {line}\n")).collect();
        bail!("`{shown}` failed ({}): {remedy}\n{tail}", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs `command`, and gives it back as a person would type it, with all that it wrote. `remedy` is for where it is not there.
pub async fn output(command: &mut Command, remedy: &str) -> Result<(String, Output)> {
    let words = std::iter::once(command.as_std().get_program()).chain(command.as_std().get_args());
    let shown = words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    let pipes = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let child = pipes.spawn().with_context(|| format!("cannot run `{shown}`: {remedy}"))?;
    let group = Group::of(child.id());
    let output = child.wait_with_output().await?;
    group.has_ended();
    Ok((shown, output))
}
