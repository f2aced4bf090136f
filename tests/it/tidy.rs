//! The habits that a machine can check.

use std::{fs, process::Command};

use regex::Regex;
use stack::setup;

/// Every file of the checkout that is or could be committed.
fn files(endings: &[&str]) -> Vec<(String, String)> {
    let root = setup::root();
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(&root)
        .output();
    let listed = String::from_utf8(listed.expect("git is installed").stdout).unwrap();
    let wanted = listed.lines().filter(|path| endings.iter().any(|ending| path.ends_with(ending)));
    wanted.filter_map(|path| Some((path.to_owned(), fs::read_to_string(root.join(path)).ok()?))).collect()
}

/// They build in seconds, and on machines that run no component.
#[test]
fn the_gate_and_the_tools_do_without_wasmtime() {
    for tool in ["gate", "smoke", "rollout", "report"] {
        let tree = Command::new("cargo")
            .args(["tree", "--offline", "--locked", "--edges", "normal,build", "--prefix", "none", "--package", tool])
            .current_dir(setup::root())
            .output();
        let tree = String::from_utf8(tree.expect("cargo runs the tests").stdout).unwrap();

        assert!(tree.starts_with(tool), "{tree}");
        assert!(!tree.contains("wasmtime"), "{tool} depends on wasmtime");
    }
}

#[test]
fn a_function_has_at_most_sixty_lines_and_any_other_source_file_two_hundred_and_fifty() {
    let function = Regex::new("^functions/[a-z].*/src/lib.rs$").unwrap();
    let long: Vec<String> = files(&[".rs", ".sql", ".js", ".mjs", ".ts"])
        .into_iter()
        .filter(|(_, text)| !text.starts_with("-- Made by `gate "))
        .map(|(path, text)| (text.lines().count(), path))
        .filter(|(lines, path)| *lines > if function.is_match(path) { 60 } else { 250 })
        .map(|(lines, path)| format!("{path}: {lines}"))
        .collect();

    assert_eq!(long, [] as [String; 0]);
}

#[test]
fn every_source_file_says_what_it_is() {
    let silent: Vec<String> = files(&[".rs"])
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//! "))
        .chain(files(&[".sql"]).into_iter().filter(|(_, text)| !text.starts_with("-- ")))
        .map(|(path, _)| path)
        .collect();

    assert_eq!(silent, [] as [String; 0]);
}

#[test]
fn the_sdk_is_named_in_one_module_of_the_shared_library() {
    let naming: Vec<String> = files(&[".rs"])
        .into_iter()
        .filter(|(path, text)| path.starts_with("functions/_shared/") && text.contains("use spin_sdk"))
        .filter(|(path, _)| !path.starts_with("functions/_shared/src/spin/"))
        .map(|(path, _)| path)
        .collect();

    assert_eq!(naming, Vec::<String>::new());
}

/// Time is read by the platform alone; everything below gets it as an argument.
#[test]
fn no_clock_is_read_below_serve() {
    let clock = Regex::new(r"(SystemTime|Instant|UtcDateTime|OffsetDateTime|Clock)::now").unwrap();
    let reading: Vec<String> = files(&[".rs"])
        .into_iter()
        .filter(|(path, text)| path.starts_with("functions/") && !path.contains("/spin/") && clock.is_match(text))
        .map(|(path, _)| path)
        .collect();

    assert_eq!(reading, [] as [String; 0]);
}

#[test]
fn no_test_sleeps() {
    let sleeping = Regex::new(r"(thread|time)::sleep\(").unwrap();
    let offending: Vec<String> = files(&[".rs"])
        .into_iter()
        .filter(|(path, text)| path.contains("tests/") && !path.contains("/src/") && sleeping.is_match(text))
        .map(|(path, _)| path)
        .collect();

    assert_eq!(offending, [] as [String; 0]);
}

/// One per line, each tagged and with something to do.
#[test]
fn notes_to_ourselves_are_tagged() {
    let untagged = Regex::new(r"(?m)(//|--|#).*\b(TODO\b[^-]|FIXME|XXX\b)").unwrap();
    let found: Vec<String> = files(&[".rs", ".sql", ".toml", ".js", ".ts"])
        .into_iter()
        .filter(|(path, text)| !path.ends_with("tidy.rs") && untagged.is_match(text))
        .map(|(path, _)| path)
        .collect();

    assert_eq!(found, [] as [String; 0]);
}

/// A migration says what it is for and how to undo it, and depends on no setting of the session that runs it.
#[test]
fn every_migration_has_its_frame() {
    let own_transaction = Regex::new(r"(?im)^\s*(begin|commit)\s*;").unwrap();
    for (path, text) in files(&[".sql"]).into_iter().filter(|(path, _)| path.starts_with("supabase/migrations/")) {
        // An index that is made beside those who write is the last statement, and made after the file's transaction.
        let alone = text.contains("\ncreate index concurrently ");
        let header = ["-- Contract: ", "-- Called by: ", "-- Undo: "];
        let settings = ["set local role postgres;", "set local search_path = '';"];
        for part in header.into_iter().chain(settings.into_iter().filter(|_| !alone)) {
            assert!(text.contains(part), "{path} has no `{part}`");
        }
        // The shorter one is for files that lock several tables of a project.
        let waits = ["500ms", "100ms"].iter().any(|wait| text.contains(&format!("set local lock_timeout = '{wait}';")));
        assert!(alone || waits, "{path} waits for locks as long as it likes");
        let reload = !text.contains(" function public.") || text.contains("notify pgrst, 'reload schema';");
        assert!(
            reload,
            "{path} changes a function of PostgREST's and does not end with notify pgrst, 'reload schema';"
        );
        let functions = text.matches("create or replace function").count();
        assert_eq!(text.matches("set search_path = ''").count(), functions, "{path}: a function without a search path");
        assert!(
            alone || !own_transaction.is_match(&text),
            "{path}: the CLI wraps each file in a transaction of its own"
        );
    }
}

/// The table of codes in the documentation is the enum, no more and no less.
#[test]
fn the_documented_codes_are_the_codes() {
    let root = setup::root();
    let source = fs::read_to_string(root.join("functions/_shared/src/problem/mod.rs")).unwrap();
    let readme = fs::read_to_string(root.join("functions/README.md")).unwrap();
    let all = |pattern: &str, text: &str| {
        let mut found: Vec<String> =
            Regex::new(pattern).unwrap().captures_iter(text).map(|captures| captures[1].to_owned()).collect();
        found.sort();
        found
    };

    let codes = all(r#"=> "([a-z_]+)","#, &source);

    assert!(!codes.is_empty());
    assert_eq!(all(r"(?m)^\| `([a-z_]+)` \|", &readme), codes);
}
