//! From arguments to what is shown, and the status to exit with.

use std::path::Path;

use anyhow::{Context as _, Error, Result, ensure};
use console::style;
use time::{Duration, UtcDateTime};

use crate::{
    Analysis, Objectives, Period, Report,
    cli::{Cli, Export},
    destination::Destination,
    input, output, page,
};

/// The page, where nothing else is said.
const PAGE: &str = "report.html";
/// A pipeline that has lost its records would be green for ever.
const NOTHING: &str = "there is no record in what was read, and so nothing to judge";
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
    let wanted = cli.output.as_deref().or((!cli.json).then_some(Path::new(PAGE)));
    let page = wanted.filter(|_| cli.export.is_none());
    let destination = page.map(Destination::at).transpose().context("--output names another place")?;
    let (report, whole) = analyse(cli, cli.objectives())?;
    if report.lines.records == 0 && (report.lines.read > 0 || !whole) {
        return Err(nothing(cli, &report));
    }
    if cli.export.is_some() {
        return output::write(&output::metrics::text(&report)).map(|()| 0);
    }
    if let Some(destination) = destination {
        destination.write(&page::html(&report))?;
    }
    if cli.json {
        output::write(&output::json(&report)?)?;
    } else {
        output::write(&output::text::show(&report, page))?;
    }
    if !cli.fail_on_burn {
        return Ok(0);
    }
    ensure!(report.lines.records > 0, NOTHING);
    Ok(verdict(&report))
}

/// The error of [`run`], for people.
pub fn explain(error: &Error) {
    say::note!("{} {error:#}", style("could not report:").yellow().bold().for_stderr());
}

/// Lines, and no record in any: what they look like, for whoever reads the output, and for the others in the error.
fn nothing(cli: &Cli, report: &Report) -> Error {
    let found = output::text::nothing(report);
    let written = match (cli.json, cli.export) {
        (true, _) => output::json(report).and_then(|json| output::write(&json)),
        (_, None) => output::write(&found),
        _ => Ok(()),
    };
    let unseen = cli.json || cli.export.is_some();
    written.err().unwrap_or_else(|| if unseen { Error::msg(found) } else { Error::msg(NOTHING) })
}

/// Of all that is named, and whether all was read to its end.
fn analyse(cli: &Cli, objectives: Objectives) -> Result<(Report, bool)> {
    let sources = input::open(&cli.logs)?;
    // A clock may be ahead, but not by a day.
    let latest = Some(UtcDateTime::now() + Duration::days(1));
    let mut analysis = Analysis::new(objectives, Period { since: cli.since, until: cli.now, latest });
    let whole = input::read_all(sources, &mut analysis);
    Ok((analysis.finish(), whole))
}

fn verdict(report: &Report) -> u8 {
    for burn in report.burning() {
        say::note!("{} {burn}", style("burns:").red().bold().for_stderr());
    }
    if report.burning().is_empty() { 0 } else { BURNS }
}
