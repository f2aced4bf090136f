//! The port of the host: HTTP/1.1, routes of `spin.toml`, and what Spin answers when it has no component to ask.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, PoisonError, RwLock},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use wasmtime_wasi_http::handler::{ErrorCode, ProxyHandler};

use super::{
    Sockets,
    manifest::Routes,
    order,
    record::Subject,
    wasi::{self, WasiBody},
    worker::Worker,
};

pub struct Server {
    application: RwLock<Arc<Application>>,
    sockets: Sockets,
}

/// What is deployed.
#[derive(Default)]
pub struct Application {
    pub routes: Routes,
    pub handlers: BTreeMap<String, ProxyHandler<Worker>>,
    /// What is recorded of each component, where something is.
    pub recorded: BTreeMap<String, Arc<Subject>>,
}

impl Server {
    /// With nothing deployed yet.
    pub fn new(sockets: Sockets) -> Self {
        Self { application: RwLock::default(), sockets }
    }

    /// From the next request on. Those that are being answered keep theirs.
    pub fn serve_instead(&self, application: Application) {
        *self.application.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(application);
    }

    /// Until the task is aborted.
    pub async fn serve(self: Arc<Self>, listener: TcpListener) {
        let mut connections = tokio::task::JoinSet::new();
        loop {
            match listener.accept().await {
                Ok((stream, client)) => drop(connections.spawn(self.clone().connection(stream, client))),
                // Out of descriptors, most likely: the next connection may find one.
                Err(error) => {
                    say::note!("the host cannot accept a connection: {error}");
                    tokio::task::yield_now().await;
                }
            }
            while connections.try_join_next().is_some() {}
        }
    }

    async fn connection(self: Arc<Self>, stream: TcpStream, client: SocketAddr) {
        let nodelay = stream.set_nodelay(self.sockets == Sockets::NoDelay);
        if let Err(error) = nodelay {
            say::note!("TCP_NODELAY: {error}");
        }
        let service = service_fn(|request| {
            let server = self.clone();
            async move { Ok::<_, Infallible>(server.answer(request, client).await) }
        });
        // A client that goes away in the middle is its own business.
        let _ended =
            http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await;
    }

    async fn answer(&self, request: Request<Incoming>, client: SocketAddr) -> Response<WasiBody> {
        let application = self.application.read().unwrap_or_else(PoisonError::into_inner).clone();
        let component = application.routes.component(request.uri().path());
        let Some((id, handler)) = component.and_then(|id| application.handlers.get_key_value(id)) else {
            return bare(StatusCode::NOT_FOUND);
        };
        let tape = application.recorded.get(id).map(Subject::tape);
        let request = prepared(request, client);
        let request = match &tape {
            Some(tape) => tape.request(request),
            None => request,
        };
        let request = request.map(|body| body.map_err(ErrorCode::from).boxed_unsync());
        let answer = match &tape {
            Some(tape) => {
                let (handler, noted) = (handler.clone(), Some(tape.clone()));
                order::answer(async move { handler.handle(noted, request).await }, tape).await
            }
            None => handler.handle(None, request).await.map(|response| response.map(wasi::given_back)),
        };
        match (answer, tape) {
            (Ok(response), None) => response,
            (Ok(response), Some(tape)) => tape.response(response),
            (Err(error), tape) => {
                if let Some(tape) = tape {
                    tape.failed(&format!("{error:#}"));
                }
                say::note!("a component gave no answer: {error:?}");
                bare(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }
}

/// Spin appends its own headers after the client's, so whoever reads the first one reads the client's.
fn prepared(request: Request<Incoming>, client: SocketAddr) -> Request<WasiBody> {
    let host = request.headers().get(http::header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let authority = host.to_owned();
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let uri = format!("http://{authority}{path}");
    let (mut parts, body) = request.into_parts();
    for (name, value) in [("spin-client-addr", client.to_string()), ("spin-full-url", uri.clone())] {
        if let Ok(value) = HeaderValue::try_from(value) {
            parts.headers.append(name, value);
        }
    }
    parts.headers.remove(http::header::CONNECTION);
    if let Ok(uri) = uri.parse() {
        parts.uri = uri;
    }
    Request::from_parts(parts, Lingering(Some(body)).map_err(wasi::broken).boxed_unsync())
}

/// What a component leaves unread is read and thrown away, up to a mebibyte: a connection that is closed on unread data
/// is reset, and the answer that was on its way is lost. The gateways in front of Spin linger like this.
struct Lingering(Option<Incoming>);

const LINGERED: usize = 1 << 20;

impl Body for Lingering {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut self.0 {
            Some(body) => Pin::new(body).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map_or_else(SizeHint::default, Body::size_hint)
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        let Some(body) = self.0.take().filter(|body| !body.is_end_stream()) else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            // Whether the client goes on or away, there is nobody to tell.
            let _rest = Limited::new(body, LINGERED).collect().await;
        });
    }
}

fn bare(status: StatusCode) -> Response<WasiBody> {
    let mut response = Response::new(Empty::<Bytes>::new().map_err(|never| match never {}).boxed_unsync());
    *response.status_mut() = status;
    response
}
