//! What can go wrong on the way from PostgREST and from Auth's key set, switched while everything runs. PostgREST itself
//! stays the real one, and has done what it was asked when its answer is spoiled: that is what makes a retry dangerous.

use std::{
    convert::Infallible,
    sync::{PoisonError, RwLock},
    time::Duration,
};

use axum::{
    body::{Body, to_bytes},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use futures::stream;

/// Of PostgREST's answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Rest {
    /// As they are.
    #[default]
    Sound,
    /// So much later.
    Slow(Duration),
    /// Bytes that are no JSON, with the headers of the real one.
    Garbage,
    /// The connection breaks after half of the body.
    Half,
    /// A hundred megabytes.
    Huge,
    /// To another address.
    Redirect,
    /// A page for people.
    WrongType,
}

/// Of the key set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KeySet {
    /// As it is.
    #[default]
    Sound,
    /// It answers 503.
    Down,
    /// So much later.
    Slow(Duration),
    /// No key in it.
    Empty,
    /// A hundred megabytes.
    Huge,
}

/// What goes wrong at present.
#[derive(Debug, Default)]
pub struct Faults {
    rest: RwLock<Rest>,
    key_set: RwLock<KeySet>,
}

impl Faults {
    /// From the next answer of PostgREST on.
    pub fn spoil_rest(&self, fault: Rest) {
        *self.rest.write().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    /// From the next key set on.
    pub fn spoil_key_set(&self, fault: KeySet) {
        *self.key_set.write().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    pub(crate) fn rest(&self) -> Rest {
        *self.rest.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn key_set(&self) -> KeySet {
        *self.key_set.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rest {
    pub(crate) async fn spoil(self, answer: Response) -> Response {
        let mut answer = answer;
        match self {
            Self::Sound => return answer,
            Self::Slow(by) => {
                tokio::time::sleep(by).await;
                return answer;
            }
            Self::Garbage => *answer.body_mut() = Body::from(&b"\x00\xff]}{ \x80garbage"[..]),
            Self::Half => return half(answer).await,
            Self::Huge => *answer.body_mut() = huge(),
            Self::Redirect => {
                *answer.status_mut() = StatusCode::FOUND;
                answer.headers_mut().insert(header::LOCATION, HeaderValue::from_static("/rest/v1/elsewhere"));
                *answer.body_mut() = Body::empty();
            }
            Self::WrongType => {
                answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
                *answer.body_mut() = Body::from("<!doctype html><title>Welcome</title>");
            }
        }
        answer.headers_mut().remove(header::CONTENT_LENGTH);
        answer
    }
}

/// Announced whole, and broken off.
async fn half(answer: Response) -> Response {
    let (mut parts, body) = answer.into_parts();
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts.headers.insert(header::CONTENT_LENGTH, whole.len().into());
    let first = whole.slice(..whole.len() / 2);
    let broken = Err(std::io::Error::other("broken off"));
    Response::from_parts(parts, Body::from_stream(stream::iter([Ok(first), broken])))
}

impl KeySet {
    /// Nothing where the real one is to answer.
    pub(crate) async fn answer(self) -> Option<Response> {
        match self {
            Self::Sound => None,
            Self::Slow(by) => {
                tokio::time::sleep(by).await;
                None
            }
            Self::Down => Some((StatusCode::SERVICE_UNAVAILABLE, "Auth is down").into_response()),
            Self::Empty => Some(([(header::CONTENT_TYPE, "application/json")], r#"{"keys":[]}"#).into_response()),
            Self::Huge => Some(([(header::CONTENT_TYPE, "application/json")], huge()).into_response()),
        }
    }
}

/// Made as it is read: whoever stops reading gets no more of it.
fn huge() -> Body {
    const PIECE: &[u8] = &[b' '; 64 * 1024];
    let pieces = 100 * 1024 * 1024 / PIECE.len();
    Body::from_stream(stream::iter((0..pieces).map(|_| Ok::<_, Infallible>(Bytes::from_static(PIECE)))))
}
