//! The same properties without libFuzzer: for what is in the corpus, and for some thousand variations of it, the same ones
//! each time.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::{fs, path::Path};

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
