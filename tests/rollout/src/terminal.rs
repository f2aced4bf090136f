//! What the person at the terminal sees: a line for each step, a spinner while it takes. All of it on standard error.

use std::{
    io::IsTerminal as _,
    time::{Duration, Instant},
};

use console::{StyledObject, style};
use indicatif::{ProgressBar, ProgressStyle};

/// A step that is being done.
pub struct Working {
    spinner: ProgressBar,
    name: String,
    began: Instant,
}

impl Working {
    /// Shows it.
    pub fn at(name: &str) -> Self {
        let spinner = if std::io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        let template = ProgressStyle::with_template("{spinner} {msg}  {elapsed}").expect("a constant template");
        spinner.set_style(template);
        spinner.set_message(name.to_owned());
        spinner.enable_steady_tick(Duration::from_millis(100));
        Self { spinner, name: name.to_owned(), began: Instant::now() }
    }

    /// Says more about it, where somebody is looking.
    pub fn says(&self, what: &str) {
        self.spinner.set_message(format!("{}: {what}", self.name));
    }

    /// Seconds so far.
    pub fn took(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    /// The line that stays.
    pub fn ends(self, outcome: &str, note: &str) {
        self.spinner.finish_and_clear();
        let mark = match outcome {
            "done" => style("✓").green(),
            "skipped" => style("-").dim(),
            _ => style("✗").red(),
        };
        let took = style(format!("{:.1} s", self.took())).dim().for_stderr();
        say::note!("{} {:14} {note}  {took}", mark.for_stderr(), self.name);
    }
}

/// A heading.
pub fn heading(text: &str) {
    say::note!("\n{}", style(text).bold().for_stderr());
}

/// A line of its own.
pub fn line(text: &str) {
    say::note!("{text}");
}

/// An error's beginning.
pub fn failure(text: &str) -> StyledObject<&str> {
    style(text).red().bold().for_stderr()
}
