//! A project in memory, with keys, a clock that is set by hand, and a host that gives every request its turn.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use jwt_simple::prelude::{Claims, ECDSAP256KeyPairLike as _, ES256KeyPair, UnixTimeStamp};
use serde_json::{Value, json};
use shared::{
    edge::Edge,
    endpoint::{Endpoint, Shared},
    platform::{Inbound, Incoming, Local, Outbound, OutboundError, Platform},
    problem::Problem,
    reply::Reply,
    request::Request,
};
use time::UtcDateTime;

const START: i64 = 1_795_000_000;

/// A project whose clock is set by hand, and whose key set is whatever the test says.
pub struct Project {
    pub clock: Cell<Duration>,
    /// `None` is a source that fails.
    pub set: RefCell<Option<String>>,
    pub fetches: Cell<u32>,
    tokens: Cell<u32>,
    shared: Shared,
}

/// Gives the other requests a turn.
async fn others() {
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

    fn pause<'a>(&'a self, _: Duration) -> Local<'a, ()> {
        Box::pin(others())
    }

    fn random(&self) -> [u8; 16] {
        [7; 16]
    }

    fn variable<'a>(&'a self, name: &'static str) -> Local<'a, Result<Option<String>, String>> {
        let value = match name {
            "supabase_url" => Some("https://abc.supabase.co"),
            "supabase_publishable_key" => Some("sb_publishable_x"),
            "jwt_audience" | "jwt_issuer" | "allowed_origins" => Some("*"),
            "session_check" => Some("off"),
            "allow_guests" => Some("false"),
            "request_timeout_ms" => Some("8000"),
            "flag" => Some("on"),
            _ => None,
        };
        // As a provider does that asks over the network.
        Box::pin(async move {
            others().await;
            Ok(value.map(str::to_owned))
        })
    }

    fn send<'a>(&'a self, call: Outbound) -> Local<'a, Result<Inbound, OutboundError>> {
        assert_eq!(call.uri, "https://abc.supabase.co/auth/v1/.well-known/jwks.json");
        Box::pin(async move {
            self.0.fetches.set(self.0.fetches.get() + 1);
            for _ in 0..5 {
                others().await;
            }
            let Some(set) = self.0.set.borrow().clone() else {
                // It hangs until it is given up.
                self.0.clock.set(self.0.clock.get() + call.within);
                return Err(OutboundError::TimedOut);
            };
            Ok(Inbound { status: StatusCode::OK, headers: HeaderMap::new(), body: Bytes::from(set) })
        })
    }

    fn log(&self, _: &str) {}
}

/// Answers as soon as it is known who asks.
async fn handle(edge: &Edge, request: Request) -> Result<Reply, Problem> {
    edge.authenticate(&request).await?;
    Ok(Reply { status: StatusCode::OK, body: Bytes::from_static(b"[]"), rpc_version: None, replay: None })
}

impl Project {
    pub fn new(keys: &[&ES256KeyPair]) -> Rc<Self> {
        let project = Self {
            clock: Cell::default(),
            set: RefCell::new(None),
            fetches: Cell::default(),
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

    pub async fn status_of(self: &Rc<Self>, token: &str) -> u16 {
        let bearer = format!("Bearer {token}");
        let headers = HeaderMap::from_iter([(http::header::AUTHORIZATION, bearer.parse().unwrap())]);
        let incoming = Incoming { method: Method::GET, uri: "/keys".parse().unwrap(), headers, body: None };
        let platform = Rc::new(World(self.clone()));
        Endpoint::get("keys").answer(platform, &self.shared, incoming, handle).await.status().as_u16()
    }
}

pub fn key(name: &str) -> ES256KeyPair {
    ES256KeyPair::generate().with_key_id(name)
}
