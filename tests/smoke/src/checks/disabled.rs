//! Functions that are turned off: each says so, in the form of every refusal, and lets a page read it.

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use super::{Check, functions, refusals, refused};
use crate::{http::send, scene::Scene};

pub fn all() -> Vec<Check> {
    vec![
        Check { name: "a browser may call each function (CORS preflight)", needs: &[], run: refusals::preflight },
        Check { name: "each function says that it is turned off: 503", needs: &[], run: turned_off },
        Check { name: "no function of the name: 404, in JSON", needs: &[], run: refusals::unknown_function },
    ]
}

fn turned_off(scene: &Scene) -> Result<()> {
    for (method, name) in functions() {
        let body = (method == "POST").then(|| json!({}));
        let answer = send(method, &scene.function(&name), Some(&scene.target.token), &[], body.as_ref())?;
        refused(&answer, 503, &["feature_disabled"]).context(name.clone())?;
        ensure!(answer.header("x-rpc-version").is_none(), "{name}: the database was asked");
    }
    Ok(())
}
