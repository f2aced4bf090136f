//! Each command, from its arguments to its exit status.

use std::{future::Future, path::Path, sync::atomic::Ordering};

use anyhow::{Context as _, Result};
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    apply::{self, Intent},
    cli::{Begin, Cli, Command, People, Sources, Where},
    context::Context,
    course::Course,
    deploy::refuse_forgotten_flags,
    doors, plan,
    release::Release,
    rollback::{self, Back},
    status,
    store::{Place, Run, Store, Turn},
    terminal::{self, failure, heading},
};

/// Everything was done.
pub const DONE: u8 = 0;
/// A step failed, or was interrupted.
pub const FAILED: u8 = 1;
/// Nothing was begun.
pub const NO_START: u8 = 2;
/// Somebody else is at it.
const ANOTHER: u8 = 3;

/// Runs a command, and says with which status to exit. An error is one that was not begun.
pub async fn run(cli: Cli) -> Result<u8> {
    match cli.command {
        Command::Plan { place, people, sources, begin } => plan(&place, &people, &sources, begin).await,
        Command::Apply { place, people, sources, begin, dry_run: true } => plan(&place, &people, &sources, begin).await,
        Command::Apply { place, people, sources, begin, dry_run: false } => {
            apply(&place, &people, &sources, begin).await
        }
        Command::Rollback { place, people, migrations, to, flags_only, dry_run } => {
            rollback(&place, &people, &migrations, to.as_deref(), flags_only, dry_run).await
        }
        Command::Close { place, dry_run } => doors::close(&place, dry_run).await,
        Command::Reopen { place } => doors::reopen(&place).await,
        Command::Status { environment, database, json } => {
            let mut store = Store::open(&database.database_url).await?;
            status::show(&mut store, environment.as_deref(), json).await.map(|()| DONE)
        }
    }
}

async fn plan(place: &Where, people: &People, sources: &Sources, begin: Begin) -> Result<u8> {
    let release = Release::read(&sources.manifest)?;
    let mut context = Context::new(place, people).await?;
    refuse_forgotten_flags(&context.settings, &release)?;
    let present = context.store.place(&place.environment).await?;
    context.refuse_strangers(&present, begin).await?;
    let last = context.store.last_apply(&place.environment).await?;
    let intent = Intent::of(&context, &release, &present, last, begin)?;
    context.refuse_short_tokens(intent.levels.len())?;
    let may = plan::show(&mut context, sources, &release, &present, &intent).await?;
    Ok(if may { DONE } else { FAILED })
}

async fn apply(place: &Where, people: &People, sources: &Sources, begin: Begin) -> Result<u8> {
    let release = Release::read(&sources.manifest)?;
    let mut context = Context::new(place, people).await?;
    refuse_forgotten_flags(&context.settings, &release)?;
    if let Turn::Theirs(who) = context.store.take().await? {
        return Ok(another(&who));
    }
    let present = context.store.place(&place.environment).await?;
    context.refuse_strangers(&present, begin).await?;
    let last = context.store.last_apply(&place.environment).await?;
    let intent = Intent::of(&context, &release, &present, last, begin)?;
    context.refuse_short_tokens(intent.levels.len())?;
    if let Some(run) = &intent.unfinished {
        terminal::line(&plan::stopped(run));
    }
    let who = context.who.clone();
    context.store.make().await?;
    context.store.keep(&release, &who).await?;
    let migrations = intent.unfinished.as_ref().map(|run| run.migrations.clone()).unwrap_or_default();
    let run = Run {
        command: "apply".to_owned(),
        release_before: intent.release_before.clone(),
        flags_before: intent.flags_before.clone(),
        release_after: Some(release.id.clone()),
        migrations: migrations.clone(),
        ..record(&context)
    };
    let id = context.store.begin(&run).await?;
    heading(&format!("Run {id}: release {} to {}", release.short(), context.environment));
    let mut course = Course::new(&mut context, migrations);
    let done = unless_interrupted(apply::run(&mut course, sources, &release, &intent)).await;
    let way_back = format!(
        "To go back: rollout rollback {0}. To go on, once it is mended: rollout apply {0}",
        course.context.environment
    );
    end(course, done, &way_back).await
}

