//! One page that holds everything: no request leaves it, and without JavaScript the tables say the same.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use report::page::{NOTHING_FROM_OUTSIDE, STYLE, UPLOT, UPLOT_STYLE};

use crate::{
    limits::{Limit, Verdict},
    machine::Machine,
    result::{Cell, Figures, Growth, Micro, Run, Speed, connections},
};

const OWN_STYLE: &str = include_str!("../assets/page.css");
const SCRIPT: &str = include_str!("../assets/page.js");

/// The page.
pub fn html(run: &Run) -> String {
    let data = serde_json::to_string(&run.growth).expect("numbers and strings").replace('<', "\\u003c");
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(NOTHING_FROM_OUTSIDE);
                title { "Lockstep: what the functions cost" }
                style { (PreEscaped(UPLOT_STYLE)) (PreEscaped(STYLE)) (PreEscaped(OWN_STYLE)) }
            }
            body {
                header {
                    h1 { "What the functions cost" }
                    p.headline { (headline(run)) }
                }
                main {
                    (machine(&run.machine, run))
                    (limits(&run.limits))
                    @if let Some(speed) = &run.speed { (bars(speed)) (under_load(speed)) (processes(speed)) }
                    @if let Some(sockets) = &run.sockets { (without_nodelay(sockets)) }
                    @if let Some(figures) = &run.micro { (micro(figures)) }
                    @if let Some(figures) = &run.growth { (growth(figures)) }
                }
                script type="application/json" id="data" { (PreEscaped(data)) }
                script { (PreEscaped(UPLOT)) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

fn headline(run: &Run) -> String {
    let count = |verdict| run.limits.iter().filter(|limit| limit.verdict == verdict).count();
    let quick = if run.method.quick { " A quick run: too short for figures to rely on." } else { "" };
    format!("{} limits held, {} missed.{quick}", count(Verdict::Held), count(Verdict::Missed))
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
        html! { tr { th scope="row" { (limit.what) } td.n { (limit.figure) } td { (limit.limit) } td { span.verdict.(class) { (word) } } } }
    };
    html! {
        section {
            h2 { "Limits" }
            (table(&["What", "Figure", "Limit", ""], html! { @for limit in limits { (row(limit)) } }))
        }
    }
}

/// Added latency and throughput of each system at 50 rows, as bars.
fn bars(speed: &Speed) -> Markup {
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

fn under_load(speed: &Speed) -> Markup {
    html! { section { h2 { "Under load" } (cells(&speed.cells)) } }
}

fn without_nodelay(sockets: &[Cell]) -> Markup {
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

fn processes(speed: &Speed) -> Markup {
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

fn micro(micro: &Micro) -> Markup {
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

fn growth(growth: &Growth) -> Markup {
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
