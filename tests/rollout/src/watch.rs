//! The records of the functions from a moment on: from files that grow, or from a command that prints them.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use time::{UtcDateTime, format_description::well_known::Rfc3339};
use tokio::time::{Instant, sleep};

use crate::{
    budget::{Budget, Spent},
    context::Context,
    shell,
    terminal::Working,
};

const LOOK: Duration = Duration::from_millis(500);

/// The records of the files, read up to here.
pub struct Watch {
    positions: BTreeMap<PathBuf, u64>,
    budget: Budget,
    since: UtcDateTime,
}

impl Watch {
    /// From now on.
    pub fn begin(logs: &[String]) -> Result<Self> {
        let since = UtcDateTime::now();
        let mut positions = BTreeMap::new();
        for path in files(logs)? {
            positions.insert(path.clone(), fs::metadata(&path)?.len());
        }
        Ok(Self { positions, budget: Budget::since(since), since })
    }

    /// What the records say that have been written since.
    async fn look(&mut self, context: &Context) -> Result<Spent> {
        for path in files(&context.settings.logs)? {
            let from = self.positions.get(&path).copied().unwrap_or_default();
            let mut file = File::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
            // One that is shorter now was begun again.
            let from = if file.metadata()?.len() < from { 0 } else { from };
            file.seek(SeekFrom::Start(from))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            // The last line may be on its way.
            let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            self.budget.add(&bytes[..whole]);
            self.positions.insert(path, from + whole as u64);
        }
        let mut spent = self.budget.spent();
        if let Some(command) = &context.settings.logs_command {
            let since = self.since.format(&Rfc3339)?;
            let variables = [("SINCE", since), ("ENVIRONMENT", context.environment.clone())];
            let variables = variables.map(|(name, value)| (name.to_owned(), value));
            let printed =
                shell::run(command, Path::new("."), variables, &context.secrets).await.context("logs_command")?;
            let mut budget = Budget::since(self.since);
            budget.add(printed.as_bytes());
            spent = spent.and(budget.spent());
        }
        Ok(spent)
    }

    /// Watches for as long as the environment says, and fails when the budget burns.
    pub async fn hold(&mut self, context: &mut Context, working: &Working) -> Result<Spent> {
        let (hold, patience) = (context.settings.hold_seconds, context.settings.patience_seconds);
        let (objective, minimum) = (context.settings.objective, context.settings.minimum_requests);
        let began = Instant::now();
        loop {
            let over = began.elapsed() >= Duration::from_secs(hold);
            let spent = self.look(context).await?;
            if let Some(reason) = spent.burns(objective, over) {
                bail!("{reason}");
            }
            if over && context.settings.logs_command.is_none() && files(&context.settings.logs)?.is_empty() {
                let logs = context.settings.logs.join(", ");
                bail!("there is no file at {logs}, so nothing was watched: mend `logs`, and apply again");
            }
            let enough = spent.requests >= minimum;
            if over && enough {
                return Ok(spent);
            }
            if began.elapsed() >= Duration::from_secs(hold + patience) {
                bail!(
                    "only {} requests in {} s, and {minimum} are needed to judge: wait for more traffic and apply again, \
                     or lower minimum_requests",
                    spent.requests,
                    hold + patience
                );
            }
            working.says(&format!("{} requests, {} bad", spent.requests, spent.bad));
            context.store.still_ours().await?;
            sleep(LOOK).await;
        }
    }
}

/// The files that there are now.
fn files(logs: &[String]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for pattern in logs {
        let path = Path::new(pattern);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = path.file_name().and_then(|name| name.to_str()).context("`logs` has a path without a name")?;
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for entry in entries {
            let entry = entry?;
            if entry.file_name().to_str().is_some_and(|candidate| is_like(candidate, name)) {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// `*` stands for any text.
fn is_like(name: &str, pattern: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else { return name == pattern };
    let Some(rest) = name.strip_prefix(before) else { return false };
    (0..=rest.len()).filter(|at| rest.is_char_boundary(*at)).any(|at| is_like(&rest[at..], after))
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn a_star_stands_for_a_part_of_the_name() {
        for (name, pattern) in [("a_stdout.txt", "*_stdout.txt"), ("a.txt", "a.txt"), ("abcb", "a*b"), ("x", "*")] {
            assert!(is_like(name, pattern), "{name} {pattern}");
        }
        for (name, pattern) in [("a_stderr.txt", "*_stdout.txt"), ("ab", "b*"), ("abc", "a*b")] {
            assert!(!is_like(name, pattern), "{name} {pattern}");
        }
    }
}
