//! The files that somebody may save, and the moment in which one may have been.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result};
use glob::Pattern;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::{sync::watch, time::timeout};

/// What each file has in it, by its path relative to the root.
pub type Contents = BTreeMap<PathBuf, Vec<u8>>;

/// An editor writes more than once for one save, and a checkout of another commit many files.
const QUIET: Duration = Duration::from_millis(40);

/// The files that these globs name. One that goes while it is being read is none.
pub fn contents<'p>(root: &Path, globs: impl IntoIterator<Item = &'p str>) -> Result<Contents> {
    let escaped = Pattern::escape(root.to_str().context("the checkout's path is not UTF-8")?);
    let mut contents = Contents::new();
    for glob in globs {
        let paths = glob::glob(&format!("{escaped}/{glob}")).with_context(|| format!("{glob} is no glob"))?;
        for path in paths.flatten() {
            if let Ok(bytes) = fs::read(&path) {
                contents.insert(path.strip_prefix(root).unwrap_or(&path).to_owned(), bytes);
            }
        }
    }
    Ok(contents)
}

/// Which files came, went, or have something else in them.
pub fn changed<'c>(before: &'c Contents, now: &'c Contents) -> BTreeSet<&'c Path> {
    let all = before.keys().chain(now.keys()).map(PathBuf::as_path);
    all.filter(|path| before.get(*path) != now.get(*path)).collect()
}

/// Hears that something happened in the folders of files. What it was, a look at them says.
pub struct Watcher {
    inner: RecommendedWatcher,
    events: watch::Receiver<()>,
}

impl Watcher {
    /// Of nothing yet.
    pub fn new() -> Result<Self> {
        let (sender, events) = watch::channel(());
        let inner = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Reading is not saving; and what went wrong is worth a look.
            if !matches!(event, Ok(notify::Event { kind: EventKind::Access(_), .. })) {
                sender.send_replace(());
            }
        });
        Ok(Self { inner: inner.context("this system cannot watch files")?, events })
    }

    /// Listens in the folders of these globs: again in those that it knows, which may have been made anew.
    pub fn follow<'p>(&mut self, root: &Path, globs: impl IntoIterator<Item = &'p str>) -> Result<()> {
        let folders: BTreeSet<(PathBuf, bool)> = globs.into_iter().map(|glob| folder(root, glob)).collect();
        for (folder, below) in folders {
            let mode = if below { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
            self.inner.watch(&folder, mode).with_context(|| format!("cannot watch {}", folder.display()))?;
        }
        Ok(())
    }

    /// Before a look at the files: it sees what has happened until now.
    pub fn forget(&mut self) {
        self.events.mark_unchanged();
    }

    /// Whether something has happened since.
    pub fn has_heard(&self) -> bool {
        // The sender lives as long as the watcher.
        self.events.has_changed().unwrap_or(true)
    }

    /// Returns when something has happened, and no more of it.
    pub async fn event(&mut self) {
        let _some = self.events.changed().await;
        while timeout(QUIET, self.events.changed()).await.is_ok() {}
    }
}

/// Where the files of a glob are, and whether its subfolders count; where that is not there yet, what will have it.
fn folder(root: &Path, glob: &str) -> (PathBuf, bool) {
    let fixed = Path::new(glob).iter().take_while(|part| !part.to_string_lossy().contains(['*', '?', '[']));
    let mut folder = root.join(fixed.collect::<PathBuf>());
    let mut below = glob.contains("**");
    while !folder.is_dir() && folder.pop() {
        below = false;
    }
    (folder, below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_heard_of_in_its_folder_and_a_tree_from_its_top_on() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("functions/list/src")).unwrap();
        fs::write(root.path().join("Cargo.toml"), "").unwrap();
        for (glob, place, below) in [
            ("Cargo.toml", "", false),
            ("functions/list/Cargo.toml", "functions/list", false),
            ("functions/list/**/*.rs", "functions/list", true),
            ("functions/soon/**/*.rs", "functions", false),
            ("functions/*.json", "functions", false),
        ] {
            let expected = root.path().join(place).components().collect::<PathBuf>();
            let (found, deep) = folder(root.path(), glob);
            assert_eq!((found.components().collect::<PathBuf>(), deep), (expected, below), "{glob}");
        }
    }
}
