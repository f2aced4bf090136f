//! The first sentence: which version burned the budget, since when.

use crate::{
    burn::Stretch,
    report::{Budget, Group, Lines, Report},
};

pub fn of(report: &Report) -> String {
    let Some((first, last)) = report.first.zip(report.last) else {
        return match &report.lines {
            Lines { records: 0, read: read @ 1.., .. } => match read {
                1 => "The line that was read is no record.".to_owned(),
                read => format!("None of the {} lines that were read is a record.", number(*read)),
            },
            _ => "There is no request in what was read.".to_owned(),
        };
    };
    let mut said = vec![];
    if report.availability.bad == 0 {
        let requests = number(report.total.requests);
        said.push(format!("None of {requests} requests failed: the whole error budget is left."));
    } else {
        said.extend(report.groups.first().map(|group| burner(group, report)));
        said.push(spent("error budget", &report.availability));
    }
    let slow = report.groups.iter().max_by_key(|group| group.slow).filter(|_| report.latency.used > 1.0);
    if let Some(group) = slow {
        let share = percent(group.latency_burned_share);
        let since = group.latency_burned.as_ref().map(when).unwrap_or_default();
        said.push(format!("{} was the slowest, with {share} of what took too long{since}.", group.label));
        said.push(spent("latency budget", &report.latency));
    }
    if first == last {
        said.push(format!("All of this at {first}."));
    }
    said.join(" ")
}

fn burner(group: &Group, report: &Report) -> String {
    let share = percent(group.availability_burned_share);
    let since = group.availability_burned.as_ref().map(when).unwrap_or_default();
    let bad = number(group.server_errors);
    let all = number(report.availability.bad);
    let code =
        group.codes.iter().filter(|(code, _)| report.codes.iter().any(|of| of.status >= 500 && of.code == **code));
    let code = code.max_by_key(|(_, count)| **count).map(|(code, _)| format!(", mostly {code}")).unwrap_or_default();
    format!(
        "{} burned {share} of the error budget that is used{since} ({bad} of {all} failed requests{code}).",
        group.label
    )
}

fn when(stretch: &Stretch) -> String {
    match stretch.until {
        None => format!(", since {}", stretch.since),
        Some(until) => {
            let (since, until) = (stretch.since.to_string(), until.to_string());
            let (date, time) = until.split_once(' ').unwrap_or(("", &until));
            // The date is said once.
            let until = if since.starts_with(date) { time } else { &until };
            format!(", from {} to {until}", since.trim_end_matches(" UTC"))
        }
    }
}

fn spent(what: &str, budget: &Budget) -> String {
    let used = percent(budget.used);
    if budget.used > 1.0 {
        let times = if budget.used >= 2.0 { format!("{:.1} times over", budget.used) } else { format!("to {used}") };
        format!("The {what} of this log is used up, {times}.")
    } else {
        format!("{used} of this log's {what} is used.")
    }
}

/// `83 %`, and never 0 or 100 where it is not.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        p if p <= 0.0 => "0 %".to_owned(),
        p if p < 0.01 => "<0.01 %".to_owned(),
        p if p < 1.0 => format!("{p:.2} %"),
        p if p < 10.0 => format!("{p:.1} %"),
        p if p < 100.0 && p > 99.0 => format!("{:.2} %", (p * 100.0).floor() / 100.0),
        p => format!("{p:.0} %"),
    }
}

/// `1 234 567`, with narrow spaces that do not break.
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}
