//! What the components see during the tests, for the test target `replay`, which cargo runs after this one.

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, LazyLock},
};

use stack::{host::record::Recorder, setup};

/// Where the tests of this run are recorded. A run is a process that runs test targets: cargo.
pub fn recorded() -> PathBuf {
    let run = std::os::unix::process::parent_id();
    // Process ids come again; the time at which one began does not.
    let stat = fs::read_to_string(format!("/proc/{run}/stat")).unwrap_or_default();
    let began = stat.rsplit(") ").next().and_then(|fields| fields.split(' ').nth(19)).unwrap_or("0");
    folder().join(format!("{run}-{began}.jsonl"))
}

/// Shared by all hosts of the test binary that are recorded. What earlier runs have left is removed.
pub fn recorder() -> Arc<Recorder> {
    static RECORDER: LazyLock<Arc<Recorder>> = LazyLock::new(|| {
        let _none = fs::remove_dir_all(folder());
        fs::create_dir_all(folder()).expect("target can be written");
        Recorder::create(&recorded()).unwrap_or_else(|error| panic!("{error:#}"))
    });
    RECORDER.clone()
}

fn folder() -> PathBuf {
    setup::root().join("target/recorded")
}
