//! What came of a replay, for people and for programs.

use std::io;

use console::style;

use crate::run::{Different, Outcome};

/// How many of the other requests that differ are named.
const NAMED: usize = 10;

/// On standard output.
pub fn show(outcome: &Outcome, json: bool) -> io::Result<()> {
    say::out(if json { serde_json::to_string(outcome).expect("an outcome is JSON") + "\n" } else { text(outcome) })
}

/// The first difference, and how many there are.
pub fn text(outcome: &Outcome) -> String {
    let mut text = String::new();
    if let Some(line) = outcome.broken_line {
        text +=
            &format!("{} line {line} of the recording broke off, and is left out\n", style("note:").yellow().bold());
    }
    let order = outcome.seed.map_or(String::new(), |seed| format!(", shuffled with --shuffle={seed}"));
    let often = if outcome.times == 1 { String::new() } else { format!(", {} times each", outcome.times) };
    let ran = format!("{} requests{often}{order}", outcome.requests);
    let Some((first, others)) = outcome.differences.split_first() else {
        return text + &format!("{} {ran}\n", style("the same:").green().bold());
    };
    text += &format!("{} {ran}\n\n{}", style("different:").red().bold(), shown(first));
    if !others.is_empty() {
        let named: Vec<&str> = others.iter().take(NAMED).map(|other| other.id.as_str()).collect();
        text += &format!("\n{} more differ: {}", others.len(), named.join(" "));
        text += if others.len() > NAMED { " …\n" } else { "\n" };
    }
    text
}

fn shown(different: &Different) -> String {
    let Different { id, component, method, uri, difference } = different;
    let path = difference.path.as_ref().map_or(String::new(), |path| format!(", at {path}"));
    format!(
        "request {id}: {method} {uri} ({component})\n{}{path}, byte {}\n  {} {}\n  {} {}\n",
        style(&difference.part).bold(),
        difference.at,
        style("recorded").dim(),
        style(&difference.recorded).green(),
        style("replayed").dim(),
        style(&difference.replayed).red(),
    )
}
