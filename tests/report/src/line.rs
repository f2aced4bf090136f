//! One record as one line for people, as requests come in.

use console::{StyledObject, style};
use record::{Auth, Record, Variant};

use crate::{moment, reject::shown};

/// `12:03:04.123  200  GET  messages-list  fetch_social_messages 1.0.0  3 rows  3.1 ms`; nothing for what is no record.
///
/// Coloured where [`console::colors_enabled`] says so, and as wide as it is: a terminal's own wrapping loses nothing.
pub fn show(line: &str) -> Option<String> {
    let record: Record = serde_json::from_str(&line[line.find("{\"")?..]).ok()?;
    let at = moment::parse(&record.timestamp)?;
    let mut parts = vec![
        style(moment::of_day(at)).dim().to_string(),
        status(record.status).to_string(),
        format!("{:6}", shown(&record.method, 8)),
        format!("{:16}", shown(&record.function, 40)),
    ];
    parts.extend(rpc(&record));
    if let Some(rows) = record.rows {
        parts.push(format!("{rows} row{}", if rows == 1 { "" } else { "s" }));
    }
    parts.push(milliseconds(record.duration_ms));
    if record.retries > 0 {
        let times = if record.retries == 1 { "once".to_owned() } else { format!("{} times", record.retries) };
        parts.push(style(format!("repeated {times}")).yellow().to_string());
    }
    parts.extend(flag(&record));
    parts.extend(problem(&record));
    Some(parts.join("  "))
}

fn status(status: u16) -> StyledObject<u16> {
    match status {
        500.. => style(status).red().bold(),
        400..500 => style(status).yellow(),
        _ => style(status).green(),
    }
}

/// With both versions, where they are not the same.
fn rpc(record: &Record) -> Option<String> {
    let own = |text: Option<&str>| text.map(|text| shown(text, 40));
    let rpc = own(record.rpc.as_deref())?;
    Some(match (own(record.expected.as_deref()), own(record.matched.as_deref())) {
        (Some(expected), Some(matched)) if expected != matched => {
            format!("{rpc} {}", style(format!("{expected} → {matched}")).red().bold())
        }
        (_, Some(matched)) => format!("{rpc} {matched}"),
        (Some(expected), None) => format!("{rpc} {}", style(format!("{expected} → none")).yellow()),
        (None, None) => rpc,
    })
}

/// Only where it was in the way.
fn flag(record: &Record) -> Option<String> {
    if record.flag_variant != Some(Variant::Off) && record.error.as_deref() != Some("feature_disabled") {
        return None;
    }
    let flag = shown(record.flag.as_deref().unwrap_or("flag"), 60);
    let setting = record.flag_setting.as_deref().map(|setting| format!(" ({})", shown(setting, 10)));
    Some(style(format!("{flag} off{}", setting.unwrap_or_default())).cyan().to_string())
}

fn problem(record: &Record) -> Option<String> {
    let code = shown(record.error.as_deref()?, 60);
    let blame = if record.status >= 500 { style(code).red().bold() } else { style(code).yellow() };
    let mut said = blame.to_string();
    if matches!(record.auth, Some(Auth::Refused | Auth::Failed)) {
        said.extend(record.auth_reason.as_deref().map(|reason| format!(" ({})", shown(reason, 60))));
    }
    said.extend(record.cause.as_deref().map(|cause| format!(": {}", shown(cause, 200))));
    Some(said)
}

/// To three digits.
pub fn milliseconds(ms: f64) -> String {
    match ms {
        ms if ms >= 10_000.0 => format!("{:.1} s", ms / 1000.0),
        ms if ms >= 100.0 => format!("{ms:.0} ms"),
        ms if ms >= 10.0 => format!("{ms:.1} ms"),
        ms => format!("{} ms", (ms * 100.0).round() / 100.0),
    }
}

#[cfg(test)]
mod tests {
    use super::show;

    fn line(more: &str) -> String {
        format!(
            r#"{{"timestamp":"2026-11-24T12:03:04.123Z","faas.name":"messages-list","faas.version":"0.1.0",
            "trace_id":"","span_id":"","app.request_id":"r","http.request.method":"GET","app.contract.sha256":"",{more}}}"#
        )
        .replace('\n', "")
    }

    fn shown(more: &str) -> String {
        console::strip_ansi_codes(&show(&line(more)).unwrap()).into_owned()
    }

    #[test]
    fn a_request_is_one_line() {
        let record = r#""http.response.status_code":200,"db.stored_procedure.name":"fetch_social_messages",
            "app.rpc.version.expected":"1.0.0","app.rpc.version.matched":"1.0.0","db.response.returned_rows":3,
            "duration_ms":3.1"#;

        assert_eq!(
            shown(record),
            "12:03:04.123  200  GET     messages-list     fetch_social_messages 1.0.0  3 rows  3.1 ms"
        );
    }

    #[test]
    fn a_mismatch_shows_both_versions_and_the_cause() {
        let record = r#""http.response.status_code":503,"error.type":"rpc_contract_mismatch",
            "app.error.cause":"the database\u001b[2J has 1.0.0","db.stored_procedure.name":"fetch_social_messages",
            "app.rpc.version.expected":"1.1.0","app.rpc.version.matched":"1.0.0","duration_ms":12,"app.rpc.retries":1"#;

        assert_eq!(
            shown(record),
            "12:03:04.123  503  GET     messages-list     fetch_social_messages 1.1.0 → 1.0.0  12.0 ms  repeated once  \
             rpc_contract_mismatch: the database [2J has 1.0.0"
        );
    }

    #[test]
    fn what_is_turned_off_says_by_which_variable() {
        let record = r#""http.response.status_code":503,"error.type":"feature_disabled",
            "feature_flag.key":"flag_messages","app.feature_flag.setting":"10","feature_flag.result.variant":"off","duration_ms":0.2"#;

        assert!(shown(record).ends_with("0.2 ms  flag_messages off (10)  feature_disabled"), "{}", shown(record));
    }

    #[test]
    fn what_is_no_record_is_not_shown() {
        assert_eq!(show("hello"), None);
        assert_eq!(show(r#"{"hello":1}"#), None);
    }
}
