//! What an environment of `supabase/environments.toml` says about its rollouts: the table `[<name>.rollout]`.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use gate::environment::Lock;
use serde::Deserialize;

/// How this environment is rolled out to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// A shell's line that deploys the release in `$RELEASE`. It is run there.
    pub deploy: String,
    /// One that sets the flags of what is deployed, where that is another [default: `deploy` again].
    pub flags: Option<String>,
    /// In per cent of the users. A hundred is always the last one.
    #[serde(default = "steps")]
    pub steps: Vec<u8>,
    /// How long each step is watched.
    #[serde(default = "hold_seconds")]
    pub hold_seconds: u64,
    /// So many requests have to be seen before a step is good.
    #[serde(default)]
    pub minimum_requests: u64,
    /// How long they are waited for, after `hold_seconds`.
    #[serde(default = "patience_seconds")]
    pub patience_seconds: u64,
    /// How many of a hundred requests have to be answered well.
    #[serde(default = "objective")]
    pub objective: f64,
    /// Files with the records of the functions. `*` stands for a part of a file's name.
    #[serde(default)]
    pub logs: Vec<String>,
    /// Or a shell's line that prints those since `$SINCE`, an RFC 3339 time.
    pub logs_command: Option<String>,
}

fn steps() -> Vec<u8> {
    vec![1, 10, 50, 100]
}

fn hold_seconds() -> u64 {
    60
}

fn patience_seconds() -> u64 {
    600
}

fn objective() -> f64 {
    99.5
}

impl Settings {
    /// Reads one environment, with what it is locked to.
    pub fn read(path: &Path, name: &str) -> Result<(Lock, Self)> {
        let lock = Lock::read(path, name)?;
        let table = lock.rollout.clone();
        let place = format!("{}: [{name}.rollout]", path.display());
        let table = table.with_context(|| {
            format!("{place} is not there: give at least `deploy`, the command that deploys a release (README.md)")
        })?;
        let mut settings: Self = table.try_into().with_context(|| format!("{place} cannot be read"))?;
        let Self { steps, objective, hold_seconds, logs, logs_command, .. } = &mut settings;
        ensure!(
            steps.is_sorted() && steps.iter().all(|step| (1..=100).contains(step)),
            "{place}: `steps` are percentages from 1 to 100, rising"
        );
        ensure!((50.0..100.0).contains(objective), "{place}: `objective` is a percentage such as 99.5");
        ensure!(
            *hold_seconds == 0 || !logs.is_empty() || logs_command.is_some(),
            "{place}: give `logs` or `logs_command`, so that the error budget can be watched; or hold_seconds = 0 to do \
             without"
        );
        if steps.last() != Some(&100) {
            steps.push(100);
        }
        Ok((lock, settings))
    }
}
