//! `/demo`: a small page on which the whole product can be seen at work, with the real supabase-js and the real module.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use serde_json::json;

use super::{App, Backends};
use crate::{demo, setup};

const FOLDER: &str = "tests/stack/demo";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

pub fn router() -> Router<Arc<Backends>> {
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/demo") }))
        .route("/demo", get(|app| part(app, "index.html", "text/html; charset=utf-8")))
        .route("/demo/demo.js", get(|app| part(app, "demo.js", JAVASCRIPT)))
        .route("/demo/demo.css", get(|app| part(app, "demo.css", "text/css; charset=utf-8")))
        .route("/demo/settings.js", get(settings))
        .route("/demo/supabase.js", get(supabase))
        .route("/demo/client/{file}", get(module))
}

/// What an application would have in its environment.
async fn settings(State(backends): App) -> Response {
    let settings = json!({
        "key": backends.keys.publishable,
        "channel": demo::GENERAL, "room": demo::ROOM, "game": demo::GAME,
        // In the order in which they are shown.
        "people": [
            { "name": "Ada", "email": "ada@example.com", "id": demo::ADA },
            { "name": "Grace", "email": "grace@example.com", "id": demo::GRACE },
            { "name": "Eve", "email": "eve@example.com", "id": demo::EVE },
        ],
    });
    ([(header::CONTENT_TYPE, JAVASCRIPT)], format!("export default {settings};")).into_response()
}

async fn part(State(backends): App, name: &str, kind: &'static str) -> Response {
    file(&backends.root.join(FOLDER).join(name), kind).await
}

/// supabase-js, the file that is made for browsers.
async fn supabase(State(backends): App) -> Response {
    let folder = backends.root.join(FOLDER);
    if let Err(error) = setup::packages(&folder).await {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("{error:#}")).into_response();
    }
    file(&folder.join("node_modules/@supabase/supabase-js/dist/umd/supabase.js"), JAVASCRIPT).await
}

/// The browser module, as it ships.
async fn module(State(backends): App, Path(name): Path<String>) -> Response {
    if !name.ends_with(".js") || name.contains(['/', '\\']) {
        return StatusCode::NOT_FOUND.into_response();
    }
    file(&backends.root.join("functions/client").join(name), JAVASCRIPT).await
}

async fn file(path: &std::path::Path, kind: &'static str) -> Response {
    match tokio::fs::read(path).await {
        Ok(text) => ([(header::CONTENT_TYPE, kind)], text).into_response(),
        Err(error) => (StatusCode::NOT_FOUND, format!("{}: {error}", path.display())).into_response(),
    }
}
