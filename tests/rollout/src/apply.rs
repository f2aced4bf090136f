//! `rollout apply`: the steps, in their order.

use anyhow::{Result, bail};

use crate::{
    cli::{Begin, Sources},
    context::Context,
    course::{Course, Did},
    deploy,
    flags::{Flags, Level},
    judge, migrate,
    release::Release,
    store::{Place, Run},
    watch::Watch,
};

/// What there was when all was well, and what is to be.
#[derive(Debug, Clone)]
pub struct Intent {
    /// The components of before.
    pub release_before: Option<String>,
    /// How far they were turned on.
    pub flags_before: Option<Flags>,
    /// The run that this one goes on from.
    pub unfinished: Option<Run>,
    /// With these flags it is deployed.
    pub first: Flags,
    /// The present level is watched, then each of these is set and watched.
    pub levels: Vec<Level>,
    /// Whether the level that it is deployed with has been watched already.
    pub watched: bool,
}

impl Intent {
    /// From what is in place and what was done last.
    pub fn of(context: &Context, release: &Release, place: &Place, last: Option<Run>, begin: Begin) -> Result<Self> {
        let watched = last.as_ref().is_some_and(|run| {
            run.outcome == "done" && run.release_after.as_ref() == Some(&release.id) && place.deploying.is_none()
        });
        // A run that got stuck changes nothing about what was there when all was well.
        let unfinished = last.filter(Run::is_open);
        let (release_before, flags_before) = match &unfinished {
            Some(run) => (run.release_before.clone(), run.flags_before.clone()),
            None => (place.release.clone(), place.flags.clone()),
        };
        // What is up is not turned off for a new release: users have it.
        let present = place.flags.as_ref().filter(|_| place.release.is_some() && !begin.restart_flags);
        let level = match present {
            _ if begin.keep_on => Level::On,
            Some(flags) => flags.level.max(Level::Percent(0)),
            None => Level::Percent(0),
        };
        let first = context.with_testers(level)?;
        let levels = context.settings.steps.iter().map(|step| Level::of(*step)).filter(|step| *step > level).collect();
        Ok(Self { release_before, flags_before, unfinished, first, levels, watched })
    }
}

/// Does the steps.
pub async fn run(course: &mut Course<'_>, sources: &Sources, release: &Release, intent: &Intent) -> Result<()> {
    course.step("gate", async |context, _, _| present(context, sources).await).await?;
    course
        .step("migrations", async |context, working, applied| {
            let pending = migrate::pending(context.store.connection(), &sources.migrations).await?;
            if pending.is_empty() {
                return Ok(Did::Skipped("all are applied".to_owned()));
            }
            migrate::apply(context, sources, &pending, working, applied).await?;
            Ok(Did::Done(format!("{} applied", pending.len())))
        })
        .await?;
    course
        .step("schema cache", async |context, _, _| {
            judge::reload(context).await?;
            Ok(Did::Done("PostgREST reads the schema again".to_owned()))
        })
        .await?;
    course.step("contract", async |context, _, _| contract(context, sources, release).await).await?;
    course.step("deploy", async |context, _, _| components(context, release, &intent.first).await).await?;
    course.step("smoke", async |context, _, _| smoke(context, false).await).await?;
    course
        .step("routes", async |context, _, _| {
            let known = intent.flags_before.as_ref().is_some_and(|flags| flags.level.is_up());
            Ok(if known { Did::Skipped("they call the functions already".to_owned()) } else { routes(context) })
        })
        .await?;
    flags(course, release, intent).await
}

async fn present(context: &mut Context, sources: &Sources) -> Result<Did> {
    let unseen = judge::present(context, sources).await?;
    let mut note = "the environment is the locked one, and its migrations are the files'".to_owned();
    if !unseen.is_empty() {
        note = format!("{note}; not looked at: {}", unseen.join("; "));
    }
    Ok(Did::Done(note))
}

