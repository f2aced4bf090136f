//! One page that holds everything: no request leaves it, and without JavaScript the tables say the same.

mod tables;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::json;

use crate::{
    headline::{number, percent},
    report::{Budget, Report},
};

/// uPlot, which draws charts.
pub const UPLOT: &str = include_str!("../../assets/uplot/uPlot.iife.min.js");
/// And its style.
pub const UPLOT_STYLE: &str = include_str!("../../assets/uplot/uPlot.min.css");
const SCRIPT: &str = include_str!("../../assets/page.js");
/// The look of a page: light and dark, tables, boxes, charts.
pub const STYLE: &str = include_str!("../../assets/page.css");
/// The browser itself holds the page to it.
pub const NOTHING_FROM_OUTSIDE: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// The page.
pub fn html(report: &Report) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(NOTHING_FROM_OUTSIDE);
                title { "Lockstep: who burned the error budget" }
                style { (PreEscaped(UPLOT_STYLE)) (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { "Who burned the error budget" }
                    p.period { (period(report)) }
                    p.headline { (report.headline) }
                }
                main {
                    (numbers(report))
                    (tables::mismatches(report))
                    (tables::burning(report))
                    (charts(report))
                    (tables::groups(report))
                    (tables::rates(report))
                    (tables::codes(report))
                    (tables::read(report))
                    (tables::meanings(report))
                }
                script type="application/json" id="data" { (PreEscaped(data(report))) }
                script { (PreEscaped(UPLOT)) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

fn period(report: &Report) -> String {
    match report.first.zip(report.last) {
        Some((first, last)) => {
            let span = crate::moment::span((last.0 - first.0) / 1000);
            format!("{first} to {last} ({span}), {} requests", number(report.total.requests))
        }
        None => "no requests".to_owned(),
    }
}

fn numbers(report: &Report) -> Markup {
    let mismatches: u64 = report.mismatches.iter().map(|mismatch| mismatch.count).sum();
    let failed = &report.total;
    html! {
        section.numbers aria-label="In numbers" {
            (left("Error budget left", &report.availability, "failed"))
            (left("Latency budget left", &report.latency, "too slow"))
            div.number.bad[failed.server_errors > 0] {
                span.name { "Failed requests (5xx)" }
                strong { (percent(failed.error_rate)) }
                span.more { (number(failed.server_errors)) " of " (number(failed.requests)) }
            }
            div.number.bad[mismatches > 0] {
                span.name { "Contract mismatches" }
                strong { (number(mismatches)) }
                span.more {
                    @if mismatches > 0 { "a deploy met the wrong database" } @else { "functions and database agree" }
                }
            }
        }
    }
}

fn left(name: &str, budget: &Budget, wrong: &str) -> Markup {
    let over = budget.used > 1.0;
    html! {
        div.number.bad[over].good[!over] {
            span.name { (name) }
            strong { @if over { "none" } @else { (percent(1.0 - budget.used)) } }
            span.more {
                (number(budget.bad)) " " (wrong) ", " (format!("{:.1}", budget.allowed)) " allowed by "
                (budget.objective_percent) "\u{a0}%"
                @if over { ": " (percent(budget.used)) " used" }
            }
        }
    }
}

fn charts(report: &Report) -> Markup {
    let chart = |id: &str, title: &str, what: &str| {
        html! {
            figure {
                figcaption { strong { (title) } " " span { (what) } }
                @if id == "latency" {
                    label { "of " select id="latency-of" {} }
                }
                div.chart id=(id) role="img" aria-label=(format!("{title}. The tables below have the numbers.")) {}
            }
        }
    };
    let slot = crate::moment::span(report.series.width_seconds);
    let threshold = report.objectives.latency_threshold_ms;
    html! {
        section.charts aria-label="Over time" {
            h2 { "Over time" }
            noscript { p { "The charts need JavaScript; the tables below say the same." } }
            (chart("failed", "Failed requests", &format!("per {slot}, by the version that answered")))
            (chart("budget", "Error budget left", "of the whole log, in percent; below 0 it is used up"))
            (chart("latency", "Latency", &format!("in milliseconds, per {slot}; in time is {threshold} ms or less")))
            (chart("requests", "Requests", &format!("per {slot}, by the version that answered")))
        }
    }
}

/// Nothing in it can end the element that it stands in.
fn data(report: &Report) -> String {
    let burned = report.groups.first().filter(|group| group.server_errors > 0);
    let data = json!({
        "series": report.series,
        "burned": burned.and_then(|group| group.availability_burned),
        "threshold_ms": report.objectives.latency_threshold_ms,
    });
    data.to_string().replace('<', "\\u003c")
}
