//! The parts of the page that show figures: bars, tables, and lines as the work grows.

use maud::{Markup, html};

use super::{mebibytes, number, table};
use crate::result::{Cell, Figures, Growth, Micro, Speed, connections};

/// Added latency and throughput of each system at 50 rows, as bars.
pub fn bars(speed: &Speed) -> Markup {
    let shown = |cell: &&Cell| ["messages-list", "messages-send", "stage-room-match"].contains(&cell.name.as_str());
    let cells: Vec<&Cell> = speed.cells.iter().filter(shown).filter(|cell| [0, 50].contains(&cell.rows)).collect();
    let chart = |title: &str,
                 what: &str,
                 value: &dyn Fn(&Figures) -> f64,
                 of: &dyn Fn(&Figures) -> bool,
                 unit: &str| {
        html! {
            figure.bars {
                figcaption { strong { (title) } " " span { (what) } }
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
            h2 { "Without TCP_NODELAY" }
            p { "As Spin leaves its sockets. A refusal is compared with a list over the direct way." }
            (cells(sockets))
        }
    }
}

fn cells(cells: &[Cell]) -> Markup {
    let heads = [
        "What",
        "At once",
        "System",
        "p50 ms",
        "p95 ms",
        "p99 ms",
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
                        td.n { (number(of.p50_ms)) } td.n { (number(of.p95_ms)) } td.n { (number(of.p99_ms)) }
                        td.n { (number(of.added_p50_ms)) } td.n { (number(of.requests_per_second)) }
                        td.n { (format!("{:.0} %", of.throughput_ratio * 100.0)) }
                        td.n { (number(of.cpu_seconds_per_1000)) } td.n { (number(of.added_cpu_seconds_per_1000)) }
                    }
                }
            }
        },
    )
}

pub fn processes(speed: &Speed) -> Markup {
    html! {
        section {
            h2 { "Processes" }
            p { "Memory after the load, each page counted once; from the start of the process to its first list, compiled code cached." }
            (table(&["System", "Memory MiB", "First answer ms"], html! {
                @for of in &speed.processes {
                    tr { th scope="row" { (of.system) } td.n { (mebibytes(of.memory_bytes)) } td.n { (number(of.first_answer_ms)) } }
                }
            }))
        }
    }
}

pub fn micro(micro: &Micro) -> Markup {
    let heads = ["Component", "Size KB", "Instantiation µs", "Memory MiB, one at a time", "Memory MiB, 16 at once"];
    html! {
        section {
            h2 { "One instance" }
            p {
                "A token costs, by the component's own clock: ES256 " (number(micro.first_es256_us)) " µs the first time and "
                (number(micro.repeated_es256_us)) " µs after that; HS256 " (number(micro.first_hs256_us)) " µs the first time. "
                "Memory is that of an instance after 128 requests."
            }
            (table(&heads, html! {
                @for of in &micro.components {
                    tr {
                        th scope="row" { (of.component) } td.n { (number(of.size_bytes as f64 / 1000.0)) } td.n { (number(of.instantiation_us)) }
                        td.n { (number(of.memory_bytes as f64 / 1_048_576.0)) } td.n { (number(of.memory_at_16_bytes as f64 / 1_048_576.0)) }
                    }
                }
            }))
        }
    }
}

pub fn growth(growth: &Growth) -> Markup {
    let chart = |id: &str, title: &str, what: &str| {
        html! { figure { figcaption { strong { (title) } " " span { (what) } } div.chart id=(id) role="img" aria-label=(title) {} } }
    };
    let heads =
        ["Messages", "Newest, direct ms", "Newest ms", "Middle, direct ms", "Middle ms", "Gate check ms", "By index"];
    html! {
        section.charts {
            h2 { "As the work grows" }
            (chart("newest", "The newest page", "p50 in ms at 1 connection"))
            (chart("middle", "A page in the middle", "p50 in ms at 1 connection"))
            (chart("sweep", "The sweep", "of overlays that are over, in ms; a straight line is linear"))
            (chart("gate", "The gate", "one check, in ms"))
        }
        section {
            (table(&heads, html! {
                @for of in &growth.lists {
                    tr {
                        th scope="row" { (of.messages) }
                        td.n { (number(of.newest_direct_ms)) } td.n { (number(of.newest_lockstep_ms)) } td.n { (number(of.middle_direct_ms)) }
                        td.n { (number(of.middle_lockstep_ms)) } td.n { (number(of.gate_ms)) } td { @if of.by_index { "yes" } @else { "no" } }
                    }
                }
            }))
            (table(&["Overlays", "Sweep ms", "µs each"], html! {
                @for of in &growth.sweeps {
                    tr { th scope="row" { (of.overlays) } td.n { (number(of.took_ms)) } td.n { (number(of.took_ms / of.overlays as f64 * 1000.0)) } }
                }
            }))
            @if let Some(last) = growth.lists.last() {
                p { "The plans, with " (last.messages) " messages:" }
                ul.plans { @for plan in &last.plans { li { code { (plan) } } } }
            }
        }
    }
}
