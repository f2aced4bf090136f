//! `gate components`: what the built components carry, against databases that moved on or stayed behind.

use std::path::PathBuf;

use gate::{components, contract, database};
use it::{Installation, running};
use shared::contract::FETCH_SOCIAL_MESSAGES;
use stack::{database::Grants, setup};

use super::{admin, gate, said};

fn built() -> Vec<PathBuf> {
    let root = setup::root();
    running().stack.manifest().components.values().map(|component| root.join(&component.source)).collect()
}

/// From the file that ships: linked, stripped, and made a component.
#[tokio::test]
async fn a_component_carries_the_entries_that_it_needs_and_the_contracts_hash() {
    let text = std::fs::read_to_string(setup::root().join("supabase/rank_required_rpcs.json")).unwrap();
    let contract = super::contract();
    let mut all = Vec::new();

    for path in built() {
        let carried = components::read(&path).unwrap_or_else(|error| panic!("{error:#}"));
        assert_eq!(carried.contract_sha256, contract::sha256(&text).unwrap());
        assert_eq!(carried.contract_version, contract.version);
        let needed: Vec<_> = contract.components()[&*carried.component].iter().map(|rpc| (*rpc).clone()).collect();
        assert_eq!(carried.rpcs, needed, "{}", carried.component);
        all.push(carried.component);
    }

    let called: Vec<&str> = contract.components().into_keys().collect();
    assert_eq!(all, called);
}

#[tokio::test]
async fn a_database_that_moved_on_is_judged_by_what_the_components_need() {
    let installation = Installation::migrated(Grants::Today).await;
    let mut connection = admin(&installation).await;
    let comment = |version: &str| {
        format!(
            r#"comment on function public.fetch_social_messages is '{{"rpc": "fetch_social_messages", "version": "{version}"}}';"#
        )
    };
    let body = |from: &str, to: &str| {
        format!(
            "do $$ begin execute replace(pg_get_functiondef('public.fetch_social_messages'::regproc), '{from}', '{to}'); end $$;"
        )
    };
    let says = |from: &str, to: &str| body(from, to) + &comment(to);
    let url = installation.cluster.url("postgres");
    let files: Vec<String> = built().iter().map(|path| path.display().to_string()).collect();
    let mut arguments = vec!["components", "--database-url", &url];
    arguments.extend(files.iter().map(String::as_str));
    let contract = super::contract();
    let place = |name: &str| {
        let rpc = contract.rpcs.iter().find(|rpc| rpc.name == name).unwrap();
        format!("component {}: function {}", rpc.component.as_ref().unwrap(), rpc.signature())
    };
    let [fetch, send, verify] =
        ["fetch_social_messages", "insert_social_message", "verify_rank_roles_and_slots"].map(place);
    let now = FETCH_SOCIAL_MESSAGES.version;

    // What is done is undone by what follows it.
    for (sql, undo, findings) in [
        ("select".to_owned(), "select".to_owned(), vec![]),
        (says(now, "1.999.0"), says("1.999.0", now), vec![]),
        (says(now, "2.0.0"), says("2.0.0", now), vec![format!("version_incompatible {fetch}")]),
        (says(now, "0.9.9"), says("0.9.9", now), vec![format!("version_incompatible {fetch}")]),
        // Comment and body do not agree: what requests would meet is the body.
        (comment("1.999.0"), comment(now), vec![format!("version_incompatible {fetch}")]),
        (body(now, "2.0.0"), body("2.0.0", now), vec![format!("version_incompatible {fetch}")]),
        (
            "comment on function public.fetch_social_messages is null".to_owned(),
            comment(now),
            vec![format!("version_incompatible {fetch}")],
        ),
        (
            "alter function public.fetch_social_messages volatile".to_owned(),
            "alter function public.fetch_social_messages stable".to_owned(),
            vec![format!("volatility {fetch}")],
        ),
        (
            "revoke execute on function public.insert_social_message from authenticated".to_owned(),
            "grant execute on function public.insert_social_message to authenticated".to_owned(),
            vec![format!("execute_missing {send}")],
        ),
        (
            "alter function lockstep.verify_rank_roles_and_slots rename to verify_something_else".to_owned(),
            "alter function lockstep.verify_something_else rename to verify_rank_roles_and_slots".to_owned(),
            vec![format!("function_missing {verify}")],
        ),
        // Not what a component has to know.
        (
            "alter table public.social_messages disable row level security".to_owned(),
            "alter table public.social_messages enable row level security".to_owned(),
            vec![],
        ),
    ] {
        database::run(&mut connection, &sql).await.unwrap();
        let report = gate(&arguments).await.unwrap_or_else(|error| panic!("{error:#}"));
        database::run(&mut connection, &undo).await.unwrap();
        assert_eq!(said(&report), findings, "{sql}");
    }
}

