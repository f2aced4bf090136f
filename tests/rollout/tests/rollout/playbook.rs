//! The page for the day itself: each of its commands is run, in its order, and works.

use std::{fs, path::Path};

use serde_json::json;
use stack::{database::Migrations, setup};

use crate::site::Site;

/// The lines of the blocks that are for a shell.
pub fn commands(page: &str) -> Vec<String> {
    let blocks = page.split("```sh\n").skip(1).filter_map(|block| block.split("```").next());
    blocks.flat_map(str::lines).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_command_of_the_page_works_in_its_order() {
    let page = fs::read_to_string(setup::root().join("tests/rollout/PLAYBOOK.md")).unwrap();
    let site = Site::empty(Migrations::First(0)).await;
    let binaries = Path::new(env!("CARGO_BIN_EXE_rollout")).parent().unwrap().display().to_string();
    let commands = commands(&page);
    assert!(commands.len() >= 8, "{commands:?}");
    let mut levels = Vec::new();

    for command in &commands {
        let mut shell = tokio::process::Command::new("sh");
        shell.args(["-c", &format!("PATH={binaries}:/usr/local/bin:/usr/bin:/bin; {command}")]);
        shell.current_dir(site.folder.path()).env("ENVIRONMENT", "local").envs(site.stack.environment().unwrap());
        let said = site.said(shell.output().await.unwrap());
        assert_eq!(said.status, 0, "{command}\n{}", said.text);
        if ["plan", "apply", "rollback"].iter().any(|word| command.starts_with(&format!("rollout {word}"))) {
            levels.push(site.in_place().await["flags"]["level"].clone());
        }
    }

    // plan, apply, rollback --dry-run, rollback, --flags-only, apply
    assert_eq!(levels, [json!(null), json!("on"), json!("on"), json!("off"), json!("off"), json!("on")]);
    assert!(page.lines().count() <= 70, "no longer one page");
}
