//! `GET /openapi.json`: what the functions take and answer, for tools. Not below `/functions/v1`, where every path is a
//! function's.

use axum::{
    http::{HeaderName, header},
    response::IntoResponse,
};

const DOCUMENT: &str = include_str!("../../../../functions/openapi.json");

/// An editor in a page of another origin reads it too.
const HEADERS: [(HeaderName, &str); 2] =
    [(header::CONTENT_TYPE, "application/json"), (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];

pub async fn openapi() -> impl IntoResponse {
    (HEADERS, DOCUMENT)
}
