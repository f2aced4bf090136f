//! Requests whose answers are looked at whatever their status. For the tools: the functions have their own client.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use ureq::{
    Agent, RequestExt as _,
    http::{HeaderMap, Request},
};

/// Longer than any answer of a function may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    headers: HeaderMap,
    /// The body as it came.
    pub raw: String,
    /// The body; null where it is no JSON.
    pub body: Value,
}

/// Sends a request; with a body it is a `POST`.
pub fn send(url: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Result<Answer> {
    request(if body.is_some() { "POST" } else { "GET" }, url, headers, body)
}

/// Sends a request of any method.
pub fn request(method: &str, url: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Result<Answer> {
    let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).max_redirects(0);
    let agent: Agent = config.build().into();
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let malformed = || format!("{url} is not a URL to send a request to");
    let answer = match body {
        Some(body) => {
            let request = request.header("content-type", "application/json").body(body.to_string());
            request.with_context(malformed)?.with_agent(&agent).run()
        }
        None => request.body(()).with_context(malformed)?.with_agent(&agent).run(),
    };
    let mut answer = answer.with_context(|| format!("no answer from {url}"))?;
    let raw = answer.body_mut().read_to_string().with_context(|| format!("the answer of {url} broke off"))?;
    let body = serde_json::from_str(&raw).unwrap_or_default();
    Ok(Answer { status: answer.status().as_u16(), headers: answer.headers().clone(), raw, body })
}

impl Answer {
    /// A header, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The same, where it has to be there.
    pub fn demand(&self, name: &str) -> Result<&str> {
        self.header(name).with_context(|| format!("there is no header {name}"))
    }

    /// Fails unless the answer has this status, and shows what it was instead.
    pub fn expect(&self, status: u16) -> Result<&Self> {
        if self.status != status {
            bail!("expected {status}, got {}: {}", self.status, self.raw);
        }
        Ok(self)
    }

    /// A text of the body.
    pub fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_default()
    }
}