async fn contract(context: &mut Context, sources: &Sources, release: &Release) -> Result<Did> {
    let subject = judge::contract(context, sources).await?;
    let folder = release.unpack()?;
    judge::demand(&judge::components(context, release.components(folder.path())).await?)?;
    let mut note = format!("{subject}; the new components fit");
    let environment = context.environment.clone();
    if let Some(present) = context.store.place(&environment).await?.release.filter(|id| *id != release.id) {
        let present = context.store.release(&present).await?;
        let folder = present.unpack()?;
        let report = judge::components(context, present.components(folder.path())).await?;
        if !report.findings.is_empty() {
            let findings = judge::findings(&report);
            note = format!("{note}; THOSE IN PLACE NO LONGER DO, and fail until the next step is done:\n{findings}");
        }
    }
    Ok(Did::Done(note))
}

async fn components(context: &mut Context, release: &Release, flags: &Flags) -> Result<Did> {
    let environment = context.environment.clone();
    let place = context.store.place(&environment).await?;
    let same = place.release.as_ref() == Some(&release.id) && place.flags.as_ref() == Some(flags);
    if same && place.deploying.is_none() {
        return Ok(Did::Skipped(format!("release {} is in place, flags {flags}", release.short())));
    }
    deploy::deploy(context, release, flags).await.map(Did::Done)
}

/// Fails with what each check that failed has seen.
pub async fn smoke(context: &mut Context, disabled: bool) -> Result<Did> {
    let outcome = context.smoke(disabled).await?;
    if !outcome.is_good() {
        bail!(
            "{} of {} checks failed:\n  {}",
            outcome.failed.len(),
            outcome.passed + outcome.failed.len(),
            outcome.failed.join("\n  ")
        );
    }
    Ok(Did::Done(format!("{} checks passed", outcome.passed)))
}

fn routes(context: &Context) -> Did {
    let value = |text: &Option<String>| text.clone().unwrap_or_default();
    Did::Done(format!(
        "for you to do, any time from now on: deploy the application whose routes call the functions \
         (functions/client/example), with\n    NEXT_PUBLIC_SUPABASE_URL={}\n    \
         NEXT_PUBLIC_SUPABASE_PUBLISHABLE_KEY={}\n    LOCKSTEP_FUNCTIONS_URL={}",
        value(&context.lock.url),
        context.people.apikey,
        value(&context.lock.functions_url)
    ))
}

/// What is up is watched first; then one level after the other.
async fn flags(course: &mut Course<'_>, release: &Release, intent: &Intent) -> Result<()> {
    let logs = course.context.settings.logs.clone();
    let hold = course.context.settings.hold_seconds;
    if intent.first.level.is_up() && !intent.watched && hold > 0 {
        course
            .step(&format!("flags {}", label(intent.first.level)), async |context, working, _| {
                let spent = Watch::begin(&logs)?.hold(context, working).await?;
                Ok(Did::Done(format!("as they were: {}", spent.describe())))
            })
            .await?;
    }
    for level in &intent.levels {
        let flags = course.context.with_testers(*level)?;
        course
            .step(&format!("flags {}", label(*level)), async |context, working, _| {
                let mut watch = Watch::begin(&logs)?;
                deploy::set_flags(context, release, &flags).await?;
                if hold == 0 {
                    return Ok(Did::Done("set, and not watched: hold_seconds = 0".to_owned()));
                }
                let spent = watch.hold(context, working).await?;
                Ok(Did::Done(spent.describe()))
            })
            .await?;
    }
    if intent.levels.is_empty() {
        return course.step("flags", async |_, _, _| Ok(Did::Skipped("all are on".to_owned()))).await;
    }
    course.step("smoke, all on", async |context, _, _| smoke(context, false).await).await
}

fn label(level: Level) -> String {
    match level {
        Level::Percent(percent) => format!("{percent} %"),
        level => level.to_string(),
    }
}
