//! The one line that remains of a request, in OpenTelemetry's names where there is one.
//!
//! Never in it: tokens, keys, bodies, query strings, e-mail addresses, raw user ids.

use std::time::Duration;

use http::Method;
use serde::{Serialize, Serializer};
use time::{UtcDateTime, format_description::well_known::Rfc3339};

use crate::{contract::Rpc, problem::Problem, request::Request, trace::Trace};

/// In bytes. Longer causes are cut, so that a record stays below the 4 KiB that one write may have.
const MAX_CAUSE: usize = 512;

/// Written once, by `endpoint`, whatever happened.
#[derive(Debug, Clone, Serialize)]
pub struct Record {
    #[serde(serialize_with = "rfc3339")]
    timestamp: UtcDateTime,
    #[serde(rename = "faas.name")]
    function: &'static str,
    #[serde(rename = "faas.version")]
    function_version: &'static str,
    #[serde(rename = "cloud.region")]
    region: Option<String>,
    trace_id: String,
    span_id: String,
    #[serde(rename = "app.request_id")]
    request_id: String,
    #[serde(rename = "http.request.method")]
    method: &'static str,
    #[serde(rename = "http.route")]
    route: Option<String>,
    #[serde(rename = "http.response.status_code")]
    status: u16,
    #[serde(rename = "error.type")]
    error: Option<&'static str>,
    #[serde(rename = "app.error.cause")]
    cause: Option<String>,
    #[serde(rename = "app.auth.outcome")]
    auth: Option<&'static str>,
    #[serde(rename = "db.system.name")]
    system: Option<&'static str>,
    #[serde(rename = "db.stored_procedure.name")]
    rpc: Option<&'static str>,
    #[serde(rename = "app.rpc.version.expected")]
    expected: Option<&'static str>,
    #[serde(rename = "app.rpc.version.matched")]
    matched: Option<String>,
    /// What answered, with the RPCs that it ran.
    #[serde(rename = "app.rpc.versions")]
    versions: Option<String>,
    #[serde(rename = "app.upstream.status_code")]
    upstream_status: Option<u16>,
    #[serde(rename = "db.response.status_code")]
    sqlstate: Option<String>,
    #[serde(rename = "db.response.returned_rows")]
    rows: Option<u64>,
    #[serde(rename = "app.rpc.retries")]
    retries: u32,
    #[serde(rename = "http.response.body.size")]
    response_bytes: usize,
    #[serde(serialize_with = "milliseconds")]
    auth_ms: Option<Duration>,
    #[serde(serialize_with = "milliseconds")]
    rpc_ms: Option<Duration>,
    #[serde(serialize_with = "milliseconds")]
    duration_ms: Option<Duration>,
}

impl Record {
    /// The record of a request that has just arrived.
    pub fn begin(function: &'static str, request: &Request, trace: &Trace, now: UtcDateTime) -> Self {
        Self {
            timestamp: now,
            function,
            function_version: env!("CARGO_PKG_VERSION"),
            region: None,
            trace_id: trace.trace_id.clone(),
            span_id: trace.span_id.clone(),
            request_id: trace.request_id.clone(),
            method: known(&request.method),
            // One of the two forms in which a gateway passes the name; any other path is no dimension.
            route: request.names(function).then(|| request.uri.path().to_owned()),
            status: 0,
            error: None,
            cause: None,
            auth: None,
            system: None,
            rpc: None,
            expected: None,
            matched: None,
            versions: None,
            upstream_status: None,
            sqlstate: None,
            rows: None,
            retries: 0,
            response_bytes: 0,
            auth_ms: None,
            rpc_ms: None,
            duration_ms: None,
        }
    }

    /// Where this instance runs.
    pub fn region(&mut self, region: Option<String>) {
        self.region = region;
    }

    /// How authentication went, and how long it took.
    pub fn authenticated(&mut self, outcome: Result<(), &Problem>, took: Duration) {
        self.auth = Some(outcome.map_or_else(Problem::code, |()| "ok"));
        self.auth_ms = Some(took);
    }

    /// The call that is about to be made.
    pub fn calling(&mut self, rpc: &Rpc) {
        self.system = Some("postgresql");
        self.rpc = Some(rpc.name);
        self.expected = Some(rpc.version);
    }

    /// How long the database took, all attempts together, and how often the call was repeated.
    pub fn called(&mut self, took: Duration, retries: u32) {
        self.rpc_ms = Some(took);
        self.retries = retries;
    }

    /// What the database answered; the version only where it was really said.
    pub fn answered(&mut self, status: u16, versions: Option<&str>, matched: Option<&str>, code: Option<&str>) {
        self.upstream_status = Some(status);
        self.versions = versions.map(|text| cut(text, 256));
        self.matched = matched.map(|text| cut(text, 64));
        self.sqlstate = code.map(|text| cut(text, 64));
    }

    /// How many rows went to the caller.
    pub fn rows(&mut self, rows: u64) {
        self.rows = Some(rows);
    }

    /// The end, and the line.
    pub fn finish(mut self, status: u16, bytes: usize, problem: Option<&Problem>, took: Duration) -> String {
        self.status = status;
        self.response_bytes = bytes;
        self.error = problem.map(Problem::code);
        self.cause = problem.and_then(Problem::cause).map(|text| cut(text, MAX_CAUSE));
        self.duration_ms = Some(took);
        serde_json::to_string(&self).expect("a flat record of strings and numbers")
    }

    /// `Server-Timing` (W3C), in milliseconds.
    pub fn server_timing(&self, total: Duration) -> String {
        let stages = [("auth", self.auth_ms), ("rpc", self.rpc_ms), ("total", Some(total))];
        let stage = |(name, took): (&str, Option<Duration>)| {
            let micros = took?.as_micros();
            Some(format!("{name};dur={}.{:03}", micros / 1000, micros % 1000))
        };
        stages.into_iter().filter_map(stage).collect::<Vec<_>>().join(", ")
    }
}

/// The semantic conventions' way with methods that nobody knows: an arbitrary string is no dimension.
fn known(method: &Method) -> &'static str {
    const METHODS: [&str; 9] = ["GET", "POST", "OPTIONS", "HEAD", "PUT", "PATCH", "DELETE", "CONNECT", "TRACE"];
    METHODS.into_iter().find(|name| *name == method.as_str()).unwrap_or("_OTHER")
}

/// At most so many bytes, none of which JSON would write in more than two.
fn cut(text: &str, bytes: usize) -> String {
    let plain = text.replace(char::is_control, " ");
    plain[..plain.floor_char_boundary(bytes)].to_owned()
}

/// Microseconds are as fine as the clock is.
fn rounded(took: Duration) -> f64 {
    took.as_micros() as f64 / 1000.0
}

fn milliseconds<S: Serializer>(took: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    took.map(rounded).serialize(serializer)
}

fn rfc3339<S: Serializer>(at: &UtcDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    at.format(&Rfc3339).expect("a year of four digits").serialize(serializer)
}
