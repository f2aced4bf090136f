//! The browser module in real Chromium: browser.mjs drives it, and asks here for what happens to the system meanwhile.

use std::process::Stdio;

use it::running;
use stack::{
    setup,
    stack::{Options, Stack},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::Command,
};
use tokio_postgres::Client;

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_module_keeps_its_promises_in_chromium() {
    if !running().has_test_extensions() {
        return;
    }
    let folder = setup::root().join("tests/it");
    setup::packages(&folder).await.unwrap_or_else(|error| panic!("{error:#}"));
    // Of its own: its Realtime is cut off, and its overlays are removed.
    let stack = Stack::start(Options::default()).await.unwrap_or_else(|error| panic!("{error:#}"));
    let database = stack.cluster().connect("postgres").await.unwrap();
    let mut driver = Command::new("node")
        .arg("browser.mjs")
        .current_dir(&folder)
        .env("ORIGIN", stack.origin())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("Node.js is installed");
    let mut asked = driver.stdin.take().unwrap();
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let mut said = String::new();

    while let Some(line) = lines.next_line().await.unwrap() {
        let Some(what) = line.strip_prefix("DO ") else {
            said += &(line + "\n");
            continue;
        };
        let answer = act(&stack, &database, what).await;
        asked.write_all(format!("{answer}\n").as_bytes()).await.unwrap();
    }

    assert!(driver.wait().await.unwrap().success(), "{said}");
    assert_eq!(said.matches('✓').count(), 13, "{said}");
}

async fn act(stack: &Stack, database: &Client, what: &str) -> String {
    match what.split_once(' ').unwrap_or((what, "")) {
        ("cut", _) => stack.realtime().cut(),
        ("restore", _) => stack.realtime().restore(),
        ("sql", sql) => {
            if let Err(error) = database.batch_execute(sql).await {
                return format!("failed: {:?}", error.as_db_error());
            }
        }
        _ => return "failed: nobody knows how".to_owned(),
    }
    "ok ".to_owned()
}
