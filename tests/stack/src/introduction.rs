//! What the terminal says when everything is up: where things are, and a first request to copy.

use std::path::Path;

use anyhow::{Context as _, Result};
use console::style;
use stack::demo;

/// Addresses for people. Keys and tokens are long: they are in the file.
pub fn show(environment: &[(&str, String)], env_file: &Path) {
    let value = |name| value(environment, name);
    let origin = value("ORIGIN");
    let lines = [
        ("Demo", format!("{origin}/demo, and as somebody else in another tab: {origin}/demo?as=grace")),
        ("Origin", origin.to_owned()),
        ("Functions", value("FUNCTIONS_URL").to_owned()),
        ("Their description", format!("{origin}/openapi.json")),
        ("Database", value("DATABASE_URL").to_owned()),
        ("Publishable key", value("SUPABASE_PUBLISHABLE_KEY").to_owned()),
        ("All of it, with tokens", env_file.display().to_string()),
    ];
    say::note!("");
    for (name, value) in lines {
        say::note!("{} {value}", style(format!("{name:23}")).bold().for_stderr());
    }
    say::note!(
        "\n{}\n. {}\ncurl \"$FUNCTIONS_URL/messages-list?channel_id=$CHANNEL_ID&limit=2\" \\\n  \
         -H \"Authorization: Bearer $TOKEN_MEMBER\"",
        style("Try it:").bold().for_stderr(),
        env_file.display()
    );
}

/// What that command answers.
pub async fn first_request(environment: &[(&str, String)]) -> Result<()> {
    let value = |name| value(environment, name).to_owned();
    let url = format!("{}/messages-list?channel_id={}&limit=2", value("FUNCTIONS_URL"), demo::GENERAL);
    let token = value("TOKEN_MEMBER");
    let answer = tokio::task::spawn_blocking(move || smoke::get(&url, Some(&token))).await?;
    let answer = answer.context("the first request got no answer")?;
    say::note!("\n{} {}\n{}", style("Its answer:").bold().for_stderr(), answer.status, answer.raw);
    Ok(())
}

fn value<'e>(environment: &'e [(&str, String)], name: &str) -> &'e str {
    environment.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value)
}