/// Yesterday's component knows less, and today's database may have more, as long as nothing is taken away.
#[tokio::test]
async fn more_arguments_and_columns_are_no_obstacle_and_fewer_are() {
    let installation = Installation::migrated(Grants::Today).await;
    let mut connection = admin(&installation).await;
    let carried: Vec<_> = built().iter().map(|path| components::read(path).unwrap()).collect();
    let remake = super::remake::REMAKE;

    for (sql, codes) in [
        (
            "select pg_temp.remake('public.insert_social_message', 'DEFAULT NULL::uuid', 'DEFAULT NULL::uuid, p_scope text DEFAULT ''''')",
            vec![],
        ),
        (
            "select pg_temp.remake('public.insert_social_message', 'p_body text,', 'p_body text, p_scope text,')",
            vec!["argument_names"],
        ),
        (
            "select pg_temp.remake('public.insert_social_message', 'p_body', 'p_text')",
            vec!["argument_names", "argument_names"],
        ),
        ("select pg_temp.remake('public.insert_social_message', ' DEFAULT NULL::uuid', '')", vec!["argument_defaults"]),
        (
            "select pg_temp.remake('public.fetch_social_messages', 'p_limit integer', 'p_limit bigint')",
            vec!["argument_types"],
        ),
        ("alter table public.social_messages add column edited_at timestamptz", vec![]),
        (
            "alter table public.social_messages rename column client_message_id to key",
            vec!["result", "result", "result"],
        ),
        (
            "select pg_temp.remake('public.fetch_social_messages', 'SETOF public.social_messages', 'public.social_messages')",
            vec!["result"],
        ),
        ("alter function public.sync_rank_match_roster strict", vec!["strictness"]),
        (
            "create function public.insert_social_message(p_channel_id uuid) returns void language sql as ''",
            vec!["function_overloaded"],
        ),
    ] {
        database::run(&mut connection, &format!("begin; {remake} {sql}"))
            .await
            .unwrap_or_else(|e| panic!("{sql}: {e:#}"));
        let catalog = gate::catalog::Catalog::read(&mut connection, &components::needs(&carried)).await.unwrap();
        database::rollback(&mut connection).await.unwrap();
        let report = components::compare(&carried, &catalog);
        let found: Vec<String> = report.findings.iter().map(|finding| finding.code.word()).collect();
        assert_eq!(found, codes, "{sql}");
    }
}

#[tokio::test]
async fn a_file_that_carries_nothing_is_not_taken_for_a_component_that_needs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let module = folder.path().join("empty.wasm");
    std::fs::write(&module, b"\0asm\x01\0\0\0").unwrap();
    let text = folder.path().join("text.wasm");
    std::fs::write(&text, "hello").unwrap();

    for (path, complaint) in [(&module, "no section lockstep-contract"), (&text, "no WebAssembly")] {
        let error = gate(&["components", "--database-url", "postgresql://localhost", path.to_str().unwrap()]).await;
        assert!(format!("{:#}", error.unwrap_err()).contains(complaint), "{complaint}");
    }
}
