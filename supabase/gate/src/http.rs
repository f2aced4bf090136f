//! Requests whose answers are looked at whatever their status.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;
use ureq::{
    Agent, RequestExt as _,
    http::{HeaderMap, Request},
};

/// Longer than any answer that is asked for here.
const PATIENCE: Duration = Duration::from_secs(15);

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    headers: HeaderMap,
    /// Null where it is no JSON.
    pub body: Value,
}

/// Sends a request; with a body it is a `POST`.
pub fn send(url: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Result<Answer> {
    let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).max_redirects(0);
    let agent: Agent = config.build().into();
    let mut request = Request::builder().method(if body.is_some() { "POST" } else { "GET" }).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = match body {
        Some(body) => {
            request.header("content-type", "application/json").body(body.to_string())?.with_agent(&agent).run()
        }
        None => request.body(())?.with_agent(&agent).run(),
    };
    let mut answer = answer.with_context(|| format!("no answer from {url}"))?;
    let text = answer.body_mut().read_to_string().with_context(|| format!("the answer of {url} broke off"))?;
    let body = serde_json::from_str(&text).unwrap_or_default();
    Ok(Answer { status: answer.status().as_u16(), headers: answer.headers().clone(), body })
}

impl Answer {
    /// A header, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// A text of the body.
    pub fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_default()
    }
}
