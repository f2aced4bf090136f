//! What the project itself has against a request.

use http::StatusCode;

/// What PostgREST says of it, for the caller and not for the record: it may quote what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectRefusal {
    /// A 4xx.
    pub status: StatusCode,
    /// Of `raise`, or PostgreSQL's about the constraint.
    pub message: String,
    /// The same.
    pub details: Option<String>,
    /// The same.
    pub hint: Option<String>,
    /// In seconds, where 429 says so.
    pub retry_after: Option<u32>,
}
