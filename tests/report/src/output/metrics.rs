//! The counts of the logs as OpenMetrics, for a textfile collector: the same names that the rules of `--export prometheus`
//! are over, in seconds, as Prometheus has it.

use crate::{
    burn::Indicator,
    report::{Group, Report},
};

/// The whole text, which ends with `# EOF`.
pub fn text(report: &Report) -> String {
    let mut text = String::new();
    let groups = |text: &mut String, of: &dyn Fn(&Group) -> Vec<(String, String)>| {
        for group in &report.groups {
            let labels = labels(group);
            for (name, value) in of(group) {
                let (name, more) = name.split_once('{').map_or((&*name, ""), |(name, more)| (name, more));
                let more = if more.is_empty() { String::new() } else { format!(",{}", more.trim_end_matches('}')) };
                text.push_str(&format!("{name}{{{labels}{more}}} {value}\n"));
            }
        }
    };
    text +=
        "# TYPE lockstep_requests counter\n# HELP lockstep_requests Requests by RPC, version and class of status.\n";
    groups(&mut text, &|group| {
        let classes = [("2xx", group.ok), ("4xx", group.client_errors), ("5xx", group.server_errors)];
        let line = |(class, count): (&str, u64)| {
            (format!("lockstep_requests_total{{status_class=\"{class}\"}}"), count.to_string())
        };
        classes.into_iter().map(line).collect()
    });
    text += "# TYPE lockstep_requests_slow counter\n";
    text += "# HELP lockstep_requests_slow Requests answered below 500 that took longer than the threshold.\n";
    groups(&mut text, &|group| vec![("lockstep_requests_slow_total".to_owned(), group.slow.to_string())]);
    text += "# TYPE lockstep_request_duration_seconds gauge\n# UNIT lockstep_request_duration_seconds seconds\n";
    text += "# HELP lockstep_request_duration_seconds Quantiles of the whole request.\n";
    groups(&mut text, &|group| {
        let all = [("0.5", group.duration_ms.p50), ("0.95", group.duration_ms.p95), ("0.99", group.duration_ms.p99)];
        let line = |(quantile, ms): (&str, Option<f64>)| {
            let name = format!("lockstep_request_duration_seconds{{quantile=\"{quantile}\"}}");
            ms.map(|ms| (name, format!("{:.6}", ms / 1000.0)))
        };
        all.into_iter().filter_map(line).collect()
    });
    text += "# TYPE lockstep_error_budget_used_ratio gauge\n";
    text += "# HELP lockstep_error_budget_used_ratio Of the budget of these logs; 1 is all of it.\n";
    for (indicator, budget) in [(Indicator::Availability, &report.availability), (Indicator::Latency, &report.latency)]
    {
        text += &format!("lockstep_error_budget_used_ratio{{sli=\"{}\"}} {}\n", indicator.word(), budget.used);
    }
    text + "# EOF\n"
}

fn labels(group: &Group) -> String {
    let version = match group.kind {
        crate::Kind::Answered => group.version.as_deref().unwrap_or_default(),
        _ => "",
    };
    let rpc = if group.kind == crate::Kind::NoRpc { "" } else { &group.name };
    let function = if group.kind == crate::Kind::NoRpc { &*group.name } else { "" };
    format!("function=\"{}\",rpc=\"{}\",rpc_version=\"{}\"", quoted(function), quoted(rpc), quoted(version))
}

fn quoted(text: &str) -> String {
    text.replace('\\', r"\\").replace('"', "\\\"").replace('\n', "\\n")
}
