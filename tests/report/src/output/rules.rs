//! Recording and alert rules for Prometheus: the same windows, rates and objectives, over metrics that a collector makes of
//! records (README.md says how):
//!
//! - `lockstep_requests_total{function, rpc, rpc_version, status_class}`, one for each record that counts;
//! - `lockstep_requests_slow_total{function, rpc, rpc_version}`, one for each that was not answered with a 5xx and took
//!   longer than the threshold;
//! - `lockstep_contract_mismatches_total{function, rpc, expected, rpc_version}`.

use crate::{
    Objectives,
    burn::{Indicator, RULES, WINDOWS},
};

const BY: &str = "rpc, rpc_version";

/// A rules file.
pub fn text(objectives: &Objectives) -> String {
    let mut text = format!(
        "# Made by: report --export prometheus --objective {} --latency-objective {} --latency-threshold {}\n\
         # lockstep_requests_slow_total has to be counted with the same threshold.\n\
         groups:\n  - name: lockstep_burn_rates\n    rules:\n",
        objectives.availability_percent, objectives.latency_percent, objectives.latency_threshold_ms
    );
    for indicator in Indicator::ALL {
        for (window, _) in WINDOWS {
            text += &recorded(objectives, indicator, window);
        }
    }
    text += "  - name: lockstep_alerts\n    rules:\n";
    for indicator in Indicator::ALL {
        for rule in RULES {
            text += &alert(indicator, rule);
        }
    }
    text + MISMATCH
}

/// How many times faster than allowed, of all and by version.
fn recorded(objectives: &Objectives, indicator: Indicator, window: &str) -> String {
    let of = |by: &str, metric: &str| format!("sum{by} (rate({metric}[{window}]))");
    let name = indicator.word();
    let allowed = objectives.allowed(indicator);
    let rule = |level: &str, by: &str| {
        let all = "lockstep_requests_total";
        let good = r#"lockstep_requests_total{status_class!="5xx"}"#;
        let (wrong, whole) = match indicator {
            Indicator::Availability => (of(by, r#"lockstep_requests_total{status_class="5xx"}"#), of(by, all)),
            Indicator::Latency => (of(by, "lockstep_requests_slow_total"), of(by, good)),
        };
        format!(
            "      - record: {level}:lockstep_{name}_burn_rate:{window}\n        expr: {wrong} / {whole} / {allowed}\n"
        )
    };
    rule("all", "") + &rule("rpc_version", &format!(" by ({BY})"))
}

fn alert(indicator: Indicator, (long, short, factor, severity): (&str, &str, f64, &str)) -> String {
    let name = indicator.word();
    let title = if indicator == Indicator::Availability { "Availability" } else { "Latency" };
    let rule = |alert: &str, level: &str, who: &str| {
        format!(
            "      - alert: Lockstep{title}{alert}Burns{long}\n        \
             expr: {level}:lockstep_{name}_burn_rate:{long} > {factor} and {level}:lockstep_{name}_burn_rate:{short} > {factor}\n        \
             labels: {{ severity: {severity}, sli: {name}, long_window: {long}, short_window: {short} }}\n        \
             annotations:\n          summary: '{who} burns its {name} budget {{{{ $value | printf \"%.1f\" }}}} times as \
             fast as allowed over {long}'\n          description: 'More than {factor} times, over {long} and over {short}. \
             cargo run -p report says which version, and since when.'\n"
        )
    };
    rule("", "all", "Lockstep") + &rule("Version", "rpc_version", "{{ $labels.rpc }} {{ $labels.rpc_version }}")
}

/// A deploy that met the wrong database is no matter of rates.
const MISMATCH: &str = "      - alert: LockstepContractMismatch\n        \
        expr: sum by (function, rpc, expected, rpc_version) (increase(lockstep_contract_mismatches_total[5m])) > 0\n        \
        labels: { severity: page }\n        \
        annotations:\n          \
          summary: '{{ $labels.function }} was built for {{ $labels.rpc }} {{ $labels.expected }}, the database has {{ $labels.rpc_version }}'\n          \
          description: 'Migrate the database, or roll the function back: gate components says which builds it can serve.'\n";
