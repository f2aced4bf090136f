//! The Supabase CLI, as people have it, in place of our own migrating. It is npm's, and needs no Docker for this.

use std::{env, fs};

use serde_json::json;
use stack::{database::Migrations, setup};

use crate::site::{Said, Site, steps};

async fn with_the_cli(site: &Site) -> Said {
    let packages = setup::root().join("tests/it");
    setup::packages(&packages).await.unwrap_or_else(|error| panic!("{error:#}"));
    let folder = packages.join("node_modules/@supabase/cli-linux-x64/bin");
    let path = env::join_paths([folder].into_iter().chain(env::split_paths(&env::var_os("PATH").unwrap()))).unwrap();
    let output = site.command(&["apply", "--migrate-with", "cli"]).env("PATH", path).output().await;
    site.said(output.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_supabase_cli_applies_them_too_and_says_which_one_failed() {
    let site = Site::empty(Migrations::First(1)).await;
    let bad = site.path("supabase/migrations/20991231000000_bad.sql");
    fs::write(&bad, "-- Bad.\n-- Undo: none\nselect * from nowhere;\n").unwrap();

    with_the_cli(&site)
        .await
        .is(1)
        .says("stopped at migrations")
        .says("migrations were applied, this one was not")
        .says("nowhere");

    assert_eq!(site.last_run().await["migrations"].as_array().unwrap().len(), site.migrations() - 2);
    fs::remove_file(bad).unwrap();
    with_the_cli(&site).await.is(0);
    let run = site.last_run().await;
    assert_eq!((&run["outcome"], steps(&run)[1].as_str()), (&json!("done"), "migrations skipped"));
}
