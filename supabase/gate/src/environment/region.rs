//! Where the database and the functions are, as far as they say.

use std::process::Command;

use anyhow::{Context as _, Result, anyhow, bail};
use serde::Deserialize;

use crate::http;

/// One row of `supabase projects list --output json`.
#[derive(Debug, Deserialize)]
struct Project {
    #[serde(alias = "ref")]
    id: String,
    region: String,
}

/// Asks the Supabase CLI, which has to be logged in.
pub fn of_project(reference: &str) -> Result<String> {
    let output = Command::new("supabase")
        .args(["projects", "list", "--output", "json"])
        .output()
        .context("the Supabase CLI is not in the PATH")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let first = said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no message");
        bail!("the Supabase CLI does not list the projects: {first}");
    }
    let projects: Vec<Project> =
        serde_json::from_slice(&output.stdout).context("the Supabase CLI's list of projects cannot be read")?;
    let found = projects.into_iter().find(|project| project.id == reference);
    found.map(|project| project.region).ok_or_else(|| anyhow!("the login of the Supabase CLI does not see the project"))
}

/// Every answer of a function says where it comes from, refusals included.
pub fn of_functions(url: &str) -> Result<String> {
    let url = format!("{}/messages-list", url.trim_end_matches('/'));
    let answer = http::send(&url, &[], None)?;
    Ok(answer
        .header("x-region")
        .map_or_else(|| format!("no x-region header (status {})", answer.status), str::to_owned))
}
