//! Putting a release in place with its flags: the environment's command, then the flags of the database.

use std::{collections::BTreeMap, env, fs, path::Path};

use anyhow::{Context as _, Result, ensure};

use crate::{
    context::Context,
    flags::{Flags, PREFIX},
    release::Release,
    settings::Settings,
    shell,
};

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
    // It may have taken long, and another run may have begun.
    context.store.still_ours().await?;
    let overlays = flags.set_in_database(context.store.connection()).await.context("the flags of the overlays")?;
    context.store.deployed(&environment, &release.id, flags).await?;
    let without = if overlays { "" } else { " (the database has no flags for overlays)" };
    Ok(format!("release {}, flags {flags}{without}", release.short()))
}

/// What the command finds in its environment: each flag under its own name in capitals, and as Spin reads it; and all of
/// them in `FLAGS`.
fn variables(environment: &str, release: &Release, flags: &Flags, folder: &str) -> Result<BTreeMap<String, String>> {
    let checkout = env::current_dir().context("the folder that this was started in is gone")?;
    let mut all = BTreeMap::from([
        ("CHECKOUT".to_owned(), checkout.display().to_string()),
        ("ENVIRONMENT".to_owned(), environment.to_owned()),
        ("RELEASE".to_owned(), folder.to_owned()),
        ("RELEASE_ID".to_owned(), release.id.clone()),
    ]);
    let given = flags.variables(&release.flags()?);
    let pairs: Vec<String> = given.iter().map(|(name, value)| format!("{name}={value}")).collect();
    all.insert("FLAGS".to_owned(), pairs.join(" "));
    for (name, value) in given {
        let name = name.to_uppercase();
        all.insert(format!("SPIN_VARIABLE_{name}"), value.clone());
        all.insert(name, value);
    }
    Ok(all)
}

/// A flag that no command hands on would leave its function on for everybody, whatever the level.
pub fn refuse_forgotten_flags(settings: &Settings, release: &Release) -> Result<()> {
    let flags = release.flags()?;
    let checkout = env::current_dir().context("the folder that this was started in is gone")?;
    for (what, line) in [("deploy", Some(&settings.deploy)), ("flags", settings.flags.as_ref())] {
        let Some(line) = line else { continue };
        let text = with_files(line, &checkout);
        let forgotten: Vec<&str> = flags.iter().map(String::as_str).filter(|flag| !hands_on(&text, flag)).collect();
        ensure!(
            forgotten.is_empty(),
            "the command `{what}` does not hand on {}, which would stay as in spin.toml, and that is on for everybody. \
             $FLAGS has all flags, as name=value with blanks between them: \
             spin deploy $(printf -- '--variable %s ' $FLAGS)",
            forgotten.join(", ")
        );
    }
    Ok(())
}

/// The line, and the files of the checkout that it names.
fn with_files(line: &str, checkout: &Path) -> String {
    let named = line.split(|c: char| c.is_whitespace() || "\"'<>|&;()=".contains(c));
    let paths = named.filter_map(|word| {
        let inside = word.strip_prefix("$CHECKOUT/").or_else(|| word.strip_prefix("${CHECKOUT}/"));
        inside.map(|path| checkout.join(path))
    });
    std::iter::once(line.to_owned()).chain(paths.filter_map(|path| fs::read_to_string(path).ok())).collect()
}

/// By its own name, or with all of them.
fn hands_on(text: &str, flag: &str) -> bool {
    let flag = flag.to_uppercase();
    let prefix = PREFIX.to_uppercase();
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.any(|word| {
        let word = word.strip_prefix("SPIN_VARIABLE_").unwrap_or(word);
        word == flag || word == prefix || word == "FLAGS"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_is_handed_on_by_its_name_by_a_prefix_or_with_all_others() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("app.yaml"), "value: ${FLAG_ONE}").unwrap();
        let gives = |line: &str| hands_on(&with_files(line, folder.path()), "flag_one");

        for line in [
            "deploy --variable flag_one=$FLAG_ONE",
            "deploy --variable flag_one=\"${FLAG_ONE}\"",
            "deploy $(printf -- '--variable %s ' $FLAGS)",
            "printenv | grep ^SPIN_VARIABLE_FLAG_ >flags.env",
            "envsubst <$CHECKOUT/app.yaml | kubectl apply -f -",
        ] {
            assert!(gives(line), "{line}");
        }
        for line in ["deploy", "deploy $FLAG_ONE_MORE", "envsubst <$CHECKOUT/none.yaml", "deploy flag_one=on"] {
            assert!(!gives(line), "{line}");
        }
    }
}
