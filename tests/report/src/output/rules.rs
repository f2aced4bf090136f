//! Recording and alert rules for Prometheus: the same windows, rates and objectives, over metrics that a collector makes
//! of records (README.md says how):
//!
//! - `lockstep_requests_total{rpc, rpc_version, status_class}`, one for each record that counts;
//! - `lockstep_requests_slow_total{rpc, rpc_version}`, one for each that was answered with neither a 4xx nor a 5xx
//!   and took longer than the threshold, without the time in which the caller sent its body;
//! - `lockstep_contract_mismatches_total{function, rpc, rpc_version, built_for}`.

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

/// How many times faster than allowed, of all and by version. What no version answered is among all: a rate of failures
/// only would say nothing.
fn recorded(objectives: &Objectives, indicator: Indicator, window: &str) -> String {
    let name = indicator.word();
    let allowed = objectives.allowed(indicator);
    let rule = |level: &str, by: &str, only: &str| {
        let of = |metric: &str, matcher: &str| {
            let matchers = [only, matcher].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
            format!("sum{by} (rate(lockstep_{metric}_total{{{matchers}}}[{window}]))")
        };
        let (wrong, whole) = match indicator {
            Indicator::Availability => (of("requests", r#"status_class="5xx""#), of("requests", "")),
            Indicator::Latency => (of("requests_slow", ""), of("requests", r#"status_class!~"[45]xx""#)),
        };
        format!(
            "      - record: {level}:lockstep_{name}_burn_rate:{window}\n        expr: {wrong} / {whole} / {allowed}\n"
        )
    };
    rule("all", "", "") + &rule("rpc_version", &format!(" by ({BY})"), r#"rpc_version!="""#)
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
const MISMATCH: &str = "      - alert: LockstepContractMismatch
        expr: sum by (function, rpc, rpc_version, built_for) (increase(lockstep_contract_mismatches_total[5m])) > 0
        labels: { severity: page }
        annotations:
          summary: '{{ $labels.function }} was built for {{ $labels.rpc }} {{ $labels.built_for }}; the database has \
    {{ $labels.rpc_version }}'
          description: 'Migrate the database, or roll the function back: gate components says which builds it can serve.'
";

#[cfg(test)]
mod tests {
    use super::text;
    use crate::Objectives;

    #[test]
    fn the_rules_have_every_window_and_the_objectives_that_were_given() {
        let rules = text(&Objectives { latency_percent: 99.5, ..Objectives::default() });

        assert!(rules.contains(" / 0.005\n") && !rules.contains(" / 0.01\n"));
        assert_eq!(rules.matches("- record: ").count(), 2 * 2 * 7);
        assert_eq!(rules.matches("- alert: ").count(), 2 * 2 * 3 + 1);
        assert!(rules.contains(
            "      - record: all:lockstep_availability_burn_rate:1h\n        \
             expr: sum (rate(lockstep_requests_total{status_class=\"5xx\"}[1h])) / sum (rate(lockstep_requests_total{}[1h])) \
             / 0.001\n"
        ));
        assert!(rules.contains(
            "expr: sum (rate(lockstep_requests_slow_total{}[1h])) / sum (rate(lockstep_requests_total{status_class!~\"[45]xx\"}[1h]))"
        ));
        assert!(
            rules.contains("expr: all:lockstep_latency_burn_rate:6h > 6 and all:lockstep_latency_burn_rate:30m > 6\n")
        );
    }
}