async fn rollback(
    place: &Where,
    people: &People,
    migrations: &Path,
    to: Option<&str>,
    flags_only: bool,
    dry_run: bool,
) -> Result<u8> {
    let mut context = Context::new(place, people).await?;
    if !dry_run && let Turn::Theirs(who) = context.store.take().await? {
        return Ok(another(&who));
    }
    let present = context.store.place(&place.environment).await?;
    let last = context.store.last_change(&place.environment).await?;
    let named = match to {
        Some(id) => Some(context.store.release(id).await?),
        None => None,
    };
    let back = Back::to(&present, last, named.as_ref(), flags_only)?;
    if let Some(id) = &back.release {
        refuse_forgotten_flags(&context.settings, &context.store.release(id).await?)?;
    }
    if dry_run {
        say::line!("In place: {}\nAfter it: {}", plan::describe(&present), back.describe())?;
        let judged = rollback::judged(&mut context, &back).await;
        match &judged {
            Ok(note) => say::line!("The gate: {note}")?,
            Err(error) => say::line!("The gate: {}", context.secrets.scrub(&format!("{error:#}")))?,
        }
        say::line!("{}", rollback::undo(migrations, &back))?;
        return Ok(if judged.is_ok() { DONE } else { FAILED });
    }
    let run = Run {
        command: "rollback".to_owned(),
        release_before: present.release.clone(),
        flags_before: present.flags.clone(),
        release_after: back.release.clone(),
        ..record(&context)
    };
    let id = context.store.begin(&run).await?;
    let what = back.run.as_ref().map_or(String::new(), |run| format!("run {} is taken back: ", run.id));
    heading(&format!("Run {id}: {what}{}", back.describe()));
    let mut course = Course::new(&mut context, Vec::new());
    let done = unless_interrupted(rollback::run(&mut course, &back)).await;
    let over = matches!(done, Ok(Some(())));
    let status = end(course, done, "Mend what it says, and roll back again").await?;
    if over {
        terminal::line(&rollback::undo(migrations, &back));
    }
    Ok(status)
}

fn record(context: &Context) -> Run {
    let (environment, who) = (context.environment.clone(), context.who.clone());
    Run { environment, who, tool: env!("CARGO_PKG_VERSION").to_owned(), ..Run::default() }
}

/// Says that somebody else is at it.
pub fn another(who: &str) -> u8 {
    say::note!("{} {who}. Wait for it to end; nothing has been changed here", failure("another rollout is running:"));
    ANOTHER
}

/// Ctrl-C, and what a pipeline sends when it is cancelled.
pub async fn unless_interrupted<T>(work: impl Future<Output = Result<T>>) -> Result<Option<T>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        done = work => done.map(Some),
        _ = interrupt.recv() => Ok(None),
        _ = terminate.recv() => Ok(None),
    }
}

/// Records how it ended, and says what is in place now.
async fn end(mut course: Course<'_>, done: Result<Option<()>>, way_back: &str) -> Result<u8> {
    let (outcome, error) = match &done {
        Ok(Some(())) => ("done", None),
        Ok(None) => ("interrupted", Some("interrupted by a signal".to_owned())),
        Err(error) => ("failed", Some(course.explain(error))),
    };
    let step = course.steps.last().map_or("its start".to_owned(), |step| step.name.clone());
    course.context.interrupted.store(outcome == "interrupted", Ordering::Relaxed);
    let place = conclude(&mut course, outcome, error.as_deref()).await;
    course.context.store.let_go().await;
    let place = place.map_or_else(|lost| format!("unknown: {lost:#}"), |place| plan::describe(&place));
    let Some(error) = error else {
        heading(&format!("Done. In place: {place}"));
        return Ok(DONE);
    };
    say::note!("\n{} {error}", failure(&format!("stopped at {step}:")));
    course.says(&format!("Nothing after it was done. In place: {place}"));
    if !course.migrations.is_empty() {
        course.says(&format!("{} migrations were applied, and stay.", course.migrations.len()));
    }
    course.says(way_back);
    Ok(FAILED)
}

/// On a new connection where the old one was left in the middle of something, or is gone.
async fn conclude(course: &mut Course<'_>, outcome: &str, error: Option<&str>) -> Result<Place> {
    if outcome == "interrupted" || course.context.store.still_ours().await.is_err() {
        course.context.store.reopen().await.context("the record has no end")?;
    }
    let environment = course.context.environment.clone();
    let place = course.context.store.place(&environment).await?;
    course.context.store.finish(outcome, &place, error).await?;
    Ok(place)
}
