//! From arguments to what is shown, and the status to exit with.

use std::{fs, io::Write as _, path::Path};

use anyhow::{Context as _, Result};
use console::style;
use time::{Duration, UtcDateTime};

use crate::{
    Analysis, Objectives, Period, Report,
    cli::{Cli, Export},
    input, output, page,
};

/// The page, where nothing else is said.
const PAGE: &str = "report.html";
/// Of `--fail-on-burn`.
const BURNS: u8 = 1;

/// Does what the arguments say, and says with which status to exit. An error is something that could not be read.
pub fn run(cli: &Cli) -> Result<u8> {
    if cli.schema {
        return output::write(&output::schema::text()?).map(|()| 0);
    }
    if cli.export == Some(Export::Prometheus) {
        return output::write(&output::rules::text(&cli.objectives())).map(|()| 0);
    }
    let report = analyse(cli, cli.objectives())?;
    if cli.export.is_some() {
        return output::write(&output::metrics::text(&report)).map(|()| 0);
    }
    let page = cli.output.as_deref().or((!cli.json).then_some(Path::new(PAGE)));
    if let Some(path) = page {
        save(path, &page::html(&report)).with_context(|| {
            format!("cannot write {}: is there such a folder? --output names another", path.display())
        })?;
    }
    if cli.json {
        output::write(&(serde_json::to_string_pretty(&report)? + "\n"))?;
    } else {
        output::write(&output::text::show(&report, page))?;
    }
    Ok(if cli.fail_on_burn { verdict(&report) } else { 0 })
}

/// The error of [`run`], for people.
pub fn explain(error: &anyhow::Error) {
    eprintln!("{} {error:#}", style("could not report:").yellow().bold().for_stderr());
}

fn analyse(cli: &Cli, objectives: Objectives) -> Result<Report> {
    let sources = input::open(&cli.logs)?;
    // A clock may be ahead, but not by a day.
    let latest = Some(UtcDateTime::now() + Duration::days(1));
    let mut analysis = Analysis::new(objectives, Period { since: cli.since, until: cli.now, latest });
    input::read(sources, &mut analysis)?;
    Ok(analysis.finish())
}

fn verdict(report: &Report) -> u8 {
    for burn in report.burning() {
        eprintln!("{} {burn}", style("burns:").red().bold().for_stderr());
    }
    if report.burning().is_empty() { 0 } else { BURNS }
}

/// As a whole or not at all: whoever reads it meanwhile sees the old one.
fn save(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(text.as_bytes())?;
    readable(new.as_file())?;
    new.persist(path)?;
    Ok(())
}

/// For all, as any file that is written: a temporary one is its owner's alone.
fn readable(file: &fs::File) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644)).map_err(Into::into)
}
