//! What the machine must have before anything can run, and what is fetched when it lacks it.

mod components;
mod debian;
mod npm;
mod postgres;
mod run;

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

pub use self::{
    components::{build, build_fast},
    debian::{database_packages, provide},
    npm::{packages, postgrest},
    postgres::{Binaries, unprivileged},
};

/// What no other folder has.
const MARKS: [&str; 2] = ["spin.toml", "supabase/rank_required_rpcs.json"];

/// The checkout that this process runs in: the nearest folder with a `spin.toml` and a contract, from the current one upwards.
/// Not the one that it was compiled in, which may be another by now, or gone.
pub fn checkout() -> Result<PathBuf> {
    let here = env::current_dir().context("there is no current folder")?;
    let is_one = |folder: &&Path| MARKS.iter().all(|mark| folder.join(mark).is_file());
    let found = here.ancestors().find(is_one).map(Path::to_owned);
    found.with_context(|| {
        format!("{}: neither here nor above are {}: run this in a checkout", here.display(), MARKS.join(" and "))
    })
}

/// The same, for tests and for tools that are run by cargo.
pub fn root() -> PathBuf {
    checkout().unwrap_or_else(|error| panic!("{error:#}"))
}
