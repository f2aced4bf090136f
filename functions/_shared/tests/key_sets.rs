//! When a key set is asked for, and when not: over hours, and by sixteen requests at once. The clock is the test's.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use futures::{executor::block_on, future::join_all};
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
struct Project {
    clock: Cell<Duration>,
    /// `None` is a source that fails.
    set: RefCell<Option<String>>,
    fetches: Cell<u32>,
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
            _ => None,
        };
        Box::pin(std::future::ready(Ok(value.map(str::to_owned))))
    }

    fn send<'a>(&'a self, call: Outbound) -> Local<'a, Result<Inbound, OutboundError>> {
        assert_eq!(call.uri, "https://abc.supabase.co/auth/v1/.well-known/jwks.json");
        Box::pin(async move {
            self.0.fetches.set(self.0.fetches.get() + 1);
            for _ in 0..5 {
                others().await;
            }
            let set = self.0.set.borrow().clone().ok_or(OutboundError::TimedOut)?;
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
    fn new(keys: &[&ES256KeyPair]) -> Rc<Self> {
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

    fn serve(&self, keys: &[&ES256KeyPair]) {
        let keys: Vec<Value> = keys.iter().map(|k| serde_json::from_str(&k.public_key().to_jwk()).unwrap()).collect();
        *self.set.borrow_mut() = Some(json!({ "keys": keys }).to_string());
    }

    fn passes(&self, seconds: u64) {
        self.clock.set(self.clock.get() + Duration::from_secs(seconds));
    }

    /// The status that a token signed with this key gets. Each token is a new one, so nothing is remembered of it.
    async fn status(self: &Rc<Self>, key: &ES256KeyPair) -> u16 {
        self.status_of(&self.token(key)).await
    }

    fn token(&self, key: &ES256KeyPair) -> String {
        let now = u64::try_from(START).unwrap() + self.clock.get().as_secs();
        let custom = json!({ "role": "authenticated" });
        let mut claims = Claims::with_custom_claims(custom, jwt_simple::prelude::Duration::from_hours(1))
            .with_subject("ada00000-0000-4000-8000-000000000001")
            .with_jwt_id(self.tokens.replace(self.tokens.get() + 1));
        (claims.issued_at, claims.invalid_before) = (Some(UnixTimeStamp::from_secs(now)), None);
        claims.expires_at = Some(UnixTimeStamp::from_secs(now + 3600));
        key.sign(claims).unwrap()
    }

    async fn status_of(self: &Rc<Self>, token: &str) -> u16 {
        let bearer = format!("Bearer {token}");
        let headers = HeaderMap::from_iter([(http::header::AUTHORIZATION, bearer.parse().unwrap())]);
        let incoming = Incoming { method: Method::GET, uri: "/keys".parse().unwrap(), headers, body: None };
        let platform = Rc::new(World(self.clone()));
        Endpoint::get("keys").answer(platform, &self.shared, incoming, handle).await.status().as_u16()
    }
}

fn key(name: &str) -> ES256KeyPair {
    ES256KeyPair::generate().with_key_id(name)
}

#[test]
fn sixteen_requests_at_once_fetch_once_and_share_what_became_of_it() {
    let one = key("one");
    let project = Project::new(&[&one]);
    let statuses = || block_on(join_all((0..16).map(|_| project.status(&one))));

    let failing = project.set.take();
    assert!(statuses().iter().all(|status| *status == 503));
    assert_eq!(project.fetches.get(), 1);

    *project.set.borrow_mut() = failing;
    assert!(statuses().iter().all(|status| *status == 200));
    assert_eq!(project.fetches.get(), 2);
}

#[test]
fn a_set_is_fresh_for_ten_minutes_and_stale_ones_serve_while_the_source_fails() {
    let one = key("one");
    let project = Project::new(&[&one]);
    let status = || block_on(project.status(&one));
    assert_eq!((status(), project.fetches.get()), (200, 1));

    project.passes(599);
    assert_eq!((status(), project.fetches.get()), (200, 1));
    project.passes(2);
    assert_eq!((status(), project.fetches.get()), (200, 2));

    project.set.take();
    project.passes(601);
    assert_eq!((status(), project.fetches.get()), (200, 3), "stale, and the attempt failed");
    project.passes(29);
    assert_eq!((status(), project.fetches.get()), (200, 3), "not so soon again");
    project.passes(2);
    assert_eq!((status(), project.fetches.get()), (200, 4));
}

/// The request that finds the set old refreshes it; the others go on with what there is.
#[test]
fn an_old_set_is_refreshed_by_one_request() {
    let one = key("one");
    let project = Project::new(&[&one]);
    block_on(project.status(&one));
    project.passes(700);

    let statuses = block_on(join_all((0..16).map(|_| project.status(&one))));

    assert!(statuses.iter().all(|status| *status == 200));
    assert_eq!(project.fetches.get(), 2);
}

#[test]
fn a_new_key_is_found_once_the_cool_down_is_over_and_the_old_one_is_gone_with_its_tokens() {
    let (old, new) = (key("old"), key("new"));
    let project = Project::new(&[&old]);
    assert_eq!(block_on(project.status(&old)), 200);
    project.serve(&[&new]);

    assert_eq!((block_on(project.status(&new)), project.fetches.get()), (401, 1), "a moment after the last fetch");
    project.passes(31);
    let statuses = block_on(join_all((0..16).map(|_| project.status(&new))));
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert_eq!(project.fetches.get(), 2);
    assert_eq!(block_on(project.status(&old)), 401);
}

#[test]
fn while_the_source_fails_an_unknown_key_is_not_the_callers_fault() {
    let (old, new) = (key("old"), key("new"));
    let project = Project::new(&[&old]);
    assert_eq!(block_on(project.status(&old)), 200);
    project.set.take();
    project.passes(31);

    assert_eq!(block_on(project.status(&new)), 503);
    assert_eq!(block_on(project.status(&old)), 200);
    assert_eq!(project.fetches.get(), 2);
}

/// A remembered token is a hash to look up, and nothing more: it expires like any other.
#[test]
fn a_token_that_was_accepted_before_still_expires_and_goes_with_its_key() {
    let (old, new) = (key("old"), key("new"));
    let project = Project::new(&[&old]);
    let token = project.token(&old);
    assert_eq!(block_on(project.status_of(&token)), 200);
    assert_eq!(block_on(project.status_of(&format!("{token}A"))), 401, "one character more is another token");

    project.passes(3629);
    assert_eq!(block_on(project.status_of(&token)), 200, "within the leeway");
    project.passes(2);
    assert_eq!(block_on(project.status_of(&token)), 401);
    let token = project.token(&old);
    assert_eq!(block_on(project.status_of(&token)), 200);
    project.serve(&[&new]);
    project.passes(700);
    assert_eq!(block_on(project.status(&new)), 200, "the set is fetched again");
    assert_eq!(block_on(project.status_of(&token)), 401, "its key is gone");
}
