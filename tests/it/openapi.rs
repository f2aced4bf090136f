//! What `functions/openapi.json` says is what the functions are: their codes, limits, headers and rows, and their version.
//! That every answer is one that it describes is looked at by the client of all tests.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use gate::contract::Contract;
use it::{
    Call,
    document::{document, holds},
};
use regex::Regex;
use serde_json::{Value, json};
use stack::setup;

fn contract() -> Contract {
    Contract::read(&setup::root().join("supabase/rank_required_rpcs.json")).unwrap()
}

fn source(path: &str) -> String {
    fs::read_to_string(setup::root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Code and status, as the table of the documentation has them; that one is held to the enum. `4xx`: the project's own.
fn table() -> BTreeMap<String, String> {
    let row = Regex::new(r"(?m)^\| `([a-z_]+)` \| (\d{3}|4xx) \|").unwrap();
    let readme = source("functions/README.md");
    row.captures_iter(&readme).map(|found| (found[1].to_owned(), found[2].to_owned())).collect()
}

fn components(kind: &str) -> &'static serde_json::Map<String, Value> {
    document()["components"][kind].as_object().unwrap()
}

/// Every operation's responses, and those that any other path or method has.
fn responses() -> Vec<(String, &'static Value)> {
    let named = |response: &'static Value| match response["$ref"].as_str() {
        Some(reference) => document().pointer(&reference[1..]).unwrap_or_else(|| panic!("no {reference}")),
        None => response,
    };
    let routes = document()["paths"].as_object().unwrap().values();
    let operations = routes.flat_map(|route| route.as_object().unwrap().values());
    let all = operations.flat_map(|operation| operation["responses"].as_object().unwrap());
    let other = [(404, "FunctionNotFound"), (405, "MethodNotAllowed")];
    all.map(|(status, response)| (status.to_lowercase(), named(response)))
        .chain(other.map(|(status, name)| (status.to_string(), &components("responses")[name])))
        .collect()
}

#[test]
fn each_code_stands_at_its_status_and_no_other_does() {
    let table = table();
    let mut described = BTreeSet::new();
    for (status, response) in responses().into_iter().filter(|(status, _)| status.as_str() >= "4") {
        let schema = &response["content"]["application/json"]["schema"];
        for code in schema["allOf"][1]["properties"]["code"]["enum"].as_array().unwrap() {
            let code = code.as_str().unwrap();
            let any = table.get(code).is_some_and(|status| status == "4xx") && status.starts_with('4');
            described.insert((code.to_owned(), if any { "4xx".to_owned() } else { status.clone() }));
        }
    }
    let codes: BTreeSet<&str> = components("schemas")["ProblemCode"]["enum"]
        .as_array()
        .unwrap()
        .iter()
        .map(|code| code.as_str().unwrap())
        .collect();

    assert_eq!(described, table.clone().into_iter().collect());
    assert_eq!(codes, described.iter().map(|(code, _)| code.as_str()).collect());
}

/// An example that is none would mislead whoever starts from it.
#[test]
fn each_example_is_what_its_schema_says() {
    let holds =
        |pointer: &str, value: &Value| holds(pointer, value).unwrap_or_else(|fault| panic!("{pointer}: {fault}"));
    fn walk(part: &Value, pointer: &str, found: &mut impl FnMut(&str, &Value)) {
        if part["schema"].is_object() {
            let schema = format!("{pointer}/schema");
            part.get("example").into_iter().for_each(|example| found(&schema, example));
            let examples = part["examples"].as_object().into_iter().flatten();
            examples.for_each(|(code, example)| {
                assert_eq!(example["value"]["code"], *code);
                found(&schema, &example["value"]);
            });
        }
        let inner: Vec<(String, &Value)> = match part {
            Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
            Value::Array(items) => items.iter().enumerate().map(|(n, value)| (n.to_string(), value)).collect(),
            _ => Vec::new(),
        };
        for (name, value) in inner {
            walk(value, &format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")), found);
        }
    }
    let mut count = 0;

    walk(document(), "", &mut |pointer, example| {
        holds(pointer, example);
        count += 1;
    });

    assert!(count > 30, "{count}");
}

#[test]
fn the_version_is_the_workspaces() {
    assert_eq!(document()["info"]["version"], env!("CARGO_PKG_VERSION"));
}

/// The schema of what a function answers with, or of a row of it, by its name.
fn row(function: &str) -> &'static str {
    let responses = document()["paths"][format!("/functions/v1/{function}")]["post"]["responses"].as_object();
    let responses = responses.unwrap_or_else(|| panic!("openapi.json has no POST /functions/v1/{function}"));
    let (_, success) = responses.iter().find(|(status, _)| status.starts_with('2')).unwrap();
    let schema = &success["content"]["application/json"]["schema"];
    let schema = if schema["type"] == "array" { &schema["items"] } else { schema };
    schema["$ref"].as_str().unwrap().strip_prefix("#/components/schemas/").unwrap()
}

