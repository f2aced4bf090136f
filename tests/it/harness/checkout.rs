//! A checkout of the tests' own, to be edited, compiled and run.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use stack::setup;

/// What this checkout has that is or could be committed, below its `target`. What is compiled there stays for the next time:
/// npm's packages, and all crates but the few that a test has edited.
pub struct Checkout {
    root: PathBuf,
    _turn: File,
}

impl Checkout {
    /// Waits until nobody else has it.
    pub fn of_its_own() -> Self {
        let (from, root) = (setup::root(), setup::root().join("target/checkout"));
        fs::create_dir_all(&root).expect("a folder");
        let turn = File::create(root.join("turn")).expect("a file");
        turn.lock().expect("a lock");
        let wanted = listed(&from);
        // As git sees it, it would be part of the checkout that it is in.
        if !root.join(".git").exists() {
            git(&root, &["init", "--quiet"]);
        }
        for file in listed(&root).difference(&wanted) {
            let file = root.join(file);
            fs::remove_file(&file).expect("a file that was left over");
            // And the folders that it alone was in.
            for folder in file.ancestors().skip(1) {
                if fs::remove_dir(folder).is_err() {
                    break;
                }
            }
        }
        for file in wanted {
            // One that was removed is still in the index.
            let Ok(bytes) = fs::read(from.join(&file)) else { continue };
            let to = root.join(&file);
            // cargo compiles what is younger than what it made of it.
            if fs::read(&to).is_ok_and(|there| there == bytes) {
                continue;
            }
            fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
            fs::copy(from.join(&file), to).expect("a copy");
        }
        Self { root, _turn: turn }
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A file of it.
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Saves a file.
    pub fn write(&self, path: &str, text: &str) {
        fs::write(self.root.join(path), text).unwrap_or_else(|error| panic!("{path}: {error}"));
    }

    /// The names of all that is or could be committed.
    pub fn files(&self) -> BTreeSet<String> {
        listed(&self.root)
    }

    /// Saves a file with the first of what is replaced.
    pub fn edit_first(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path}: no {from}");
        self.write(path, &text.replacen(from, to, 1));
    }

    /// Saves a file with something replaced that is there once.
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert_eq!(text.matches(from).count(), 1, "{path}: {from}");
        self.write(path, &text.replace(from, to));
    }
}

/// The files that git has, or would have.
fn listed(root: &Path) -> BTreeSet<String> {
    let text = git(root, &["ls-files", "--cached", "--others", "--exclude-standard", "-z"]);
    text.split_terminator('\0').filter(|path| *path != "turn").map(str::to_owned).collect()
}

fn git(root: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git").args(arguments).current_dir(root).output().expect("git is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("names in UTF-8")
}
