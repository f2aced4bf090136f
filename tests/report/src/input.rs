//! Reads lines out of files, folders and standard input, compressed or not, in large pieces.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, IsTerminal as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use console::style;
use flate2::read::MultiGzDecoder;
use indicatif::{ProgressBar, ProgressStyle};
use record::MAX_LINE;

use crate::Analysis;

/// Where Spin writes what its components write.
pub const SPINS: &str = ".spin/logs";
/// How the files of that folder end.
const STDOUT: &str = "_stdout.txt";
/// One read of a file.
const PIECE: usize = 1 << 20;
/// Of a line, what is kept until its end is known: a record and what a platform puts before it.
const LONGEST: usize = 4 * MAX_LINE;

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
    same.is_ok_and(|(one, null)| {
        use std::os::unix::fs::MetadataExt as _;
        (one.dev(), one.ino()) == (null.dev(), null.ino())
    })
}

fn of_folder(folder: &Path) -> Result<Vec<PathBuf>> {
    let cannot = || format!("cannot list {}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(cannot)? {
        let path = entry.with_context(cannot)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(STDOUT) || name.ends_with("_stdout.txt.gz") {
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

/// Reads them all, with a bar on a terminal.
pub fn read(sources: Vec<Source>, analysis: &mut Analysis) -> Result<()> {
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
    for source in sources {
        match source {
            Source::Stdin => broken_off("standard input", plain_or_packed(io::stdin().lock(), analysis)),
            Source::File(path, file) => {
                let counted = BufReader::with_capacity(PIECE, bar.wrap_read(file));
                broken_off(&path.display().to_string(), plain_or_packed(counted, analysis));
            }
        }
    }
    bar.finish_and_clear();
    Ok(())
}

/// A log that is being rotated is often cut: what was read of it counts, and what was read of the others too.
fn broken_off(what: &str, result: io::Result<()>) {
    if let Err(error) = result {
        eprintln!("{} {what} was not read to its end: {error}", style("warning:").yellow().bold().for_stderr());
    }
}

/// Packed by gzip or not, whatever its name is (RFC 1952, section 2.3.1).
fn plain_or_packed(mut input: impl BufRead, analysis: &mut Analysis) -> io::Result<()> {
    const GZIP: [u8; 2] = [0x1f, 0x8b];
    if input.fill_buf()?.starts_with(&GZIP) {
        lines(&mut BufReader::with_capacity(PIECE, MultiGzDecoder::new(input)), analysis)
    } else {
        lines(&mut input, analysis)
    }
}

/// Gives each line to the analysis. Of one that is too long, only as much is kept as is needed to say so.
pub fn lines(input: &mut impl BufRead, analysis: &mut Analysis) -> io::Result<()> {
    let mut begun: Vec<u8> = Vec::new();
    loop {
        let piece = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            piece => piece?,
        };
        if piece.is_empty() {
            analysis.add_line(&begun);
            return Ok(());
        }
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', piece) {
            if begun.is_empty() {
                analysis.add_line(&piece[start..end]);
            } else {
                keep(&mut begun, &piece[start..end]);
                analysis.add_line(&begun);
                begun.clear();
            }
            start = end + 1;
        }
        keep(&mut begun, &piece[start..]);
        let read = piece.len();
        input.consume(read);
    }
}

fn keep(begun: &mut Vec<u8>, more: &[u8]) {
    let room = LONGEST.saturating_sub(begun.len());
    begun.extend_from_slice(&more[..more.len().min(room)]);
}
