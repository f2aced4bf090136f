//! The records of the components while the stack runs: on the terminal as they come, and as a page when it stops.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result};
use console::style;
use report::{Analysis, Objectives, Period, destination::Destination};
use tokio::{
    sync::{
        Notify,
        broadcast::{
            Receiver,
            error::{RecvError, TryRecvError},
        },
    },
    task::JoinHandle,
};

/// Shows every record, one write for each, for people or as it is, until nobody reads them any more.
///
/// On a thread of its own: a reader that stands still, as a pager does, holds nothing else up.
pub async fn show(lines: Receiver<String>, raw: bool) -> Result<()> {
    tokio::task::spawn_blocking(move || write(lines, raw)).await?
}

fn write(mut lines: Receiver<String>, raw: bool) -> Result<()> {
    loop {
        let line = match lines.blocking_recv() {
            Ok(line) if raw => line,
            Ok(line) => report::line::show(&line).unwrap_or(line),
            Err(RecvError::Lagged(lost)) => {
                say::note!("{lost} telemetry lines were not shown: their reader is too slow");
                continue;
            }
            Err(RecvError::Closed) => return Ok(()),
        };
        match io::stdout().write_all(format!("{line}\n").as_bytes()) {
            Ok(()) => {}
            // Who stops reading, as `head` does, has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            Err(error) => return Err(error).context("cannot write the telemetry"),
        }
    }
}

/// What `--report` makes.
pub struct Page {
    path: PathBuf,
    destination: Destination,
    over: Arc<Notify>,
    analysis: Option<JoinHandle<Analysis>>,
}

impl Page {
    /// Where it can be written.
    pub fn at(path: &Path) -> Result<Self> {
        let destination = Destination::at(path).context("--report")?;
        Ok(Self { path: path.to_owned(), destination, over: Arc::default(), analysis: None })
    }

    /// Counts every record from now on.
    pub fn follow(&mut self, lines: Receiver<String>) {
        self.analysis = Some(tokio::spawn(count(lines, self.over.clone())));
    }

    /// Writes it, with what has been counted; nothing where the stack has not come up.
    pub async fn write(self) -> Result<()> {
        let Some(analysis) = self.analysis else { return Ok(()) };
        self.over.notify_one();
        let report = analysis.await?.finish();
        self.destination.write(&report::page::html(&report))?;
        say::note!("{} {}", style("Report:").bold().for_stderr(), self.path.display());
        Ok(())
    }
}

async fn count(mut lines: Receiver<String>, over: Arc<Notify>) -> Analysis {
    let mut analysis = Analysis::new(Objectives::default(), Period::default());
    loop {
        tokio::select! {
            line = lines.recv() => match line {
                Ok(line) => analysis.add_line(line.as_bytes()),
                Err(RecvError::Lagged(lost)) => say::note!("{lost} records are not in the report"),
                Err(RecvError::Closed) => return analysis,
            },
            () = over.notified() => break,
        }
    }
    // What was written before the end, and not yet read.
    loop {
        match lines.try_recv() {
            Ok(line) => analysis.add_line(line.as_bytes()),
            Err(TryRecvError::Lagged(_)) => {}
            Err(TryRecvError::Empty | TryRecvError::Closed) => return analysis,
        }
    }
}
