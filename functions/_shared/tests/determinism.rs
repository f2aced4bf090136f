//! Under a fixed clock, fixed randomness, fixed variables and a fixed upstream answer, a request gives the same bytes:
//! in the response and in the telemetry. That is what makes an incident a test case.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::{cell::RefCell, rc::Rc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use jwt_simple::prelude::{Claims, HS256Key, MACLike as _};
use serde_json::json;
use shared::{
    auth::Caller,
    contract::FETCH_SOCIAL_MESSAGES,
    edge::Edge,
    endpoint::Endpoint,
    instance::Shared,
    platform::{Inbound, Incoming, Local, Outbound, OutboundError, Platform},
    problem::Problem,
    reply::Reply,
    request::Request,
};
use time::UtcDateTime;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const NOW: i64 = 1_795_000_000;

/// A world in which each reading of the clock is a millisecond after the one before.
#[derive(Default)]
struct Fixed {
    readings: RefCell<u32>,
    log: RefCell<Vec<String>>,
}

impl Platform for Fixed {
    fn now(&self) -> UtcDateTime {
        UtcDateTime::from_unix_timestamp(NOW).unwrap()
    }

    fn elapsed(&self) -> Duration {
        *self.readings.borrow_mut() += 1;
        Duration::from_millis(1) * *self.readings.borrow()
    }

    fn pause<'a>(&'a self, _: Duration) -> Local<'a, ()> {
        Box::pin(std::future::ready(()))
    }

    fn random(&self) -> [u8; 16] {
        [7; 16]
    }

    fn variable<'a>(&'a self, name: &'static str) -> Local<'a, Result<Option<String>, String>> {
        let value = match name {
            "supabase_url" => Some("https://abc.supabase.co"),
            "supabase_publishable_key" => Some("sb_publishable_x"),
            "supabase_jwt_secret" => Some(SECRET),
            "jwt_audience" => Some("authenticated"),
            "allowed_origins" => Some("*"),
            "session_check" => Some("writes"),
            "allow_guests" => Some("false"),
            "request_timeout_ms" => Some("8000"),
            "flag" => Some("100"),
            "telemetry_key" => Some("a key of at least thirty-two bytes"),
            _ => None,
        };
        Box::pin(std::future::ready(Ok(value.map(str::to_owned))))
    }

    fn send<'a>(&'a self, _: Outbound) -> Local<'a, Result<Inbound, OutboundError>> {
        let mut headers = HeaderMap::new();
        headers.insert("x-rpc-version", HeaderValue::from_static(FETCH_SOCIAL_MESSAGES.tag()));
        let body = Bytes::from_static(br#"[{"body":"hello"}]"#);
        Box::pin(std::future::ready(Ok(Inbound { status: StatusCode::OK, headers, body })))
    }

    fn log(&self, line: &str) {
        self.log.borrow_mut().push(line.to_owned());
    }
}

async fn handle(edge: &Edge, caller: Caller, _: Request) -> Result<Reply, Problem> {
    edge.rpc(&caller).read(&FETCH_SOCIAL_MESSAGES, &[("p_limit", 1)]).await
}

fn request(authorization: Option<&str>) -> Incoming {
    let headers = authorization.map(|value| (http::header::AUTHORIZATION, value.parse().unwrap()));
    let uri = "/messages-list".parse().unwrap();
    Incoming { method: Method::GET, uri, headers: headers.into_iter().collect(), body: None }
}

/// The whole response as text, and the line that was logged, from a fresh instance.
fn answer(authorization: Option<&str>) -> (String, String) {
    let platform = Rc::new(Fixed::default());
    let endpoint = Endpoint::get("messages-list");
    let shared = Shared::default();
    let work = endpoint.respond(platform.clone(), &shared, request(authorization), handle);
    let response = futures::executor::block_on(work);
    let [line] = platform.log.take().try_into().expect("one record for one request");
    (format!("{response:?}"), line)
}

fn token() -> String {
    let claims = json!({ "role": "authenticated" });
    let mut claims = Claims::with_custom_claims(claims, jwt_simple::prelude::Duration::from_hours(1))
        .with_issuer("https://abc.supabase.co/auth/v1")
        .with_audience("authenticated")
        .with_subject("ada00000-0000-4000-8000-000000000001");
    let at = |seconds: i64| Some(jwt_simple::prelude::UnixTimeStamp::from_secs(seconds.try_into().unwrap()));
    (claims.issued_at, claims.invalid_before, claims.expires_at) = (at(NOW), None, at(NOW + 60));
    HS256Key::from_bytes(SECRET.as_bytes()).authenticate(claims).unwrap()
}

#[test]
fn the_same_request_gives_the_same_bytes() {
    let bearer = format!("Bearer {}", token());

    for authorization in [Some(bearer.as_str()), Some("Bearer nonsense"), None] {
        assert_eq!(answer(authorization), answer(authorization));
    }
}

#[test]
fn the_record_of_a_known_request_is_known() {
    let (response, line) = answer(Some(&format!("Bearer {}", token())));

    assert!(response.contains(r#"[{\"body\":\"hello\"}]"#), "{response}");
    let record: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        record,
        json!({
            "timestamp": "2026-11-18T11:06:40Z",
            "faas.name": "messages-list",
            "faas.version": env!("CARGO_PKG_VERSION"),
            "trace_id": "07070707070747078707070707070707",
            "span_id": "8707070707070707",
            "app.request_id": "07070707-0707-4707-8707-070707070707",
            "http.request.method": "GET",
            "http.route": "/messages-list",
            "http.response.status_code": 200,
            "app.auth.outcome": "accepted",
            "enduser.pseudo.id": "3578feddb1a103172a3df1aab05753170ec50eca55b16f4893b1310fc32e4816",
            "feature_flag.key": "flag_messages_list",
            "app.feature_flag.setting": "100",
            "feature_flag.result.variant": "on",
            "app.contract.sha256": shared::contract::CONTRACT_SHA256,
            "db.system.name": "postgresql",
            "db.stored_procedure.name": "fetch_social_messages",
            "app.rpc.version.expected": FETCH_SOCIAL_MESSAGES.version,
            "app.rpc.version.matched": FETCH_SOCIAL_MESSAGES.version,
            "app.rpc.versions": FETCH_SOCIAL_MESSAGES.tag(),
            "app.upstream.status_code": 200,
            "db.response.returned_rows": 1,
            "app.rpc.retries": 0,
            "http.request.body.size": 0,
            "http.response.body.size": 18,
            "auth_ms": 1.0,
            "rpc_ms": 2.0,
            "duration_ms": 6.0,
        })
    );
}
