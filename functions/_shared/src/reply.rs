//! From a result to the bytes of a response. Every response has a `Content-Length`, because the host sets no
//! `TCP_NODELAY` and a terminating chunk would wait for the client's delayed ACK.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use serde::Serialize;

use crate::{problem::Problem, trace::Trace};

/// A successful answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// 200, or 201 where something was stored.
    pub status: StatusCode,
    /// JSON.
    pub body: Bytes,
    /// What the RPC said of itself, handed on as `X-RPC-Version`.
    pub rpc_version: Option<HeaderValue>,
    /// Whether this was stored before, handed on as `X-Idempotent-Replay`.
    pub replay: Option<HeaderValue>,
}

/// The code again, where `supabase.functions.invoke` hides the body.
pub const ERROR_CODE: HeaderName = HeaderName::from_static("sb-error-code");
/// Given or made, returned and recorded.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// `name/semver` of every RPC that answered.
pub const RPC_VERSION: HeaderName = HeaderName::from_static("x-rpc-version");

/// `true` when the same write was made before.
pub const REPLAY: HeaderName = HeaderName::from_static("x-idempotent-replay");
const RELAY_ERROR: HeaderName = HeaderName::from_static("x-relay-error");

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The shape that PostgREST's clients and `supabase.functions.invoke`'s both understand.
#[derive(Serialize)]
struct ErrorBody<'p> {
    code: &'static str,
    message: &'p str,
    msg: &'p str,
    details: Option<&'p str>,
    hint: Option<&'p str>,
    request_id: &'p str,
}

/// The response to a result, without the headers that every response has.
pub fn response(result: &Result<Reply, Problem>, trace: &Trace) -> Response<Bytes> {
    let (status, headers, body) = match result {
        Ok(reply) => (reply.status, of_reply(reply), reply.body.clone()),
        Err(problem) => (problem.status(), of_problem(problem), body(problem, trace)),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    let length = response.body().len().into();
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    // A person's data, or a refusal that may be over soon.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::CONTENT_LENGTH, length);
    response
}

fn of_reply(reply: &Reply) -> HeaderMap {
    let version = reply.rpc_version.iter().map(|version| (RPC_VERSION, version.clone()));
    version.chain(reply.replay.iter().map(|replay| (REPLAY, replay.clone()))).collect()
}

fn of_problem(problem: &Problem) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ERROR_CODE, HeaderValue::from_static(problem.code()));
    match problem {
        Problem::AuthRequired => {
            // RFC 6750, section 3.1: without credentials, no error code.
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        Problem::InvalidToken(_) | Problem::TokenExpired | Problem::NotAUserToken | Problem::SessionRevoked => {
            let challenge = HeaderValue::from_static(r#"Bearer error="invalid_token""#);
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        Problem::MethodNotAllowed { allow } => {
            headers.insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        Problem::UnsupportedContentEncoding => {
            // RFC 9110, section 15.5.16.
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        Problem::NotFound => {
            // supabase-js tells "no such function" from "the function failed" by this.
            headers.insert(RELAY_ERROR, HeaderValue::from_static("true"));
        }
        Problem::ConfigurationUnavailable(_) => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        Problem::RateLimited { retry_after }
        | Problem::KeySetUnavailable { retry_after, .. }
        | Problem::UpstreamUnavailable { retry_after, .. } => {
            headers.insert(header::RETRY_AFTER, (*retry_after).into());
        }
        Problem::RefusedByProject(refusal) => {
            headers.extend(refusal.retry_after.map(|seconds| (header::RETRY_AFTER, seconds.into())));
        }
        _ => {}
    }
    headers
}

fn body(problem: &Problem, trace: &Trace) -> Bytes {
    let message = problem.message();
    let body = ErrorBody {
        code: problem.code(),
        message: &message,
        msg: &message,
        details: problem.details(),
        hint: problem.hint(),
        request_id: &trace.request_id,
    };
    serde_json::to_vec(&body).expect("strings only").into()
}
