//! Hands requests on to the project as they came, and the answers back, by the transport of our functions: what Spin and that
//! transport take of a request's time. No token is looked at, nothing is read, nothing is written down.

use std::{cell::OnceCell, time::Duration};

use http::{Response, header};
use http_body_util::BodyExt as _;
use shared::{
    platform::Outbound,
    spin::{Alone, Last, exchange},
};
use spin_sdk::{
    http::{Error, IntoResponse, Request, Result},
    variables,
};

thread_local! {
    /// Read once by an instance, as ours reads what it is told.
    static ORIGIN: OnceCell<String> = const { OnceCell::new() };
}

/// What the host calls.
#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
pub async fn forward(request: Request) -> Result<impl IntoResponse> {
    let alone = Alone::begin();
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|error| Error::other(error.to_string()))?.to_bytes();
    let mut headers = head.headers;
    headers.remove(header::HOST);
    headers.remove(header::CONTENT_LENGTH);
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let call = Outbound {
        method: head.method,
        uri: format!("{}{path}", origin().await?),
        headers,
        body: (!body.is_empty()).then_some(body),
        within: Duration::from_secs(8),
        limit: 4 << 20,
    };

    let answer = exchange(call, false).await.map_err(|error| Error::other(format!("{error:?}")))?;

    let length = answer.body.len();
    let mut response = Response::new(Last::new(answer.body, alone));
    *response.status_mut() = answer.status;
    // Without its length, the head leaves alone.
    response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    if let Some(kind) = answer.headers.get(header::CONTENT_TYPE) {
        response.headers_mut().insert(header::CONTENT_TYPE, kind.clone());
    }
    Ok(response)
}

async fn origin() -> Result<String> {
    if let Some(known) = ORIGIN.with(|origin| origin.get().cloned()) {
        return Ok(known);
    }
    let read = variables::get("origin").await.map_err(|error| Error::other(error.to_string()))?;
    Ok(ORIGIN.with(|origin| origin.get_or_init(|| read).clone()))
}
