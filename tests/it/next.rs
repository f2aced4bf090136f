//! The example of `functions/client` as its users have it: built by Next.js, started by it, and used in real Chromium.

use std::{collections::BTreeMap, process::Stdio};

use http::Method;
use it::{Call, running};
use regex::Regex;
use serde_json::json;
use stack::{
    database::Grants,
    demo, setup,
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
    let (stack, _next, web) = started(Options::default()).await;
    let environment = stack.environment().unwrap();
    succeeds(Command::new("node").arg("next.mjs").current_dir(&tests).envs(environment).env("WEB", web)).await;

    // Where the function is switched off, the RPC of before decides, and in its own words.
    let off = BTreeMap::from([("flag_stage_room_match".to_owned(), "off".to_owned())]);
    let in_use = Options { in_use: true, grants: Grants::BeforeOctober2026, variables: off, ..Options::default() };
    let (stack, _next, web) = started(in_use).await;
    let stranger = stack.keys().user(demo::GRACE, "grace@example.com").unwrap();
    let template = json!({
        "version": 1,
        "roles": [{"name": "tank", "slot_count": 1}],
        "slots": [{"slot_index": 0, "role": "tank"}],
    });
    let body = json!({
        "room_id": demo::ROOM, "game_id": demo::GAME, "match_instance_id": demo::GENERAL, "roster": [], "slot_template": template,
    });

    let staging = Call::new(Method::POST, &format!("{web}/api/rank/stage-room-match")).bearer(&stranger).json(&body);
    let answer = staging.send_anywhere().await;

    assert_eq!(answer.status, 403, "{answer:?}");
    assert_eq!(answer.json()["code"], "room_owner_mismatch");
}

/// A stack, and the example that was built, started against it: what it is and where.
async fn started(options: Options) -> (Stack, Child, String) {
    let stack = Stack::start(options).await.unwrap_or_else(|error| panic!("{error:#}"));
    let mut next = Command::new("node");
    next.args(["node_modules/next/dist/bin/next", "start", "--port", "0"])
        .current_dir(setup::root().join("functions/client/example"));
    let environment = stack.environment().unwrap();
    let mut next = next.envs(environment).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let web = address(&mut next).await;
    (stack, next, web)
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
