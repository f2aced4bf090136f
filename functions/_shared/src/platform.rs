//! The seams: everything that is not a function of the request comes through here.
//!
//! Under a fixed [`Platform`] the same request gives the same bytes, in the response and in the telemetry.

use std::{future::Future, pin::Pin, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri};
use time::UtcDateTime;

/// A future of the one thread that an instance has.
pub type Local<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Clock, randomness, configuration, network and log of the host.
pub trait Platform {
    /// The wall clock.
    fn now(&self) -> UtcDateTime;

    /// A clock that never goes back, from an arbitrary start.
    fn elapsed(&self) -> Duration;

    /// Returns after this time.
    fn pause<'a>(&'a self, time: Duration) -> Local<'a, ()>;

    /// Sixteen unpredictable bytes.
    fn random(&self) -> [u8; 16];

    /// A variable of the application; `None` when it is not declared. The error is the provider's.
    fn variable<'a>(&'a self, name: &'static str) -> Local<'a, Result<Option<String>, String>>;

    /// Sends one request and reads the whole answer, within the call's own budget of time and size.
    fn send<'a>(&'a self, call: Outbound) -> Local<'a, Result<Inbound, OutboundError>>;

    /// Writes one line, in one write, because one write is one log record.
    fn log(&self, line: &str);
}

/// A request as it arrives: its body is still on the way.
pub struct Incoming {
    /// As sent.
    pub method: Method,
    /// As sent.
    pub uri: Uri,
    /// As sent, and the host's after them.
    pub headers: HeaderMap,
    /// Where there can be one.
    pub body: Option<Box<dyn Body>>,
}

/// A body that has not been read.
pub trait Body {
    /// Reads it to its end: at most so many bytes, in at most this time.
    fn read(self: Box<Self>, limit: usize, within: Duration) -> Local<'static, Result<Bytes, BodyError>>;
}

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    /// Longer than the limit; the rest was not read.
    TooLarge,
    /// It did not arrive in time.
    TimedOut,
    /// The connection did not last.
    Broken,
}

/// A request to the project's own origin.
#[derive(Debug, Clone)]
pub struct Outbound {
    /// `GET` for reads, `POST` for writes.
    pub method: Method,
    /// Absolute, with its query.
    pub uri: String,
    /// Without `Host` and `Content-Length`, which are derived.
    pub headers: HeaderMap,
    /// `None` sends no body at all: an empty one would be announced as chunked.
    pub body: Option<Bytes>,
    /// Bounds connecting, waiting and reading together.
    pub within: Duration,
    /// The largest answer that is read, in bytes.
    pub limit: usize,
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Inbound {
    /// As the upstream sent it.
    pub status: StatusCode,
    /// As the upstream sent them.
    pub headers: HeaderMap,
    /// At most [`Outbound::limit`] bytes.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutboundError {
    /// The call's time was used up.
    TimedOut,
    /// The answer was longer than [`Outbound::limit`].
    TooLarge,
    /// The host's list of allowed outbound hosts does not have this one.
    Denied,
    /// No connection, so that nothing was asked. The text is for the log.
    Unreachable(String),
    /// A connection that broke: what was asked may have been done. The text is for the log.
    Broken(String),
}
