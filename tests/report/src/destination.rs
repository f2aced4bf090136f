//! The file that a page goes to: seen as a whole or not at all, and never anything else than a file that is replaced.

use std::{
    fs::{self, File, OpenOptions},
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use tempfile::NamedTempFile;

/// A place that can be written to.
#[derive(Debug)]
pub struct Destination {
    path: PathBuf,
    /// Nothing for a device or a pipe, which is written to and not replaced.
    unfinished: Option<NamedTempFile>,
}

impl Destination {
    /// Finds out now whether it can be written: to be told when all has been read would lose that.
    pub fn at(path: &Path) -> Result<Self> {
        let kind = fs::metadata(path);
        ensure!(!kind.as_ref().is_ok_and(fs::Metadata::is_dir), "{} is a folder: name a file in it", path.display());
        let cannot = || format!("cannot write {}: is there such a folder, and may you write to it?", path.display());
        if kind.is_ok_and(|kind| !kind.is_file()) {
            return Ok(Self { path: path.to_owned(), unfinished: None });
        }
        // What a link leads to is replaced, and the link stays.
        let path = fs::canonicalize(path).or_else(|_| std::path::absolute(path)).with_context(cannot)?;
        let unfinished = NamedTempFile::new_in(path.parent().unwrap_or(Path::new("/"))).with_context(cannot)?;
        Ok(Self { path, unfinished: Some(unfinished) })
    }

    /// Writes all of it.
    pub fn write(self, text: &str) -> Result<()> {
        let Self { path, unfinished } = self;
        let put = |mut file: &File| file.write_all(text.as_bytes());
        let write = || -> Result<()> {
            let Some(unfinished) = unfinished else {
                return Ok(put(&OpenOptions::new().write(true).open(&path)?)?);
            };
            put(unfinished.as_file())?;
            // For all, as any file that is written: a temporary one is its owner's alone.
            unfinished.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
            unfinished.persist(&path)?;
            Ok(())
        };
        write().with_context(|| format!("cannot write {}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_link_stays_a_link_and_what_it_leads_to_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real.html"), folder.path().join("link.html"));
        fs::write(&real, "old").unwrap();
        symlink("real.html", &link).unwrap();

        Destination::at(&link).unwrap().write("new").unwrap();

        assert_eq!(fs::read_to_string(&real).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left behind");
    }

    #[test]
    fn a_pipe_is_written_to_and_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::read_to_string(pipe).unwrap()
        });

        Destination::at(&pipe).unwrap().write("page").unwrap();

        assert_eq!(reader.join().unwrap(), "page");
        assert!(!fs::metadata(&pipe).unwrap().is_file());
    }

    #[test]
    fn what_cannot_be_written_is_said_at_once() {
        let folder = tempfile::tempdir().unwrap();
        for (path, why) in
            [(folder.path().to_owned(), "is a folder"), (folder.path().join("no/x.html"), "such a folder")]
        {
            assert!(Destination::at(&path).unwrap_err().to_string().contains(why), "{}", path.display());
        }
    }
}
