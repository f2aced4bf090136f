//! The clients and the command line that people use, from npm, unmodified.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use it::{Channel, Installation, Room, running};
use stack::{database::Grants, setup};
use tokio::io::AsyncWriteExt as _;

#[tokio::test]
async fn an_unmodified_supabase_js_lists_sends_and_stages_and_reads_our_errors() {
    let folder = setup::root().join("tests/it");
    setup::packages(&folder).await.unwrap_or_else(|error| panic!("{error:#}"));
    let (channel, room) = (Channel::new().await, Room::new().await);
    let stack = &running().stack;

    let output = tokio::process::Command::new("node")
        .arg("supabase-js.mjs")
        .current_dir(&folder)
        .env("ORIGIN", stack.origin())
        .env("KEY", &stack.keys().publishable)
        .env("MEMBER", &channel.member.token)
        .env("OUTSIDER", &channel.outsider.token)
        .env("CHANNEL", channel.id.to_string())
        .env("OWNER", &room.owner.token)
        .env("ROOM", room.id.to_string())
        .env("STAGING", room.staging(1).to_string())
        .output()
        .await
        .expect("Node.js is installed");

    let text = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&text));
}

/// The oldest that is promised speaks another version of Realtime's protocol, and hides a refusal elsewhere.
#[tokio::test]
async fn the_browser_module_works_with_the_oldest_and_the_newest_supabase_js() {
    let folder = setup::root().join("functions/client/checks");
    setup::packages(&folder).await.unwrap_or_else(|error| panic!("{error:#}"));

    for package in ["supabase-js-minimum", "@supabase/supabase-js"] {
        let output = tokio::process::Command::new("node")
            .args(["supabase.mjs", package])
            .current_dir(&folder)
            .envs(running().stack.environment().unwrap())
            .output()
            .await
            .expect("Node.js is installed");

        let text = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{package}: {}", String::from_utf8_lossy(&text));
    }
}

/// What a newcomer copies runs as it stands.
#[tokio::test]
async fn the_documented_javascript_says_hello() {
    let folder = setup::root().join("tests/it");
    setup::packages(&folder).await.unwrap_or_else(|error| panic!("{error:#}"));
    let page = fs::read_to_string(setup::root().join("functions/CALLING.md")).unwrap();
    let script = page.split("```js\n").nth(1).unwrap().split("```").next().unwrap();

    // From standard input, packages are looked up in the folder that it runs in.
    let mut node = tokio::process::Command::new("node")
        .args(["--input-type=module", "-"])
        .current_dir(&folder)
        .envs(running().stack.environment().unwrap())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Node.js is installed");
    node.stdin.take().unwrap().write_all(script.as_bytes()).await.unwrap();
    let output = node.wait_with_output().await.unwrap();

    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && text.contains("body: 'hello'"), "{text}");
}

/// `db push`, `migration list`, `db lint` and `gen types` of the Supabase CLI, on an empty project.
#[tokio::test]
async fn the_supabase_cli_works_with_the_folder() {
    let folder = setup::root().join("tests/it");
    setup::packages(&folder).await.unwrap_or_else(|error| panic!("{error:#}"));
    let installation = Installation::empty(Grants::Today).await;
    // It leaves a folder of its own beside the migrations.
    let copy = tempfile::tempdir().unwrap();
    copy_folder(&setup::root().join("supabase"), &copy.path().join("supabase"));
    let cli = |arguments: &[&str]| {
        let mut command = Command::new(folder.join("node_modules/@supabase/cli-linux-x64/bin/supabase"));
        command.args(arguments).args(["--workdir", copy.path().to_str().unwrap()]);
        command
            .arg(format!("--remote={}", installation.cluster.url("postgres")))
            .env("SUPABASE_TELEMETRY_DISABLED", "1");
        let output = command.output().unwrap_or_else(|error| panic!("the CLI of npm runs here: {error}"));
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "supabase {}: {text}", arguments.join(" "));
        text
    };

    cli(&["db", "push", "--yes", "--include-seed"]);
    assert!(cli(&["db", "push", "--yes"]).contains("up to date"), "the second push had something to do");
    let listed = cli(&["migration", "list"]);
    let linted = cli(&["db", "lint", "--level", "warning", "--fail-on", "warning"]);
    cli(&["db", "advisors", "--type", "security", "--level", "info", "--fail-on", "error"]);
    let types = cli(&["gen", "types", "--schema", "public"]);

    assert!(listed.contains("20261122090000"), "{listed}");
    assert!(linted.contains("No schema errors found"), "{linted}");
    for rpc in ["fetch_social_messages", "insert_social_message", "sync_rank_match_roster"] {
        assert!(types.contains(rpc), "{rpc} is missing in the types");
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// What ships stays small: it is loaded wherever a request arrives.
#[tokio::test]
async fn each_component_is_below_eight_hundred_kilobytes() {
    for component in running().stack.manifest().components.values() {
        let bytes = fs::metadata(setup::root().join(&component.source)).unwrap().len();
        assert!(bytes < 800_000, "{}: {bytes} bytes", component.source);
    }
}
