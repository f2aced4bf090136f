//! `GET /openapi.json`: what the functions take and answer, for tools. Not below `/functions/v1`, where every path is a
//! function's.

use axum::{
    extract::State,
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse as _, Response},
};

use super::App;

/// An editor in a page of another origin reads it too.
const HEADERS: [(HeaderName, &str); 2] =
    [(header::CONTENT_TYPE, "application/json"), (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];

pub async fn openapi(State(backends): App) -> Response {
    let path = backends.root.join("functions/openapi.json");
    match tokio::fs::read(&path).await {
        Ok(document) => (HEADERS, document).into_response(),
        Err(error) => (StatusCode::NOT_FOUND, format!("{}: {error}", path.display())).into_response(),
    }
}
