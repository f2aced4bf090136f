//! A stand-in for Supabase Auth, as much of it as a component or `auth.getUser()` sees.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::App;

/// `GET /auth/v1/.well-known/jwks.json`: needs no key, cached for ten minutes as on the edge.
pub async fn key_set(State(backends): App) -> Response {
    match backends.keys.public_set() {
        Ok(set) => ([(header::CACHE_CONTROL, "public, max-age=600")], Json(set)).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// `GET /auth/v1/user`: who the bearer of this token is, if the account still exists.
pub async fn user(State(backends): App, headers: HeaderMap) -> Response {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(token) = bearer.and_then(|value| value.split_once(' ')).map(|(_, token)| token) else {
        return refusal(StatusCode::UNAUTHORIZED, "no_authorization", "This endpoint requires a valid Bearer token");
    };
    let subject = backends.keys.verify(token).ok().and_then(|claims| claims.subject?.parse::<Uuid>().ok());
    let Some(id) = subject else {
        return refusal(StatusCode::FORBIDDEN, "bad_jwt", "invalid JWT: unable to parse or verify signature");
    };
    let query = "select to_jsonb(u) - 'encrypted_password' from auth.users as u where u.id = $1";
    match backends.database.lock().await.query_opt(query, &[&id]).await {
        Ok(Some(row)) => Json(row.get::<_, Value>(0)).into_response(),
        Ok(None) => refusal(StatusCode::FORBIDDEN, "user_not_found", "User from sub claim in JWT does not exist"),
        Err(error) => refusal(StatusCode::INTERNAL_SERVER_ERROR, "unexpected_failure", &error.to_string()),
    }
}

fn refusal(status: StatusCode, code: &str, message: &str) -> Response {
    (status, Json(json!({ "code": status.as_u16(), "error_code": code, "msg": message }))).into_response()
}
