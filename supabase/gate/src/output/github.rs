//! Workflow commands of GitHub Actions
//! (https://docs.github.com/actions/reference/workflow-commands-for-github-actions).

use super::{count, printable};
use crate::finding::{Change, Finding, Notice, Report, Unseen};

pub fn show(report: &Report) -> String {
    let mut lines = Vec::new();
    for Change { step, place, what } in &report.changes {
        lines.push(format!("::notice title={} step::{}", step.word(), data(&format!("{place}: {what}"))));
    }
    for Finding { code, place, want, have, remedy } in &report.findings {
        let message = format!("{place}\nwant: {want}\nhave: {have}\nremedy: {remedy}");
        lines.push(format!("::error title={}::{}", property(&code.word()), data(&message)));
    }
    for Unseen { place, why, remedy } in &report.unseen {
        lines.push(format!("::error title=could not look::{}", data(&format!("{place}: {why}\nremedy: {remedy}"))));
    }
    for Notice { place, what } in &report.notices {
        lines.push(format!("::notice title=for now::{}", data(&format!("{place}: {what}"))));
    }
    let mut summary = count(report.findings.len(), "finding");
    if !report.unseen.is_empty() {
        summary += &format!(", {} not looked at", count(report.unseen.len(), "thing"));
    }
    lines.push(format!("::notice title=gate::{}", data(&format!("{summary}: {}", report.subject))));
    lines.join("\n") + "\n"
}

fn data(text: &str) -> String {
    let lines: Vec<String> = text.split(['\r', '\n']).map(printable).collect();
    lines.join("\n").replace('%', "%25").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_in_a_message_can_end_it_or_begin_another() {
        assert_eq!(super::data("100%\n::error::x\u{1b}[2J"), "100%25%0A::error::x [2J");
        assert_eq!(super::property("a:b,c"), "a%3Ab%2Cc");
    }
}
