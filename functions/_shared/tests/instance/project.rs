//! A project in memory, with keys, a clock that is set by hand, and a host that lets each request wait for what it asks.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Method, Response, StatusCode};
use jwt_simple::prelude::{Claims, ECDSAP256KeyPairLike as _, ES256KeyPair, UnixTimeStamp};
use serde_json::{Value, json};
use shared::{
    auth::Caller,
    contract::FETCH_SOCIAL_MESSAGES,
    edge::Edge,
    endpoint::Endpoint,
    instance::Shared,
    platform::{Body, Inbound, Incoming, Local, Outbound, OutboundError, Platform},
    problem::Problem,
    reply::Reply,
    request::Request,
};
use time::UtcDateTime;

use crate::usual;

const START: i64 = 1_795_000_000;
const VERSION: &str = "fetch_social_messages/1.0.0";

pub struct Project {
    pub clock: Cell<Duration>,
    /// `None` is a source that fails.
    pub set: RefCell<Option<String>>,
    pub fetches: Cell<u32>,
    /// How many of the next fetches go over a connection that is dead.
    pub dead_connections: Cell<u32>,
    pub provider: Cell<Provider>,
    /// Variables that are another than usual.
    pub changed: RefCell<HashMap<&'static str, String>>,
    /// How long the next request waits for its variables.
    pub variables_take: Cell<Duration>,
    /// What the database answers.
    pub database: Cell<(u16, &'static str)>,
    /// The records.
    pub lines: RefCell<Vec<String>>,
    /// How often each variable was read, and how many were being read at one moment.
    pub readings: RefCell<HashMap<&'static str, u32>>,
    pub most_at_once: Cell<usize>,
    at_once: Cell<usize>,
    tokens: Cell<u32>,
    shared: Shared,
}

/// What gives the variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    Answers,
    Fails,
    /// Until it is given up.
    Hangs,
}

/// Waits once.
async fn yields() {
    let mut first = true;
    std::future::poll_fn(|cx| {
        cx.waker().wake_by_ref();
        if std::mem::take(&mut first) { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
}

struct World(Rc<Project>);

impl Platform for World {
    fn now(&self) -> UtcDateTime {
        UtcDateTime::from_unix_timestamp(START).unwrap() + self.0.clock.get()
    }

    fn elapsed(&self) -> Duration {
        self.0.clock.get()
    }

    /// A long one ends only where something hangs: the clock is set by hand.
    fn pause<'a>(&'a self, time: Duration) -> Local<'a, ()> {
        Box::pin(async move {
            yields().await;
            if time >= Duration::from_secs(1) {
                if self.0.provider.get() != Provider::Hangs {
                    std::future::pending().await
                }
                self.0.clock.set(self.0.clock.get() + time);
            }
        })
    }

    fn random(&self) -> [u8; 16] {
        [7; 16]
    }

    fn variable<'a>(&'a self, name: &'static str) -> Local<'a, Result<Option<String>, String>> {
        let value = self.0.changed.borrow().get(name).cloned().or(usual::value(name).map(str::to_owned));
        // As a provider does that asks over the network.
        Box::pin(async move {
            *self.0.readings.borrow_mut().entry(name).or_default() += 1;
            self.0.at_once.set(self.0.at_once.get() + 1);
            self.0.most_at_once.set(self.0.most_at_once.get().max(self.0.at_once.get()));
            yields().await;
            self.0.at_once.set(self.0.at_once.get() - 1);
            self.0.clock.set(self.0.clock.get() + self.0.variables_take.take());
            match self.0.provider.get() {
                Provider::Answers => Ok(value),
                Provider::Fails => Err("the vault is sealed".into()),
                Provider::Hangs => std::future::pending().await,
            }
        })
    }

    fn send<'a>(&'a self, call: Outbound) -> Local<'a, Result<Inbound, OutboundError>> {
        if call.uri.starts_with("https://abc.supabase.co/rest/v1/rpc/") {
            let headers = HeaderMap::from_iter([("x-rpc-version".parse().unwrap(), VERSION.parse().unwrap())]);
            let (status, body) = self.0.database.get();
            let status = StatusCode::from_u16(status).unwrap();
            return Box::pin(std::future::ready(Ok(Inbound { status, headers, body: body.into() })));
        }
        assert_eq!(call.uri, "https://abc.supabase.co/auth/v1/.well-known/jwks.json");
        Box::pin(async move {
            self.0.fetches.set(self.0.fetches.get() + 1);
            for _ in 0..5 {
                yields().await;
            }
            if let Some(fewer) = self.0.dead_connections.get().checked_sub(1) {
                self.0.dead_connections.set(fewer);
                return Err(OutboundError::Broken("connection closed".into()));
            }
            let Some(set) = self.0.set.borrow().clone() else {
                // It hangs until it is given up.
                self.0.clock.set(self.0.clock.get() + call.within);
                return Err(OutboundError::TimedOut);
            };
            Ok(Inbound { status: StatusCode::OK, headers: HeaderMap::new(), body: Bytes::from(set) })
        })
    }

    fn log(&self, line: &str) {
        self.0.lines.borrow_mut().push(line.to_owned());
    }
}

