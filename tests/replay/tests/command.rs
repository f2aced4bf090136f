//! What the command says of files that it cannot replay, and with which status.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::{fs, process::Command};

/// Runs it on a file with this text; its status, and all it says.
fn replay(text: Option<&str>) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("recording");
    if let Some(text) = text {
        fs::write(&path, text).unwrap();
    }
    let output = Command::new(env!("CARGO_BIN_EXE_replay")).arg(&path).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

#[test]
fn what_is_no_recording_could_not_be_replayed() {
    for (text, why) in [
        (None, "cannot read"),
        (Some(""), "is empty"),
        (Some("{}\n"), "is no recording"),
        (Some("{\"format\":\"lockstep-recording\",\"version\":2}\n"), "has version 2, this is for version 1"),
        (Some("{\"format\":\"lockstep-recording\",\"version\":1}\n{}\n{}\n"), "line 2 is no entry, and more follow it"),
    ] {
        let (status, said) = replay(text);

        assert_eq!(status, 2, "{said}");
        assert!(said.starts_with("error: ") && said.contains(why), "{said}");
    }
}

#[test]
fn a_recording_of_nothing_is_the_same() {
    let (status, said) = replay(Some("{\"format\":\"lockstep-recording\",\"version\":1}\n{\"id\":\"br"));

    assert_eq!(status, 0, "{said}");
    assert_eq!(said, "note: line 2 of the recording broke off, and is left out\nthe same: 0 requests\n");
}
