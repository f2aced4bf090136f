//! What a recording is made of: one object of JSON a line, the first of which says that it is one.

use crate::host::wasi::Error;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What the first line must say.
pub const FORMAT: &str = "lockstep-recording";
/// Raised when an older `replay` could misread a newer file.
pub const VERSION: u32 = 1;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
}

/// Bytes: a string where they are UTF-8, else `{"base64": "…"}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Text(pub Vec<u8>);

/// One request, and all that the component saw and did on account of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// `X-Request-Id` of the answer, or of the record where nobody waited for an answer.
    pub id: String,
    /// The component's id in `spin.toml`.
    pub component: String,
    /// SHA-256 of its file.
    pub sha256: String,
    /// Which instance answered, counted over the whole recording.
    pub instance: u64,
    /// How many requests this instance had taken before.
    pub place: u64,
    /// The instance's `insecure-seed`, in hexadecimal.
    pub seed: String,
    /// As the component got it.
    pub request: Message,
    /// Readings of variables, in their order: an instance reads them once.
    pub variables: Vec<Variable>,
    /// Readings of the wall clock, in nanoseconds since 1970.
    pub wall_ns: Vec<u64>,
    /// Readings of the monotonic clock, in nanoseconds since the instance began.
    pub monotonic_ns: Vec<u64>,
    /// The random bytes that were drawn, in hexadecimal.
    pub random: String,
    /// The timers that were set, in their order.
    pub timers: Vec<Timer>,
    /// The calls that were made, in their order.
    pub calls: Vec<Call>,
    /// Missing when the caller had gone, or the component failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Answer>,
    /// Why the component gave no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The lines that were written.
    pub telemetry: Vec<Text>,
}

/// One reading of a variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    /// As it was asked for.
    pub name: String,
    /// `null` where there is no such variable.
    pub value: Option<Text>,
}

/// A timer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// What was asked for, in nanoseconds.
    pub ns: u64,
    /// Set when it went off: after how many variables, answers and ends of bodies, those of calls that have one included.
    pub fired_after: Option<u64>,
}

/// A request's head and body.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// `GET`, …
    pub method: String,
    /// Absolute.
    pub uri: Text,
    /// In their order.
    pub headers: Vec<(String, Text)>,
    /// As far as it was read.
    pub body: Contents,
}

/// A response's head and body.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// In their order.
    pub headers: Vec<(String, Text)>,
    /// As far as it was read.
    pub body: Contents,
}

/// A call to the upstream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// What was sent.
    pub request: Message,
    /// The component's own limit for the first byte, in nanoseconds.
    pub within_ns: Option<u64>,
    /// `null` when nothing came while the component waited.
    pub outcome: Option<Outcome>,
}

/// What became of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// An answer.
    Answer(Answer),
    /// None.
    Fault(Fault),
}

/// A body, and how it ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// What was read of it.
    pub data: Text,
    /// How that ended.
    pub end: End,
}

/// How the reading of a body ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// More may have come: nobody read on.
    #[default]
    Unread,
    /// That was all.
    Complete,
    /// It broke off.
    Fault(Fault),
}

/// What a component is told of a connection that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Not among the allowed hosts.
    Denied,
    /// Nobody listens there.
    Refused,
    /// It took too long.
    ReadTimeout,
    /// The other side does not keep to HTTP, or broke off.
    Protocol,
    /// Anything else, in words.
    Internal(Option<String>),
}

impl Fault {
    /// As the component is told.
    pub fn of(error: &Error) -> Self {
        match error {
            Error::HttpRequestDenied => Self::Denied,
            Error::ConnectionRefused => Self::Refused,
            Error::ConnectionReadTimeout => Self::ReadTimeout,
            Error::HttpProtocolError => Self::Protocol,
            Error::InternalError(why) => Self::Internal(why.clone()),
            other => Self::Internal(Some(other.to_string())),
        }
    }

    /// What makes the host tell it again.
    pub fn error(&self) -> Error {
        match self {
            Self::Denied => Error::HttpRequestDenied,
            Self::Refused => Error::ConnectionRefused,
            Self::ReadTimeout => Error::ConnectionReadTimeout,
            Self::Protocol => Error::HttpProtocolError,
            Self::Internal(why) => Error::InternalError(why.clone()),
        }
    }
}

/// The headers as they are written here.
pub fn headers(map: &http::HeaderMap) -> Vec<(String, Text)> {
    map.iter().map(|(name, value)| (name.to_string(), Text(value.as_bytes().to_vec()))).collect()
}

/// The first value of a header.
pub fn header<'h>(headers: &'h [(String, Text)], wanted: &str) -> Option<&'h Text> {
    headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value)
}

impl Text {
    /// For people, and for comparisons that need text.
    pub fn lossy(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Utf8(String),
    Other { base64: String },
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => Written::Other { base64: STANDARD.encode(&self.0) }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Utf8(text) => Ok(Self(text.into_bytes())),
            Written::Other { base64 } => STANDARD.decode(base64).map(Self).map_err(serde::de::Error::custom),
        }
    }
}
