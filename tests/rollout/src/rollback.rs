//! `rollout rollback`: the components and flags of before, once the gate has said that they work on the database of now.
//! Migrations stay; what would undo them is printed.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::{
    apply::smoke,
    context::Context,
    course::{Course, Did},
    deploy, doors,
    flags::{Flags, Level},
    judge, migrate,
    release::{Release, short},
    store::{Place, Run},
};

/// Where the way back leads.
#[derive(Debug, Clone)]
pub struct Back {
    /// The run that is taken back.
    pub run: Option<Run>,
    /// The components to put in place; none where none were ever deployed.
    pub release: Option<String>,
    /// With these flags.
    pub flags: Flags,
}

impl Back {
    /// To where all was well before the last apply; or to a release that is named; or only the flags.
    pub fn to(place: &Place, last: Option<Run>, named: Option<&Release>, flags_only: bool) -> Result<Self> {
        let present = || place.deploying.as_ref().map(|d| d.release.clone()).or_else(|| place.release.clone());
        if flags_only {
            let release = present().context("nothing has been deployed, so there are no flags to turn off")?;
            return Ok(Self { run: None, release: Some(release), flags: Flags::off() });
        }
        if let Some(release) = named {
            let flags = place.flags.clone().unwrap_or_else(Flags::off);
            return Ok(Self { run: None, release: Some(release.id.clone()), flags });
        }
        let run = last.context("there is no apply that could be taken back: `rollout status` shows what was done")?;
        Ok(match (&run.release_before, &run.flags_before) {
            (Some(release), flags) => {
                let flags = flags.clone().unwrap_or_else(Flags::off);
                Self { release: Some(release.clone()), flags, run: Some(run) }
            }
            // There was nothing before it: what it has deployed is turned off, for everybody.
            (None, _) => Self { release: present(), flags: Flags::off(), run: Some(run) },
        })
    }

    /// In words.
    pub fn describe(&self) -> String {
        match &self.release {
            Some(release) => format!("release {}, flags {}", short(release), self.flags),
            None => "nothing was deployed, and nothing will be".to_owned(),
        }
    }
}

/// Does the steps.
pub async fn run(course: &mut Course<'_>, back: &Back) -> Result<()> {
    // For whom the functions are off, the routes of before are there. They come first: their users wait.
    if back.flags.level != Level::On && doors::are_closed(&mut course.context.store).await? {
        course
            .step("doors", async |context, _, _| {
                let count = doors::reopened(&mut context.store).await?;
                Ok(Did::Done(format!("open again: {}", doors::ways(count))))
            })
            .await?;
    }
    let Some(id) = &back.release else {
        for name in ["gate", "deploy", "smoke"] {
            course.step(name, async |_, _, _| Ok(Did::Skipped("no components were deployed".to_owned()))).await?;
        }
        return finish(course, back).await;
    };
    let release = course.context.store.release(id).await?;
    course.step("gate", async |context, _, _| fits(context, &release, &back.flags).await).await?;
    course
        .step("deploy", async |context, _, _| {
            let environment = context.environment.clone();
            let place = context.store.place(&environment).await?;
            let same = place.release.as_ref() == Some(id) && place.flags.as_ref() == Some(&back.flags);
            if same && place.deploying.is_none() {
                return Ok(Did::Skipped(format!("they are in place as they were: {}", back.describe())));
            }
            // Where the components are known to be the right ones, the flags alone are quicker.
            let there = place.release.as_ref() == Some(id) && place.deploying.is_none();
            let done = match there {
                true => deploy::set_flags(context, &release, &back.flags).await,
                false => deploy::deploy(context, &release, &back.flags).await,
            };
            done.map(Did::Done)
        })
        .await?;
    let off = back.flags == Flags::off();
    course.step("smoke", async |context, _, _| smoke(context, off).await).await?;
    finish(course, back).await
}

/// What the gate says of it, without doing it.
pub async fn judged(context: &mut Context, back: &Back) -> Result<String> {
    let Some(id) = &back.release else { return Ok("no components were deployed".to_owned()) };
    let release = context.store.release(id).await?;
    fits(context, &release, &back.flags).await.map(|did| match did {
        Did::Done(note) | Did::Skipped(note) => note,
    })
}

/// Turned off, they ask the database nothing.
async fn fits(context: &mut Context, release: &Release, flags: &Flags) -> Result<Did> {
    if *flags == Flags::off() {
        return Ok(Did::Skipped("what is turned off asks the database nothing".to_owned()));
    }
    let folder = release.unpack()?;
    let report = judge::components(context, release.components(folder.path())).await?;
    judge::demand(&report).with_context(|| {
        format!(
            "release {} does not work on this database any more, and nothing has been changed. Turn the functions off \
             (--flags-only), apply a release that was built for this database, or undo the migrations first",
            release.short()
        )
    })?;
    Ok(Did::Done(format!("release {} works on the database as it is", release.short())))
}

async fn finish(course: &mut Course<'_>, back: &Back) -> Result<()> {
    match &back.run {
        Some(run) => course.context.store.taken_back(run).await,
        None => Ok(()),
    }
}

/// What the operator may do about the migrations, by hand. The files may be elsewhere: the way back does not need them.
pub fn undo(folder: &Path, back: &Back) -> String {
    let Some(run) = &back.run else { return "Migrations stay as they are.".to_owned() };
    if run.migrations.is_empty() {
        return "No migration was applied by what was taken back.".to_owned();
    }
    let mut text = format!("{} migrations stay. ", run.migrations.len());
    match migrate::undo(folder, &run.migrations) {
        Ok(all) => {
            text += "Should they have to go, this undoes them, the newest first (data goes with it):";
            all.iter().for_each(|(name, undo)| text += &format!("\n  -- {name}\n  {undo}"));
            let versions: Vec<&str> = all.iter().filter_map(|(name, _)| Some(name.split_once('_')?.0)).collect();
            text += &format!(
                "\nThen say so to the history, or nothing applies them again:\n  supabase migration repair --status reverted {}",
                versions.join(" ")
            );
        }
        Err(error) => text += &format!("What would undo them is in their files: {error:#}"),
    }
    text
}
