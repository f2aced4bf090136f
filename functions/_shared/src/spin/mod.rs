//! The one module that names `spin_sdk`: Spin's side of every seam.
//!
//! An answer goes out by the SDK's conversion, with its length in the head. Spin sets no `TCP_NODELAY`, so a head that
//! leaves without the first bytes of its body costs 40 ms, the other side's delayed ACK. wasmtime hands the head to the
//! connection's thread first. Only then it queues two futures: one takes the trailers from the component, one the body.
//! wasmtime 47 (Spin 4.1) polls them in that order, and runs the component as soon as the first one has ended. If the
//! trailers are settled already, the component runs for some 150 µs before the body is taken, and the head leaves alone.
//! The SDK writes the body, ends it, and settles the trailers after that: the body is taken some microseconds after the
//! head. Nothing else may be queued in between: nothing yields before an answer is given back, and an instance takes one
//! request at a time. With two or three lists at once in one instance, the other one ran before the body was taken in about
//! seven of a thousand, and at sixteen connections Spin served a sixth less.

mod call;

use std::{
    cell::Cell,
    convert::Infallible,
    io::Write as _,
    pin::{Pin, pin},
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures::future::{Either, select};
use http::Response;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use spin_sdk::{
    http::{FullBody, Request as SpinRequest},
    variables,
    wasip3::{
        clocks::monotonic_clock,
        http_compat::IncomingRequestBody,
        random::random,
        wit_bindgen::rt::async_support::{backpressure_dec, backpressure_inc},
    },
};
use time::UtcDateTime;

use self::call::{exchange, nanoseconds};
use crate::{
    auth::Caller,
    edge::Edge,
    endpoint::Endpoint,
    instance::Shared,
    platform::{Body, BodyError, Inbound, Incoming, Local, Outbound, OutboundError, Platform},
    problem::Problem,
    reply::Reply,
    request::Request,
};

thread_local! {
    /// An instance has one thread, so this is the instance's.
    static SHARED: Rc<Shared> = Rc::default();
    static FIRST: Rc<First> = Rc::default();
}

/// What an instance has done once. Spin's provider of environment variables blocks the thread (tokio's `block_in_place`),
/// for the variables that we read, and again for the allowed hosts before the first call. That gives the thread's queue
/// to another thread until the component next waits. Whoever is handed a head meanwhile sends it at once, before its
/// body is there: one request in 128, the first of each instance.
#[derive(Default)]
struct First {
    called: Cell<bool>,
    waited: Cell<bool>,
}

impl First {
    /// Notes a call, for which the component waits. Says whether it is the first.
    fn calls(&self) -> bool {
        self.waited.set(true);
        !self.called.replace(true)
    }

    /// Waits, unless the component has waited for something before. The shortest time there is, which Spin makes a
    /// millisecond.
    async fn wait(&self) {
        if !self.waited.replace(true) {
            monotonic_clock::wait_for(1).await;
        }
    }
}

impl Endpoint {
    /// Takes a request from Spin and answers it. Never fails.
    pub async fn serve<H>(&self, request: SpinRequest, handle: H) -> Response<Last>
    where
        H: AsyncFn(&Edge, Caller, Request) -> Result<Reply, Problem>,
    {
        let alone = Alone::begin();
        let (parts, body) = request.into_parts();
        let body = Some(Box::new(SpinBody(body)) as Box<dyn Body>);
        let incoming = Incoming { method: parts.method, uri: parts.uri, headers: parts.headers, body };
        let (shared, first) = (SHARED.with(Rc::clone), FIRST.with(Rc::clone));
        let answer = self.respond(Rc::new(Spin), &shared, incoming, handle).await;
        first.wait().await;
        answer.map(|body| Last { body: FullBody::new(body), _alone: alone })
    }
}

/// While there is one, the host gives the instance no other request (component model, `backpressure.inc`): Spin 4.1 would
/// give it sixteen at once. So no request ever waits for what another one fetches, and nothing has to wake it.
struct Alone;

impl Alone {
    fn begin() -> Self {
        backpressure_inc();
        Self
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        backpressure_dec();
    }
}

/// An answer's body. The SDK drops it when it has been written, and with it ends the request's time alone.
pub struct Last {
    body: FullBody<Bytes>,
    _alone: Alone,
}

impl http_body::Body for Last {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }
}

struct SpinBody(IncomingRequestBody);

impl Body for SpinBody {
    fn read(self: Box<Self>, limit: usize, within: Duration) -> Local<'static, Result<Bytes, BodyError>> {
        Box::pin(async move {
            match in_time(Limited::new(self.0, limit).collect(), within).await {
                Some(Ok(body)) => Ok(body.to_bytes()),
                Some(Err(error)) if error.is::<LengthLimitError>() => Err(BodyError::TooLarge),
                Some(Err(_)) => Err(BodyError::Broken),
                None => Err(BodyError::TimedOut),
            }
        })
    }
}

/// The result of `work`, or nothing when it takes longer.
async fn in_time<T>(work: impl Future<Output = T>, within: Duration) -> Option<T> {
    let alarm = pin!(monotonic_clock::wait_for(nanoseconds(within)));
    match select(pin!(work), alarm).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(((), _)) => None,
    }
}

/// Spin, or any host with the same imports.
struct Spin;

impl Platform for Spin {
    fn now(&self) -> UtcDateTime {
        UtcDateTime::now()
    }

    fn elapsed(&self) -> Duration {
        Duration::from_nanos(monotonic_clock::now())
    }

    fn pause<'a>(&'a self, time: Duration) -> Local<'a, ()> {
        Box::pin(monotonic_clock::wait_for(nanoseconds(time)))
    }

    fn random(&self) -> [u8; 16] {
        let bytes = random::get_random_bytes(16);
        bytes.try_into().expect("the host gives as many bytes as were asked for")
    }

    fn variable<'a>(&'a self, name: &'static str) -> Local<'a, Result<Option<String>, String>> {
        Box::pin(async move {
            match variables::get(name).await {
                Ok(value) => Ok(Some(value)),
                Err(variables::Error::Undefined(_)) => Ok(None),
                Err(error) => Err(error.to_string()),
            }
        })
    }

    fn send<'a>(&'a self, call: Outbound) -> Local<'a, Result<Inbound, OutboundError>> {
        Box::pin(async move {
            let within = call.within;
            let first = FIRST.with(|first| first.calls());
            in_time(exchange(call, first), within).await.unwrap_or(Err(OutboundError::TimedOut))
        })
    }

    fn log(&self, line: &str) {
        // A line is one record only while it is one write; a closed stdout is no reason to refuse the caller.
        let _ = std::io::stdout().write_all(format!("{line}\n").as_bytes());
    }
}
