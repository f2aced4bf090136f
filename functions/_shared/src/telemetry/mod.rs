//! From what happens during a request to the one line that remains of it: the fields are those of the crate `record`.

mod scrubber;
mod server_timing;

use std::time::Duration;

use http::Method;
use record::{Auth, MAX_LINE, Record, Variant};
use time::{UtcDateTime, format_description::well_known::Rfc3339};

use self::scrubber::{cut, impersonal};
use crate::{
    contract::{self, Rpc},
    problem::Problem,
    request::Request,
    trace::Trace,
};

/// In bytes. Longer causes are cut, so that a record stays below what one write may have.
const MAX_CAUSE: usize = 512;

/// Stands for a path that is no function's: whoever sent it did not ask for the component that answers. The semantic
/// conventions have the same word for an unknown method.
const NO_FUNCTION: &str = "_OTHER";

/// Written once, by `endpoint`, whatever happened.
#[derive(Debug, Clone)]
pub struct Telemetry {
    record: Record<'static>,
}

impl Telemetry {
    /// The record of a request that has just arrived.
    pub fn begin(function: &'static str, request: &Request, trace: &Trace, now: UtcDateTime) -> Self {
        let record = Record {
            timestamp: now.format(&Rfc3339).expect("a year of four digits").into(),
            function: if request.names(function) { function } else { NO_FUNCTION }.into(),
            function_version: env!("CARGO_PKG_VERSION").into(),
            trace_id: trace.trace_id.clone().into(),
            span_id: trace.span_id.clone().into(),
            request_id: trace.request_id.clone().into(),
            method: known(&request.method).into(),
            // One of the two forms in which a gateway passes the name. Any other path would make a new dimension each time.
            route: request.names(function).then(|| request.uri.path().to_owned().into()),
            contract: contract::CONTRACT_SHA256.into(),
            ..Record::default()
        };
        Self { record }
    }

    /// Where this instance runs.
    pub fn region(&mut self, region: Option<&str>) {
        self.record.region = region.map(|text| cut(text, 64).into());
    }

    /// What an operator should mend, although the request can be served.
    pub fn warned(&mut self, warning: Option<&str>) {
        self.record.warning = warning.map(|text| cut(text, MAX_CAUSE).into());
    }

    /// How much was read of the caller's body, in bytes, and how long the caller took to send it.
    pub fn body_read(&mut self, bytes: usize, took: Duration) {
        self.record.request_bytes = bytes as u64;
        self.record.body_ms = Some(milliseconds(took));
    }

    /// The flag that decides, as it is set.
    pub fn flag(&mut self, key: &str, setting: &str) {
        self.record.flag = Some(key.to_owned().into());
        self.record.flag_setting = Some(setting.to_owned().into());
    }

    /// What the flag is for this caller.
    pub fn flagged(&mut self, on: bool) {
        self.record.flag_variant = Some(if on { Variant::On } else { Variant::Off });
    }

    /// How authentication went, and how long it took: first by the token, then by the word of Auth.
    pub fn authenticated(&mut self, outcome: Result<(), &Problem>, took: Duration) {
        self.record.auth = Some(match outcome {
            Ok(()) => Auth::Accepted,
            Err(problem) if problem.status().is_client_error() => Auth::Refused,
            Err(_) => Auth::Failed,
        });
        self.record.auth_reason = outcome.err().map(|problem| problem.reason().into());
        self.record.auth_ms = Some(self.record.auth_ms.unwrap_or_default() + milliseconds(took));
        if outcome.is_err() {
            self.record.user = None;
        }
    }

    /// Who was accepted, under a key of the operator's.
    pub fn user(&mut self, id: &str, key: &str) {
        self.record.user = Some(record::pseudonym(id, key).into());
    }

    /// The call that is about to be made.
    pub fn calling(&mut self, rpc: &Rpc) {
        self.record.system = Some("postgresql".into());
        self.record.rpc = Some(rpc.name.into());
        self.record.expected = Some(rpc.version.into());
    }

    /// How long the database took, all attempts together, and how often the call was repeated.
    pub fn called(&mut self, took: Duration, retries: u32) {
        self.record.rpc_ms = Some(milliseconds(took));
        self.record.retries = retries;
    }

    /// What the database answered; the version only where it was really said.
    pub fn answered(&mut self, status: u16, versions: Option<&str>, matched: Option<&str>, code: Option<&str>) {
        self.record.upstream_status = Some(status);
        // A header and a code are words of whatever stands in the database's place, too.
        self.record.versions = versions.map(|text| cut(&impersonal(text), 256).into());
        self.record.matched = matched.map(|text| cut(&impersonal(text), 64).into());
        self.record.sqlstate = code.map(|text| cut(&impersonal(text), 64).into());
    }

