//! The same properties without libFuzzer: for what is in the corpus, and for some thousand variations of it, the same ones
//! each time.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::{fs, path::Path};

use fuzz::world::Function;
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
    test_runner::{Config, TestRng, TestRunner},
};

/// Of each target.
const VARIATIONS: u32 = 3000;

/// Where, how many bytes are taken away there, and what is put in their place.
type Edit = (Index, usize, Vec<u8>);

/// A file whose name says so is accepted, and no other is: properties that hold for refusals alone would say little.
fn corpus(target: &str, holds: fn(&[u8]) -> bool) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let cases: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    for (file, case) in files.iter().zip(&cases) {
        let accepted = file.file_name().unwrap().to_str().unwrap().starts_with("accepted");
        assert_eq!(holds(case), accepted, "{}", file.display());
    }

    let bytes = prop_oneof![any::<u8>(), select(br#"{}[]":,.-+%&= 0123456789eEtTzZ\u"#.as_slice())];
    let edits = vec((any::<Index>(), 0..3_usize, vec(bytes, 0..4)), 1..6);
    let config = Config { cases: VARIATIONS, failure_persistence: None, ..Config::default() };
    let random = TestRng::deterministic_rng(config.rng_algorithm);
    let vary = |(mut case, edits): (Vec<u8>, Vec<Edit>)| {
        for (at, removed, put) in edits {
            let at = at.index(case.len() + 1);
            let end = case.len().min(at + removed);
            case.splice(at..end, put);
        }
        case
    };
    let result = TestRunner::new_with_rng(config, random).run(&(select(cases), edits).prop_map(vary), |case| {
        holds(&case);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{target}: {error}"));
}

/// Which has an entry in `world::functions!`, and for each property of its own a body and an answer that are accepted.
#[test]
fn each_function_that_ships_is_looked_at() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = fs::read_to_string(root.join("../../spin.toml")).unwrap();
    let components = manifest.lines().filter_map(|line| line.strip_prefix("[component.")?.strip_suffix(']'));
    let mut components: Vec<&str> = components.filter(|name| !name.contains('.')).collect();
    components.sort();

    let known: Vec<String> = Function::ALL.iter().map(|function| function.name()).collect();

    assert_eq!(known, components);
    for target in ["body", "upstream_answer"] {
        let entries = fs::read_dir(root.join("corpus").join(target)).unwrap().map(|entry| entry.unwrap().path());
        let accepted = entries.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("accepted"));
        let seeds: Vec<Vec<u8>> = accepted.map(|path| fs::read(path).unwrap()).collect();
        for name in &known {
            let start = format!("{name} ");
            assert!(seeds.iter().any(|seed| seed.starts_with(start.as_bytes())), "corpus/{target} has no {name}");
        }
    }
}

#[test]
fn whoever_is_accepted_has_a_token_of_the_project() {
    corpus("token", fuzz::token::holds);
}

#[test]
fn a_query_reaches_the_database_as_what_it_is() {
    corpus("query", fuzz::query::holds);
}

#[test]
fn a_body_reaches_the_database_as_what_it_is() {
    corpus("body", fuzz::body::holds);
}

#[test]
fn only_a_sound_answer_is_handed_on() {
    corpus("upstream_answer", fuzz::upstream_answer::holds);
}