/// And is described as the RPC is that the caller may run.
#[test]
fn a_row_has_the_columns_of_the_contract() {
    let contract = contract();
    let called = contract.components().into_iter().flat_map(|(function, rpcs)| {
        let rpcs = rpcs.into_iter().filter(|rpc| rpc.execute.must.iter().any(|role| role == "authenticated"));
        rpcs.map(move |rpc| (row(function), rpc))
    });
    // Within a staged match.
    let verify = contract.rpcs.iter().find(|rpc| rpc.name == "verify_rank_roles_and_slots").unwrap();

    for (schema, rpc) in called.chain([("RoleCount", verify)]) {
        let columns: BTreeSet<&str> = rpc.returns.columns.iter().map(|column| column.name.as_str()).collect();
        let described: BTreeSet<&str> =
            components("schemas")[schema]["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(described, columns, "{schema}, {}", rpc.name);
        assert_eq!(components("schemas")[schema]["required"].as_array().unwrap().len(), columns.len(), "{schema}");
    }
}

/// The limits that are constants here, and those of the database.
#[test]
fn a_limit_is_the_limit() {
    let number = |path: &str, pattern: &str| -> u64 {
        let text = source(path);
        let found = Regex::new(pattern).unwrap().captures(&text).unwrap_or_else(|| panic!("{path}: no {pattern}"));
        found[1].parse().unwrap()
    };
    let schemas = components("schemas");
    let body = |function: &str| {
        document()["paths"][format!("/functions/v1/{function}")]["post"]["requestBody"]["description"].clone()
    };

    let default = number("functions/_shared/src/endpoint.rs", r"LIMIT: usize = (\d+) \* 1024");
    for function in contract().components().into_keys() {
        let path = format!("functions/{function}/src/lib.rs");
        let own = source(&path).contains(".up_to(");
        let limit = if own { number(&path, r"LIMIT: usize = (\d+) \* 1024") } else { default };
        assert_eq!(body(function), format!("At most {limit} KiB."), "{function}");
    }
    let longest = number("functions/_shared/src/fields.rs", r"LONGEST_TIMESTAMP: usize = (\d+)");
    assert_eq!(schemas["Timestamp"]["maxLength"], longest);
    assert_eq!(schemas["Cursor"]["maxLength"], longest + 1 + 36);
    let table = "supabase/migrations/20261122090200_social_tables.sql";
    let text = number(table, r"message_body_length check \(char_length\(body\) between 1 and (\d+)\)");
    assert_eq!(schemas["MessageText"]["maxLength"], text);
    let page =
        number("supabase/migrations/20261122090300_fetch_social_messages.sql", r"coalesce\([^)]*\), 1\), (\d+)\)");
    let list = &document()["paths"]["/functions/v1/messages-list"]["get"]["responses"]["200"];
    assert_eq!(list["content"]["application/json"]["schema"]["maxItems"], page);
    let roster = number("supabase/migrations/20261122091700_rank_roster_entries.sql", r"p_roster\) > (\d+)");
    assert_eq!(schemas["Staging"]["properties"]["roster"]["maxItems"], roster);
}

/// So that tools find it where the functions are.
#[tokio::test]
async fn the_stack_serves_the_document() {
    let answer = Call::get("/openapi.json").header("origin", "https://editor.example").send_anywhere().await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(&answer.json(), document());
}

/// The client of the tests would let nothing pass: what it would say, were an answer another.
#[test]
fn a_problem_of_another_shape_is_none() {
    let problem = "/components/schemas/Problem";
    let right =
        json!({ "code": "forbidden", "message": "-", "msg": "-", "details": null, "hint": null, "request_id": "x" });
    holds(problem, &right).unwrap();

    for (field, wrong) in
        [("code", json!("other")), ("details", json!({})), ("request_id", json!("a b")), ("sql", json!(1))]
    {
        let mut problem_of_another_shape = right.clone();
        problem_of_another_shape[field] = wrong;
        holds(problem, &problem_of_another_shape).unwrap_err();
    }
}
