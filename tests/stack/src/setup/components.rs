//! The components, built as `spin build` builds them: with the command in `spin.toml`.

use std::{collections::BTreeSet, path::Path};

use anyhow::Result;
use tokio::process::Command;

use super::run::run;
use crate::host::Manifest;

const TARGET: &str = "wasm32-wasip2";

/// Adds the target where it is missing, and runs each distinct build command of the manifest.
pub async fn build(root: &Path, manifest: &Manifest) -> Result<()> {
    let installed = run(
        Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).current_dir(root),
        "install Rust from https://rustup.rs",
    )
    .await?;
    if !Path::new(installed.trim()).is_dir() {
        let remedy = "the components need Rust's wasm32-wasip2 target; is the machine online, and Rust from rustup?";
        run(Command::new("rustup").args(["target", "add", TARGET]).current_dir(root), remedy).await?;
    }
    let commands: BTreeSet<&str> = manifest.components.values().map(|c| c.build.command.as_str()).collect();
    for command in commands {
        let mut words = command.split_whitespace();
        let mut build = Command::new(words.next().unwrap_or_default());
        // Set by the cargo that runs us, for a package that is not the one being built.
        for (name, _) in
            std::env::vars().filter(|(name, _)| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
        {
            build.env_remove(name);
        }
        run(build.args(words).current_dir(root), "the components do not compile").await?;
    }
    Ok(())
}
