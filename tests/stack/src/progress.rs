//! What the stack is doing, and how long it took: a spinner on a terminal, a line for each step elsewhere.

use std::{
    future::Future,
    io::IsTerminal as _,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use console::style;
use indicatif::{ProgressBar, ProgressStyle};

/// Where the steps are shown. Standard error: standard output belongs to the telemetry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// To the person who started the stack.
    Shown,
    /// In tests: only a failure matters, and it says which step failed.
    Silent,
}

impl Progress {
    /// Runs one step. Its failure says what was being done.
    pub async fn step<T>(self, what: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
        let started = Instant::now();
        let spinner = self.spinner(what);
        let result = work.await;
        spinner.finish_and_clear();
        if self == Self::Shown {
            let mark = if result.is_ok() { style("✓").green() } else { style("✗").red() }.for_stderr();
            let took = style(format!("{:.1} s", started.elapsed().as_secs_f64())).dim().for_stderr();
            say::note!("{mark} {what}  {took}");
        }
        result.with_context(|| format!("{what} failed"))
    }

    /// Says what is not as it should be, and does not stop us.
    pub fn warn(self, what: &str) {
        if self == Self::Shown {
            say::note!("{} {what}", style("!").yellow().bold().for_stderr());
        }
    }

    fn spinner(self, what: &str) -> ProgressBar {
        if self == Self::Silent || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let template = ProgressStyle::with_template("{spinner} {msg}  {elapsed}").expect("a constant template");
        let spinner = ProgressBar::new_spinner().with_style(template).with_message(what.to_owned());
        spinner.enable_steady_tick(Duration::from_millis(100));
        spinner
    }
}
