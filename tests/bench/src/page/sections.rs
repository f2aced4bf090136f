//! The parts of the page that show requests under load: bars and tables.

use maud::{Markup, html};

use super::{number, table};
use crate::{
    result::{Cell, Figures, Speed, connections},
    work::Operation,
};

/// Added latency and throughput of each system at 50 rows, as bars.
pub fn bars(speed: &Speed) -> Markup {
    let shown = |cell: &&Cell| Operation::USUAL.iter().any(|operation| operation.name() == cell.name);
    let cells: Vec<&Cell> = speed.cells.iter().filter(shown).filter(|cell| [0, 50].contains(&cell.rows)).collect();
    let host = cells.iter().find_map(|cell| cell.of("lockstep")?.host.as_deref());
    let chart = |title: &str,
                 what: &str,
                 value: &dyn Fn(&Figures) -> f64,
                 of: &dyn Fn(&Figures) -> bool,
                 unit: &str| {
        html! {
            figure.bars {
                figcaption { strong { (title) } " " span { (what) @if let Some(host) = host { "; lockstep in " (host) } } }
                @for cell in &cells {
                    @let values: Vec<_> = cell.systems.iter().filter(|figures| of(figures)).map(|figures| (figures.system, value(figures))).collect();
                    @let most = values.iter().map(|(_, value)| *value).fold(0.0, f64::max);
                    h3 { (cell.title()) ", " (connections(cell.connections)) }
                    @for (system, value) in &values {
                        div.bar.(system) {
                            span { (system) }
                            div.track { i style=(format!("width:{:.1}%", (value / most * 100.0).max(0.0))) {} }
                            b { (number(*value)) " " (unit) }
                        }
                    }
                }
            }
        }
    };
    html! {
        section.wide-charts {
            (chart("Added latency", "p50 over the direct call, shorter is better", &|of| of.added_p50_ms, &|of| of.system != "direct", "ms"))
            (chart("Throughput", "longer is better", &|of| of.requests_per_second, &|_| true, "req/s"))
        }
    }
}

pub fn under_load(speed: &Speed) -> Markup {
    html! { section { h2 { "Under load" } (cells(&speed.cells)) } }
}

pub fn without_nodelay(sockets: &[Cell]) -> Markup {
    html! {
        section {
            h2 { "The stack's host without TCP_NODELAY" }
            p {
                "Sockets as Spin leaves them, in a host that is not Spin: that nothing waits here proves nothing about Spin. "
                "A refusal is compared with a list over the direct way."
            }
            (cells(sockets))
        }
    }
}

fn cells(cells: &[Cell]) -> Markup {
    let heads = [
        "What",
        "At once",
        "System",
        "Host",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "Max ms",
        "Added p50 ms",
        "Requests/s",
        "Of direct",
        "CPU s per 1,000",
        "Added CPU s",
    ];
    table(
        &heads,
        html! {
            @for cell in cells {
                @for (place, of) in cell.systems.iter().enumerate() {
                    tr {
                        th scope="row" { @if place == 0 { (cell.title()) } }
                        td.n { @if place == 0 { (cell.connections) } }
                        td { (of.system) }
                        td { (of.host.as_deref().unwrap_or_default()) }
                        td.n { (number(of.p50_ms)) } td.n { (number(of.p95_ms)) } td.n { (number(of.p99_ms)) } td.n { (number(of.max_ms)) }
                        td.n { (number(of.added_p50_ms)) } td.n { (number(of.requests_per_second)) }
                        td.n { (format!("{:.0} %", of.throughput_ratio * 100.0)) }
                        td.n { (number(of.cpu_seconds_per_1000)) } td.n { (number(of.added_cpu_seconds_per_1000)) }
                    }
                }
            }
        },
    )
}
