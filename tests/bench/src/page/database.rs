//! The parts of the page that show the database: each RPC alone, and lines as the rows become more.

use maud::{Markup, html};

use super::{number, table};
use crate::result::database::{Growth, Rpcs};

pub fn rpcs(rpcs: &Rpcs) -> Markup {
    html! {
        section {
            h2 { "The RPCs in the database" }
            p {
                "One call over one connection, as PostgREST makes it, over the bare statement: the same rows without handshake, "
                "checks and RLS. A part costs what becomes less without it."
            }
            @for database in &rpcs.databases {
                h3 { "PostgreSQL " (database.postgresql) }
                (table(&["RPC", "Bare ms", "RPC ms", "Above ms", "Limit ms", "Of that"], html! {
                    @for of in &database.rpcs {
                        @let parts = of.parts.iter().map(|part| format!("{} {:.3}", part.part, part.costs_ms));
                        tr {
                            th scope="row" { (of.title()) } td.n { (format!("{:.3}", of.bare_ms)) } td.n { (format!("{:.3}", of.rpc_ms)) }
                            td.n { (format!("{:.3}", of.above_ms)) } td.n { (format!("{:.3}", of.limit_ms)) }
                            td { (parts.collect::<Vec<_>>().join(", ")) }
                        }
                    }
                }))
            }
            @for missing in &rpcs.missing { p { (missing) } }
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
            h2 { "As the work grows, in " (growth.host) }
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
