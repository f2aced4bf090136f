//! Workflow commands of GitHub Actions
//! (https://docs.github.com/actions/reference/workflow-commands-for-github-actions).

use super::count;
use crate::finding::{Finding, Report, Unseen};

pub fn show(report: &Report) {
    for Finding { code, place, want, have, remedy } in &report.findings {
        let message = format!("{place}\nwant: {want}\nhave: {have}\nremedy: {remedy}");
        println!("::error title={}::{}", property(&code.word()), data(&message));
    }
    for Unseen { place, why, remedy } in &report.unseen {
        println!("::error title=could not look::{}", data(&format!("{place}: {why}\nremedy: {remedy}")));
    }
    let findings = count(report.findings.len(), "finding");
    println!("::notice title=gate::{}", data(&format!("{findings}: {}", report.subject)));
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_in_a_message_can_end_it_or_begin_another() {
        assert_eq!(super::data("100%\r\n::error::x"), "100%25%0D%0A::error::x");
        assert_eq!(super::property("a:b,c"), "a%3Ab%2Cc");
    }
}
