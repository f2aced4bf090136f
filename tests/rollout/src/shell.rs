//! The commands of an environment: lines for a shell, run in the release's folder.

use std::{path::Path, process::Stdio};

use anyhow::{Context as _, Result, bail};
use gate::process::Group;
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
    shell.args(["-c", line]).current_dir(folder).envs(variables).process_group(0);
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = shell.spawn().context("cannot start a shell")?;
    // A deployment that goes on while the lock is free would undo whatever comes next.
    let group = Group::of(child.id());
    let output = child.wait_with_output().await.context("cannot wait for the shell")?;
    group.has_ended();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let said = printed + &String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
        let last = lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n");
        bail!("the command ended with {}\n{}", output.status, secrets.scrub(&last));
    }
    Ok(printed)
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        time::{Duration, Instant},
    };

    use super::*;

    /// Running, and no zombie that nobody has asked for.
    fn runs(pid: &str) -> bool {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_a_shell_has_started_ends_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pid");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let started = tokio::task::spawn_blocking(move || fs::read_to_string(pipe).unwrap());
        let secrets = Secrets::default();

        let pid = tokio::select! {
            _ = run("sleep 300 & echo $! >pid; wait", folder.path(), [], &secrets) => panic!("it waits"),
            pid = started => pid.unwrap().trim().to_owned(),
        };

        let deadline = Instant::now() + Duration::from_secs(8);
        while runs(&pid) {
            assert!(Instant::now() < deadline, "{pid} goes on");
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }
}
