//! A client that looks at every answer as a browser and an auditor would.

use std::net::SocketAddr;

use http::{HeaderMap, HeaderName, Method, StatusCode};
use serde_json::Value;

use crate::{document, recording::recorder, running};

/// A request that has not been sent.
#[derive(Debug, Clone)]
pub struct Call {
    method: Method,
    url: String,
    headers: HeaderMap,
    token: Option<String>,
    body: Option<String>,
}

/// A response, read to its end and found to be well formed.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The response's headers.
    pub headers: HeaderMap,
    /// As text.
    pub body: String,
}

impl Call {
    /// Of a path below the stack's origin, or of a URL.
    pub fn new(method: Method, path: &str) -> Self {
        let url = if path.starts_with('/') { format!("{}{path}", running().stack.origin()) } else { path.to_owned() };
        Self { method, url, headers: HeaderMap::new(), token: None, body: None }
    }

    /// `GET`.
    pub fn get(path: &str) -> Self {
        Self::new(Method::GET, path)
    }

    /// Of the same path of another host.
    pub fn at(mut self, host: SocketAddr) -> Self {
        let path = self.url.splitn(4, '/').nth(3).unwrap_or_default();
        self.url = format!("http://{host}/{path}");
        self
    }

    /// With a token.
    pub fn bearer(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// With one header more.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::try_from(name).expect("a header's name");
        self.headers.append(name, value.parse().expect("a header's value"));
        self
    }

    /// With the project's key, as everything outside `/functions/v1` needs it.
    pub fn apikey(self) -> Self {
        let key = running().stack.keys().publishable.clone();
        self.header("apikey", &key)
    }

    /// With a body of any kind.
    pub fn body(mut self, body: &str) -> Self {
        self.body = Some(body.to_owned());
        self
    }

    /// With a JSON body.
    pub fn json(mut self, body: &Value) -> Self {
        self.body = Some(body.to_string());
        self.header("content-type", "application/json")
    }

    /// Sends it to a function, and checks what every answer of a function must obey.
    pub async fn send(self) -> Answer {
        let token = self.token.clone();
        let (url, method) = (self.url.clone(), self.method.clone());
        let answer = self.send_anywhere().await;
        answer.obeys_the_rules(&method, &url, token.as_deref());
        answer
    }

    /// Sends it to a function, with a body whose length is not announced.
    pub async fn send_streaming(
        self,
        chunks: impl futures::TryStream<Ok = String, Error = std::io::Error> + Send + 'static,
    ) -> Answer {
        let client = reqwest::Client::new();
        let request = client.request(self.method.clone(), &self.url).headers(self.headers);
        let answer = Answer::read(request.body(reqwest::Body::wrap_stream(chunks)), &self.url).await;
        answer.obeys_the_rules(&self.method, &self.url, self.token.as_deref());
        answer
    }

    /// Sends it to something else.
    pub async fn send_anywhere(self) -> Answer {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        let mut request = client.request(self.method, &self.url).headers(self.headers);
        if let Some(body) = self.body {
            request = request.body(body);
        }
        Answer::read(request, &self.url).await
    }
}

impl Answer {
    async fn read(request: reqwest::RequestBuilder, url: &str) -> Self {
        let response = request.send().await.unwrap_or_else(|error| panic!("no answer from {url}: {error:?}"));
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.text().await.expect("a whole body");
        Self { status, headers, body }
    }

    fn obeys_the_rules(&self, method: &Method, url: &str, token: Option<&str>) {
        assert_eq!(recorder().heads_alone(), Vec::<String>::new(), "messages that wait for a delayed ACK in Spin");
        let preflight = method == Method::OPTIONS && self.status.is_success();
        // The rows of a scripted upstream are the test's, and are handed on as they are.
        document::describes(self, method, url, !url.starts_with(running().stack.origin()));
        let length = (!preflight).then(|| self.header("content-length").parse::<usize>().expect("a number"));
        // To HEAD it is the length that the answer to GET has.
        if method != Method::HEAD {
            assert_eq!(length.unwrap_or_default(), self.body.len(), "{url}: Content-Length");
        }
        assert!(!self.header("x-request-id").is_empty());
        assert!(self.header("server-timing").contains("total;dur="));
        assert_eq!(self.header("vary"), "Origin");
        assert_eq!(self.header("x-content-type-options"), "nosniff");
        self.is_shared_with_pages();
        if let Some(token) = token {
            assert!(!self.body.contains(token), "{url}: the token is in the body");
        }
        if !preflight {
            assert_eq!(self.header("cache-control"), "no-store");
            assert_eq!(self.header("content-type"), "application/json");
        }
        if !preflight && method != Method::HEAD {
            let body: Value = serde_json::from_str(&self.body).expect("JSON");
            if !self.status.is_success() {
                self.is_a_problem(&body);
            }
        }
    }

    /// With all that is in it, unless nobody could read who may.
    fn is_shared_with_pages(&self) {
        let granted = self.headers.get("access-control-allow-origin").map(|origin| origin.to_str().expect("text"));
        if ["misconfigured", "configuration_unavailable"].contains(&self.header("sb-error-code")) && granted.is_none() {
            return;
        }
        assert_eq!(granted, Some("*"));
        let exposed = self.header("access-control-expose-headers");
        // What a browser looks at itself need not be shown to the page.
        let ours =
            self.headers.keys().filter(|name| name.as_str().starts_with("x-") && *name != "x-content-type-options");
        ours.for_each(|name| assert!(exposed.contains(name.as_str()), "{name} does not exist for a browser"));
    }

    fn is_a_problem(&self, body: &Value) {
        let fields: Vec<&str> = body.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(fields, ["code", "details", "hint", "message", "msg", "request_id"]);
        assert_eq!(body["code"], self.header("sb-error-code"));
        assert_eq!(body["message"], body["msg"]);
        assert_eq!(body["request_id"], self.header("x-request-id"));
        assert_eq!(self.status == StatusCode::UNAUTHORIZED, self.headers.contains_key("www-authenticate"));
        for secret in ["select ", "SQLSTATE", "127.0.0.1", "postgres", "panicked"] {
            assert!(!self.body.contains(secret), "{secret:?} in {}", self.body);
        }
    }

    /// A header's text, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The body as rows, of a successful answer.
    pub fn rows(&self) -> Vec<Value> {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        self.json().as_array().expect("an array").clone()
    }

    /// Fails unless it is this refusal.
    pub fn assert_problem(&self, status: u16, code: &str) {
        assert_eq!((self.status.as_u16(), &self.json()["code"]), (status, &Value::from(code)), "{}", self.body);
    }

    /// What the function has written about it.
    pub async fn record(&self) -> Value {
        running().record(self.header("x-request-id")).await
    }
}
