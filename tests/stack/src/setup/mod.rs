//! What the machine must have before anything can run, and what is fetched when it lacks it.

mod components;
mod debian;
mod npm;
mod postgres;
mod run;

use std::path::{Path, PathBuf};

pub use self::{
    components::build,
    debian::{database_packages, provide},
    npm::{packages, postgrest},
    postgres::{Binaries, unprivileged},
};

/// The workspace's root: where `spin.toml` is.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the stack runs from its checkout")
}
