//! The browser module by itself, and the example of an application that uses it: in Node.js, with npm's packages.

use std::path::PathBuf;

use gate::contract::Contract;
use regex::Regex;
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

/// Its types against Next.js, React and supabase-js as they are published; its routes over HTTP; the module's size.
#[tokio::test]
async fn the_example_is_typed_its_routes_answer_and_the_module_is_small() {
    let example = folder().join("example");
    setup::packages(&example).await.unwrap_or_else(|error| panic!("{error:#}"));

    succeeds(Command::new("npm").args(["run", "check"]).current_dir(&example)).await;
    succeeds(Command::new("npm").arg("test").current_dir(&example)).await;
}

/// What the types promise is what the contract says that the RPCs return.
#[test]
fn the_types_have_the_columns_of_the_contract() {
    let contract = Contract::read(&setup::root().join("supabase/rank_required_rpcs.json")).unwrap();
    let types = std::fs::read_to_string(folder().join("index.d.ts")).unwrap();

    for (interface, rpc) in [("Message", "insert_social_message"), ("StagedMatch", "sync_rank_match_roster")] {
        let body = Regex::new(&format!(r"(?s)export interface {interface} \{{\n(.*?)\n\}}")).unwrap();
        let body = body.captures(&types).unwrap_or_else(|| panic!("no {interface}"))[1].to_owned();
        let fields: Vec<String> =
            body.lines().map(|line| line.trim().split([':', '?']).next().unwrap().to_owned()).collect();
        let rpc = contract.rpcs.iter().find(|known| known.name == rpc).unwrap();
        let columns: Vec<String> = rpc.returns.columns.iter().map(|column| column.name.clone()).collect();

        assert_eq!(fields, columns, "{interface}");
    }
}