/// The status and the code.
pub fn outcome(response: &Response<Bytes>) -> (u16, String) {
    let code = response.headers().get("sb-error-code").map_or("", |code| code.to_str().unwrap());
    (response.status().as_u16(), code.to_owned())
}

async fn handle(edge: &Edge, caller: Caller, _: Request) -> Result<Reply, Problem> {
    edge.rpc(&caller).read(&FETCH_SOCIAL_MESSAGES, &[("p_limit", 1)]).await
}

impl Project {
    pub fn new(keys: &[&ES256KeyPair]) -> Rc<Self> {
        let project = Self {
            clock: Cell::default(),
            set: RefCell::new(None),
            fetches: Cell::default(),
            dead_connections: Cell::default(),
            provider: Cell::new(Provider::Answers),
            changed: RefCell::default(),
            variables_take: Cell::default(),
            database: Cell::new((200, "[]")),
            lines: RefCell::default(),
            readings: RefCell::default(),
            most_at_once: Cell::default(),
            at_once: Cell::default(),
            tokens: Cell::default(),
            shared: Shared::default(),
        };
        project.serve(keys);
        Rc::new(project)
    }

    pub fn serve(&self, keys: &[&ES256KeyPair]) {
        let keys: Vec<Value> = keys.iter().map(|k| serde_json::from_str(&k.public_key().to_jwk()).unwrap()).collect();
        *self.set.borrow_mut() = Some(json!({ "keys": keys }).to_string());
    }

    pub fn passes(&self, seconds: u64) {
        self.clock.set(self.clock.get() + Duration::from_secs(seconds));
    }

    /// The status that a token signed with this key gets. Each token is a new one, so nothing is remembered of it.
    pub async fn status(self: &Rc<Self>, key: &ES256KeyPair) -> u16 {
        self.status_of(&self.token(key)).await
    }

    pub fn token(&self, key: &ES256KeyPair) -> String {
        let now = u64::try_from(START).unwrap() + self.clock.get().as_secs();
        let custom = json!({ "role": "authenticated" });
        let mut claims = Claims::with_custom_claims(custom, jwt_simple::prelude::Duration::from_hours(1))
            .with_subject("ada00000-0000-4000-8000-000000000001")
            .with_jwt_id(self.tokens.replace(self.tokens.get() + 1));
        (claims.issued_at, claims.invalid_before) = (Some(UnixTimeStamp::from_secs(now)), None);
        claims.expires_at = Some(UnixTimeStamp::from_secs(now + 3600));
        key.sign(claims).unwrap()
    }

    /// With one variable changed.
    pub fn with(name: &'static str, value: &str) -> Rc<Self> {
        let project = Self::new(&[]);
        project.changed.borrow_mut().insert(name, value.to_owned());
        project
    }

    /// What the last request has left.
    pub fn record(&self) -> Value {
        serde_json::from_str(self.lines.borrow().last().unwrap()).unwrap()
    }

    /// The status and the code that a token signed with this key gets.
    pub async fn answer(self: &Rc<Self>, key: &ES256KeyPair) -> (u16, String) {
        outcome(&self.response(&self.token(key)).await)
    }

    pub async fn status_of(self: &Rc<Self>, token: &str) -> u16 {
        self.response(token).await.status().as_u16()
    }

    pub async fn response(self: &Rc<Self>, token: &str) -> Response<Bytes> {
        self.respond(token, Method::GET, None).await
    }

    pub async fn respond(self: &Rc<Self>, token: &str, method: Method, body: Option<Box<dyn Body>>) -> Response<Bytes> {
        let bearer = format!("Bearer {token}");
        let headers = HeaderMap::from_iter([(http::header::AUTHORIZATION, bearer.parse().unwrap())]);
        let incoming = Incoming { method, uri: "/keys".parse().unwrap(), headers, body };
        let platform = Rc::new(World(self.clone()));
        Endpoint::get("keys").respond(platform, &self.shared, incoming, handle).await
    }
}

pub fn key(name: &str) -> ES256KeyPair {
    ES256KeyPair::generate().with_key_id(name)
}
