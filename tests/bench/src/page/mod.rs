//! One page that holds everything: no request leaves it, and without JavaScript the tables say the same.

mod database;
mod host;
mod sections;

use maud::{Markup, html};
use report::page::Page;

use self::{
    database::{growth, rpcs},
    host::{first, micro, processes, soak},
    sections::{bars, under_load, without_nodelay},
};
use crate::{
    limits::{Limit, Verdict},
    machine::Machine,
    result::Run,
};

const STYLE: &str = include_str!("../../assets/page.css");
const SCRIPT: &str = include_str!("../../assets/page.js");

/// The page.
pub fn html(run: &Run) -> String {
    let drawn = serde_json::json!({ "growth": run.growth, "soak": run.soak });
    Page {
        title: "Lockstep: what the functions cost",
        style: STYLE,
        header: html! {
            h1 { "What the functions cost" }
            p.headline { (headline(run)) }
        },
        main: html! {
            (machine(&run.machine, run))
            (limits(&run.limits))
            @if let Some(speed) = &run.speed { (bars(speed)) (under_load(speed)) (processes(speed)) }
            @if let Some(sockets) = &run.sockets { (without_nodelay(sockets)) }
            @if let Some(figures) = &run.first { (first(figures)) }
            @if let Some(figures) = &run.soak { (soak(figures)) }
            @if let Some(figures) = &run.rpc { (rpcs(figures)) }
            @if let Some(figures) = &run.micro { (micro(figures)) }
            @if let Some(figures) = &run.growth { (growth(figures)) }
        },
        data: &drawn.to_string(),
        script: SCRIPT,
    }
    .html()
}

fn headline(run: &Run) -> String {
    let count = |verdict| run.limits.iter().filter(|limit| limit.verdict == verdict).count();
    let quick = if run.method.quick { " A quick run: too short for figures to rely on." } else { "" };
    let (held, missed) = (count(Verdict::Held), count(Verdict::Missed));
    format!("{held} limits held, {missed} missed. Our functions ran in: {}.{quick}", run.host)
}

fn machine(machine: &Machine, run: &Run) -> Markup {
    let versions = machine.versions.iter().map(|(name, version)| format!("{name} {version}"));
    let method = &run.method;
    html! {
        dl.machine {
            dt { "Machine" } dd { (machine.cpu) ", " (machine.cores) " cores, " (mebibytes(machine.memory_bytes)) " MiB, " (machine.kernel) }
            dt { "Versions" } dd { (versions.collect::<Vec<_>>().join(" · ")) }
            dt { "When" } dd { (machine.date) ", commit " (machine.commit) ", load before the run " (format!("{:.2}", machine.load)) }
            dt { "How" } dd {
                (method.rounds) " rounds in which the systems take turns, each " (method.warm_up_seconds) " s warm and "
                (method.measured_seconds) " s measured; medians of the rounds. Closed loop, a user and a token for each "
                "connection, the generator on the same machine."
            }
        }
    }
}

fn limits(limits: &[Limit]) -> Markup {
    let word = |verdict| match verdict {
        Verdict::Held => ("held", "held"),
        Verdict::Missed => ("missed", "missed"),
        Verdict::NotJudged => ("not_judged", "not judged"),
    };
    let row = |limit: &Limit| {
        let (class, word) = word(limit.verdict);
        html! { tr { th scope="row" { (limit.what) } td.n { (limit.figure) } td { span.verdict.(class) { (word) } } td { (limit.limit) } td { (limit.host.as_deref().unwrap_or_default()) } } }
    };
    html! {
        section.limits {
            h2 { "Limits" }
            (table(&["What", "Figure", "", "Limit", "Host"], html! { @for limit in limits { (row(limit)) } }))
        }
    }
}

fn table(heads: &[&str], rows: Markup) -> Markup {
    html! {
        div.scroll tabindex="0" {
            table { thead { tr { @for head in heads { th scope="col" { (head) } } } } tbody { (rows) } }
        }
    }
}

fn mebibytes(bytes: u64) -> u64 {
    bytes / 1_048_576
}

/// With as many digits as are worth reading.
fn number(value: f64) -> String {
    let digits = if value.abs() >= 100.0 { 0 } else { 2 };
    format!("{value:.digits$}")
}
