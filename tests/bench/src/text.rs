//! The figures on the terminal: the limits first, and what was missed in red.

use std::io;

use console::style;

use crate::{
    limits::{Limit, Verdict},
    result::{
        Cell, Run, connections,
        database::Rpcs,
        host::{First, Micro, Soak},
    },
};

/// On standard output.
pub fn show(run: &Run) -> io::Result<()> {
    say::line!("Our functions ran in: {}", style(&run.host).bold())?;
    if let Some(speed) = &run.speed {
        heading("Under load: medians of the rounds")?;
        speed.cells.iter().try_for_each(table)?;
    }
    if let Some(sockets) = &run.sockets {
        heading("The stack's host without TCP_NODELAY, which says nothing of Spin itself")?;
        sockets.iter().try_for_each(table)?;
    }
    run.first.iter().try_for_each(first)?;
    run.soak.iter().try_for_each(soak)?;
    run.rpc.iter().try_for_each(rpcs)?;
    if let Some(micro) = &run.micro {
        heading("One instance, in the stack's host")?;
        let Micro { first_es256_us, repeated_es256_us, first_hs256_us, .. } = micro;
        say::line!(
            "  a token: ES256 {first_es256_us:.0} µs, again {repeated_es256_us:.0} µs; HS256 {first_hs256_us:.0} µs"
        )?;
    }
    if let Some(speed) = &run.speed {
        heading("Processes")?;
        for of in &speed.processes {
            let memory = of.memory_bytes / 1_048_576;
            say::line!(
                "  {:9} {memory:4} MiB after the load, first answer after {:.0} ms  {}",
                of.system,
                of.first_answer_ms,
                mark(of.host.as_deref()),
            )?;
        }
    }
    if !run.limits.is_empty() {
        heading("Limits")?;
        run.limits.iter().try_for_each(line)?;
    }
    if run.method.quick {
        say::line!("\n{}", style("A quick run: too short for figures to rely on.").yellow())?;
    }
    Ok(())
}

fn first(first: &First) -> io::Result<()> {
    heading(&format!("The first request after {} s, {} times", first.pause_seconds, first.rounds))?;
    say::line!("{}", style("             first ms  slowest ms  warm ms  first over warm").dim())?;
    for of in &first.systems {
        let keys = of.keys.map_or(String::new(), |keys| format!("keys {keys}, "));
        say::line!(
            "  {:9} {:9.2} {:11.2} {:8.2} {:16.2}  {keys}{}",
            of.system,
            of.first_ms,
            of.first_max_ms,
            of.warm_ms,
            of.first_ms - of.warm_ms,
            mark(of.host.as_deref()),
        )?;
    }
    say::line!("  the key set, over a connection of its own: {:.2} ms", first.key_set_ms)
}

fn soak(soak: &Soak) -> io::Result<()> {
    heading(&format!("{} minutes at full load in {}, {} requests", soak.minutes, soak.host, soak.requests))?;
    say::line!("{}", style("   minute  memory MiB  descriptors").dim())?;
    // Ten lines tell the story.
    let step = soak.samples.len().div_ceil(10).max(1);
    for sample in soak.samples.iter().step_by(step).chain(soak.samples.last()) {
        let memory = sample.memory_bytes as f64 / 1_048_576.0;
        say::line!("  {:7.1} {memory:11.1} {:12}", sample.seconds / 60.0, sample.descriptors)?;
    }
    say::line!(
        "  in the second half {:+.2} MiB and {:+.2} descriptors a minute",
        soak.memory_mib_per_minute,
        soak.descriptors_per_minute
    )?;
    Ok(())
}

fn rpcs(rpcs: &Rpcs) -> io::Result<()> {
    for database in &rpcs.databases {
        heading(&format!("The RPCs in PostgreSQL {}, milliseconds of one call", database.postgresql))?;
        say::line!("{}", style("                                          bare    RPC  above").dim())?;
        for of in &database.rpcs {
            say::line!("  {:36} {:7.3} {:6.3} {:6.3}", of.title(), of.bare_ms, of.rpc_ms, of.above_ms)?;
            let parts = of.parts.iter().map(|part| format!("{} {:.3}", part.part, part.costs_ms));
            say::line!("    {}", style(parts.collect::<Vec<_>>().join(", ")).dim())?;
        }
    }
    for missing in &rpcs.missing {
        say::line!("\n{}", style(missing).yellow())?;
    }
    Ok(())
}

/// Which host gave a figure of ours.
fn mark(host: Option<&str>) -> String {
    host.map_or(String::new(), |host| style(short(host)).dim().to_string())
}

/// Name and version: the commit stands above all of it.
fn short(host: &str) -> &str {
    host.split(" (").next().unwrap_or(host)
}

fn heading(text: &str) -> io::Result<()> {
    say::line!("\n{}", style(text).bold())
}

fn table(cell: &Cell) -> io::Result<()> {
    say::line!("\n{}, {}", cell.title(), connections(cell.connections))?;
    say::line!(
        "{}",
        style("             p50 ms   p95 ms   p99 ms   max ms  added ms   req/s  of direct  CPU s/1000").dim()
    )?;
    for of in &cell.systems {
        say::line!(
            "  {:9} {:8.2} {:8.2} {:8.2} {:8.2}  {:8.2} {:7.0} {:9.0}% {:11.2}  {}",
            of.system,
            of.p50_ms,
            of.p95_ms,
            of.p99_ms,
            of.max_ms,
            of.added_p50_ms,
            of.requests_per_second,
            of.throughput_ratio * 100.0,
            of.cpu_seconds_per_1000,
            mark(of.host.as_deref()),
        )?;
    }
    Ok(())
}

fn line(limit: &Limit) -> io::Result<()> {
    let mark = match limit.verdict {
        Verdict::Held => style("held  ").green(),
        Verdict::Missed => style("missed").red().bold(),
        Verdict::NotJudged => style("open  ").yellow(),
    };
    let Limit { figure, what, limit: bound, host, .. } = limit;
    let host = host.as_deref().map_or(String::new(), |host| format!(", {}", short(host)));
    say::line!("  {mark}  {figure:>12}  {what}{host}  {}", style(bound).dim())
}
