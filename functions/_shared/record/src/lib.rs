//! The one line that remains of a request: one JSON object, written by the functions and read by the tools, so that both
//! sides have one definition. `record.schema.json` is made from it.
//!
//! Names are OpenTelemetry's (semantic conventions 1.44) where there is one, and `app.*` where there is none. What is not
//! known is absent. Never in it: tokens, keys, bodies, query strings, e-mail addresses, raw user ids.

mod outcome;
#[cfg(feature = "schema")]
mod schema;
mod text;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

pub use crate::outcome::{Auth, Variant};

/// In bytes, with its line break: what a host's log takes as one record in one write.
pub const MAX_LINE: usize = 4096;

/// A text that is borrowed from a line while that is read, and owned while a request runs.
pub type Text<'l> = Cow<'l, str>;

/// A user's id under the operator's key: the same person can be found again, and nobody's id be read.
pub fn pseudonym(id: &str, key: &str) -> String {
    base16ct::lower::encode_string(&hmac_sha256::HMAC::mac(id.as_bytes(), key.as_bytes()))
}

/// What one request was, and what became of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields, transform = schema::absent))]
pub struct Record<'l> {
    /// When it arrived (RFC 3339, in UTC).
    #[serde(borrow, deserialize_with = "text::always")]
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date-time")))]
    pub timestamp: Text<'l>,
    /// The function; `_OTHER` for a path that is no function's.
    #[serde(rename = "faas.name", borrow, deserialize_with = "text::always")]
    pub function: Text<'l>,
    /// The function's own version (semver).
    #[serde(rename = "faas.version", borrow, deserialize_with = "text::always")]
    pub function_version: Text<'l>,
    /// The variable `region`.
    #[serde(
        rename = "cloud.region",
        default,
        skip_serializing_if = "Option::is_none",
        borrow,
        deserialize_with = "text::maybe"
    )]
    pub region: Option<Text<'l>>,
    /// 32 hexadecimal digits (W3C Trace Context), the caller's where it sent a `traceparent`.
    #[serde(borrow, deserialize_with = "text::always")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9a-f]{32}$")))]
    pub trace_id: Text<'l>,
    /// 16 hexadecimal digits, of this request.
    #[serde(borrow, deserialize_with = "text::always")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9a-f]{16}$")))]
    pub span_id: Text<'l>,
    /// The response's `x-request-id`.
    #[serde(rename = "app.request_id", borrow, deserialize_with = "text::always")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[A-Za-z0-9._-]{1,64}$")))]
    pub request_id: Text<'l>,
    /// `_OTHER` for a method that nobody knows.
    #[serde(rename = "http.request.method", borrow, deserialize_with = "text::always")]
    pub method: Text<'l>,
    /// Absent for a path that is no function's.
    #[serde(
        rename = "http.route",
        default,
        skip_serializing_if = "Option::is_none",
        borrow,
        deserialize_with = "text::maybe"
    )]
    pub route: Option<Text<'l>>,
    /// Of the request's body, in bytes, as far as it was read.
    #[serde(rename = "http.request.body.size", default)]
    pub request_bytes: u64,
    /// What was answered.
    #[serde(rename = "http.response.status_code")]
    #[cfg_attr(feature = "schema", schemars(range(min = 200, max = 599)))]
    pub status: u16,
    /// Of the response's body, in bytes.
    #[serde(rename = "http.response.body.size", default)]
    pub response_bytes: u64,
    /// The code of the problem: the response's `sb-error-code`. Absent on success.
    #[serde(
        rename = "error.type",
        default,
        skip_serializing_if = "Option::is_none",
        borrow,
        deserialize_with = "text::maybe"
    )]
    pub error: Option<Text<'l>>,
    /// What the caller is not told.
    #[serde(
        rename = "app.error.cause",
        default,
        skip_serializing_if = "Option::is_none",
        borrow,
        deserialize_with = "text::maybe"
    )]
    pub cause: Option<Text<'l>>,
    /// What an operator should mend, although requests are served: keys of the variable `supabase_jwks` that cannot be
    /// used, by their ids.
    #[serde(
        rename = "app.config.warning",
        default,
        skip_serializing_if = "Option::is_none",
        borrow,
        deserialize_with = "text::maybe"
    )]
    pub warning: Option<Text<'l>>,
    /// Absent where authentication was not reached.
    #[serde(rename = "app.auth.outcome", default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<Auth>,
    /// Why the caller was not accepted: a problem's code, or what is wrong with the token.
    #[serde(
        rename = "app.auth.reason",
        default,
        skip_serializing_if = "Option::is_none",
        borrow,
        deserialize_with = "text::maybe"
    )]
    pub auth_reason: Option<Text<'l>>,
    /// HMAC-SHA-256 of the user's id under the variable `telemetry_key`, in hexadecimal digits. Absent where that is not
    /// set, or nobody was accepted.
    #[serde(
        rename = "enduser.pseudo.id",
        default,
        skip_serializing_if = "Option::is_none",
        borrow,
        deserialize_with = "text::maybe"
    )]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9a-f]{64}$")))]
    pub user: Option<Text<'l>>,
    /// The variable that decided whether this request was served.
    #[serde(
        rename = "feature_flag.key",
        default,
        skip_serializing_if = "Option::is_none",
        borrow,
        deserialize_with = "text::maybe"
    )]
    pub flag: Option<Text<'l>>,
    /// `off`, `on` or a percentage, as it was set.
    #[serde(
        rename = "app.feature_flag.setting",
        default,
        skip_serializing_if = "Option::is_none",
        borrow,
        deserialize_with = "text::maybe"
    )]
    pub flag_setting: Option<Text<'l>>,
    /// What it was for this caller. Absent where nobody was accepted whose share could be looked at.
    #[serde(rename = "feature_flag.result.variant", default, skip_serializing_if = "Option::is_none")]
    pub flag_variant: Option<Variant>,
    /// `postgresql`, where an RPC was called.
    #[serde(
        rename = "db.system.name",
        default,
        skip_serializing_if = "Option::is_none",
        borrow,
        deserialize_with = "text::maybe"
    )]
    pub system: Option<Text<'l>>,
    /// The RPC that was called.
    #[serde(
        rename = "db.stored_procedure.name",
        default,
        skip_serializing_if = "Option::is_none",
        borrow,
        deserialize_with = "text::maybe"
    )]
    pub rpc: Option<Text<'l>>,
    /// The RPC's version in the contract that the function was built with.
    #[serde(
        rename = "app.rpc.version.expected",
        default,
        skip_serializing_if = "Option::is_none",
        borrow,
        deserialize_with = "text::maybe"
    )]
    pub expected: Option<Text<'l>>,
    /// The version that answered: what the database said, and absent where it said nothing.
    #[serde(
        rename = "app.rpc.version.matched",
        default,
        skip_serializing_if = "Option::is_none",
        borrow,
        deserialize_with = "text::maybe"
    )]
    pub matched: Option<Text<'l>>,
    /// All of the database's word: the RPC with those that it ran.
    #[serde(
        rename = "app.rpc.versions",
        default,
        skip_serializing_if = "Option::is_none",
        borrow,
        deserialize_with = "text::maybe"
    )]
    pub versions: Option<Text<'l>>,
    /// SHA-256 of the contract that the function was built with (canonical JSON, RFC 8785), in hexadecimal digits.
    #[serde(rename = "app.contract.sha256", borrow, deserialize_with = "text::always")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9a-f]{64}$")))]
    pub contract: Text<'l>,
    /// PostgREST's status. Absent where it gave no answer.
    #[serde(rename = "app.upstream.status_code", default, skip_serializing_if = "Option::is_none")]
    pub upstream_status: Option<u16>,
    /// The code of its refusal: an SQLSTATE, a `PGRSTnnn`, or a code of the RPC's own.
    #[serde(
        rename = "db.response.status_code",
        default,
        skip_serializing_if = "Option::is_none",
        borrow,
        deserialize_with = "text::maybe"
    )]
    pub sqlstate: Option<Text<'l>>,
    /// How many rows went to the caller.
    #[serde(rename = "db.response.returned_rows", default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// How often the call was repeated on a new connection.
    #[serde(rename = "app.rpc.retries", default)]
    pub retries: u32,
    /// How long the request's body took to arrive, in milliseconds: the client's time and its network's. It is a part of
    /// `duration_ms`, and none of the time that the function has. Absent where no body was waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_ms: Option<f64>,
    /// Authentication, in milliseconds, calls to Auth included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_ms: Option<f64>,
    /// The RPC's call, in milliseconds, all attempts together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rpc_ms: Option<f64>,
    /// The whole request, in milliseconds: the function's own time is what remains of it without `body_ms`.
    pub duration_ms: f64,
}
