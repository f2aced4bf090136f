//! For people. `console` leaves the colours out where nobody sees them, or NO_COLOR is set.

use console::style;

use super::count;
use crate::{
    diff::Change,
    finding::{Finding, Report, Unseen},
};

pub fn show(report: &Report) {
    for Change { step, place, what } in &report.changes {
        println!("{} {place}: {what}", style(format!("{:5}", step.word())).cyan());
    }
    for finding in &report.findings {
        show_finding(finding);
    }
    for unseen in &report.unseen {
        show_unseen(unseen);
    }
    println!("{}", summary(report));
}

fn show_finding(finding: &Finding) {
    let Finding { code, place, want, have, remedy } = finding;
    println!("{} {} {place}", style("✗").red().bold(), style(code.word()).red().bold());
    for (name, text) in [("want", want), ("have", have), ("remedy", remedy)] {
        println!("    {} {text}", style(format!("{name:6}")).dim());
    }
    println!();
}

fn show_unseen(Unseen { place, why, remedy }: &Unseen) {
    println!("{} {} {place}", style("?").yellow().bold(), style("could not look").yellow().bold());
    for (name, text) in [("why", why), ("remedy", remedy)] {
        println!("    {} {text}", style(format!("{name:6}")).dim());
    }
    println!();
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
