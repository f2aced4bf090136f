//! A handful of requests against any deployment: is it up, does it refuse what it must, does it answer?
//!
//! Against a URL, so that the same test runs on a laptop, behind a gateway and at the edge. It reads only.

mod checks;
mod http;

use std::time::Instant;

use console::style;

pub use crate::http::{Answer, get};

/// Where, and as whom.
#[derive(Debug, Clone)]
pub struct Target {
    /// The base of the functions: `https://<host>/functions/v1`.
    pub url: String,
    /// A member of the channel.
    pub token: String,
    /// Somebody who is not; without one, that check is left out.
    pub outsider: Option<String>,
    /// The channel's id.
    pub channel: String,
}

/// Runs every check, shows each with its time, and says whether all passed.
pub fn run(target: &Target) -> bool {
    let mut failed = 0;
    let started = Instant::now();
    let checks = checks::all(target);
    for check in &checks {
        let began = Instant::now();
        let result = (check.run)(target);
        let took = style(format!("{} ms", began.elapsed().as_millis())).dim();
        match result {
            Ok(()) => println!("{} {}  {took}", style("✓").green(), check.name),
            Err(error) => {
                failed += 1;
                println!(
                    "{} {}  {took}\n    {}",
                    style("✗").red(),
                    check.name,
                    format!("{error:#}").replace('\n', "\n    ")
                );
            }
        }
    }
    let passed = checks.len() - failed;
    println!("\n{passed} passed, {failed} failed  {:.1} s  {}", started.elapsed().as_secs_f64(), target.url);
    failed == 0
}
