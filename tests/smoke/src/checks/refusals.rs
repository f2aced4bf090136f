//! What is refused before the database is asked, and how.

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use super::{functions, refused};
use crate::{
    http::{get, send},
    scene::Scene,
};

pub fn preflight(scene: &Scene) -> Result<()> {
    for (method, name) in functions() {
        let asked = [
            ("origin", "https://smoke.example"),
            ("access-control-request-method", method),
            ("access-control-request-headers", "authorization"),
        ];
        let answer = send("OPTIONS", &scene.function(&name), None, &asked, None)?;
        let allowed =
            answer.expect(204).context(name.clone())?.demand("access-control-allow-headers")?.to_ascii_lowercase();
        for header in ["authorization", "apikey", "x-client-info", "content-type"] {
            ensure!(allowed.contains(header), "{name}: {header} is not allowed: {allowed}");
        }
    }
    Ok(())
}

pub fn without_a_token(scene: &Scene) -> Result<()> {
    for (method, name) in functions() {
        let body = (method == "POST").then(|| json!({}));
        let answer = send(method, &scene.function(&name), None, &[], body.as_ref())?;
        refused(&answer, 401, &["auth_required"]).context(name.clone())?;
        ensure!(answer.demand("www-authenticate")?.starts_with("Bearer"), "{name}: no challenge");
    }
    Ok(())
}

pub fn with_a_forged_token(scene: &Scene) -> Result<()> {
    let (head, _) = scene.target.token.rsplit_once('.').context("the token is not a JWT")?;
    let forged = format!("{head}.{}", "A".repeat(43));
    for (method, name) in functions() {
        let body = (method == "POST").then(|| json!({}));
        let answer = send(method, &scene.function(&name), Some(&forged), &[], body.as_ref())?;
        refused(&answer, 401, &["invalid_token"]).context(name.clone())?;
    }
    Ok(())
}

pub fn with_a_bad_limit(scene: &Scene) -> Result<()> {
    let channel = if scene.channel.is_empty() { uuid::Uuid::nil().to_string() } else { scene.channel.clone() };
    let url = scene.function(&format!("messages-list?channel_id={channel}&limit=many"));
    let answer = get(&url, Some(&scene.target.token))?;
    refused(&answer, 422, &["invalid_parameter"])?;
    ensure!(answer.text("details") == "limit", "the field is not named: {}", answer.raw);
    Ok(())
}

pub fn unknown_function(scene: &Scene) -> Result<()> {
    refused(&get(&scene.function("no-such-function"), Some(&scene.target.token))?, 404, &["function_not_found"])
}
