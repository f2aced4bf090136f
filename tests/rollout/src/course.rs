//! A course of steps: each is recorded before it begins and after it ends, and the first that fails ends the course.

use anyhow::{Error, Result};

use crate::{
    context::Context,
    store::StepRecord,
    terminal::{self, Working},
};

/// What came of a step that did not fail, in a few words.
pub enum Did {
    /// It was done.
    Done(String),
    /// It was not necessary.
    Skipped(String),
}

/// A run, as far as it has come.
pub struct Course<'a> {
    /// What its steps need.
    pub context: &'a mut Context,
    /// Those that there were.
    pub steps: Vec<StepRecord>,
    /// Versions of the migrations that are this run's.
    pub migrations: Vec<String>,
}

impl<'a> Course<'a> {
    /// Before the first step.
    pub fn new(context: &'a mut Context, migrations: Vec<String>) -> Self {
        Self { context, steps: Vec::new(), migrations }
    }

    /// Does one step.
    pub async fn step(
        &mut self,
        name: &str,
        work: impl AsyncFnOnce(&mut Context, &Working, &mut Vec<String>) -> Result<Did>,
    ) -> Result<()> {
        self.context.store.still_ours().await?;
        let step = StepRecord { name: name.to_owned(), outcome: "running".to_owned(), note: String::new(), took: 0.0 };
        self.steps.push(step);
        self.context.store.note(&self.steps, &self.migrations).await?;
        let working = Working::at(name);
        let did = work(self.context, &working, &mut self.migrations).await;
        let (outcome, note) = match &did {
            Ok(Did::Done(note)) => ("done", self.context.secrets.scrub(note)),
            Ok(Did::Skipped(note)) => ("skipped", self.context.secrets.scrub(note)),
            Err(error) => ("failed", self.context.secrets.scrub(&format!("{error:#}"))),
        };
        if let Some(step) = self.steps.last_mut() {
            *step = StepRecord { name: name.to_owned(), outcome: outcome.to_owned(), note, took: working.took() };
        }
        let recorded = self.context.store.note(&self.steps, &self.migrations).await;
        match did {
            Ok(Did::Done(note) | Did::Skipped(note)) => {
                working.ends(outcome, &note);
                recorded
            }
            Err(error) => {
                working.ends(outcome, "");
                Err(error)
            }
        }
    }

    /// The error of a step, without what must not be shown.
    pub fn explain(&self, error: &Error) -> String {
        self.context.secrets.scrub(&format!("{error:#}"))
    }

    /// Says it on the terminal.
    pub fn says(&self, text: &str) {
        terminal::line(&self.context.secrets.scrub(text));
    }
}
