//! Reads lines out of files, folders and standard input, compressed or not, in large pieces.

mod document;
mod lines;
mod packed;

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, BufRead, BufReader, IsTerminal as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use console::style;
use indicatif::{ProgressBar, ProgressStyle};
use record::MAX_LINE;

pub use self::lines::lines;
use crate::Analysis;

/// Where Spin writes what its components write.
pub const SPINS: &str = ".spin/logs";
/// How the files of that folder end, and how they do when they have been packed.
const STDOUT: &str = "_stdout.txt";
const PACKED: [&str; 4] = ["", ".gz", ".xz", ".zst"];
/// One read of a file, and what is kept of a line until its end is known.
const PIECE: usize = 1 << 20;
/// Of a text, what can become a record with the texts that follow it: one that was escaped several times.
pub(crate) const LONGEST: usize = 16 * MAX_LINE;

/// A file, or standard input.
#[derive(Debug)]
pub enum Source {
    /// `-`, or a pipe.
    Stdin,
    /// A file and its name.
    File(PathBuf, File),
}

/// Opens all that is named, before anything is read: a name that is wrong is better known now.
pub fn open(paths: &[PathBuf]) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            sources.push(Source::Stdin);
        } else if path.is_dir() {
            let files = of_folder(path)?;
            if files.is_empty() {
                bail!("no file in {} ends with {STDOUT}: name the files themselves", path.display());
            }
            sources.extend(files.into_iter().map(file).collect::<Result<Vec<_>>>()?);
        } else {
            sources.push(file(path.clone())?);
        }
    }
    if !paths.is_empty() {
        // What is named, and in a folder that is named too, is read once.
        let mut known = HashSet::new();
        sources.retain(|source| match source {
            Source::Stdin => true,
            Source::File(_, file) => match file.metadata() {
                Ok(metadata) if metadata.is_file() => known.insert((metadata.dev(), metadata.ino())),
                _ => true,
            },
        });
        return Ok(sources);
    }
    if !io::stdin().is_terminal() && !is_nothing(&io::stdin()) {
        return Ok(vec![Source::Stdin]);
    }
    let files = if Path::new(SPINS).is_dir() { of_folder(Path::new(SPINS))? } else { Vec::new() };
    if files.is_empty() {
        bail!(
            "there are no records: {SPINS} has no file that ends with {STDOUT}. `spin up` writes them; or name files \
             or folders, or pipe records in: kubectl logs deployment/functions | report -"
        );
    }
    files.into_iter().map(file).collect()
}

/// `/dev/null`, which is what services and CI put in place of a terminal.
fn is_nothing(stdin: &impl std::os::fd::AsFd) -> bool {
    let duplicate = stdin.as_fd().try_clone_to_owned().map(File::from);
    let same = duplicate.and_then(|file| Ok((file.metadata()?, fs::metadata("/dev/null")?)));
    same.is_ok_and(|(one, null)| (one.dev(), one.ino()) == (null.dev(), null.ino()))
}

fn of_folder(folder: &Path) -> Result<Vec<PathBuf>> {
    let cannot = || format!("cannot list {}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(cannot)? {
        let path = entry.with_context(cannot)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if PACKED.iter().any(|packed| name.strip_suffix(packed).is_some_and(|name| name.ends_with(STDOUT))) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn file(path: PathBuf) -> Result<Source> {
    let file = File::open(&path)
        .with_context(|| format!("cannot open {}: does it exist, and may you read it?", path.display()))?;
    Ok(Source::File(path, file))
}

/// Reads them all, with a bar on a terminal. Whether all were read to their end.
pub fn read_all(sources: Vec<Source>, analysis: &mut Analysis) -> bool {
    let length = |source: &Source| match source {
        Source::Stdin => 0,
        Source::File(_, file) => file.metadata().map_or(0, |metadata| metadata.len()),
    };
    let bar = ProgressBar::new(sources.iter().map(length).sum());
    if sources.iter().any(|source| matches!(source, Source::Stdin)) {
        bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
    }
    let template = "reading {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut whole = true;
    for source in sources {
        let (name, input): (_, Box<dyn BufRead>) = match source {
            Source::Stdin => ("standard input".to_owned(), Box::new(io::stdin().lock())),
            Source::File(path, file) => {
                (path.display().to_string(), Box::new(BufReader::with_capacity(PIECE, bar.wrap_read(file))))
            }
        };
        // A log that is being rotated is often cut: what was read of it counts, and what was read of the others too.
        if let Err(error) = packed::read_lines(input, analysis) {
            say::note!("{} {name} was not read to its end: {error}", style("warning:").yellow().bold().for_stderr());
            whole = false;
        }
    }
    bar.finish_and_clear();
    whole
}
