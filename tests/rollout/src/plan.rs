//! `rollout plan`: what an apply would do, and whether the gate lets it begin.

use anyhow::Result;
use console::style;

use crate::{
    apply::Intent,
    cli::Sources,
    context::Context,
    judge, migrate,
    release::{Release, short},
    store::Place,
};

/// Shows it on standard output. Returns whether the gate lets it begin.
pub async fn show(
    context: &mut Context,
    sources: &Sources,
    release: &Release,
    place: &Place,
    intent: &Intent,
) -> Result<bool> {
    if let Some(run) = &intent.unfinished {
        say::line!("{}", stopped(run))?;
    }
    if context.store.is_taken().await? {
        say::line!("{} another rollout is running now", style("!").yellow())?;
    }
    let step = |name: &str, text: &str| say::line!("  {:14} {text}", style(name).bold());
    say::line!("Rolling out release {} to {}:", release.short(), context.environment)?;
    let judged = judge::present(context, sources).await;
    match &judged {
        Ok(unseen) if unseen.is_empty() => step("gate", "lets it begin")?,
        Ok(unseen) => step("gate", &format!("lets it begin; not looked at: {}", unseen.join("; ")))?,
        Err(error) => step("gate", &context.secrets.scrub(&format!("{} {error:#}", style("✗").red())))?,
    }
    let pending = migrate::pending(context.store.connection(), &sources.migrations).await?;
    match &pending[..] {
        [] => step("migrations", "all are applied")?,
        all => {
            step("migrations", &format!("{} to apply, {:?}:", all.len(), migrate::with(sources)))?;
            for one in all {
                say::line!("  {:14}   {}_{}", "", one.version, one.name)?;
            }
        }
    }
    step("schema cache", "PostgREST reads the schema again")?;
    step("contract", &format!("the database has to meet {}, and PostgREST to know it", sources.contract.display()))?;
    let same = place.release.as_ref() == Some(&release.id) && place.flags.as_ref() == Some(&intent.first);
    let in_place = place.release.as_deref().map_or("nothing".to_owned(), |id| format!("release {}", short(id)));
    match same && place.deploying.is_none() {
        true => step("deploy", "it is in place")?,
        false => {
            step("deploy", &format!("in place of {in_place}, flags {}", intent.first))?;
            say::line!("  {:14}   {}", "", style(context.settings.deploy.trim()).dim())?;
        }
    }
    step("smoke", context.lock.functions_url.as_deref().unwrap_or_default())?;
    step("routes", "says what to set in the application that calls the functions")?;
    let levels: Vec<String> = intent.levels.iter().map(ToString::to_string).collect();
    let mut held = format!("{} s each, objective {} %", context.settings.hold_seconds, context.settings.objective);
    if context.settings.minimum_requests == 0 {
        held += "; without minimum_requests a level that nobody uses may pass unjudged";
    }
    step(
        "flags",
        &if levels.is_empty() { "all are on".to_owned() } else { format!("{}; {held}", levels.join(" → ")) },
    )?;
    Ok(judged.is_ok())
}

/// Where an unfinished run stands, in words.
pub fn stopped(run: &crate::store::Run) -> String {
    let why = run.error.as_deref().unwrap_or("it was killed, or lost its connection");
    let first = why.lines().next().unwrap_or_default().trim_end_matches(':');
    format!("Run {} of {} stopped at {}: {first}. This goes on from there.", run.id, run.who, run.step())
}

/// What is in place, in words.
pub fn describe(place: &Place) -> String {
    let Place { release, flags, deploying } = place;
    let mut text = match (release, flags) {
        (Some(release), Some(flags)) => format!("release {}, flags {flags}", short(release)),
        _ => "no components of ours".to_owned(),
    };
    if let Some(deploying) = deploying {
        text += &format!(
            "; or release {}, flags {}: the command that deploys it has not come back",
            short(&deploying.release),
            deploying.flags
        );
    }
    text
}
