//! The one file that names `spin_sdk`: Spin's side of every seam.
//!
//! Every body goes out by the SDK's conversion, with its length in the head. Spin sets no `TCP_NODELAY`, so a head that
//! leaves without the first bytes of its body costs 40 ms, the other side's delayed ACK. wasmtime hands the head to the
//! connection's thread first. Only then it queues two futures: one takes the trailers from the component, one the body.
//! wasmtime 47 (Spin 4.1) polls them in that order, and runs the component as soon as the first one has ended. If the
//! trailers are settled already, the component runs for some 150 µs before the body is taken, and the head leaves alone.
//! The SDK writes the body, ends it, and settles the trailers after that: the body is taken some microseconds after the
//! head. Nothing else may be queued in between, so nothing yields before an answer is given back either.

use std::{cell::Cell, io::Write as _, pin::pin, rc::Rc, time::Duration};

use bytes::Bytes;
use futures::future::{Either, select};
use http::{HeaderValue, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use spin_sdk::{
    http::{FromResponse as _, FullBody, Request as SpinRequest, Response as SpinResponse},
    variables,
    wasip3::{
        clocks::monotonic_clock,
        http::{
            client,
            types::{ErrorCode, Method as WasiMethod, Request as WasiRequest, RequestOptions, Scheme},
        },
        http_compat::{BodyResult, BodyWriter, IncomingRequestBody},
        random::random,
        wit_bindgen::rt::async_support::{FutureReader, StreamReader},
        wit_future,
    },
};
use time::UtcDateTime;

use crate::{
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
    pub async fn serve<H>(&self, request: SpinRequest, handle: H) -> Response<FullBody<Bytes>>
    where
        H: AsyncFn(&Edge, Request) -> Result<Reply, Problem>,
    {
        let (parts, body) = request.into_parts();
        let body = Some(Box::new(SpinBody(body)) as Box<dyn Body>);
        let incoming = Incoming { method: parts.method, uri: parts.uri, headers: parts.headers, body };
        let (shared, first) = (SHARED.with(Rc::clone), FIRST.with(Rc::clone));
        let answer = self.answer(Rc::new(Spin), &shared, incoming, handle).await;
        first.wait().await;
        answer.map(FullBody::new)
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
            in_time(exchange(call), within).await.unwrap_or(Err(OutboundError::TimedOut))
        })
    }

    fn log(&self, line: &str) {
        // A line is one record only while it is one write; a closed stdout is no reason to refuse the caller.
        let _ = std::io::stdout().write_all(format!("{line}\n").as_bytes());
    }
}

async fn exchange(call: Outbound) -> Result<Inbound, OutboundError> {
    let first = FIRST.with(Rc::clone);
    let expecting = !first.called.replace(true) && call.body.is_some();
    first.waited.set(true);
    let answer = once(call.clone(), expecting).await?;
    // Refused before anything was done, because of a header that a client may leave out (RFC 9110, section 10.1.1).
    if answer.status == StatusCode::EXPECTATION_FAILED { once(call, false).await } else { Ok(answer) }
}

/// A first call with a body asks for `100 Continue`, and does not wait for it: the other side answers the head at once,
/// and its ACK is not delayed.
async fn once(mut call: Outbound, expecting: bool) -> Result<Inbound, OutboundError> {
    if expecting {
        call.headers.insert(header::EXPECT, HeaderValue::from_static("100-continue"));
    }
    let limit = call.limit;
    let answer = match call.body.clone() {
        None => {
            let (_ends_without, trailers) = wit_future::new(|| Ok(None));
            client::send(request(call, None, trailers)?).await
        }
        Some(body) => {
            let (writer, contents, trailers) = BodyWriter::new();
            let mut body = FullBody::new(body);
            let sending = pin!(client::send(request(call, Some(contents), trailers)?));
            // The body is written right after the host has the request, before the component goes back to the host's
            // loop. The SDK's own conversion leaves that to another task: it runs after a yield, when the head has gone.
            match select(sending, pin!(writer.send_http_body(&mut body))).await {
                // Refused before it was read: the rest of the body is of no use to anybody.
                Either::Left((answer, _)) => answer,
                Either::Right((_, sending)) => sending.await,
            }
        }
    };
    let answer = answer.and_then(SpinResponse::from_response).map_err(|code| outbound_error(&code))?;
    let (parts, body) = answer.into_parts();
    let body = Limited::new(body, limit).collect().await.map_err(|error| match error.downcast::<ErrorCode>() {
        Ok(code) => outbound_error(&code),
        Err(other) if other.is::<LengthLimitError>() => OutboundError::TooLarge,
        Err(other) => OutboundError::Broken(other.to_string()),
    })?;
    Ok(Inbound { status: parts.status, headers: parts.headers, body: body.to_bytes() })
}

fn request(
    call: Outbound,
    contents: Option<StreamReader<u8>>,
    trailers: FutureReader<BodyResult>,
) -> Result<WasiRequest, OutboundError> {
    let Outbound { method, uri, mut headers, body, within, .. } = call;
    let broken = |what: &str| OutboundError::Broken(format!("cannot send: {what}"));
    let uri: Uri = uri.parse().map_err(|_| broken("URI"))?;
    if let Some(body) = &body {
        headers.insert(header::CONTENT_LENGTH, body.len().into());
    }
    let headers = headers.try_into().map_err(|_| broken("headers"))?;
    let (request, _sent) = WasiRequest::new(headers, contents, trailers, Some(options(within)?));
    let scheme = uri.scheme().map(Scheme::from);
    request.set_method(&WasiMethod::from(&method)).map_err(|()| broken("method"))?;
    request.set_scheme(scheme.as_ref()).map_err(|()| broken("scheme"))?;
    request.set_authority(uri.authority().map(|a| a.as_str())).map_err(|()| broken("authority"))?;
    request.set_path_with_query(uri.path_and_query().map(|p| p.as_str())).map_err(|()| broken("path"))?;
    Ok(request)
}

/// The host's own limits are ten minutes each.
fn options(within: Duration) -> Result<RequestOptions, OutboundError> {
    let options = RequestOptions::new();
    let nanoseconds = Some(nanoseconds(within));
    options
        .set_connect_timeout(nanoseconds)
        .and_then(|()| options.set_first_byte_timeout(nanoseconds))
        .and_then(|()| options.set_between_bytes_timeout(nanoseconds))
        .map_err(|error| OutboundError::Broken(format!("cannot send: timeouts: {error:?}")))?;
    Ok(options)
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn outbound_error(code: &ErrorCode) -> OutboundError {
    match code {
        ErrorCode::ConnectionTimeout | ErrorCode::ConnectionReadTimeout | ErrorCode::HttpResponseTimeout => {
            OutboundError::TimedOut
        }
        ErrorCode::HttpRequestDenied => OutboundError::Denied,
        other => OutboundError::Broken(format!("{other:?}")),
    }
}
