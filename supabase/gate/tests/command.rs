//! The command as people and programs meet it: exit status, formats, and what it says when it cannot look.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::{Value, json};

fn contract() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../rank_required_rpcs.json").canonicalize().unwrap()
}

fn parsed() -> Value {
    serde_json::from_str(&std::fs::read_to_string(contract()).unwrap()).unwrap()
}

fn gate(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gate")).args(arguments).env_remove("DATABASE_URL").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The last argument of the first RPC.
fn argument() -> String {
    parsed()["rpcs"][0]["arguments"].as_array().unwrap().last().unwrap()["name"].as_str().unwrap().to_owned()
}

/// `gate diff` of the contract and a copy in which an RPC lost an argument and kept its version.
fn diff(name: &str, format: &str) -> Output {
    let mut new = parsed();
    new["rpcs"][0]["arguments"].as_array_mut().unwrap().pop();
    let file = std::env::temp_dir().join(format!("gate-{}-{name}.json", std::process::id()));
    std::fs::write(&file, new.to_string()).unwrap();
    let output = gate(&["diff", contract().to_str().unwrap(), file.to_str().unwrap(), "--format", format]);
    std::fs::remove_file(file).unwrap();
    output
}

#[test]
fn no_finding_is_0_and_a_finding_is_1() {
    let same = contract().display().to_string();

    let (clean, found) = (gate(&["diff", &same, &same]), diff("text", "text"));

    assert_eq!((clean.status.code(), found.status.code()), (Some(0), Some(1)));
    assert!(text(&clean.stdout).starts_with("✓ no findings"), "{}", text(&clean.stdout));
    let gone = format!("major rpc public.fetch_social_messages: argument {} is gone", argument());
    assert!(text(&found.stdout).contains(&gone));
    assert!(
        text(&found.stdout)
            .contains("✗ version_too_small rpc public.fetch_social_messages\n    want   2.0.0 or larger")
    );
    assert!(!text(&found.stdout).contains('\u{1b}'), "colours where nobody sees them");
}

#[test]
fn programs_get_one_object_of_json() {
    let found = diff("json", "json");

    let report: Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!(report["findings"].as_array().unwrap().len(), 2);
    assert_eq!(report["findings"][0]["code"], "version_too_small");
    for member in ["where", "want", "have", "remedy"] {
        assert!(report["findings"][0][member].is_string(), "{report}");
    }
    assert_eq!(
        report["changes"][0],
        json!({
            "step": "major", "where": "rpc public.fetch_social_messages",
            "what": format!("argument {} is gone", argument())
        })
    );
    assert_eq!(report["unseen"], json!([]));
}

#[test]
fn a_pull_request_gets_an_annotation_for_each_finding() {
    let found = diff("github", "github");

    let lines: Vec<String> = text(&found.stdout).lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(lines[0].starts_with("::notice title=major step::"));
    assert!(lines[1].starts_with("::error title=version_too_small::rpc public.fetch_social_messages%0Awant: "));
}

#[test]
fn whatever_cannot_be_looked_at_is_2_and_says_what_to_do() {
    let same = contract().display().to_string();
    let nowhere = "postgresql://postgres:hunter2@127.0.0.1:1/postgres";
    for (arguments, complaint) in [
        (vec!["check", "--contract", &same, "--database-url", nowhere], "cannot connect as postgres at 127.0.0.1:1"),
        (vec!["check", "--contract", "nowhere.json", "--database-url", nowhere], "give its path with --contract"),
        (vec!["check", "--contract", &same], "give it here, or in DATABASE_URL"),
        (vec!["check", "--database-url", nowhere, "--url", "http://x"], "--probe"),
        (vec!["diff", &same, "Cargo.toml"], "is no contract"),
        (vec!["migrations", "--migrations", "nowhere", "--database-url", nowhere], "cannot read nowhere"),
        (vec!["components", "--database-url", nowhere, "nowhere.wasm"], "cannot read nowhere.wasm"),
        (vec!["environment", "x", "--environments", "nowhere", "--database-url", nowhere], "cannot read nowhere"),
        (vec!["guess"], "unrecognized subcommand"),
    ] {
        let output = gate(&arguments);

        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(complaint), "{arguments:?}: {said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}

/// In front of a deploy nobody reads standard error: a program gets its object, and a pull request its annotation.
#[test]
fn what_could_not_be_looked_at_is_said_in_the_format_that_was_asked_for() {
    let nowhere = "postgresql://postgres:hunter2@127.0.0.1:1/postgres";
    let same = contract().display().to_string();
    for arguments in [
        vec!["check", "--contract", &same, "--database-url", nowhere],
        vec!["check", "--contract", &same],
        vec!["check", "--contract", "/dev/zero", "--database-url", nowhere],
    ] {
        let json = gate(&[&arguments[..], &["--format", "json"]].concat());
        let github = gate(&[&arguments[..], &["--format=github"]].concat());

        let report: Value = serde_json::from_slice(&json.stdout).unwrap();
        assert_eq!((json.status.code(), github.status.code()), (Some(2), Some(2)), "{arguments:?}");
        assert!(report["unseen"][0]["why"].is_string() && report["findings"] == json!([]), "{report}");
        assert!(text(&github.stdout).starts_with("::error title=could not look::"), "{}", text(&github.stdout));
        assert!(text(&github.stdout).contains("0 findings, 1 thing not looked at"), "{}", text(&github.stdout));
        assert!(!text(&json.stdout).contains("hunter2"), "{report}");
    }
    let missing = gate(&["check", "--contract", &same, "--format", "json"]);
    assert!(text(&missing.stdout).contains("DATABASE_URL"), "{}", text(&missing.stdout));
}

#[test]
fn a_contract_that_makes_no_sense_says_where() {
    let original = parsed();
    type Change = fn(&mut Value);
    let cases: [(&str, Change); 8] = [
        ("it names no RPC", |c| c["rpcs"] = json!([])),
        ("rpcs[0].arguments[1].type", |c| c["rpcs"][0]["arguments"][1]["type"] = json!(5)),
        ("relations[0].row_securty", |c| c["relations"][0]["row_securty"] = json!(true)),
        ("fetch_social_messages: an RPC has a version", |c| {
            drop(c["rpcs"][0].as_object_mut().unwrap().remove("version"))
        }),
        ("1.0.0-rc.1 has more than three numbers", |c| c["rpcs"][0]["version"] = json!("1.0.0-rc.1")),
        ("runs nothing_known", |c| c["rpcs"][0]["runs"] = json!(["nothing_known"])),
        ("is there twice", |c| {
            let again = c["rpcs"][0].clone();
            c["rpcs"].as_array_mut().unwrap().push(again);
        }),
        ("belong to rpcs", |c| c["functions"][0]["version"] = json!("1.0.0")),
    ];
    for (complaint, change) in cases {
        let mut broken = original.clone();
        change(&mut broken);

        let error = gate::contract::Contract::parse(&broken.to_string()).unwrap_err();

        assert!(format!("{error:#}").contains(complaint), "{complaint}: {error:#}");
    }
}

/// A sparse file: it takes no room on the disk, and more memory than anybody has for a contract.
#[test]
fn a_file_of_3_gb_is_not_read_whole() {
    let file = std::env::temp_dir().join(format!("gate-{}-large.json", std::process::id()));
    std::fs::File::create(&file).unwrap().set_len(3 << 30).unwrap();

    let (gate, file_name) = (env!("CARGO_BIN_EXE_gate"), file.display());
    let limited = format!("ulimit -v 1500000; exec {gate} diff {file_name} {file_name}");
    let output = Command::new("sh").args(["-c", &limited]).output().unwrap();

    std::fs::remove_file(file).unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("it has more than 16 MB"), "{}", text(&output.stderr));
}
