//! The one file that names `spin_sdk`: Spin's side of every seam.

use std::{io::Write as _, pin::pin, rc::Rc, time::Duration};

use bytes::Bytes;
use futures::future::{Either, FutureExt as _, select};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use spin_sdk::{
    http::{FromResponse as _, Request as SpinRequest, Response as SpinResponse},
    variables,
    wasip3::{
        clocks::monotonic_clock,
        http::{
            client,
            types::{
                ErrorCode, Fields, Method as WasiMethod, Request as WasiRequest, RequestOptions,
                Response as WasiResponse, Scheme,
            },
        },
        http_compat::IncomingRequestBody,
        random::random,
        spawn,
        wit_bindgen::{
            rt::async_support::{FutureReader, StreamReader},
            yield_async,
        },
        wit_future, wit_stream,
    },
};
use time::UtcDateTime;

use crate::{
    edge::Edge,
    endpoint::{Endpoint, Shared},
    platform::{Body, BodyError, Inbound, Incoming, Local, Outbound, OutboundError, Platform},
    problem::Problem,
    reply::Reply,
    request::Request,
};

thread_local! {
    /// An instance has one thread, so this is the instance's.
    static SHARED: Rc<Shared> = Rc::default();
}

impl Endpoint {
    /// Takes a request from Spin and answers it. Never fails.
    pub async fn serve<H>(&self, request: SpinRequest, handle: H) -> WasiResponse
    where
        H: AsyncFn(&Edge, Request) -> Result<Reply, Problem>,
    {
        let (parts, body) = request.into_parts();
        let body = Some(Box::new(SpinBody(body)) as Box<dyn Body>);
        let incoming = Incoming { method: parts.method, uri: parts.uri, headers: parts.headers, body };
        let shared = SHARED.with(Rc::clone);
        let response = self.answer(Rc::new(Spin), &shared, incoming, handle).await;
        if !response.status().is_success() {
            // A refusal takes microseconds. Given back while the host still attends to the request, its head can be on its
            // way before its body has been fetched; then the body waits for an ACK, where the host has no TCP_NODELAY.
            yield_async().await;
        }
        wasi_response(response)
    }
}

/// Built by hand, because the SDK's conversion begins the body after the head has gone.
fn wasi_response(response: Response<Bytes>) -> WasiResponse {
    let (parts, body) = response.into_parts();
    let headers = fields(&parts.headers).expect("no header of ours is one that belongs to the connection");
    let contents = (!body.is_empty()).then(|| stream(body));
    let (response, _sent) = WasiResponse::new(headers, contents, no_trailers());
    response.set_status_code(parts.status.as_u16()).expect("a status of ours has three digits");
    response
}

/// A body whose first write is under way before the host asks for it, so that it goes into the same segment as the head.
fn stream(body: Bytes) -> StreamReader<u8> {
    let (mut writer, reader) = wit_stream::new();
    let mut write = Box::pin(async move {
        // What is left over was not wanted: the other side has gone, or has answered before it had all.
        let _unwritten = writer.write_all(body.into()).await;
    });
    if write.as_mut().now_or_never().is_none() {
        spawn(write);
    }
    reader
}

fn no_trailers() -> FutureReader<Result<Option<Fields>, ErrorCode>> {
    let (trailers, none) = wit_future::new(|| Ok(None));
    drop(trailers);
    none
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
    let answer = once(&call, call.body.is_some()).await?;
    // Refused before anything was done, because of a header that a client may leave out (RFC 9110, section 10.1.1).
    if answer.status == StatusCode::EXPECTATION_FAILED { once(&call, false).await } else { Ok(answer) }
}

async fn once(call: &Outbound, expecting: bool) -> Result<Inbound, OutboundError> {
    let request = wasi_request(call, expecting)?;
    let answer = client::send(request).await.map_err(|code| outbound_error(&code))?;
    let (parts, body) = SpinResponse::from_response(answer).map_err(|code| outbound_error(&code))?.into_parts();
    let body = Limited::new(body, call.limit).collect().await.map_err(|error| match error.downcast::<ErrorCode>() {
        Ok(code) => outbound_error(&code),
        Err(other) if other.is::<LengthLimitError>() => OutboundError::TooLarge,
        Err(other) => OutboundError::Broken(other.to_string()),
    })?;
    Ok(Inbound { status: parts.status, headers: parts.headers, body: body.to_bytes() })
}

/// Built by hand, because the SDK's conversion gives every request a body stream, and a `GET` would be sent as chunked.
///
/// With a body it asks for `100 Continue`, and does not wait for it. Where the host sends the head alone, without
/// `TCP_NODELAY` the body waits for its ACK; the other side delays an ACK by some 40 ms, unless it has something to say.
fn wasi_request(call: &Outbound, expecting: bool) -> Result<WasiRequest, OutboundError> {
    let broken = |what: &str| OutboundError::Broken(format!("cannot send: {what}"));
    let uri: Uri = call.uri.parse().map_err(|_| broken("URI"))?;
    let mut headers = call.headers.clone();
    if expecting {
        headers.insert(header::EXPECT, HeaderValue::from_static("100-continue"));
    }
    let contents = call.body.clone().map(|body| {
        headers.insert(header::CONTENT_LENGTH, body.len().into());
        stream(body)
    });
    let (request, _sent) = WasiRequest::new(fields(&headers)?, contents, no_trailers(), Some(options(call.within)?));
    let scheme = if uri.scheme_str() == Some("https") { Scheme::Https } else { Scheme::Http };
    request.set_method(&WasiMethod::from(&call.method)).map_err(|()| broken("method"))?;
    request.set_scheme(Some(&scheme)).map_err(|()| broken("scheme"))?;
    request.set_authority(uri.authority().map(|a| a.as_str())).map_err(|()| broken("authority"))?;
    request.set_path_with_query(uri.path_and_query().map(|p| p.as_str())).map_err(|()| broken("path"))?;
    Ok(request)
}

fn fields(headers: &HeaderMap) -> Result<Fields, OutboundError> {
    let pair = |(name, value): (&HeaderName, &HeaderValue)| (name.to_string(), value.as_bytes().to_vec());
    Fields::from_list(&headers.iter().map(pair).collect::<Vec<_>>())
        .map_err(|error| OutboundError::Broken(format!("cannot send: headers: {error:?}")))
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
