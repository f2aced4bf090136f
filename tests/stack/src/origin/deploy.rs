//! `POST /_stack/deploy`: what `spin deploy` is to a cloud. A form of `folder`, a release's, and variables by name.
//!
//! It takes the place of the components at once: a request is answered by the old ones or by the new ones.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use axum::{
    Form, Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde_json::json;

use super::App;
use crate::host::Deployer;

/// Where the next application goes.
pub struct Deployments {
    /// The host's.
    pub deployer: Arc<Deployer>,
    /// Of the stack; those of the form go before them.
    pub variables: BTreeMap<String, String>,
}

pub async fn deploy(
    State(backends): App,
    headers: HeaderMap,
    Form(mut given): Form<BTreeMap<String, String>>,
) -> Response {
    // A page in a browser says where it is from. None may change what runs here.
    if headers.contains_key(header::ORIGIN) {
        return refusal(StatusCode::FORBIDDEN, "not from a browser");
    }
    let Some(Deployments { deployer, variables }) = backends.deployments.get() else {
        return refusal(
            StatusCode::NOT_IMPLEMENTED,
            "only the built-in runtime takes deployments: leave --runtime out",
        );
    };
    let Some(folder) = given.remove("folder") else {
        return refusal(StatusCode::UNPROCESSABLE_ENTITY, "no `folder`: give the one that the spin.toml is in");
    };
    let mut all = variables.clone();
    all.extend(given);
    match deployer.deploy(Path::new(&folder), &all).await {
        Ok(()) => Json(json!({ "deployed": folder })).into_response(),
        Err(error) => refusal(StatusCode::UNPROCESSABLE_ENTITY, &format!("{error:#}")),
    }
}

fn refusal(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "message": message }))).into_response()
}
