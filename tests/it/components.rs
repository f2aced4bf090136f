//! The components as files: what ships, and what must not be in it.

use std::{fs, path::Path, process::Command};

use it::running;
use stack::setup;

/// A folder of its own, with a target folder of its own: nothing of either is in the component, and nothing of the
/// machine.
#[test]
fn the_same_commit_built_in_another_folder_gives_the_same_bytes() {
    let (root, elsewhere) = (setup::root(), tempfile::tempdir().unwrap());
    let (name, component) = running().stack.manifest().components.iter().next().unwrap();
    copy(&root, elsewhere.path());

    for folder in [&root, elsewhere.path()] {
        let mut words = component.build.command.split_whitespace();
        let built = Command::new(words.next().unwrap()).args(words).current_dir(folder).output().unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    }

    let [here, there] = [&root, elsewhere.path()].map(|folder| fs::read(folder.join(&component.source)).unwrap());
    assert!(here == there, "{name} has {} bytes here and {} there", here.len(), there.len());
}

#[test]
fn a_component_says_nothing_of_the_machine_that_built_it() {
    let root = setup::root();
    let home = std::env::var("HOME").unwrap();
    for (name, component) in &running().stack.manifest().components {
        let bytes = fs::read(root.join(&component.source)).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        for part in ["component-name", "registry/src", &home, root.to_str().unwrap()] {
            assert!(!text.contains(part), "{part} is in {name}");
        }
    }
}

/// What git has, without its history.
fn copy(from: &Path, to: &Path) {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]).current_dir(from);
    let listed = git.output().unwrap();
    for file in String::from_utf8(listed.stdout).unwrap().split_terminator('\0') {
        // One that was removed is still in the index.
        let Ok(bytes) = fs::read(from.join(file)) else { continue };
        fs::create_dir_all(to.join(file).parent().unwrap()).unwrap();
        fs::write(to.join(file), bytes).unwrap();
    }
}
