//! Requests as somebody.

use anyhow::Result;
use gate::http::{Answer, request};
use serde_json::Value;

use crate::Project;

/// `GET`, as the bearer of a token.
pub fn get(url: &str, token: Option<&str>) -> Result<Answer> {
    send("GET", url, token, &[], None)
}

/// `POST` of JSON, as the bearer of a token.
pub fn post(url: &str, token: Option<&str>, body: &Value) -> Result<Answer> {
    send("POST", url, token, &[], Some(body))
}

/// Any method and headers.
pub fn send(
    method: &str,
    url: &str,
    token: Option<&str>,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> Result<Answer> {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut headers = headers.to_vec();
    headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
    request(method, url, &headers, body)
}

/// An RPC through PostgREST, as a browser calls it: what reads without a body.
pub fn rpc(project: &Project, name: &str, token: &str, body: Option<&Value>) -> Result<Answer> {
    let url = format!("{}/rest/v1/rpc/{name}", project.url.trim_end_matches('/'));
    let method = if body.is_some() { "POST" } else { "GET" };
    send(method, &url, Some(token), &[("apikey", &project.apikey)], body)
}
