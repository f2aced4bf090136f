//! `gate diff`: how large a change is, and whether the version says so.

use gate::{contract::Contract, diff};
use serde_json::{Value, json};
use stack::setup;

use super::said;

fn original() -> Value {
    let path = setup::root().join("supabase/rank_required_rpcs.json");
    let mut contract: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    // Versions that a test can count from.
    contract["version"] = json!("1.1.0");
    for rpc in contract["rpcs"].as_array_mut().unwrap() {
        rpc["version"] = json!("1.0.0");
    }
    contract
}

fn parse(value: &Value) -> Contract {
    Contract::parse(&value.to_string()).unwrap_or_else(|error| panic!("{error:#}"))
}

/// The largest step that the change of an RPC is, by what its unchanged version is called: too small or not.
fn compared(change: impl Fn(&mut Value)) -> (Vec<String>, Vec<String>) {
    let old = original();
    let mut new = old.clone();
    change(&mut new);
    let report = diff::compare(&parse(&old), &parse(&new));
    let steps = report.changes.iter().map(|change| format!("{} {}", change.step.word(), change.what)).collect();
    (steps, said(&report))
}

const FETCH: usize = 0;
const SEND: usize = 2;
const SYNC: usize = 4;

#[test]
fn each_change_of_an_rpc_is_the_step_that_it_is_for_its_callers() {
    let both = |rpc: &str| vec![format!("version_too_small rpc public.{rpc}"), "version_too_small contract".to_owned()];
    type Change = Box<dyn Fn(&mut Value)>;
    let cases: Vec<(usize, &str, &str, Change)> = vec![
        (FETCH, "patch", "body changed", Box::new(|rpc| rpc["body_sha256"] = json!("00"))),
        (FETCH, "patch", "owner changed", Box::new(|rpc| rpc["owner"] = json!("other"))),
        (FETCH, "patch", "statement_timeout changed", Box::new(|rpc| rpc["statement_timeout"] = json!("3s"))),
        (
            SEND,
            "minor",
            "argument p_scope is new, and optional",
            Box::new(|rpc| {
                let scope = json!({ "name": "p_scope", "type": "text", "mode": "in", "default": "''::text" });
                rpc["arguments"].as_array_mut().unwrap().push(scope);
            }),
        ),
        (
            SEND,
            "major",
            "argument p_scope is new, and required",
            Box::new(|rpc| {
                rpc["arguments"]
                    .as_array_mut()
                    .unwrap()
                    .push(json!({ "name": "p_scope", "type": "text", "mode": "in" }));
            }),
        ),
        (
            SEND,
            "major",
            "argument p_body is gone",
            Box::new(|rpc| drop(rpc["arguments"].as_array_mut().unwrap().remove(1))),
        ),
        (
            FETCH,
            "major",
            "argument p_limit: integer → bigint",
            Box::new(|rpc| rpc["arguments"][1]["type"] = json!("bigint")),
        ),
        (
            FETCH,
            "major",
            "argument p_limit: default 50 → 20",
            Box::new(|rpc| rpc["arguments"][1]["default"] = json!("20")),
        ),
        (
            FETCH,
            "major",
            "argument p_limit is required now",
            Box::new(|rpc| drop(rpc["arguments"][1].as_object_mut().unwrap().remove("default"))),
        ),
        (
            SYNC,
            "minor",
            "argument p_slot_template is optional now",
            Box::new(|rpc| rpc["arguments"][4]["default"] = json!("'{}'")),
        ),
        (
            SYNC,
            "major",
            "the order of the arguments changed",
            Box::new(|rpc| rpc["arguments"].as_array_mut().unwrap().swap(0, 1)),
        ),
        (
            SYNC,
            "minor",
            "column staged_by is new",
            Box::new(|rpc| {
                rpc["returns"]["columns"].as_array_mut().unwrap().push(json!({ "name": "staged_by", "type": "uuid" }));
            }),
        ),
        (
            SYNC,
            "major",
            "column replayed is gone",
            Box::new(|rpc| drop(rpc["returns"]["columns"].as_array_mut().unwrap().pop())),
        ),
        (
            SYNC,
            "major",
            "column inserted_count: integer → bigint",
            Box::new(|rpc| rpc["returns"]["columns"][0]["type"] = json!("bigint")),
        ),
        (FETCH, "major", "result: many → one", Box::new(|rpc| rpc["returns"]["set"] = json!(false))),
        (FETCH, "major", "stable → volatile", Box::new(|rpc| rpc["volatility"] = json!("volatile"))),
        (SEND, "minor", "volatile → stable", Box::new(|rpc| rpc["volatility"] = json!("stable"))),
        (
            FETCH,
            "major",
            "authenticated need no longer be able to run it",
            Box::new(|rpc| rpc["execute"]["must"] = json!([])),
        ),
        (
            FETCH,
            "patch",
            "anon may run it or not",
            Box::new(|rpc| rpc["execute"]["must_not"] = json!(["public", "service_role"])),
        ),
        (SYNC, "major", "no longer runs verify_rank_roles_and_slots", Box::new(|rpc| rpc["runs"] = json!([]))),
        (SEND, "minor", "runs fetch_social_messages", Box::new(|rpc| rpc["runs"] = json!(["fetch_social_messages"]))),
    ];
    for (index, step, what, change) in cases {
        let (changes, findings) = compared(|contract| change(&mut contract["rpcs"][index]));

        let name = original()["rpcs"][index]["name"].as_str().unwrap().to_owned();
        assert_eq!(changes, [format!("{step} {what}")]);
        assert_eq!(findings, both(&name), "{what}");
    }
}

