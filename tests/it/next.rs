//! The example of `functions/client` as its users have it: built by Next.js, started by it, and used in real Chromium.

use std::process::Stdio;

use it::running;
use regex::Regex;
use stack::{
    setup,
    stack::{Options, Stack},
};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

async fn succeeds(command: &mut Command) {
    let output = command.kill_on_drop(true).output().await.expect("Node.js is installed");
    let text = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&text));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_builds_and_its_room_works_in_chromium() {
    if !running().has_test_extensions() {
        return;
    }
    let (example, tests) = (setup::root().join("functions/client/example"), setup::root().join("tests/it"));
    for folder in [&example, &tests] {
        setup::packages(folder).await.unwrap_or_else(|error| panic!("{error:#}"));
    }
    succeeds(Command::new("npm").args(["run", "build"]).current_dir(&example)).await;
    // Of its own: people sign out, and matches end.
    let stack = Stack::start(Options::default()).await.unwrap_or_else(|error| panic!("{error:#}"));
    let environment = stack.environment().unwrap();
    let mut next = Command::new("node");
    next.args(["node_modules/next/dist/bin/next", "start", "--port", "0"]).current_dir(&example);
    let mut next = next.envs(environment.clone()).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let web = address(&mut next).await;

    succeeds(Command::new("node").arg("next.mjs").current_dir(&tests).envs(environment).env("WEB", web)).await;
}

/// What it says when it is ready.
async fn address(next: &mut Child) -> String {
    let mut lines = BufReader::new(next.stdout.take().unwrap()).lines();
    let url = Regex::new(r"Local:\s+(http://\S+)").unwrap();
    let mut said = String::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some(found) = url.captures(&line) {
            let url = found[1].to_owned();
            // It goes on saying things, and must not wait for somebody who reads them.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return url;
        }
        said += &(line + "\n");
    }
    panic!("next did not start: {said}");
}
