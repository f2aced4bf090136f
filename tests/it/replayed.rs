//! Determinism, shown for the whole recorded traffic of the integration tests: with clock, randomness, variables and
//! upstream answers fixed, a fresh instance gives the same response and the same telemetry, to the byte.

use replay::{
    components::Components,
    output,
    run::{self, Options},
};
use stack::{host::replay::Recording, setup};

/// Twice, in an order that nobody has chosen.
#[test]
fn everything_that_was_recorded_happens_again_to_the_byte() {
    let file = it::recorded();
    if !file.exists() {
        assert!(std::env::var("CI").is_err(), "the test target `it` runs first, and records");
        say::note!("NOT TESTED: this run has recorded nothing; `cargo test -p it` does");
        return;
    }
    let recording = Recording::read(&file).unwrap();
    let components = Components::new(&setup::root(), None, false).unwrap();
    let seed = run::seed();

    let outcome = run::run(&recording, &components, &Options { only: None, shuffle: Some(seed), times: 2 }).unwrap();

    say::note!("{}", output::text(&outcome));
    assert!(outcome.differences.is_empty(), "{}\nin {}", output::text(&outcome), file.display());
}
