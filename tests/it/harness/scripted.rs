//! A scripted upstream in place of PostgREST, for what the real one cannot be made to answer; and the components,
//! pointed at it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{Router, body::Body, extract::Request, response::Response};
use http::{HeaderMap, Method};
use jwt_simple::prelude::JWTClaims;
use serde_json::Value;
use stack::{
    host::{Host, Sockets},
    keys::{Keys, UserClaims},
    setup,
};
use tokio::{net::TcpListener, task::JoinHandle};
use uuid::Uuid;

use crate::{
    answer::{Answer, Call},
    document::document,
    recording::recorder,
    records::Records,
    running,
};

/// What the upstream was sent.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The method.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
}

/// The components, with an upstream of the test's own.
pub struct Scripted {
    host: Host,
    keys: Keys,
    seen: Arc<Mutex<Vec<Seen>>>,
    records: Arc<Records>,
    serving: JoinHandle<()>,
}

impl Scripted {
    /// Every upstream request is answered by `script`.
    pub async fn answering<R>(script: impl Fn(Seen) -> R + Clone + Send + Sync + 'static) -> Self
    where
        R: Future<Output = Response> + Send,
    {
        Self::with_variables(script, &[]).await
    }

    /// With some variables changed.
    pub async fn with_variables<R>(
        script: impl Fn(Seen) -> R + Clone + Send + Sync + 'static,
        changed: &[(&str, &str)],
    ) -> Self
    where
        R: Future<Output = Response> + Send,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let noted = seen.clone();
        let router = Router::new().fallback(move |request: Request| {
            let (noted, script) = (noted.clone(), script.clone());
            async move {
                let path = request.uri().to_string();
                let note = Seen { method: request.method().clone(), path, headers: request.headers().clone() };
                noted.lock().unwrap_or_else(PoisonError::into_inner).push(note.clone());
                script(note).await
            }
        });
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("it serves until it is aborted");
        });

        let keys = Keys::generate(&url);
        let mut variables = BTreeMap::from(
            [
                ("supabase_url", url.as_str()),
                ("supabase_publishable_key", &keys.publishable),
                ("supabase_jwt_secret", keys.secret()),
                ("jwks_host", url.as_str()),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        variables.extend(changed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let manifest = running().stack.manifest();
        let host = Host::start(&setup::root(), Some(manifest), &variables, Sockets::NoDelay, None, Some(recorder()))
            .await
            .expect("the host starts");
        let records = Records::follow(host.telemetry());
        Self { host, keys, seen, records, serving }
    }

    /// A request for some channel, with a token that is valid and needs no key set.
    pub fn list(&self) -> Call {
        self.anonymous().bearer(&self.token(user(), |_| {}))
    }

    /// A request to another function, with the same kind of token.
    pub fn post(&self, function: &str, body: &Value) -> Call {
        Call::new(Method::POST, &self.url(function)).bearer(&self.token(user(), |_| {})).json(body)
    }

    /// A request for some channel, without a token.
    pub fn anonymous(&self) -> Call {
        Call::get(&self.url(&format!("messages-list?channel_id={}", Uuid::new_v4())))
    }

    /// Of a path of the components.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.host.address())
    }

    /// A well-formed request to each function, without a token: the example of its description.
    pub fn every_function(&self) -> Vec<Call> {
        let paths = document()["paths"].as_object().expect("paths").iter();
        let posted = paths.map(|(path, operations)| {
            let example = &operations["post"]["requestBody"]["content"]["application/json"]["example"];
            Call::new(Method::POST, &self.url(path.trim_start_matches('/'))).json(example)
        });
        posted.collect()
    }

    /// The record of a request that nobody waited for.
    pub async fn record(&self, request_id: &str) -> Value {
        self.records.of(request_id).await
    }

    /// The records as they were written, from now on.
    pub fn lines(&self) -> tokio::sync::broadcast::Receiver<String> {
        self.host.telemetry()
    }

    /// Sends the request and returns the answer with its record.
    pub async fn answer(&self, call: Call) -> (Answer, Value) {
        let answer = call.send().await;
        let record = self.records.of(answer.header("x-request-id")).await;
        (answer, record)
    }

    /// A token with claims of the test's choice.
    pub fn token(&self, custom: UserClaims, change: impl FnOnce(&mut JWTClaims<UserClaims>)) -> String {
        let mut claims = self.keys.claims(custom).with_subject(Uuid::new_v4()).with_audience("authenticated");
        change(&mut claims);
        self.keys.sign(claims).expect("a signature")
    }

    /// The keys of the scripted project.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// What the upstream has been sent so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What Auth says of a signed-in user.
pub fn user() -> UserClaims {
    UserClaims { role: "authenticated".into(), email: None, session_id: None, aal: None, is_anonymous: false }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A JSON response with headers.
pub fn response(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
    let mut response = Response::builder().status(status).header("content-type", "application/json");
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(Body::from(body.to_owned())).expect("a response")
}
