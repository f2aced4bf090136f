//! The components, built as `spin build` builds them: with the command in `spin.toml`. While somebody writes them, faster.

use std::{collections::BTreeSet, env, fs::File, path::Path};

use anyhow::{Context as _, Result, bail};
use tokio::process::Command;

use super::run::{output, run};
use crate::host::{FAST, Manifest};

const TARGET: &str = "wasm32-wasip2";

/// Adds the target where it is missing, and runs each distinct build command of the manifest.
pub async fn build(root: &Path, manifest: &Manifest) -> Result<()> {
    provide_target(root).await?;
    let commands: BTreeSet<&str> = manifest.components.values().map(|c| c.build.command.as_str()).collect();
    for command in commands {
        let mut words = command.split_whitespace();
        let mut build = as_typed(words.next().unwrap_or_default(), root);
        run(build.args(words), "the components do not compile").await?;
    }
    Ok(())
}

/// Builds the components of these packages, all by one cargo, as [`Manifest::fast`] expects them. The error is what the compiler says,
/// all of it.
pub async fn build_fast<'p>(root: &Path, packages: impl IntoIterator<Item = &'p str>) -> Result<()> {
    provide_target(root).await?;
    let mut cargo = as_typed("cargo", root);
    cargo.args(["build", "--quiet", "--lib", "--target", TARGET, "--profile", FAST]);
    cargo.args(["--color", if console::colors_enabled_stderr() { "always" } else { "never" }]);
    for package in packages {
        cargo.args(["--package", package]);
    }
    let (_, output) = output(&mut cargo, "install Rust from https://rustup.rs").await?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim_end());
    }
    Ok(())
}

async fn provide_target(root: &Path) -> Result<()> {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", TARGET]).current_dir(root);
    let installed = run(&mut rustc, "install Rust from https://rustup.rs").await?;
    let installed = Path::new(installed.trim());
    if installed.is_dir() {
        return Ok(());
    }
    // Two rustups at once take the download away from each other. Where the targets of this toolchain are, they take turns.
    let targets = installed.ancestors().nth(2).context("rustc names no folder")?;
    let turn = File::open(targets).with_context(|| format!("cannot read {}", targets.display()))?;
    let _turn = tokio::task::spawn_blocking(move || turn.lock().map(|()| turn)).await??;
    if installed.is_dir() {
        return Ok(());
    }
    let remedy = "the components need Rust's wasm32-wasip2 target; is the machine online, and Rust from rustup?";
    run(Command::new("rustup").args(["target", "add", TARGET]).current_dir(root), remedy).await.map(drop)
}

/// Without what the cargo that runs us has set, for a package that is not the one being built.
fn as_typed(program: &str, root: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in
        env::vars().filter(|(name, _)| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
    {
        command.env_remove(name);
    }
    command.current_dir(root);
    command
}
