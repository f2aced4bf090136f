//! The tables, mismatches first.

use maud::{Markup, html};

use crate::{
    burn::{Indicator, RULES, Window},
    group::Kind,
    headline::{number, percent},
    line::milliseconds,
    moment::Moment,
    report::{Group, Report},
};

/// In a box of its own, which scrolls where the screen is narrow.
fn table(caption: &str, rows: &Markup) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(caption) {
            table { caption { (caption) } (rows) }
        }
    }
}

pub fn mismatches(report: &Report) -> Markup {
    if report.mismatches.is_empty() {
        return html! { p.fine { "✓ No contract mismatch: every version that was asked for answered." } };
    }
    let rows = html! {
        thead { tr {
            th { "RPC" } th { "Built for" } th { "Database has" } th.n { "Requests" } th { "First and last" }
            th { "Function" } th { "Contract" } th { "Cause" }
        } }
        tbody {
            @for mismatch in &report.mismatches {
                tr {
                    th scope="row" { (broken(&mismatch.rpc)) }
                    td { (mismatch.expected.as_deref().unwrap_or("–")) }
                    td.bad { (mismatch.matched.as_deref().unwrap_or("said nothing")) }
                    td.n { (number(mismatch.count)) }
                    td { (mismatch.first) br; (mismatch.last) }
                    td { (mismatch.function) " " (mismatch.function_version) }
                    td title=(mismatch.contract) { code { (short(&mismatch.contract)) } }
                    td.wide { (mismatch.cause.as_deref().unwrap_or("–")) }
                }
            }
        }
    };
    html! {
        section.alarm {
            h2 { "Contract mismatches" }
            p { "These functions met a database without the version that they were built for: migrate it, or roll back." }
            (table("By RPC, versions and build, the most frequent first", &rows))
        }
    }
}

pub fn burning(report: &Report) -> Markup {
    html! {
        @if report.burning().is_empty() {
            p.fine { "✓ No burn rate is above its rule" @if let Some(now) = report.now { " at " (now) } "." }
        } @else {
            section.alarm {
                h2 { "Burning" @if let Some(now) = report.now { " at " (now) } }
                ul { @for burn in report.burning() { li { strong { (burn.severity) } " " (burn) } } }
            }
        }
    }
}

pub fn groups(report: &Report) -> Markup {
    let rows = html! {
        thead { tr {
            th { "RPC and version" } th.n { "Burned" } th.n { "5xx" } th.n { "Error rate" } th.n { "Requests" }
            th.n { "2xx" } th.n { "4xx" } th.n { "p50" } th.n { "p95" } th.n { "p99" } th { "When it burned" }
            th.n { "RPC p95" } th.n { "Rows" }
            th { "Seen" } th { "Functions" } th { "Contracts" }
        } }
        tbody { @for group in report.groups.iter().chain([&report.total]) { (row(group)) } }
    };
    html! {
        section {
            h2 { "By RPC and version" }
            (table("Requests by RPC and version, those that burned most first", &rows))
        }
    }
}

fn row(group: &Group) -> Markup {
    let ms = |ms: Option<f64>| ms.map_or("–".to_owned(), milliseconds);
    let time = |moment: Option<Moment>| moment.map_or("–".to_owned(), |moment| moment.to_string());
    let keys = |counts: &std::collections::BTreeMap<String, u64>| counts.keys().cloned().collect::<Vec<_>>();
    html! {
        tr.total[group.kind == Kind::All] {
            th scope="row" { (broken(&group.label)) }
            td.n.bad[group.availability_burned_share > 0.5 && group.kind != Kind::All] {
                (percent(group.availability_burned_share))
            }
            td.n.bad[group.server_errors > 0] { (number(group.server_errors)) }
            td.n { (percent(group.error_rate)) }
            td.n { (number(group.requests)) } td.n { (number(group.ok)) } td.n { (number(group.client_errors)) }
            @let times = &group.duration_ms;
            td.n { (ms(times.p50)) } td.n { (ms(times.p95)) } td.n { (ms(times.p99)) }
            td {
                @match group.availability_burned {
                    Some(stretch) => {
                        "since " (stretch.since) br;
                        @match stretch.until { Some(until) => { "until " (until) }, None => "until the end" }
                    }
                    None => "–",
                }
            }
            td.n { (ms(group.rpc_ms.p95)) } td.n { (number(group.rows)) }
            td { (time(group.first)) br; (time(group.last)) }
            td { (keys(&group.function_versions).join(", ")) }
            td { @for hash in keys(&group.contracts) { code title=(hash) { (short(&hash)) } " " } }
        }
    }
}

