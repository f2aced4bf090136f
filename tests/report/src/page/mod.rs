//! One page that holds everything: no request leaves it, and without JavaScript the tables say the same.

mod frame;
mod tables;

use maud::{Markup, html};
use serde_json::json;

pub use self::frame::Page;
use crate::{
    headline::{number, percent},
    report::{Budget, Report},
};

const SCRIPT: &str = include_str!("../../assets/page.js");

/// The page.
pub fn html(report: &Report) -> String {
    Page {
        title: "Lockstep: who burned the error budget",
        style: "",
        header: html! {
            h1 { "Who burned the error budget" }
            p.period { (period(report)) }
            p.headline { (report.headline) }
        },
        main: html! {
            (numbers(report))
            (tables::mismatches(report))
            (tables::burning(report))
            (charts(report))
            (tables::groups(report))
            (tables::rates(report))
            (tables::codes(report))
            (tables::what_was_read(report))
            (tables::meanings(report))
        },
        data: &data(report),
        script: SCRIPT,
    }
    .html()
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

fn data(report: &Report) -> String {
    let burned = report.groups.first().filter(|group| group.server_errors > 0);
    let data = json!({
        "series": report.series,
        "burned": burned.and_then(|group| group.availability_burned),
        "threshold_ms": report.objectives.latency_threshold_ms,
    });
    data.to_string()
}
