//! Whether the first bytes of a body are there before its component runs again. If they are not, the head leaves alone,
//! and where there is no `TCP_NODELAY` the body waits some 40 ms for the other side's delayed ACK.
//!
//! wasmtime hands a head over first, and takes the body from the component after that. The two are microseconds apart,
//! unless something wakes the component in between: then it runs for 100 to 200 µs, and whoever has the head sends it.
//! This looks at the order of things and not at the clock, so it sees the same on every machine: it is polled on the
//! thread that hands the head over, at that moment.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use async_task::Runnable;
use bytes::Bytes;
use http::{HeaderMap, Response, header::CONTENT_LENGTH};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt as _, combinators::UnsyncBoxBody};

use super::{
    record::Tape,
    wasi::{self, Error, WasiBody},
};

/// How often an instance was entered: called, or gone on with after it had waited.
#[derive(Clone, Default)]
pub struct Entries(Arc<AtomicU64>);

impl Entries {
    /// It is entered.
    pub fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn so_far(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A component's answer, looked at from the moment it is given back.
pub async fn answer<F>(given_back: F, tape: &Arc<Tape>) -> wasmtime::Result<Response<WasiBody>>
where
    F: Future<Output = wasmtime::Result<Response<UnsyncBoxBody<Bytes, wasmtime::Error>>>> + Send + 'static,
{
    let tape = tape.clone();
    at_once(async move {
        let (parts, body) = given_back.await?.into_parts();
        let body = follow(&parts.headers, wasi::given_back(body), &tape.entries(), "the answer", &tape).await;
        Ok(Response::from_parts(parts, body))
    })
    .await
}

/// The body of a call, looked at from the moment the call is made.
pub async fn body(headers: &HeaderMap, body: WasiBody, entries: Entries, tape: &Arc<Tape>) -> WasiBody {
    let (headers, tape) = (headers.clone(), tape.clone());
    at_once(async move { follow(&headers, body, &entries, "a call", &tape).await }).await
}

/// Runs what is to be done whenever it is woken, right where it is woken: no other thread and no queue is in between.
fn at_once<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> async_task::Task<T> {
    let run = |runnable: Runnable| {
        runnable.run();
    };
    let (runnable, task) = async_task::spawn(work, run);
    runnable.run();
    task
}

async fn follow(headers: &HeaderMap, mut body: WasiBody, entries: &Entries, whose: &str, tape: &Tape) -> WasiBody {
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_none_or(|length| length == 0) {
        return body;
    }
    let before = entries.so_far();
    let first = body.frame().await;
    if entries.so_far() != before {
        tape.head_alone(whose);
    }
    Begun { first, rest: body }.boxed_unsync()
}

/// A body whose beginning has been looked at.
struct Begun {
    first: Option<Result<Frame<Bytes>, Error>>,
    rest: WasiBody,
}

impl Body for Begun {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match self.first.take() {
            Some(first) => Poll::Ready(Some(first)),
            None => Pin::new(&mut self.rest).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        // The length is announced in the head: nobody asks the body for it.
        SizeHint::default()
    }
}