pub fn rates(report: &Report) -> Markup {
    let judged = |group: &&Group| matches!(group.kind, Kind::All | Kind::Answered);
    html! {
        section {
            h2 { "Burn rates" }
            p { "1 uses the budget as fast as the objective allows. " (rules()) }
            @for indicator in Indicator::ALL {
                @let rows = html! {
                    thead { tr {
                        th { "Over the last" }
                        @for window in &report.total.windows {
                            th.n { (window.window) @if window.partial { br; small { "log is shorter" } } }
                        }
                    } }
                    tbody { @for group in [&report.total].into_iter().chain(&report.groups).filter(judged) {
                        tr {
                            th scope="row" { (broken(&group.label)) }
                            @for window in &group.windows { (cell(window, indicator)) }
                        }
                    } }
                };
                (table(&format!("Burn rates: {}", indicator.word()), &rows))
            }
        }
    }
}

/// The colour says it, and the word for those who do not see it.
fn cell(window: &Window, indicator: Indicator) -> Markup {
    let rate = window.rate(indicator);
    let (class, word) = match rate {
        _ if window.requests == 0 => ("none", "no requests"),
        rate if rate > 14.4 => ("worst", "on fire"),
        rate if rate > 6.0 => ("worse", "fast"),
        rate if rate > 1.0 => ("over", "too fast"),
        _ => ("fine", "fine"),
    };
    let shown = if rate < 2.0 { format!("{rate:.2}×") } else { format!("{rate:.1}×") };
    html! {
        td.n.rate.(class) {
            @if window.requests == 0 { "–" } @else { (shown) }
            " " small { (word) }
        }
    }
}

fn rules() -> String {
    let rule = |(long, short, factor, severity): &(&str, &str, f64, &str)| {
        format!("above {factor} over {long} and over {short} is a {severity}")
    };
    let mut rules = RULES.iter().map(rule).collect::<Vec<_>>().join("; ");
    rules.replace_range(..1, "A");
    rules + "."
}

pub fn codes(report: &Report) -> Markup {
    let rows = html! {
        thead { tr { th { "Code" } th.n { "Status" } th.n { "Requests" } th { "First cause" } } }
        tbody { @for code in report.codes.iter().take(30) {
            tr {
                th scope="row" { code { (code.code) } }
                td.n.bad[code.status >= 500] { (code.status) }
                td.n { (number(code.count)) }
                td.wide { (code.cause.as_deref().unwrap_or("–")) }
            }
        } }
    };
    html! {
        section {
            h2 { "Codes" }
            @if report.total.server_errors + report.total.client_errors == 0 { p.fine { "✓ No request ended with a problem." } }
            @else { (table("Problems by code; those that burn the budget first", &rows)) }
        }
    }
}

pub fn what_was_read(report: &Report) -> Markup {
    let lines = &report.lines;
    html! {
        section {
            h2 { "What was read" }
            p {
                (number(lines.read)) " lines: " (number(lines.records)) " records, of which "
                (number(lines.preflights)) " preflights, "
                (number(lines.turned_off)) " to functions that are turned off and "
                (number(lines.outside)) " outside of the time asked for are counted nowhere else; "
                (number(lines.rejected.total)) " no records."
            }
            @if lines.rejected.total > 0 {
                ul { @for (count, kind) in lines.rejected.kinds() { li { (number(count)) " " (kind) } } }
                p { "The first of them:" }
                @for sample in &lines.rejected.samples { pre { "line " (sample.line) ": " (sample.text) } }
            }
        }
    }
}

pub fn meanings(report: &Report) -> Markup {
    html! {
        section.meanings {
            h2 { "What is counted" }
            p {
                "A request fails when it is answered with a 5xx; a 4xx is the caller's, and burns nothing. It is slow when it \
                 was answered with neither and took longer than " (report.objectives.latency_threshold_ms) " ms; the time in \
                 which the caller sent its body is no part of any latency here. The budget is what the \
                 objective allows of the requests of this log. Counts are exact; latencies have three significant \
                 digits, in the charts two. Times are UTC."
            }
        }
    }
}

/// A name that may go on in the next line after an underscore.
fn broken(name: &str) -> Markup {
    html! { @for part in name.split_inclusive('_') { (part) wbr; } }
}

fn short(hash: &str) -> String {
    hash.chars().take(12).collect()
}
