//! The parts of the page that show the processes that serve functions, and one instance.

use maud::{Markup, html};

use super::{mebibytes, number, table};
use crate::result::{
    Speed,
    host::{First, Micro, Soak},
};

pub fn processes(speed: &Speed) -> Markup {
    html! {
        section {
            h2 { "Processes" }
            p { "Memory after the load, each page counted once; from the start of the process to its first list, compiled code cached." }
            (table(&["System", "Host", "Memory MiB", "First answer ms"], html! {
                @for of in &speed.processes {
                    tr { th scope="row" { (of.system) } td { (of.host.as_deref().unwrap_or_default()) } td.n { (mebibytes(of.memory_bytes)) } td.n { (number(of.first_answer_ms)) } }
                }
            }))
        }
    }
}

pub fn first(first: &First) -> Markup {
    let heads = ["System", "Host", "Keys", "First ms", "Slowest first ms", "Warm ms", "First over warm ms"];
    html! {
        section {
            h2 { "After a pause" }
            p {
                "A list after at least " (first.pause_seconds) " s without one, over a connection that stays open, and ten after it: "
                "medians of " (first.rounds) " rounds. The key set alone takes " (number(first.key_set_ms)) " ms."
            }
            (table(&heads, html! {
                @for of in &first.systems {
                    tr {
                        th scope="row" { (of.system) } td { (of.host.as_deref().unwrap_or_default()) } td { (of.keys.unwrap_or_default()) }
                        td.n { (number(of.first_ms)) } td.n { (number(of.first_max_ms)) } td.n { (number(of.warm_ms)) }
                        td.n { (number(of.first_ms - of.warm_ms)) }
                    }
                }
            }))
        }
    }
}

pub fn soak(soak: &Soak) -> Markup {
    let step = soak.samples.len().div_ceil(20).max(1);
    html! {
        section {
            h2 { "Minutes on end at full load, in " (soak.host) }
            p {
                (soak.requests) " requests over " (soak.connections) " connections, half of which list and half of which send. "
                "In the second half " (format!("{:+.2}", soak.memory_mib_per_minute)) " MiB and "
                (format!("{:+.2}", soak.descriptors_per_minute)) " descriptors a minute: the slope of the line that fits best."
            }
            figure { figcaption { strong { "Resident memory" } " " span { "MiB, from nothing" } } div.chart id="soak" role="img" aria-label="Resident memory" {} }
            (table(&["Minute", "Memory MiB", "Descriptors"], html! {
                @for sample in soak.samples.iter().step_by(step) {
                    tr {
                        th scope="row" { (number(sample.seconds / 60.0)) } td.n { (number(sample.memory_bytes as f64 / 1_048_576.0)) }
                        td.n { (sample.descriptors) }
                    }
                }
            }))
        }
    }
}

pub fn micro(micro: &Micro) -> Markup {
    let heads = ["Component", "Size KB", "Instantiation µs", "Memory MiB, one at a time", "Memory MiB, 16 at once"];
    html! {
        section {
            h2 { "One instance, in the host: " (micro.host) }
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
