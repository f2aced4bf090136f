//! What a replay did that the recording did not: the first thing, in the order in which a request meets them.

use serde::Serialize;
use serde_json::Value;
use stack::host::{
    record::format::{Answer, Call, Contents, End, Entry, Text},
    replay::Observed,
};

/// The first difference of one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Where: `upstream call 1, header apikey`, `response, status`, `telemetry`, `wall clock`, ….
    pub part: String,
    /// Where in it, if it is JSON: `/0/body`.
    pub path: Option<String>,
    /// The first byte that differs.
    pub at: usize,
    /// What stands there in the recording.
    pub recorded: String,
    /// What stands there now.
    pub replayed: String,
}

/// What is shown on either side of the first differing byte.
const AROUND: usize = 40;

/// Nothing when everything is the same to the byte.
pub fn difference(entry: &Entry, observed: &Observed) -> Option<Difference> {
    // Whoever hung up had no answer, and the host may have stopped before the component was done.
    let gone = entry.response.is_none() && entry.failure.is_none();
    let counts = || {
        let names = |names: Vec<&str>| names.join(" ");
        let recorded = names(entry.variables.iter().map(|variable| variable.name.as_str()).collect());
        let read = names(observed.variables.iter().map(String::as_str).collect());
        bytes("variables", recorded.as_bytes(), read.as_bytes())
            .or_else(|| number("wall clock, readings", entry.wall_ns.len(), observed.wall))
            .or_else(|| number("monotonic clock, readings", entry.monotonic_ns.len(), observed.monotonic))
            .or_else(|| number("random bytes", entry.random.len() / 2, observed.random))
    };
    let calls = calls(&entry.calls, &observed.calls, gone);
    if gone {
        return calls.or_else(|| (!entry.telemetry.is_empty()).then(|| telemetry(entry, observed)).flatten());
    }
    calls.or_else(|| answers(entry, observed)).or_else(|| telemetry(entry, observed)).or_else(counts)
}

fn calls(recorded: &[Call], replayed: &[Call], gone: bool) -> Option<Difference> {
    let pairs = recorded.iter().zip(replayed).enumerate();
    pairs
        .filter_map(|(index, (recorded, replayed))| call(&format!("upstream call {}", index + 1), recorded, replayed))
        .next()
        .or_else(|| if gone { None } else { number("upstream calls", recorded.len(), replayed.len()) })
}

fn call(part: &str, recorded: &Call, replayed: &Call) -> Option<Difference> {
    let (old, new) = (&recorded.request, &replayed.request);
    bytes(&format!("{part}, method"), old.method.as_bytes(), new.method.as_bytes())
        .or_else(|| bytes(&format!("{part}, URI"), &old.uri.0, &new.uri.0))
        .or_else(|| headers(part, &old.headers, &new.headers))
        .or_else(|| body(&format!("{part}, body"), &old.body, &new.body))
        .or_else(|| {
            let shown = |within: Option<u64>| within.map_or("none".to_owned(), |ns| format!("{ns} ns"));
            let (old, new) = (shown(recorded.within_ns), shown(replayed.within_ns));
            bytes(&format!("{part}, time limit"), old.as_bytes(), new.as_bytes())
        })
}

fn answers(entry: &Entry, observed: &Observed) -> Option<Difference> {
    match (&entry.response, &observed.answer) {
        (Some(old), Some(Ok(new))) => answer(old, new),
        (Some(old), Some(Err(why))) => bytes("response", old.status.to_string().as_bytes(), why.as_bytes()),
        (None, Some(Ok(new))) => {
            let why = entry.failure.clone().unwrap_or_default();
            bytes("response", why.as_bytes(), new.status.to_string().as_bytes())
        }
        // How a failure is put into words is the host's affair.
        _ => None,
    }
}

fn answer(old: &Answer, new: &Answer) -> Option<Difference> {
    bytes("response, status", old.status.to_string().as_bytes(), new.status.to_string().as_bytes())
        .or_else(|| headers("response", &old.headers, &new.headers))
        .or_else(|| body("response, body", &old.body, &new.body))
}

fn telemetry(entry: &Entry, observed: &Observed) -> Option<Difference> {
    let pairs = entry.telemetry.iter().zip(&observed.telemetry);
    pairs
        .filter_map(|(old, new)| bytes("telemetry", &old.0, &new.0))
        .next()
        .or_else(|| number("telemetry, lines", entry.telemetry.len(), observed.telemetry.len()))
}

fn headers(part: &str, old: &[(String, Text)], new: &[(String, Text)]) -> Option<Difference> {
    let pair = |header: Option<&(String, Text)>| {
        header.map_or((String::new(), "nothing".to_owned()), |(name, value)| {
            (name.clone(), format!("{name}: {}", value.lossy()))
        })
    };
    (0..old.len().max(new.len()))
        .filter_map(|index| {
            let ((old_name, old), (new_name, new)) = (pair(old.get(index)), pair(new.get(index)));
            let name = if old_name.is_empty() { new_name } else { old_name };
            bytes(&format!("{part}, header {name}"), old.as_bytes(), new.as_bytes())
        })
        .next()
}

/// One that was not read to its end in the recording says nothing of what would have come.
fn body(part: &str, old: &Contents, new: &Contents) -> Option<Difference> {
    let read = if old.end == End::Complete { new.data.0.len() } else { old.data.0.len().min(new.data.0.len()) };
    bytes(part, &old.data.0, &new.data.0[..read])
}

fn number(part: &str, recorded: usize, replayed: usize) -> Option<Difference> {
    bytes(part, recorded.to_string().as_bytes(), replayed.to_string().as_bytes())
}

fn bytes(part: &str, recorded: &[u8], replayed: &[u8]) -> Option<Difference> {
    if recorded == replayed {
        return None;
    }
    let at = recorded.iter().zip(replayed).take_while(|(old, new)| old == new).count();
    let around = |bytes: &[u8]| {
        let (start, end) = (at.saturating_sub(AROUND), (at + AROUND).min(bytes.len()));
        String::from_utf8_lossy(bytes.get(start..end).unwrap_or_default()).into_owned()
    };
    let json = |bytes| serde_json::from_slice::<Value>(bytes).ok().filter(|json| json.is_object() || json.is_array());
    let path = json(recorded).zip(json(replayed)).and_then(|(old, new)| path(&old, &new));
    Some(Difference { part: part.to_owned(), path, at, recorded: around(recorded), replayed: around(replayed) })
}

/// The first field that differs, as a JSON pointer (RFC 6901).
fn path(old: &Value, new: &Value) -> Option<String> {
    if old == new {
        return None;
    }
    let deeper = match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            let keys = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key)));
            keys.filter_map(|key| {
                let (old, new) = (old.get(key).unwrap_or(&Value::Null), new.get(key).unwrap_or(&Value::Null));
                path(old, new).map(|rest| format!("/{}{rest}", key.replace('~', "~0").replace('/', "~1")))
            })
            .next()
        }
        (Value::Array(old), Value::Array(new)) => (0..old.len().max(new.len()))
            .filter_map(|index| {
                let at = |list: &[Value]| list.get(index).cloned().unwrap_or_default();
                path(&at(old), &at(new)).map(|rest| format!("/{index}{rest}"))
            })
            .next(),
        _ => None,
    };
    Some(deeper.unwrap_or_default())
}
