//! What stands beside the contract: its schema, its changelog, and the list of findings.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::{fs, path::Path};

use gate::{
    contract::Contract,
    finding::Code,
    output::{layout, relayout},
};
use serde_json::{Value, json};

fn supabase(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn contract() -> Value {
    serde_json::from_str(&supabase("rank_required_rpcs.json")).unwrap()
}

#[test]
fn the_schema_is_that_of_the_types() {
    let remedy = "cargo run -p gate -- schema >supabase/rank_required_rpcs.schema.json";
    assert!(
        supabase("rank_required_rpcs.schema.json") == layout(&schemars::schema_for!(Contract)).unwrap(),
        "run: {remedy}"
    );
}

#[test]
fn the_schema_takes_the_contract_and_not_one_with_a_slip() {
    let schema = serde_json::from_str(&supabase("rank_required_rpcs.schema.json")).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let slips: [fn(&mut Value); 5] = [
        |c| c["rpcs"][0]["volatility"] = json!("steady"),
        |c| c["rpcs"][0]["version"] = json!("1"),
        |c| c["rpcs"][0]["searchpath"] = json!(""),
        |c| c["relations"][2]["grants"]["exact"]["anon"] = json!({ "select": "all" }),
        |c| drop(c["roles"][0].as_object_mut().unwrap().remove("bypass_rls")),
    ];

    assert!(validator.is_valid(&contract()));
    for slip in slips {
        let mut broken = contract();
        slip(&mut broken);
        assert!(!validator.is_valid(&broken), "{broken}");
    }
}

#[test]
fn the_file_is_laid_out_as_gate_describe_lays_it_out() {
    let remedy = "cargo run -p gate -- describe, on a migrated database";
    assert!(
        supabase("rank_required_rpcs.json") == relayout(&supabase("rank_required_rpcs.json")).unwrap(),
        "lay it out as it does: {remedy}"
    );
}

#[test]
fn each_version_has_its_entry_in_the_changelog() {
    let changelog = supabase("rank_required_rpcs.CHANGELOG.md");

    let version = contract()["version"].as_str().unwrap().to_owned();
    let first = changelog.lines().find_map(|line| line.strip_prefix("## "));

    assert_eq!(first, Some(version.as_str()), "the newest entry is the contract's version");
}

#[test]
fn every_finding_is_documented() {
    let schema = serde_json::to_value(schemars::schema_for!(Code)).unwrap();
    let row = |code: &Value| {
        let text = |name: &str| code[name].as_str().unwrap().replace('\n', " ");
        format!("| `{}` | {} |", text("const"), text("description"))
    };
    let rows: Vec<String> = schema["oneOf"].as_array().unwrap().iter().map(row).collect();
    let page = supabase("gate/FINDINGS.md");

    let documented: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();

    assert_eq!(documented, rows, "{}", rows.join("\n"));
}
