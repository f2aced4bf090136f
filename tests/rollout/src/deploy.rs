//! Putting a release in place with its flags: the environment's command, then the flags of the database.

use std::{collections::BTreeMap, env};

use anyhow::{Context as _, Result};

use crate::{context::Context, flags::Flags, release::Release, shell};

/// Deploys. What is about to be done is noted before, so that nobody takes a command that never came back for done.
pub async fn deploy(context: &mut Context, release: &Release, flags: &Flags) -> Result<String> {
    put(context, release, flags, context.settings.deploy.clone()).await
}

/// Sets the flags of what is deployed: with a command of its own where there is one, else by deploying it again.
pub async fn set_flags(context: &mut Context, release: &Release, flags: &Flags) -> Result<String> {
    let line = context.settings.flags.clone().unwrap_or_else(|| context.settings.deploy.clone());
    put(context, release, flags, line).await
}

async fn put(context: &mut Context, release: &Release, flags: &Flags, line: String) -> Result<String> {
    let environment = context.environment.clone();
    context.store.deploying(&environment, &release.id, flags).await?;
    let folder = release.unpack()?;
    let variables = variables(&environment, release, flags, &folder.path().display().to_string())?;
    shell::run(&line, folder.path(), variables, &context.secrets).await?;
    let overlays = flags.set_in_database(context.store.connection()).await.context("the flags of the overlays")?;
    context.store.deployed(&environment, &release.id, flags).await?;
    let without = if overlays { "" } else { " (the database has no flags for overlays)" };
    Ok(format!("release {}, flags {flags}{without}", release.short()))
}

/// What the command finds in its environment: each flag under its own name in capitals, and as Spin reads it.
fn variables(environment: &str, release: &Release, flags: &Flags, folder: &str) -> Result<BTreeMap<String, String>> {
    let checkout = env::current_dir().context("the folder that this was started in is gone")?;
    let mut all = BTreeMap::from([
        ("CHECKOUT".to_owned(), checkout.display().to_string()),
        ("ENVIRONMENT".to_owned(), environment.to_owned()),
        ("RELEASE".to_owned(), folder.to_owned()),
        ("RELEASE_ID".to_owned(), release.id.clone()),
    ]);
    for (name, value) in flags.variables(&release.variables()?) {
        let name = name.to_uppercase();
        all.insert(format!("SPIN_VARIABLE_{name}"), value.clone());
        all.insert(name, value);
    }
    Ok(all)
}
