//! What the tests need from Debian: installed where that is possible, missed loudly where it is not.

use std::path::Path;

use anyhow::Result;
use nix::unistd::Uid;
use tokio::process::Command;

use super::{Binaries, run::run};

/// pgTAP and its runner, the checker of functions, the scheduler, for the PostgreSQL that is used; a pooler, and a browser.
pub fn database_packages(postgres: &Binaries) -> Vec<String> {
    let version = postgres.version;
    let mut packages: Vec<String> =
        ["cron", "pgtap", "plpgsql-check"].iter().map(|name| format!("postgresql-{version}-{name}")).collect();
    packages.extend(["libtap-parser-sourcehandler-pgtap-perl", "pgbouncer", "chromium"].map(str::to_owned));
    packages
}

/// Installs the packages that are missing. The text says why they still are.
pub async fn provide(packages: &[String]) -> Result<Option<String>> {
    let mut missing = Vec::new();
    for package in packages {
        let known = Command::new("dpkg-query").args(["-W", "-f=${Status}", package]).output().await;
        if !known.is_ok_and(|output| output.stdout.ends_with(b"ok installed")) {
            missing.push(package.as_str());
        }
    }
    if missing.is_empty() {
        return Ok(None);
    }
    let names = missing.join(" ");
    if !Path::new("/usr/bin/apt-get").exists() {
        return Ok(Some(format!("this is no Debian, and it lacks what Debian calls {names}")));
    }
    if !Uid::effective().is_root() {
        return Ok(Some(format!("not root: run `apt-get install {names}`")));
    }
    let remedy = "the tests need these Debian packages";
    let apt = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").args(["-q", "-y"]);
        command
    };
    let install = async {
        run(apt().arg("update"), remedy).await?;
        run(apt().args(["install", "--no-install-recommends"]).args(&missing), remedy).await
    };
    Ok(install.await.err().map(|error| format!("{error:#}")))
}
