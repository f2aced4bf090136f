//! Outbound calls as Spin makes them: pooled connections, allowed hosts enforced, the component's timeouts applied.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use tokio::time::timeout;
use wasmtime_wasi::TrappableError;

use super::{
    Sockets,
    boundary::Boundary,
    wasi::{self, Error, RequestOptions, WasiBody, WasiHttpHooks},
};

/// Spin's, when the component sets none.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);

/// One pool for all components, as in Spin.
#[derive(Clone)]
pub struct Client(legacy::Client<HttpConnector, WasiBody>);

impl Client {
    pub fn new(sockets: Sockets) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(sockets == Sockets::NoDelay);
        Self(legacy::Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector))
    }
}

/// What a component may do on the network.
#[derive(Clone)]
pub struct Outbound {
    pub client: Client,
    /// Origins.
    pub allowed: Vec<String>,
    /// What each call passes on its way.
    pub boundary: Option<Arc<dyn Boundary>>,
}

type Transmitted = Box<dyn Future<Output = Result<(), Error>> + Send>;
/// An answer, or why there is none.
pub type Answer = Result<(Response<WasiBody>, Transmitted), Error>;

impl WasiHttpHooks for Outbound {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _consumed: Transmitted,
    ) -> Box<dyn Future<Output = Result<(Response<WasiBody>, Transmitted), TrappableError<Error>>> + Send> {
        let Self { client, allowed, boundary } = self.clone();
        let options = options.unwrap_or_default();
        match boundary {
            None => Box::new(async move { Ok(send(client, &allowed, request, options).await?) }),
            Some(boundary) => {
                let network =
                    move |request| Box::pin(async move { send(client, &allowed, request, options).await }) as _;
                let answer = boundary.send(request, &options, Box::new(network));
                Box::new(async move { Ok(answer.await?) })
            }
        }
    }
}

async fn send(client: Client, allowed: &[String], mut request: Request<WasiBody>, options: RequestOptions) -> Answer {
    if !allowed.iter().any(|origin| is_allowed(origin, request.uri())) {
        return Err(Error::HttpRequestDenied);
    }
    // hyper derives it from the URI.
    request.headers_mut().remove(http::header::HOST);
    let first_byte = options.first_byte_timeout.unwrap_or(DEFAULT_TIMEOUT);
    let between_bytes = options.between_bytes_timeout.unwrap_or(DEFAULT_TIMEOUT);
    let response = timeout(first_byte, client.0.request(request))
        .await
        .map_err(|_| Error::ConnectionReadTimeout)?
        .map_err(|error| match error.is_connect() {
            true => Error::ConnectionRefused,
            false => Error::InternalError(Some(root_cause(&error))),
        })?;
    let response = response.map(|body| {
        Paced { body: body.map_err(wasi::broken).boxed_unsync(), between_bytes, alarm: None }.boxed_unsync()
    });
    Ok((response, Box::new(async { Ok(()) })))
}

/// `https://*.example.com` allows every name below example.com.
fn is_allowed(allowed: &str, uri: &http::Uri) -> bool {
    let (Ok(allowed), Ok(asked)) = (url::Url::parse(allowed), url::Url::parse(&uri.to_string())) else { return false };
    let below = allowed.host_str().and_then(|host| host.strip_prefix('*'));
    match (below, asked.host_str()) {
        (Some(suffix), Some(host)) => {
            let same = allowed.scheme() == asked.scheme();
            same && allowed.port_or_known_default() == asked.port_or_known_default() && host.ends_with(suffix)
        }
        _ => allowed.origin() == asked.origin(),
    }
}

fn root_cause(error: &legacy::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    format!("{error}: {cause}")
}

/// A body that fails when it pauses for too long.
struct Paced {
    body: WasiBody,
    between_bytes: Duration,
    alarm: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl http_body::Body for Paced {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Error>>> {
        use std::task::Poll;
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(frame) => {
                self.alarm = None;
                Poll::Ready(frame)
            }
            Poll::Pending => {
                let pause = self.between_bytes;
                let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep(pause)));
                alarm.as_mut().poll(cx).map(|()| Some(Err(Error::ConnectionReadTimeout)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}
