//! Requests whose answers are looked at whatever their status.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use ureq::{
    Agent, RequestExt as _,
    http::{HeaderMap, Request},
};

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The response's headers.
    pub headers: HeaderMap,
    /// As text.
    pub body: String,
}

/// Longer than any answer of a function may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// `GET`, as the bearer of a token.
pub fn get(url: &str, token: Option<&str>) -> Result<Answer> {
    send("GET", url, token, &[])
}

/// Any method and headers.
pub fn send(method: &str, url: &str, token: Option<&str>, headers: &[(&str, &str)]) -> Result<Answer> {
    let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(TIMEOUT)).max_redirects(0);
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.body(()).with_context(|| format!("{url} is not a URL to send a request to"))?;
    let agent: Agent = config.build().into();
    let mut answer = request.with_agent(&agent).run().with_context(|| format!("no answer from {url}"))?;
    let body = answer.body_mut().read_to_string().context("the answer broke off")?;
    Ok(Answer { status: answer.status().as_u16(), headers: answer.headers().clone(), body })
}

impl Answer {
    /// Fails unless the answer has this status, and shows what it was instead.
    pub fn expect(&self, status: u16) -> Result<&Self> {
        if self.status != status {
            bail!("expected {status}, got {}: {}", self.status, self.body);
        }
        Ok(self)
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Result<&str> {
        let value = self.headers.get(name).with_context(|| format!("there is no header {name}"))?;
        value.to_str().with_context(|| format!("header {name} is not text"))
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_str(&self.body).with_context(|| format!("not JSON: {}", self.body))
    }
}
