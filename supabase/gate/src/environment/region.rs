//! Where the database and the functions are, as far as they say.

use std::process::Command;

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::Value;

use crate::http;

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
    let projects = serde_json::from_slice(&output.stdout).context("the Supabase CLI's list cannot be read")?;
    let found = region(&projects, reference).map(str::to_owned);
    found.ok_or_else(|| anyhow!("the login of the Supabase CLI does not see the project"))
}

/// The Management API names the reference `id`, `ref`, or both.
fn region<'a>(projects: &'a Value, reference: &str) -> Option<&'a str> {
    let named = |project: &&Value| [&project["ref"], &project["id"]].into_iter().any(|name| name == reference);
    projects.as_array()?.iter().find(named)?["region"].as_str()
}

/// Every answer of a function says where it comes from, refusals included.
pub fn of_functions(url: &str) -> Result<String> {
    let url = format!("{}/messages-list", url.trim_end_matches('/'));
    let answer = http::send(&url, &[], None)?;
    let region = answer.header("x-region").map(str::to_owned);
    region.with_context(|| format!("the answer has no x-region header (status {})", answer.status))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn a_project_is_found_by_either_name_of_its_reference() {
        let list = json!([
            { "id": "other", "name": "abcd", "region": "us-east-1" },
            { "id": "abcd", "ref": "abcd", "organization_id": "o", "name": "staging", "region": "eu-central-1" },
        ]);

        assert_eq!(super::region(&list, "abcd"), Some("eu-central-1"));
        assert_eq!(super::region(&list, "other"), Some("us-east-1"));
        assert_eq!(super::region(&list, "efgh"), None);
    }
}
