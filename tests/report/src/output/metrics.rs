//! The counts of the logs in Prometheus' text format, for a textfile collector: the names that the rules of
//! `--export prometheus` are over, in seconds, as Prometheus has it.

use crate::{
    burn::Indicator,
    group::Kind,
    report::{Group, Report},
};

/// The whole text.
pub fn text(report: &Report) -> String {
    let mut text = family("lockstep_requests_total", "counter", "Requests by RPC, version and class of status.");
    for group in &report.groups {
        for (class, count) in [("2xx", group.ok), ("4xx", group.client_errors), ("5xx", group.server_errors)] {
            text += &format!("lockstep_requests_total{{{},status_class=\"{class}\"}} {count}\n", labels(group));
        }
    }
    text += &family("lockstep_requests_slow_total", "counter", "Neither 4xx nor 5xx, and longer than the threshold.");
    for group in &report.groups {
        text += &format!("lockstep_requests_slow_total{{{}}} {}\n", labels(group), group.slow);
    }
    text +=
        &family("lockstep_contract_mismatches_total", "counter", "Functions that met a database of another version.");
    for mismatch in &report.mismatches {
        let version = |version: &Option<String>| quoted(version.as_deref().unwrap_or_default());
        text += &format!(
            "lockstep_contract_mismatches_total{{function=\"{}\",function_version=\"{}\",contract=\"{}\",rpc=\"{}\",\
             rpc_version=\"{}\",built_for=\"{}\"}} {}\n",
            quoted(&mismatch.function),
            quoted(&mismatch.function_version),
            quoted(&mismatch.contract),
            quoted(&mismatch.rpc),
            version(&mismatch.matched),
            version(&mismatch.expected),
            mismatch.count
        );
    }
    text += &family("lockstep_request_duration_seconds", "gauge", "So many percent took no longer.");
    for group in &report.groups {
        let times = &group.duration_ms;
        for (percent, ms) in [(50, times.p50), (95, times.p95), (99, times.p99)] {
            let Some(ms) = ms else { continue };
            let labels = labels(group);
            let seconds = ms / 1000.0;
            text += &format!("lockstep_request_duration_seconds{{{labels},percentile=\"{percent}\"}} {seconds:.6}\n");
        }
    }
    text += &family("lockstep_error_budget_used_ratio", "gauge", "Of the budget of these logs: 1 is all of it.");
    for (indicator, budget) in [(Indicator::Availability, &report.availability), (Indicator::Latency, &report.latency)]
    {
        text += &format!("lockstep_error_budget_used_ratio{{sli=\"{}\"}} {}\n", indicator.word(), budget.used);
    }
    text
}

fn family(name: &str, kind: &str, help: &str) -> String {
    format!("# HELP {name} {help}\n# TYPE {name} {kind}\n")
}

/// All four always: what is empty does not apply.
fn labels(group: &Group) -> String {
    let version = group.version.as_deref().unwrap_or_default();
    let [function, rpc, version, built_for] = match group.kind {
        Kind::Answered => ["", &group.name, version, ""],
        Kind::Unanswered => ["", &group.name, "", version],
        Kind::NoRpc => [&group.name, "", "", ""],
        Kind::Other | Kind::All => ["", &group.label, "", ""],
    }
    .map(quoted);
    format!("function=\"{function}\",rpc=\"{rpc}\",rpc_version=\"{version}\",built_for=\"{built_for}\"")
}

fn quoted(text: &str) -> String {
    text.replace('\\', r"\\").replace('"', "\\\"").replace('\n', "\\n")
}