#[test]
fn a_version_that_says_enough_is_enough_and_one_that_went_back_is_not() {
    for (rpc, contract, findings) in [
        ("1.1.0", "1.2.0", vec![]),
        ("1.7.0", "2.0.0", vec![]),
        ("2.0.0", "2.0.0", vec![]),
        ("1.0.1", "1.2.0", vec!["version_too_small rpc public.insert_social_message"]),
        ("1.1.0", "1.1.1", vec!["version_too_small contract"]),
        ("2.0.0", "1.2.0", vec!["version_too_small contract"]),
        ("0.9.0", "2.0.0", vec!["version_went_back rpc public.insert_social_message"]),
        ("1.1.0", "1.0.9", vec!["version_went_back contract"]),
    ] {
        let (_, found) = compared(|new| {
            let scope = json!({ "name": "p_scope", "type": "text", "mode": "in", "default": "''::text" });
            new["rpcs"][SEND]["arguments"].as_array_mut().unwrap().push(scope);
            new["rpcs"][SEND]["version"] = json!(rpc);
            new["version"] = json!(contract);
        });

        assert_eq!(found, findings, "rpc {rpc}, contract {contract}");
    }
}

#[test]
fn what_no_caller_sees_is_a_step_of_the_contract_alone() {
    type Change = fn(&mut Value);
    let cases: [(&str, Change); 5] = [
        ("patch execute changed", |c| c["functions"][0]["execute"]["must"] = json!([])),
        ("patch policies, row_security changed", |c| {
            c["relations"][2]["row_security"] = json!(false);
            c["relations"][2]["policies"] = json!([]);
        }),
        ("minor removed", |c| drop(c["relations"].as_array_mut().unwrap().pop())),
        ("patch login changed", |c| c["roles"][0]["login"] = json!(true)),
        ("minor added", |c| {
            c["cron_jobs"]
                .as_array_mut()
                .unwrap()
                .push(json!({ "name": "sweep", "schedule": ["* * * * *"], "command": "select 1" }))
        }),
    ];
    for (step, change) in cases {
        assert_eq!(compared(change), (vec![step.to_owned()], vec!["version_too_small contract".to_owned()]));
    }
    assert_eq!(compared(|_| {}), (vec![], vec![]));
}
