//! A function's beginning, in all the places that it takes. As a library, for the test that fills one in.
//!
//! [`Function`] is what it is called, and refuses what is taken. Its new files come from `templates`; in the files that are there,
//! [`places`] finds where it belongs. All of it is made before anything is written.

mod function;
mod places;

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

pub use self::function::{Function, Kind, Names};

/// The checkout that this is run in: the nearest folder that has a `spin.toml`, from the current one upwards.
pub fn checkout() -> Result<PathBuf> {
    let here = env::current_dir().context("there is no current folder")?;
    let found = here.ancestors().find(|folder| folder.join("spin.toml").is_file());
    found.map(Path::to_owned).context("there is no spin.toml here or above: run this in a checkout")
}

/// Begins a function in the checkout at `root`: everything is made before the first file is written. Gives what was written.
pub fn begin(root: &Path, function: &Function) -> Result<Vec<PathBuf>> {
    let files = function.files(root)?;
    for (path, text) in &files {
        write(&root.join(path), text)?;
    }
    Ok(files.into_keys().collect())
}

fn write(path: &Path, text: &str) -> Result<()> {
    let work = || {
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, text)
    };
    work().with_context(|| format!("cannot write {}", path.display()))
}
