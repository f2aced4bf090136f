//! `spin.toml`, which says the same of each function: what it lacks for one is printed, to be pasted in.

use std::collections::BTreeSet;

use gate::contract::Contract;
use stack::{host::Manifest, setup};

fn text() -> String {
    std::fs::read_to_string(setup::root().join("spin.toml")).unwrap()
}

/// The names that `[variables]` declares, in its order.
fn declared(manifest: &str) -> Vec<&str> {
    let section = manifest.split("[variables]\n").nth(1).unwrap().split("\n[").next().unwrap();
    section.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name).collect()
}

fn flag(function: &str) -> String {
    format!("flag_{}", function.replace('-', "_"))
}

/// All that the manifest has to say of a function, each block as it stands there.
fn blocks(function: &str, functions: &BTreeSet<String>, declared: &[&str]) -> Vec<String> {
    let flags: BTreeSet<String> = functions.iter().map(|name| flag(name)).collect();
    // The host's own, which is asked before a component is; and whatever is another function's.
    let own = declared.iter().filter(|name| **name != "jwks_host" && !flags.contains(**name));
    let mut given: Vec<String> = own.map(|name| format!("{name} = \"{{{{ {name} }}}}\"\n")).collect();
    let beside = given.iter().position(|line| line.starts_with("flag_testers")).unwrap();
    given.insert(beside, format!("flag = \"{{{{ {} }}}}\"\n", flag(function)));
    let route = |path: &str| format!("[[trigger.http]]\nroute = \"{path}\"\ncomponent = \"{function}\"\n");
    vec![
        format!("\n{} = {{ default = \"on\" }}\n", flag(function)),
        route(&format!("/functions/v1/{function}")),
        route(&format!("/{function}")),
        format!(
            "[component.{function}]\nsource = \"target/wasm32-wasip2/component/{}.wasm\"\n\
             allowed_outbound_hosts = [\"{{{{ supabase_url }}}}\", \"{{{{ jwks_host }}}}\"]\n\n",
            function.replace('-', "_")
        ),
        format!("[component.{function}.variables]\n{}\n", given.concat()),
        format!(
            "[component.{function}.build]\ncommand = \"cargo run --quiet --package pack -- {function}\"\nwatch = [\n    \
             \"Cargo.lock\",\n    \"Cargo.toml\",\n    \"functions/_shared/**/*.rs\",\n    \
             \"functions/_shared/Cargo.toml\",\n    \"functions/{function}/**/*.rs\",\n    \
             \"functions/{function}/Cargo.toml\",\n    \"supabase/rank_required_rpcs.json\",\n]\n"
        ),
    ]
}

/// What `manifest` lacks, as TOML.
fn lacking(manifest: &str, functions: &BTreeSet<String>) -> String {
    let declared = declared(manifest);
    let blocks = functions.iter().flat_map(|function| blocks(function, functions, &declared));
    blocks.filter(|block| !manifest.contains(block.as_str())).collect()
}

fn folders() -> BTreeSet<String> {
    let entries = std::fs::read_dir(setup::root().join("functions")).unwrap().map(Result::unwrap);
    let folders = entries.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name().into_string().unwrap());
    folders.filter(|name| !["_shared", "client"].contains(&name.as_str())).collect()
}

#[test]
fn each_function_has_all_that_the_others_have() {
    let lacking = lacking(&text(), &folders());

    assert!(lacking.is_empty(), "spin.toml lacks, in this spelling:\n{lacking}");
}

#[test]
fn a_function_that_was_forgotten_in_a_place_is_missed_there() {
    let text = text();
    let hosts = "\nallowed_outbound_hosts = [\"{{ supabase_url }}\", \"{{ jwks_host }}\"]";
    for (before, forgotten, after) in [
        ("", "flag = \"{{ flag_messages_send }}\"", ""),
        ("", "route = \"/messages-send\"", ""),
        ("", "route = \"/functions/v1/messages-send\"", ""),
        ("messages_send.wasm\"", hosts, ""),
        ("", "telemetry_key = \"{{ telemetry_key }}\"\n", "\n[component.messages-send.build]"),
        ("", "    \"functions/messages-send/Cargo.toml\",\n", ""),
        ("", "\nflag_messages_send = { default = \"on\" }\n", ""),
    ] {
        let whole = format!("{before}{forgotten}{after}");
        assert_eq!(text.matches(&whole).count(), 1, "{whole}");

        let lacking = lacking(&text.replace(&whole, &format!("{before}{after}")), &folders());

        assert!(lacking.contains(forgotten), "{forgotten} is not missed: {lacking}");
    }
}

/// The contract names the component that calls an RPC, a folder is one function, and the manifest runs it.
#[test]
fn the_functions_are_the_components_of_the_manifest_and_of_the_contract() {
    let contract = Contract::read(&setup::root().join("supabase/rank_required_rpcs.json")).unwrap();

    let components = Manifest::read(&setup::root()).unwrap().components.into_keys().collect();

    assert_eq!(folders(), components);
    assert_eq!(folders(), contract.components().into_keys().map(str::to_owned).collect());
}
