//! What a run was: a line for each fault while it goes on, and the table at the end.

use std::io;

use console::style;
use serde::Serialize;

use crate::{load::Loaded, scenario::Outcome};

/// All of a run, as `--json` writes it.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    /// One for each fault, in the order in which they came.
    pub faults: Vec<Outcome>,
    /// Absent where the run did not come to it.
    pub load: Option<Loaded>,
}

impl Summary {
    /// Whether everything held.
    pub fn is_good(&self) -> bool {
        self.faults.iter().all(|outcome| outcome.broken.is_empty())
            && self.load.as_ref().is_none_or(|loaded| loaded.broken.is_empty())
    }

    /// For people, on standard output.
    pub fn print(&self) -> io::Result<()> {
        let head =
            format!("{:22} {:>6} {:>6} {:>8} {:>9} {:>9}", "fault", "calls", "201", "retries", "worst", "recovery");
        say::line!("\n{}", style(head).bold())?;
        for outcome in &self.faults {
            let recovery = outcome.recovery_s.map_or("never".to_owned(), |seconds| format!("{seconds:.1} s"));
            let Outcome { fault, calls, stored, retries, worst_ms, .. } = outcome;
            let worst = format!("{worst_ms} ms");
            say::line!(
                "{fault:22} {calls:>6} {stored:>6} {retries:>8} {worst:>9} {recovery:>9}  {}",
                verdict(&outcome.broken)
            )?;
            show(&outcome.broken)?;
        }
        if let Some(load) = &self.load {
            let usage = |usage: Option<crate::host::Usage>| {
                usage.map_or("?".to_owned(), |u| format!("{} MiB, {} descriptors", u.resident_mib, u.descriptors))
            };
            let what = format!("{} requests, {:.0}/s, worst {} ms", load.requests, load.rate, load.worst_ms);
            say::line!("{:22} {what}  {}", "full load", verdict(&load.broken))?;
            say::line!("{:22} before: {}; after: {}", "", usage(load.before), usage(load.after))?;
            show(&load.broken)?;
        }
        Ok(())
    }
}

fn verdict(broken: &[String]) -> console::StyledObject<&'static str> {
    if broken.is_empty() { style("held").green() } else { style("BROKEN").red().bold() }
}

fn show(broken: &[String]) -> io::Result<()> {
    for line in broken {
        say::line!("    {} {line}", style("✗").red())?;
    }
    Ok(())
}
