//! What the gateway in front of a project does: it demands an `apikey`, refuses in its own form (without a `code`), and
//! does not pass keys that are no JWTs on as bearer tokens.

use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use serde_json::json;

use super::App;

pub async fn demand_apikey(State(backends): App, mut request: Request, next: Next) -> Response {
    if request.method() == Method::OPTIONS {
        return next.run(request).await;
    }
    let keys = &backends.keys;
    match apikey(request.headers()) {
        None => refusal("No API key found in request", "No `apikey` request header or url param was found."),
        Some(key) if *key != keys.publishable && keys.verify(&key).is_err() => {
            refusal("Invalid API key", "Double check your Supabase `anon` or `service_role` API key.")
        }
        Some(_) => {
            drop_opaque_bearer(request.headers_mut());
            next.run(request).await
        }
    }
}

fn apikey(headers: &HeaderMap) -> Option<String> {
    headers.get("apikey")?.to_str().ok().map(str::to_owned)
}

/// supabase-js sends the publishable key as a bearer token when nobody is signed in.
fn drop_opaque_bearer(headers: &mut HeaderMap) {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if bearer.is_some_and(|value| value.to_ascii_lowercase().starts_with("bearer sb_")) {
        headers.remove(header::AUTHORIZATION);
    }
}

fn refusal(message: &str, hint: &str) -> Response<Body> {
    (StatusCode::UNAUTHORIZED, Json(json!({ "message": message, "hint": hint }))).into_response()
}