    /// How many rows went to the caller.
    pub fn rows(&mut self, rows: u64) {
        self.record.rows = Some(rows);
    }

    /// The end, and the line, without its line break.
    pub fn finish(mut self, status: u16, bytes: usize, problem: Option<&Problem>, took: Duration) -> String {
        self.record.status = status;
        self.record.response_bytes = bytes as u64;
        self.record.error = problem.map(|problem| problem.code().into());
        self.record.cause = problem.and_then(cause).map(|text| cut(&text, MAX_CAUSE).into());
        self.record.duration_ms = milliseconds(took);
        let line = serde_json::to_string(&self.record).expect("a flat record of strings and numbers");
        debug_assert!(line.len() < MAX_LINE, "each field is bounded: {line}");
        line
    }

    /// The response's `Server-Timing`.
    pub fn server_timing(&self, total: Duration) -> String {
        let stages = [("auth", self.record.auth_ms), ("rpc", self.record.rpc_ms), ("total", Some(milliseconds(total)))];
        server_timing::header(&stages)
    }
}

/// A cause that comes from variables or a key set names no person. It is kept as it is, since a key's id looks like a
/// user's.
fn cause(problem: &Problem) -> Option<String> {
    let cause = problem.cause()?.to_string();
    let of_the_operator = matches!(problem, Problem::Misconfigured(_) | Problem::KeySetUnavailable { .. });
    Some(if of_the_operator { cause } else { impersonal(&cause) })
}

/// `_OTHER` for an unknown method, as the semantic conventions ask: a dimension must not take any string.
fn known(method: &Method) -> &'static str {
    const METHODS: [&str; 9] = ["GET", "POST", "OPTIONS", "HEAD", "PUT", "PATCH", "DELETE", "CONNECT", "TRACE"];
    METHODS.into_iter().find(|name| *name == method.as_str()).unwrap_or("_OTHER")
}

/// Microseconds are as fine as the clock is.
fn milliseconds(took: Duration) -> f64 {
    took.as_micros() as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;

    use super::*;

    fn telemetry(name: &str) -> Telemetry {
        let id = (http::HeaderName::from_static("x-request-id"), name.parse().unwrap());
        let headers = HeaderMap::from_iter([id]);
        let uri = "/functions/v1/stage-room-match".parse().unwrap();
        let request = Request { method: Method::POST, uri, headers, body: Bytes::new() };
        let trace = Trace::of(&request.headers, [7; 16]);
        Telemetry::begin("stage-room-match", &request, &trace, UtcDateTime::UNIX_EPOCH)
    }

    /// The longest that each field can be, with what JSON writes in two bytes.
    #[test]
    fn a_line_is_one_write_whatever_the_operator_and_the_database_say() {
        let long = "\"\u{0}".repeat(4096);
        let mut telemetry = telemetry(&"x".repeat(64));
        telemetry.region(Some(&long));
        telemetry.body_read(usize::MAX, Duration::MAX);
        telemetry.warned(Some(&long));
        telemetry.flag("flag_stage_room_match", "100");
        telemetry.flagged(true);
        let refused = Problem::InvalidToken("there is more than one Authorization header");
        telemetry.authenticated(Err(&refused), Duration::MAX);
        telemetry.user(&long, &long);
        telemetry.calling(&contract::SYNC_RANK_MATCH_ROSTER);
        telemetry.called(Duration::MAX, u32::MAX);
        telemetry.answered(599, Some(&long), Some(&long), Some(&long));
        telemetry.rows(u64::MAX);

        let line = telemetry.finish(599, usize::MAX, Some(&Problem::UpstreamFailed(long.into())), Duration::MAX);

        assert!(line.len() < MAX_LINE, "{}", line.len());
        let read: Record<'_> = serde_json::from_str(&line).unwrap();
        assert_eq!((read.status, read.auth), (599, Some(Auth::Refused)));
    }

    #[test]
    fn a_user_is_the_same_under_one_key_and_another_under_another() {
        let user = |id: &str, key: &str| {
            let mut telemetry = telemetry("x");
            telemetry.user(id, key);
            telemetry.record.user.unwrap().into_owned()
        };

        // HMAC-SHA-256, as `openssl dgst -sha256 -hmac` gives it.
        assert_eq!(user("ada", "k"), "16ae9ecd91203823a6ddb69327f2d5925ef5d1a5a1fe2fa6fce8915adbc1a1ba");
        assert_ne!(user("ada", "k"), user("ada", "l"));
        assert_ne!(user("ada", "k"), user("eve", "k"));
    }
}
