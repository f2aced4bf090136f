//! The figures on the terminal: the limits first, and what was missed in red.

use console::style;

use crate::{
    limits::{Limit, Verdict},
    result::{Cell, Micro, Run, connections},
};

/// On standard output.
pub fn show(run: &Run) {
    let cells = run.speed.iter().flat_map(|speed| &speed.cells);
    heading("Under load: medians of the rounds");
    cells.for_each(table);
    if let Some(sockets) = &run.sockets {
        heading("Without TCP_NODELAY, as Spin leaves sockets");
        sockets.iter().for_each(table);
    }
    if let Some(micro) = &run.micro {
        heading("One instance");
        let Micro { first_es256_us, repeated_es256_us, first_hs256_us, .. } = micro;
        println!(
            "  a token: ES256 {first_es256_us:.0} µs, again {repeated_es256_us:.0} µs; HS256 {first_hs256_us:.0} µs"
        );
    }
    if let Some(speed) = &run.speed {
        heading("Processes");
        for of in &speed.processes {
            let memory = of.memory_bytes / 1_048_576;
            println!(
                "  {:9} {memory:4} MiB after the load, first answer after {:.0} ms",
                of.system, of.first_answer_ms
            );
        }
    }
    if !run.limits.is_empty() {
        heading("Limits");
        run.limits.iter().for_each(line);
    }
    if run.method.quick {
        println!("\n{}", style("A quick run: too short for figures to rely on.").yellow());
    }
}

fn heading(text: &str) {
    println!("\n{}", style(text).bold());
}

fn table(cell: &Cell) {
    println!("\n{}, {}", cell.title(), connections(cell.connections));
    println!("{}", style("             p50 ms   p95 ms   p99 ms  added ms   req/s  of direct  CPU s/1000").dim());
    for of in &cell.systems {
        println!(
            "  {:9} {:8.2} {:8.2} {:8.2}  {:8.2} {:7.0} {:9.0}% {:11.2}",
            of.system,
            of.p50_ms,
            of.p95_ms,
            of.p99_ms,
            of.added_p50_ms,
            of.requests_per_second,
            of.throughput_ratio * 100.0,
            of.cpu_seconds_per_1000,
        );
    }
}

fn line(limit: &Limit) {
    let mark = match limit.verdict {
        Verdict::Held => style("held  ").green(),
        Verdict::Missed => style("missed").red().bold(),
        Verdict::NotJudged => style("open  ").yellow(),
    };
    println!("  {mark}  {:>12}  {}  {}", limit.figure, limit.what, style(&limit.limit).dim());
}
