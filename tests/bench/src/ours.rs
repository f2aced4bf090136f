//! Where our functions run while they are measured: in Spin, or in the stack's host, which is a stand-in for it. Either is
//! a process of its own, and is asked at its own address.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};
use clap::ValueEnum;
use stack::{
    host::{Manifest, Sockets},
    reaper::Reaper,
    runtime::Spin,
    setup,
};

use crate::children::Child;

/// What `--runtime` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Runtime {
    /// The stack's own host, a stand-in: built on the crates of Spin's HTTP trigger, but not Spin
    Stack,
    /// Spin itself: `spin up` of the unchanged spin.toml
    Spin,
}

/// A host, ready to be started.
#[derive(Debug, Clone)]
pub enum Hosting {
    /// The stack's, with these sockets.
    Stack(Sockets),
    /// Spin.
    Spin {
        /// `spin`.
        program: PathBuf,
        /// What it says of itself.
        version: String,
    },
}

impl Hosting {
    /// The one that is asked for. `program` is Spin's.
    pub fn of(runtime: Runtime, program: &Path) -> Result<Self> {
        if runtime == Runtime::Stack {
            return Ok(Self::Stack(Sockets::NoDelay));
        }
        let said = Command::new(program).arg("--version").output().with_context(|| {
            format!(
                "cannot run {}: install Spin 4.1 or newer (https://spinframework.dev/install), or say where it is with \
                 --spin",
                program.display()
            )
        })?;
        let version = String::from_utf8_lossy(&said.stdout).lines().next().unwrap_or_default().trim().to_owned();
        ensure!(version.starts_with("spin "), "{} is not Spin: it says `{version}`", program.display());
        // The components run in the folder of spin.toml, where a relative path would mean another file.
        let program = if program.components().count() > 1 { program.canonicalize()? } else { program.to_owned() };
        Ok(Self::Spin { program, version })
    }

    /// What each figure of ours is marked with.
    pub fn mark(&self) -> String {
        match self {
            Self::Stack(_) => "stack".to_owned(),
            Self::Spin { version, .. } => version.clone(),
        }
    }

    /// Whether it is the real thing.
    pub fn is_spin(&self) -> bool {
        matches!(self, Self::Spin { .. })
    }

    /// The functions with these variables, alone in a process. What it writes goes below `folder`.
    pub async fn start(&self, variables: &BTreeMap<String, String>, folder: &Path, reaper: &Reaper) -> Result<Child> {
        match self {
            Self::Stack(sockets) => {
                let own = folder_of_host(folder)?;
                let file = own.join("variables.json");
                fs::write(&file, serde_json::to_vec(variables)?)?;
                let mut command = Command::new(std::env::current_exe()?);
                command.arg("host").arg("--variables").arg(&file).arg("--logs").arg(own.join("logs"));
                if *sockets == Sockets::LikeSpin {
                    command.arg("--no-nodelay");
                }
                Child::listening("the functions' host", command, reaper).await
            }
            Self::Spin { program, .. } => spin(program, variables, &setup::root(), folder, reaper).await,
        }
    }
}

/// A component in Spin that only hands requests on, as a process of its own.
pub async fn forwarder(program: &Path, origin: &str, folder: &Path, reaper: &Reaper) -> Result<Child> {
    let application = setup::root().join("tests/bench/peers/forwarder");
    setup::build(&setup::root(), &Manifest::read(&application)?).await?;
    let variables = BTreeMap::from([("origin".to_owned(), origin.to_owned())]);
    spin(program, &variables, &application, folder, reaper).await
}

async fn spin(
    program: &Path,
    variables: &BTreeMap<String, String>,
    application: &Path,
    folder: &Path,
    reaper: &Reaper,
) -> Result<Child> {
    let own = folder_of_host(folder)?;
    let (logs, folder) = (own.join("logs"), own.join("state"));
    let spin = Spin { program, variables, logs: Some(&logs), folder: &folder, quiet: true };
    let (address, process) = spin.up(application, reaper).await?;
    Ok(Child::of(process, address.to_string()))
}

fn folder_of_host(folder: &Path) -> Result<PathBuf> {
    Ok(tempfile::Builder::new().prefix("host-").tempdir_in(folder)?.keep())
}
