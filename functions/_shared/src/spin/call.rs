//! A call to the project: head and body leave together here, too.

use std::{pin::pin, time::Duration};

use futures::future::{Either, select};
use http::{HeaderValue, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use spin_sdk::{
    http::{FromResponse as _, FullBody, Response as SpinResponse},
    wasip3::{
        http::{
            client,
            types::{ErrorCode, Method as WasiMethod, Request as WasiRequest, RequestOptions, Scheme},
        },
        http_compat::{BodyResult, BodyWriter},
        wit_bindgen::rt::async_support::{FutureReader, StreamReader},
        wit_future,
    },
};

use crate::platform::{Inbound, Outbound, OutboundError};

/// Sends one request and reads its answer. `first` says that this instance has called nobody yet.
pub async fn exchange(call: Outbound, first: bool) -> Result<Inbound, OutboundError> {
    let expecting = first && call.body.is_some();
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
    let unsent = |what: &str| OutboundError::Unreachable(format!("cannot send: {what}"));
    let uri: Uri = uri.parse().map_err(|_| unsent("URI"))?;
    if let Some(body) = &body {
        headers.insert(header::CONTENT_LENGTH, body.len().into());
    }
    let headers = headers.try_into().map_err(|_| unsent("headers"))?;
    let (request, _sent) = WasiRequest::new(headers, contents, trailers, Some(options(within)?));
    let scheme = uri.scheme().map(Scheme::from);
    request.set_method(&WasiMethod::from(&method)).map_err(|()| unsent("method"))?;
    request.set_scheme(scheme.as_ref()).map_err(|()| unsent("scheme"))?;
    request.set_authority(uri.authority().map(|a| a.as_str())).map_err(|()| unsent("authority"))?;
    request.set_path_with_query(uri.path_and_query().map(|p| p.as_str())).map_err(|()| unsent("path"))?;
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
        .map_err(|error| OutboundError::Unreachable(format!("cannot send: timeouts: {error:?}")))?;
    Ok(options)
}

/// As WASI counts time.
pub fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn outbound_error(code: &ErrorCode) -> OutboundError {
    match code {
        ErrorCode::ConnectionTimeout | ErrorCode::ConnectionReadTimeout | ErrorCode::HttpResponseTimeout => {
            OutboundError::TimedOut
        }
        ErrorCode::HttpRequestDenied => OutboundError::Denied,
        ErrorCode::DnsTimeout
        | ErrorCode::DnsError(_)
        | ErrorCode::DestinationNotFound
        | ErrorCode::DestinationUnavailable
        | ErrorCode::DestinationIpProhibited
        | ErrorCode::DestinationIpUnroutable
        | ErrorCode::ConnectionRefused
        | ErrorCode::ConnectionLimitReached
        | ErrorCode::TlsCertificateError => OutboundError::Unreachable(format!("{code:?}")),
        other => OutboundError::Broken(format!("{other:?}")),
    }
}
