//! For people. `console` leaves the colours out where nobody sees them, or NO_COLOR is set.

use console::style;

use super::{count, printable};
use crate::{
    diff::Change,
    finding::{Finding, Notice, Report, Unseen},
};

pub fn show(report: &Report) -> String {
    let mut text = String::new();
    for Change { step, place, what } in &report.changes {
        text += &format!("{} {place}: {what}\n", style(format!("{:5}", step.word())).cyan());
    }
    for Finding { code, place, want, have, remedy } in &report.findings {
        text += &format!("{} {} {}\n", style("✗").red().bold(), style(code.word()).red().bold(), printable(place));
        text += &details(&[("want", want), ("have", have), ("remedy", remedy)]);
    }
    for Unseen { place, why, remedy } in &report.unseen {
        let mark = style("?").yellow().bold();
        text += &format!("{mark} {} {}\n", style("could not look").yellow().bold(), printable(place));
        text += &details(&[("why", why), ("remedy", remedy)]);
    }
    for Notice { place, what } in &report.notices {
        text += &format!("{} {}: {}\n", style("·").cyan().bold(), printable(place), printable(what));
    }
    text + &summary(report) + "\n"
}

fn details(all: &[(&str, &String)]) -> String {
    let line =
        |(name, value): &(&str, &String)| format!("    {} {}\n", style(format!("{name:6}")).dim(), printable(value));
    all.iter().map(line).collect::<String>() + "\n"
}

fn summary(report: &Report) -> String {
    let looked_at = match report.looked_at.join(", ") {
        short if short.len() < 100 => format!("{} ({short})", report.subject),
        _ => format!("{}\n    {}", report.subject, report.looked_at.join("\n    ")),
    };
    match (report.findings.len(), report.unseen.len()) {
        (0, 0) => format!("{} no findings: {looked_at}", style("✓").green().bold()),
        (0, unseen) => {
            format!("{} no findings, {} not looked at: {looked_at}", style("?").yellow().bold(), count(unseen, "thing"))
        }
        (findings, unseen) => {
            let not_seen =
                if unseen == 0 { String::new() } else { format!(", {} not looked at", count(unseen, "thing")) };
            format!("{} {}{not_seen}: {looked_at}", style("✗").red().bold(), count(findings, "finding"))
        }
    }
}
