//! What must hold whatever is broken. Each rule names what it has found, the first few of a kind.

use std::collections::{HashMap, HashSet};

use crate::{answer::Attempt, clients::Said};

/// Rows of the channel: the id of each, by the body of its message.
pub type Stored = HashMap<String, Vec<String>>;

/// Status and code by request id.
pub type Records = HashMap<String, (u16, Option<String>)>;

/// What a run is held against.
pub struct Rules<'r> {
    /// How the bodies of the messages begin.
    pub prefix: &'r str,
    /// What one answer may take, with the margin, in milliseconds.
    pub longest_ms: u64,
    /// Codes of refusals that belong to the fault.
    pub codes: &'r [&'r str],
    /// Whether connections may end without an answer.
    pub may_be_silent: bool,
}

/// How many of a kind are named.
const NAMED: usize = 3;

/// Everything that did not hold.
pub fn broken_rules(said: &Said, stored: &Stored, records: &Records, rules: &Rules<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let mut rule = |what: &str, broken: Vec<String>| {
        if !broken.is_empty() {
            let named = broken.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join("; ");
            found.push(format!("{} {what}: {named}", broken.len()));
        }
    };
    rule("messages lost that were answered as stored", lost(said, stored, rules));
    rule("messages stored twice", twice(stored));
    rule("calls never answered for good", unsettled(said));
    rule("answers malformed", said.attempts.iter().filter_map(Attempt::form_error).collect());
    let late = said.attempts.iter().filter(|attempt| attempt.ms > rules.longest_ms);
    rule("answers late", late.map(|attempt| format!("{} after {} ms", attempt.kind, attempt.ms)).collect());
    rule("refusals that do not belong to the fault", strange(said, rules));
    rule("requests without a whole answer", silent(said, rules));
    rule("answers without their record", unrecorded(said, records));
    found
}

fn lost(said: &Said, stored: &Stored, rules: &Rules<'_>) -> Vec<String> {
    let answered = said.attempts.iter().filter(|attempt| attempt.kind == "send" && attempt.succeeded());
    answered
        .filter(|attempt| {
            let body = format!("{} {}", rules.prefix, attempt.key);
            let answer: serde_json::Value = serde_json::from_str(&attempt.body).unwrap_or_default();
            !stored.get(&body).is_some_and(|ids| ids.iter().any(|id| answer["id"] == **id))
        })
        .map(|attempt| attempt.key.clone())
        .collect()
}

fn twice(stored: &Stored) -> Vec<String> {
    stored.iter().filter(|(_, ids)| ids.len() > 1).map(|(body, ids)| format!("{body}: {} times", ids.len())).collect()
}

fn unsettled(said: &Said) -> Vec<String> {
    let settled: HashSet<&str> = said.settled.iter().map(|call| call.key.as_str()).collect();
    let open = said.begun.iter().filter(|call| !settled.contains(call.key.as_str()));
    open.map(|call| format!("{} {}", call.kind, call.key)).collect()
}

fn strange(said: &Said, rules: &Rules<'_>) -> Vec<String> {
    let refused = said.attempts.iter().filter(|attempt| attempt.status.is_some() && !attempt.succeeded());
    refused
        .filter(|attempt| !attempt.code().is_some_and(|code| rules.codes.contains(&code)))
        .map(|attempt| format!("{} {} {}", attempt.kind, attempt.status.unwrap_or_default(), attempt.body))
        .collect()
}

fn silent(said: &Said, rules: &Rules<'_>) -> Vec<String> {
    let failed = said.attempts.iter().filter(|_| !rules.may_be_silent);
    failed.filter_map(|attempt| Some(format!("{}: {}", attempt.kind, attempt.failure.as_ref()?))).collect()
}

fn unrecorded(said: &Said, records: &Records) -> Vec<String> {
    let answered = said.attempts.iter().filter_map(|attempt| Some((attempt, attempt.status?)));
    answered
        .filter(|(attempt, status)| {
            let id = attempt.headers.get("x-request-id").map_or("", String::as_str);
            let wanted = (*status, attempt.code().map(str::to_owned));
            records.get(id) != Some(&wanted)
        })
        .map(|(attempt, status)| format!("{} {status}", attempt.kind))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Call;

    const RULES: Rules<'_> = Rules { prefix: "p", longest_ms: 100, codes: &["upstream_failed"], may_be_silent: false };

    fn sound() -> (Said, Stored, Records) {
        let body = r#"{"id":"1"}"#;
        let headers = [
            ("content-type", "application/json"),
            ("content-length", &body.len().to_string()),
            ("access-control-allow-origin", "*"),
            ("x-request-id", "r"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let (kind, key) = ("send".to_owned(), "k".to_owned());
        let call = Call { kind: kind.clone(), key: key.clone() };
        let attempt = Attempt { kind, key, status: Some(201), headers, body: body.into(), ms: 9, ..Attempt::default() };
        let said = Said { attempts: vec![attempt], begun: vec![call.clone()], settled: vec![call] };
        let stored = HashMap::from([("p k".to_owned(), vec!["1".to_owned()])]);
        (said, stored, HashMap::from([("r".to_owned(), (201, None))]))
    }

    /// Changes one thing in a run where all holds, and expects this to be found.
    fn finds(what: &str, spoil: impl FnOnce(&mut Said, &mut Stored, &mut Records)) {
        let (mut said, mut stored, mut records) = sound();
        assert_eq!(broken_rules(&said, &stored, &records, &RULES), [] as [String; 0]);

        spoil(&mut said, &mut stored, &mut records);

        let found = broken_rules(&said, &stored, &records, &RULES);
        assert!(found.iter().any(|line| line.contains(what)), "{what}: {found:?}");
    }

    #[test]
    fn each_rule_can_be_broken() {
        finds("lost", |_, stored, _| stored.clear());
        finds("lost", |_, stored, _| *stored = HashMap::from([("p k".into(), vec!["2".into()])]));
        finds("twice", |_, stored, _| stored.values_mut().for_each(|ids| ids.push("2".into())));
        finds("never answered", |said, _, _| said.settled.clear());
        finds("malformed", |said, _, _| said.attempts[0].body.push(' '));
        finds("late", |said, _, _| said.attempts[0].ms = 101);
        finds("do not belong", |said, _, _| said.attempts[0].status = Some(500));
        finds("without a whole answer", |said, _, _| said.attempts[0].failure = Some("ECONNRESET".into()));
        finds("without their record", |_, _, records| records.clear());
        finds("without their record", |_, _, records| *records = HashMap::from([("r".into(), (200, None))]));
    }
}
