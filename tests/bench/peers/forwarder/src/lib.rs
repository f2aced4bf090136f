//! Hands requests on to the project as they came, and the answers back, by the SDK and nothing else: what Spin takes of a
//! request's time, whatever the component does. No token is looked at, nothing is read, nothing is written down.

use std::cell::OnceCell;

use http::header;
use http_body_util::BodyExt as _;
use spin_sdk::{
    http::{EmptyBody, Error, FullBody, Request, Response, Result, send},
    variables,
};

thread_local! {
    /// Read once by an instance, as ours reads what it is told.
    static ORIGIN: OnceCell<String> = const { OnceCell::new() };
}

/// What the host calls.
#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
pub async fn forward(request: Request) -> Result<Response> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|error| Error::other(error.to_string()))?.to_bytes();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut call = http::Request::builder().method(head.method).uri(format!("{}{path}", origin().await?));
    for (name, value) in &head.headers {
        if name != header::HOST {
            call = call.header(name, value);
        }
    }
    let sent = if body.is_empty() {
        send(call.body(EmptyBody::new())?).await
    } else {
        send(call.body(FullBody::new(body))?).await
    };
    sent.map_err(Error::ErrorCode)
}

async fn origin() -> Result<String> {
    if let Some(known) = ORIGIN.with(|origin| origin.get().cloned()) {
        return Ok(known);
    }
    let read = variables::get("origin").await.map_err(|error| Error::other(error.to_string()))?;
    Ok(ORIGIN.with(|origin| origin.get_or_init(|| read).clone()))
}
