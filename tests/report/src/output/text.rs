//! The summary on the terminal. `console` leaves the colours out where nobody sees them, or NO_COLOR is set.

use std::path::Path;

use console::{measure_text_width, style};

use crate::{
    headline::{number, percent},
    line::milliseconds,
    report::{Budget, Group, Lines, Report},
};

/// All of it; `page` is where the page went.
pub fn show(report: &Report, page: Option<&Path>) -> String {
    let mut text = format!("{}\n\n", style(&report.headline).bold());
    if report.first.is_some() {
        text += &judged(report);
    }
    text += &what_was_read(report);
    if let Some(page) = page {
        text += &format!("\n{}\n", style(page.display()).underlined());
    }
    text
}

/// Instead of it, where no line is a record.
pub fn nothing(report: &Report) -> String {
    format!(
        "{}\n{}\
         A record is a JSON object with faas.name, http.response.status_code and duration_ms (report --schema). It is found \
         in other text and JSON too, and there is none in these lines: are they what the functions write to standard output, \
         and packed or encoded in no other way than .gz, .xz, .zst and UTF-16?\n",
        style(&report.headline).bold(),
        rejected(&report.lines)
    )
}

fn judged(report: &Report) -> String {
    let mut text = mismatches(report);
    text += &groups(report);
    text += &budget("availability", &report.availability);
    text += &budget("latency", &report.latency);
    text += &rates(report);
    for burn in report.burning() {
        text += &format!("{} {burn}\n", style(format!("✗ {}", burn.severity)).red().bold());
    }
    if report.burning().is_empty() {
        text += &format!("{} no burn rate is above its rule\n", style("✓").green().bold());
    }
    text + &codes(report)
}

fn mismatches(report: &Report) -> String {
    if report.mismatches.is_empty() {
        return format!("{} no contract mismatch\n\n", style("✓").green().bold());
    }
    let mut text = String::new();
    for mismatch in &report.mismatches {
        let mark = style("✗ contract mismatch").red().bold();
        let times = number(mismatch.count);
        text += &format!("{mark} {}\n", mismatch.sentence());
        text += &format!("    {times} times, {} to {}\n", mismatch.first, mismatch.last);
        let contract: String = mismatch.contract.chars().take(12).collect();
        text += &format!("    {} {}, contract {contract}\n", mismatch.function, mismatch.function_version);
        text += &mismatch.cause.as_ref().map(|cause| format!("    {}\n", style(cause).dim())).unwrap_or_default();
    }
    text + "\n"
}

fn groups(report: &Report) -> String {
    let head = ["RPC and version", "requests", "4xx", "5xx", "error rate", "p50", "p95", "p99", "burned"];
    let mut rows = vec![head.map(|cell| style(cell).dim().to_string()).to_vec()];
    rows.extend(report.groups.iter().chain([&report.total]).map(row));
    table(&rows) + "\n"
}

fn row(group: &Group) -> Vec<String> {
    let ms = |ms: Option<f64>| ms.map_or("–".to_owned(), milliseconds);
    let bad = number(group.server_errors);
    vec![
        group.label.clone(),
        number(group.requests),
        number(group.client_errors),
        if group.server_errors > 0 { style(bad).red().to_string() } else { bad },
        percent(group.error_rate),
        ms(group.duration_ms.p50),
        ms(group.duration_ms.p95),
        ms(group.duration_ms.p99),
        percent(group.availability_burned_share),
    ]
}

fn budget(name: &str, budget: &Budget) -> String {
    let used = percent(budget.used);
    let used = if budget.used > 1.0 { style(used).red().bold() } else { style(used).green() };
    format!(
        "{name} budget: {used} used ({} of {} requests, {:.1} allowed by {} %)\n",
        number(budget.bad),
        number(budget.requests),
        budget.allowed,
        budget.objective_percent
    )
}

fn rates(report: &Report) -> String {
    let head = ["burn rate", "requests", "availability", "latency", ""];
    let mut rows = vec![head.map(|cell| style(cell).dim().to_string()).to_vec()];
    for window in &report.total.windows {
        let rate =
            |rate: f64| if rate > 1.0 { style(format!("{rate:.1}×")).red() } else { style(format!("{rate:.1}×")) };
        rows.push(vec![
            window.window.to_owned(),
            number(window.requests),
            rate(window.availability_burn_rate).to_string(),
            rate(window.latency_burn_rate).to_string(),
            if window.partial { style("the log is shorter").dim().to_string() } else { String::new() },
        ]);
    }
    format!("\n{}\n", table(&rows))
}

fn codes(report: &Report) -> String {
    let row = |code: &crate::Code| vec![code.code.clone(), code.status.to_string(), number(code.count)];
    let rows: Vec<_> = report.codes.iter().take(10).map(row).collect();
    if rows.is_empty() { String::new() } else { format!("\n{}", table(&rows)) }
}

fn what_was_read(report: &Report) -> String {
    let lines = &report.lines;
    let mut text = format!("\n{} lines, {} records", number(lines.read), number(lines.records));
    let apart = [
        (lines.preflights, "preflights"),
        (lines.turned_off, "turned off"),
        (lines.outside, "outside of the time asked for"),
        (lines.rejected.total, "no records"),
    ];
    for (count, what) in apart.into_iter().filter(|(count, _)| *count > 0) {
        text += &format!(", {} {what}", number(count));
    }
    text.push('\n');
    text + &rejected(lines)
}

fn rejected(lines: &Lines) -> String {
    let mut text = String::new();
    for (count, kind) in lines.rejected.kinds() {
        text += &format!("{} {} {kind}\n", style("?").yellow().bold(), number(count));
    }
    for sample in &lines.rejected.samples {
        text += &format!("    line {}: {}\n", sample.line, style(&sample.text).dim());
    }
    text
}

/// The first column to the left, the others to the right.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().map(|row| measure_text_width(&row[column])).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let space = " ".repeat(widths[column].saturating_sub(measure_text_width(cell)));
            line += &if column == 0 { format!("{cell}{space}") } else { format!("  {space}{cell}") };
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}
