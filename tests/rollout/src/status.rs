//! `rollout status`: what is in place, what runs, what was done.

use anyhow::Result;
use console::style;
use serde_json::json;

use crate::{
    doors,
    plan::describe,
    release::short,
    store::{Run, StepRecord, Store},
};

/// So many runs are shown.
const RUNS: usize = 10;

/// On standard output.
pub async fn show(store: &mut Store, environment: Option<&str>, as_json: bool) -> Result<()> {
    let running = store.is_taken().await?;
    let runs = store.runs(environment, RUNS).await?;
    let mut names: Vec<String> = runs.iter().map(|run| run.environment.clone()).collect();
    names.extend(environment.map(str::to_owned));
    names.sort();
    names.dedup();
    let mut places = Vec::new();
    for name in names {
        let place = store.place(&name).await?;
        places.push((name, place));
    }
    let doors = doors::state(store).await?;
    if as_json {
        let releases = if store.exists().await? { store.releases().await? } else { json!([]) };
        let places: serde_json::Map<_, _> = places.into_iter().map(|(name, place)| (name, json!(place))).collect();
        let all =
            json!({ "running": running, "in_place": places, "older_ways": doors, "runs": runs, "releases": releases });
        return Ok(say::line!("{}", serde_json::to_string_pretty(&all)?)?);
    }
    let mut text = String::new();
    for (name, place) in &places {
        text += &format!("{} {}\n", style(format!("{name}:")).bold(), describe(place));
    }
    if let Some(doors) = doors {
        text += &format!("{doors}\n");
    }
    if runs.is_empty() {
        text += "No rollout has been recorded here.\n";
    }
    for run in &runs {
        text += &line(run, running);
    }
    Ok(say::out(text)?)
}

fn line(run: &Run, running: bool) -> String {
    let Run { id, environment, command, who, started_at, outcome, release_after, error, .. } = run;
    let outcome = match outcome.as_str() {
        // Whoever wrote it has lost the lock.
        "running" if !running => "interrupted",
        outcome => outcome,
    };
    let colour = match outcome {
        "done" => style(outcome).green(),
        "running" => style(outcome).yellow(),
        "rolled_back" => style(outcome).dim(),
        _ => style(outcome).red(),
    };
    let release = release_after.as_deref().map_or("no release", short);
    let mut text = format!("\n{id:4} {started_at}  {command} {environment}, release {release}, by {who}: {colour}\n");
    for StepRecord { name, outcome, note, took } in &run.steps {
        text += &format!("       {outcome:8} {name:14} {}  {took:.1} s\n", note.lines().next().unwrap_or_default());
    }
    match error {
        Some(error) => text + &format!("       {}\n", error.replace('\n', "\n       ")),
        None => text,
    }
}
