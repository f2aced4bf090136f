//! The browser module by itself, and the example of an application that uses it: in Node.js, with npm's packages.

use std::path::PathBuf;

use stack::setup;
use tokio::process::Command;

fn folder() -> PathBuf {
    setup::root().join("functions/client")
}

async fn succeeds(command: &mut Command) {
    let output = command.output().await.expect("Node.js is installed");
    let text = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&text));
}

#[tokio::test]
async fn the_modules_own_tests_pass() {
    succeeds(Command::new("npm").arg("test").current_dir(folder())).await;
}

/// What it is as a package, what its types refuse, and how small it is.
#[tokio::test]
async fn the_package_is_typed_small_and_well_formed() {
    let checks = folder().join("checks");
    setup::packages(&checks).await.unwrap_or_else(|error| panic!("{error:#}"));

    succeeds(Command::new("npm").arg("test").current_dir(&checks)).await;
}

/// Its types against Next.js, React and supabase-js as they are published; its routes over HTTP.
#[tokio::test]
async fn the_example_is_typed_and_its_routes_answer() {
    let example = folder().join("example");
    setup::packages(&example).await.unwrap_or_else(|error| panic!("{error:#}"));

    succeeds(Command::new("npm").args(["run", "check"]).current_dir(&example)).await;
    succeeds(Command::new("npm").arg("test").current_dir(&example)).await;
}
