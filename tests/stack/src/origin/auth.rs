//! A stand-in for Supabase Auth, as much of it as a component or `auth.getUser()` sees.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, HeaderName, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tower_http::cors::{Any, CorsLayer};
use uuid::Uuid;

use super::{App, Backends};
use crate::keys::LIFETIME_HOURS;

/// Of every account.
const PASSWORD: &str = "demo";

const LIFETIME_SECONDS: u64 = LIFETIME_HOURS * 3600;

/// What needs the key of the project.
pub fn router() -> Router<Arc<Backends>> {
    Router::new()
        .route("/auth/v1/user", get(user))
        .route("/auth/v1/token", post(token))
        .route("/auth/v1/logout", post(logout))
}

/// An application has an origin of its own. What auth-js sends is allowed, as by the real one.
pub fn cors() -> CorsLayer {
    const SENT: [&str; 4] = ["apikey", "x-client-info", "x-supabase-api-version", "x-retry-count"];
    let headers = SENT.map(HeaderName::from_static).into_iter().chain([header::AUTHORIZATION, header::CONTENT_TYPE]);
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(headers.collect::<Vec<_>>())
        .expose_headers([HeaderName::from_static("x-supabase-api-version")])
}

/// `GET /auth/v1/.well-known/jwks.json`: needs no key, cached for ten minutes as on the edge.
pub async fn key_set(State(backends): App) -> Response {
    let fault = backends.faults.key_set();
    if let Some(spoiled) = fault.answer().await {
        return spoiled;
    }
    match backends.keys.public_set() {
        Ok(set) => ([(header::CACHE_CONTROL, "public, max-age=600")], Json(set)).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// `GET /auth/v1/user`: who the bearer of this token is, if the account still exists.
async fn user(State(backends): App, headers: HeaderMap) -> Response {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(token) = bearer.and_then(|value| value.split_once(' ')).map(|(_, token)| token) else {
        return refusal(StatusCode::UNAUTHORIZED, "no_authorization", "This endpoint requires a valid Bearer token");
    };
    let subject = backends.keys.verify(token).ok().and_then(|claims| claims.subject?.parse::<Uuid>().ok());
    let Some(id) = subject else {
        return refusal(StatusCode::FORBIDDEN, "bad_jwt", "invalid JWT: unable to parse or verify signature");
    };
    let query = "select to_jsonb(u) - 'encrypted_password' from auth.users as u where u.id = $1";
    let found = async { anyhow::Ok(backends.database.client().await?.query_opt(query, &[&id]).await?) };
    match found.await {
        Ok(Some(row)) => Json(row.get::<_, Value>(0)).into_response(),
        Ok(None) => refusal(StatusCode::FORBIDDEN, "user_not_found", "User from sub claim in JWT does not exist"),
        Err(error) => refusal(StatusCode::INTERNAL_SERVER_ERROR, "unexpected_failure", &error.to_string()),
    }
}

/// What `signInWithPassword` and the refreshing of a session send.
#[derive(Debug, Deserialize)]
struct SignIn {
    email: Option<String>,
    password: Option<String>,
    refresh_token: Option<String>,
}

/// `POST /auth/v1/token`: every account of this stand-in has the password `demo`, and a refresh token is the account's id.
async fn token(State(backends): App, Json(given): Json<SignIn>) -> Response {
    let (column, value) = match (given.email, given.password.as_deref(), given.refresh_token) {
        (Some(email), Some(PASSWORD), _) => ("email", email),
        (_, _, Some(token)) => ("id::text", token),
        _ => return refusal(StatusCode::BAD_REQUEST, "invalid_credentials", "Invalid login credentials"),
    };
    let query =
        format!("select id, email, to_jsonb(u) - 'encrypted_password' from auth.users as u where {column} = $1");
    let found = async { anyhow::Ok(backends.database.client().await?.query_opt(&query, &[&value]).await?) };
    let row = match found.await {
        Ok(Some(row)) => row,
        Ok(None) => return refusal(StatusCode::BAD_REQUEST, "invalid_credentials", "Invalid login credentials"),
        Err(error) => return refusal(StatusCode::INTERNAL_SERVER_ERROR, "unexpected_failure", &error.to_string()),
    };
    let (id, email, user): (Uuid, Option<String>, Value) = (row.get(0), row.get(1), row.get(2));
    match backends.keys.user(id, &email.unwrap_or_default()) {
        Ok(access_token) => Json(json!({
            "access_token": access_token,
            "token_type": "bearer",
            "expires_in": LIFETIME_SECONDS,
            "refresh_token": id,
            "user": user,
        }))
        .into_response(),
        Err(error) => refusal(StatusCode::INTERNAL_SERVER_ERROR, "unexpected_failure", &error.to_string()),
    }
}

/// `POST /auth/v1/logout`
async fn logout() -> StatusCode {
    StatusCode::NO_CONTENT
}

fn refusal(status: StatusCode, code: &str, message: &str) -> Response {
    (status, Json(json!({ "code": status.as_u16(), "error_code": code, "msg": message }))).into_response()
}
