//! `/demo`: a small page on which the whole product can be seen at work, with the real supabase-js and the real module.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse as _, Redirect, Response},
    routing::get,
};
use serde_json::json;

use super::{App, Backends};
use crate::{demo, setup};

const PAGE: &str = include_str!("../../demo/index.html");
const SCRIPT: &str = include_str!("../../demo/demo.js");
const STYLE: &str = include_str!("../../demo/demo.css");

const JAVASCRIPT: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
const CSS: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];

pub fn router() -> Router<Arc<Backends>> {
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/demo") }))
        .route("/demo", get(|| async { Html(PAGE) }))
        .route("/demo/demo.js", get(|| async { (JAVASCRIPT, SCRIPT) }))
        .route("/demo/demo.css", get(|| async { (CSS, STYLE) }))
        .route("/demo/settings.js", get(settings))
        .route("/demo/supabase.js", get(supabase))
        .route("/demo/client/{file}", get(module))
}

/// What an application would have in its environment.
async fn settings(State(backends): App) -> Response {
    let settings = json!({
        "key": backends.keys.publishable,
        "channel": demo::GENERAL, "room": demo::ROOM, "game": demo::GAME,
        "people": {
            "ada@example.com": demo::ADA, "grace@example.com": demo::GRACE, "eve@example.com": demo::EVE,
        },
    });
    (JAVASCRIPT, format!("export default {settings};")).into_response()
}

/// supabase-js, the file that is made for browsers.
async fn supabase() -> Response {
    let folder = setup::root().join("tests/stack/demo");
    if let Err(error) = setup::packages(&folder).await {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("{error:#}")).into_response();
    }
    file(&folder.join("node_modules/@supabase/supabase-js/dist/umd/supabase.js")).await
}

/// The browser module, as it ships.
async fn module(Path(name): Path<String>) -> Response {
    if !name.ends_with(".js") || name.contains(['/', '\\']) {
        return StatusCode::NOT_FOUND.into_response();
    }
    file(&setup::root().join("functions/client").join(name)).await
}

async fn file(path: &std::path::Path) -> Response {
    match tokio::fs::read(path).await {
        Ok(text) => (JAVASCRIPT, text).into_response(),
        Err(error) => (StatusCode::NOT_FOUND, format!("{}: {error}", path.display())).into_response(),
    }
}
