//! The record: who ran what, when, and what came of each step.

use anyhow::{Context as _, Result};
use gate::database::{self, literal};
use serde::{Deserialize, Serialize};

use super::{Place, Store, json, text};
use crate::flags::Flags;

/// One run.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Run {
    /// Counts up.
    pub id: i64,
    /// Of environments.toml.
    pub environment: String,
    /// apply or rollback.
    pub command: String,
    /// `$GITHUB_ACTOR`, or the user at the machine.
    pub who: String,
    /// The version of the tool.
    pub tool: String,
    /// In the database's time.
    pub started_at: String,
    /// In the database's time.
    pub finished_at: Option<String>,
    /// running, done, failed, interrupted, rolled_back.
    pub outcome: String,
    /// What was done, in order.
    pub steps: Vec<StepRecord>,
    /// Versions of the migrations that it has applied, and of those that the run before it had, which did not get done.
    pub migrations: Vec<String>,
    /// What was in place when all was well.
    pub release_before: Option<String>,
    /// How far that was turned on.
    pub flags_before: Option<Flags>,
    /// What was to be in place.
    pub release_after: Option<String>,
    /// What the flags were in the end.
    pub flags_after: Option<Flags>,
    /// Why it stopped.
    pub error: Option<String>,
}

/// One step of a run.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct StepRecord {
    /// Such as `migrations`.
    pub name: String,
    /// running, done, skipped, failed.
    pub outcome: String,
    /// In a few words: what was done, or why not.
    pub note: String,
    /// Seconds.
    pub took: f64,
}

impl Run {
    /// Where it stands or stopped.
    pub fn step(&self) -> &str {
        self.steps.last().map_or("its start", |step| &step.name)
    }

    /// Whether there is something to take back.
    pub fn changed_something(&self) -> bool {
        let same = self.release_before == self.release_after && self.flags_before == self.flags_after;
        self.is_open() || !same || !self.migrations.is_empty()
    }

    /// Whether it got stuck, and nobody has taken it back.
    pub fn is_open(&self) -> bool {
        ["running", "failed", "interrupted"].contains(&self.outcome.as_str())
    }
}

impl Store {
    /// The newest runs of an environment, or of all.
    pub async fn runs(&mut self, environment: Option<&str>, limit: usize) -> Result<Vec<Run>> {
        if !self.exists().await? {
            return Ok(Vec::new());
        }
        let which = environment.map_or("true".to_owned(), |name| format!("environment = {}", literal(name)));
        let query = format!(
            "select coalesce(jsonb_agg(to_jsonb(r) order by id desc), '[]')::text from ( \
               select * from lockstep_rollout.runs where {which} order by id desc limit {limit} \
             ) as r"
        );
        serde_json::from_value(self.query(&query).await?).context("the runs were recorded by another version")
    }

    /// The newest apply that nobody has taken back.
    pub async fn last_apply(&mut self, environment: &str) -> Result<Option<Run>> {
        let runs = self.runs(Some(environment), 100).await?;
        Ok(runs.into_iter().find(|run| run.command == "apply" && run.outcome != "rolled_back"))
    }

    /// The same, but for those that found everything done.
    pub async fn last_change(&mut self, environment: &str) -> Result<Option<Run>> {
        let runs = self.runs(Some(environment), 100).await?;
        let apply = |run: &Run| run.command == "apply" && run.outcome != "rolled_back";
        Ok(runs.into_iter().find(|run| apply(run) && run.changed_something()))
    }

    /// Who has the lock, in words.
    pub(super) async fn running(&mut self) -> Result<Option<String>> {
        let runs = self.runs(None, 1).await?;
        Ok(runs.into_iter().find(|run| run.outcome == "running").map(|run| {
            let Run { id, environment, command, who, started_at, .. } = &run;
            format!("run {id}: {who}, `{command} {environment}`, since {started_at}, at {}", run.step())
        }))
    }

    /// Begins the record of a run. One that is still said to be running is not: we have the lock.
    pub async fn begin(&mut self, run: &Run) -> Result<i64> {
        let Run { environment, command, who, tool, release_before, flags_before, release_after, migrations, .. } = run;
        let sql = format!(
            "update lockstep_rollout.runs set outcome = 'interrupted', finished_at = now(), \
               error = 'the process was killed, or lost its connection' where outcome = 'running'; \
             insert into lockstep_rollout.runs \
               (environment, command, who, tool, release_before, flags_before, release_after, migrations) \
             values ({}, {}, {}, {}, {}, {}, {}, {}) returning to_jsonb(id)::text",
            literal(environment),
            literal(command),
            literal(who),
            literal(tool),
            text(release_before.as_deref()),
            json(flags_before.as_ref())?,
            text(release_after.as_deref()),
            json(Some(migrations))?,
        );
        self.guard().await?;
        let id = database::read(&mut self.connection, &sql).await.context("the run cannot be recorded")?;
        let id = id.as_i64().context("a run has a number")?;
        self.run = Some(id);
        Ok(id)
    }

    /// Writes what has been done so far.
    pub async fn note(&mut self, steps: &[StepRecord], migrations: &[String]) -> Result<()> {
        let Some(run) = self.run else { return Ok(()) };
        let (steps, migrations) = (json(Some(&steps))?, json(Some(&migrations))?);
        self.write(&format!(
            "update lockstep_rollout.runs set steps = {steps}, migrations = {migrations} where id = {run}"
        ))
        .await
    }

    /// Ends the record of a run.
    pub async fn finish(&mut self, outcome: &str, place: &Place, error: Option<&str>) -> Result<()> {
        let Some(run) = self.run else { return Ok(()) };
        let (flags, error) = (json(place.flags.as_ref())?, text(error));
        self.write(&format!(
            "update lockstep_rollout.runs set outcome = {}, finished_at = now(), flags_after = {flags}, \
             error = {error} where id = {run}",
            literal(outcome)
        ))
        .await
    }

    /// Notes that a run has been taken back, and those that went on from it.
    pub async fn taken_back(&mut self, run: &Run) -> Result<()> {
        let Run { environment, id, .. } = run;
        self.write(&format!(
            "update lockstep_rollout.runs set outcome = 'rolled_back' where environment = {} and command = 'apply' \
             and (id = {id} or (id < {id} and outcome in ('failed', 'interrupted') and id > coalesce( \
               (select max(id) from lockstep_rollout.runs where environment = {0} and outcome = 'done' and id < {id}), 0 \
             )))",
            literal(environment)
        ))
        .await
    }
}
