//! Handing a request on, and its answer back, without looking into either.

use std::{net::SocketAddr, path::Path, sync::LazyLock};

use anyhow::{Result, anyhow};
use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use serde_json::json;
use tokio::net::UnixStream;

use super::App;

/// They concern one connection, not the message (RFC 9110, section 7.6.1).
const HOP_BY_HOP: [HeaderName; 5] =
    [header::CONNECTION, header::TE, header::TRAILER, header::TRANSFER_ENCODING, header::UPGRADE];

static HOST: LazyLock<Client<HttpConnector, Body>> = LazyLock::new(|| {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new()).build(connector)
});

/// `/rest/v1/…` → PostgREST, which knows nothing of the prefix.
pub async fn rest(State(backends): App, request: Request) -> Response {
    let answer = answered("PostgREST", over_socket(&backends.rest, request).await);
    // Only the answer is spoiled: what it tells of has been done.
    backends.faults.rest().spoil(answer).await
}

/// `/functions/v1/…` → the host, with the prefix.
pub async fn functions(State(backends): App, request: Request) -> Response {
    let answer = match backends.functions.get() {
        Some(address) => over_tcp(*address, request).await,
        None => Err(anyhow!("it has not started yet")),
    };
    answered("the functions' host", answer)
}

async fn over_tcp(address: SocketAddr, mut request: Request) -> Result<Response> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    *request.uri_mut() = format!("http://{address}{path}").parse()?;
    strip(request.headers_mut());
    Ok(HOST.request(request).await?.map(Body::new))
}

/// A connection for each request: to a socket it costs less than a pool that must notice when PostgREST restarts.
async fn over_socket(socket: &Path, mut request: Request) -> Result<Response> {
    let stream = UnixStream::connect(socket).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move {
        // The request sees its failure.
        let _ended = connection.await;
    });
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    *request.uri_mut() = path.trim_start_matches("/rest/v1").parse()?;
    strip(request.headers_mut());
    Ok(sender.send_request(request).await?.map(Body::new))
}

fn strip(headers: &mut HeaderMap) {
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

fn answered(who: &str, answer: Result<Response>) -> Response {
    answer.map_or_else(
        |error| {
            let message = format!("{who} cannot be reached: {error}");
            (StatusCode::BAD_GATEWAY, Json(json!({ "message": message }))).into_response()
        },
        |mut response| {
            strip(response.headers_mut());
            response
        },
    )
}
