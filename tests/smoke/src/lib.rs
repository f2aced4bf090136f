//! The QA matrix against any deployment: is it up, does it refuse what it must, does it answer?
//!
//! Against a URL, so that the same test runs on a laptop, behind a gateway and at the edge. [`checks`] are what is asked,
//! in the order of a request's way. What they write, they write into a [`scene`] of their own, which is taken down again.

mod checks;
mod http;
mod person;
mod scene;

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

use anyhow::Result;
use console::style;

use crate::{
    checks::{Check, Needs},
    scene::Scene,
};
pub use crate::{
    http::get,
    person::{expiry, subject},
};

/// Where, and as whom.
#[derive(Debug, Clone, Default)]
pub struct Target {
    /// The base of the functions: `https://<host>/functions/v1`.
    pub url: String,
    /// A member of the channel.
    pub token: String,
    /// Another user, who does not belong to it; without one, checks are left out.
    pub outsider: Option<String>,
    /// The channel's id. Without one, the scene's own.
    pub channel: Option<String>,
    /// The project's database, to set the scene in; without it, what writes is left out.
    pub database_url: Option<String>,
    /// The project, for what browsers ask PostgREST themselves; without it, that is left out.
    pub project: Option<Project>,
    /// Every function is turned off, and has to say so.
    pub disabled: bool,
    /// Show nothing: the outcome says it all.
    pub quiet: bool,
}

/// Where PostgREST is.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its origin: `https://<ref>.supabase.co`.
    pub url: String,
    /// Its publishable key.
    pub apikey: String,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How many checks passed.
    pub passed: usize,
    /// Those that did not, with what was seen.
    pub failed: Vec<String>,
    /// Those that were not made, with what they need.
    pub left_out: Vec<String>,
}

impl Outcome {
    /// Whether every check that was made passed.
    pub fn is_good(&self) -> bool {
        self.failed.is_empty()
    }
}

/// Runs every check that can be made, and shows each with its time, unless it is to be quiet. When `interrupted` becomes true, no further one is
/// begun. Whatever happens, what was written is removed. An error is a test that could not be made.
pub fn run(target: &Target, interrupted: &AtomicBool) -> Result<Outcome> {
    let started = Instant::now();
    let show = |line: String| if target.quiet { Ok(()) } else { say::line!("{line}") };
    let scene = Scene::set(target)?;
    let mut outcome = Outcome::default();
    for Check { name, needs, run } in checks::all(target) {
        if interrupted.load(Ordering::Relaxed) {
            outcome.failed.push("interrupted".to_owned());
            break;
        }
        if let Some(lacking) = needs.iter().find_map(|need| lacks(&scene, *need)) {
            show(format!("{} {name}  {}", style("-").dim(), style(lacking).dim()))?;
            outcome.left_out.push(format!("{name}: {lacking}"));
            continue;
        }
        let began = Instant::now();
        let result = run(&scene);
        let took = style(format!("{} ms", began.elapsed().as_millis())).dim();
        match result {
            Ok(()) => {
                outcome.passed += 1;
                show(format!("{} {name}  {took}", style("✓").green()))?;
            }
            Err(error) => {
                let said = format!("{error:#}");
                show(format!("{} {name}  {took}\n    {}", style("✗").red(), said.replace('\n', "\n    ")))?;
                outcome.failed.push(format!("{name}: {said}"));
            }
        }
    }
    scene.remove()?;
    let Outcome { passed, failed, left_out } = &outcome;
    let left = if left_out.is_empty() { String::new() } else { format!(", {} left out", left_out.len()) };
    let took = started.elapsed().as_secs_f64();
    show(format!("\n{passed} passed, {} failed{left}  {took:.1} s  {}", failed.len(), target.url))?;
    Ok(outcome)
}

fn lacks(scene: &Scene, need: Needs) -> Option<&'static str> {
    let (there, lacking) = match need {
        Needs::Outsider => (scene.target.outsider.is_some(), "needs the token of a second user"),
        Needs::Channel => (!scene.channel.is_empty(), "needs a channel or the database"),
        Needs::Room => (scene.room.is_some(), "needs the database"),
        Needs::Project => (scene.target.project.is_some(), "needs the project's URL and publishable key"),
    };
    (!there).then_some(lacking)
}
