//! All that surrounds a function, and never changes: clock, chance, variables, and the answer of the database that a
//! case has chosen.

use std::{cell::RefCell, rc::Rc, sync::LazyLock, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use jwt_simple::reexports::ct_codecs::{Base64UrlSafeNoPadding, Encoder as _};
use shared::{
    contract::{FETCH_SOCIAL_MESSAGES, FETCH_SOCIAL_MESSAGES_PAGE, INSERT_SOCIAL_MESSAGE, Rpc, SYNC_RANK_MATCH_ROSTER},
    instance::Shared,
    platform::{Body, BodyError, Inbound, Incoming, Local, Outbound, OutboundError, Platform},
};
use time::UtcDateTime;

use crate::{answer::Answer, messages_list, messages_send, stage_room_match};

/// In seconds since 1970.
pub const NOW: u64 = 1_795_000_000;
/// What tokens are signed with.
pub const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
/// The issuer that is accepted.
pub const ISSUER: &str = "https://abc.supabase.co/auth/v1";
/// A public key of the project, of RFC 7515, appendix A.3. Its private half signs nothing here.
pub const PUBLIC_KEY: &str = r#"{"kty":"EC","crv":"P-256","alg":"ES256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;

/// One of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// `messages-list`.
    List,
    /// `messages-send`.
    Send,
    /// `stage-room-match`.
    Stage,
}

impl Function {
    /// The path.
    pub fn path(self) -> &'static str {
        match self {
            Self::List => "/messages-list",
            Self::Send => "/messages-send",
            Self::Stage => "/stage-room-match",
        }
    }

    /// The RPCs that its answers come from: the usual one first.
    pub fn rpcs(self) -> &'static [Rpc] {
        match self {
            Self::List => &[FETCH_SOCIAL_MESSAGES, FETCH_SOCIAL_MESSAGES_PAGE],
            Self::Send => &[INSERT_SOCIAL_MESSAGE],
            Self::Stage => &[SYNC_RANK_MATCH_ROSTER],
        }
    }

    /// What the database says to a request that is in order.
    pub fn content(self) -> Inbound {
        let (status, body) = match self {
            Self::List => (StatusCode::OK, "[]"),
            Self::Send => (StatusCode::CREATED, "{}"),
            Self::Stage => (StatusCode::OK, "{}"),
        };
        let tags: Vec<&str> = self.rpcs().iter().flat_map(Rpc::all).map(Rpc::tag).collect();
        let version = HeaderValue::try_from(tags.join(", ")).expect("names and numbers");
        let headers = HeaderMap::from_iter([(HeaderName::from_static("x-rpc-version"), version)]);
        Inbound { status, headers, body: Bytes::from_static(body.as_bytes()) }
    }
}

/// A request of one function.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Which.
    pub function: Function,
    /// How.
    pub method: Method,
    /// With what after the `?`.
    pub uri: Uri,
    /// With which headers.
    pub headers: HeaderMap,
    /// With which body.
    pub body: Bytes,
}

impl Asked {
    /// By a user whose token is in order; nothing more is said yet.
    pub fn by_a_user(function: Function, method: Method) -> Self {
        static BEARER: LazyLock<HeaderValue> = LazyLock::new(|| {
            let claims = format!(
                r#"{{"sub":"ada00000-0000-4000-8000-000000000001","role":"authenticated","aud":"authenticated","iss":"{ISSUER}","exp":{}}}"#,
                NOW + 60
            );
            let token = signed(br#"{"alg":"HS256"}"#, claims.as_bytes(), SECRET);
            format!("Bearer {token}").parse().expect("a header")
        });
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, BEARER.clone())]);
        Self { function, method, uri: Uri::from_static(function.path()), headers, body: Bytes::new() }
    }

    /// Asks a fresh instance, in a world in which the database says `said`.
    pub fn ask(self, said: Result<Inbound, OutboundError>) -> Answer {
        let world = Rc::new(World { said, calls: RefCell::default(), log: RefCell::default() });
        let body = Some(Box::new(Sent(self.body)) as Box<dyn Body>);
        let incoming = Incoming { method: self.method, uri: self.uri, headers: self.headers, body };
        let (shared, platform) = (Shared::default(), world.clone());
        let response = futures::executor::block_on(async {
            match self.function {
                Function::List => {
                    messages_list::ENDPOINT.answer(platform, &shared, incoming, messages_list::handle).await
                }
                Function::Send => {
                    messages_send::ENDPOINT.answer(platform, &shared, incoming, messages_send::handle).await
                }
                Function::Stage => {
                    stage_room_match::ENDPOINT.answer(platform, &shared, incoming, stage_room_match::handle).await
                }
            }
        });
        Answer::of(response, &world.log.take(), world.calls.take())
    }
}

/// A JWT of these bytes, with an HMAC as its signature.
pub fn signed(header: &[u8], claims: &[u8], secret: &[u8]) -> String {
    let text = |bytes: &[u8]| Base64UrlSafeNoPadding::encode_to_string(bytes).expect("it has room");
    let signed = format!("{}.{}", text(header), text(claims));
    let tag = text(&hmac_sha256::HMAC::mac(signed.as_bytes(), secret));
    format!("{signed}.{tag}")
}

struct World {
    said: Result<Inbound, OutboundError>,
    calls: RefCell<Vec<Outbound>>,
    log: RefCell<Vec<String>>,
}

struct Sent(Bytes);

impl Body for Sent {
    fn read(self: Box<Self>, limit: usize, _: Duration) -> Local<'static, Result<Bytes, BodyError>> {
        let read = if self.0.len() > limit { Err(BodyError::TooLarge) } else { Ok(self.0) };
        Box::pin(std::future::ready(read))
    }
}

impl Platform for World {
    fn now(&self) -> UtcDateTime {
        UtcDateTime::from_unix_timestamp(NOW.cast_signed()).expect("a moment")
    }

    fn elapsed(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn pause<'a>(&'a self, _: Duration) -> Local<'a, ()> {
        Box::pin(std::future::ready(()))
    }

    fn random(&self) -> [u8; 16] {
        [7; 16]
    }

    fn variable<'a>(&'a self, name: &'static str) -> Local<'a, Result<Option<String>, String>> {
        let value = match name {
            "supabase_url" => Some("https://abc.supabase.co".into()),
            "supabase_publishable_key" => Some("sb_publishable_x".into()),
            "supabase_jwt_secret" => Some(String::from_utf8_lossy(SECRET).into_owned()),
            "supabase_jwks" => Some(format!(r#"{{"keys":[{PUBLIC_KEY}]}}"#)),
            "jwt_audience" => Some("authenticated".into()),
            "allowed_origins" => Some("*".into()),
            "session_check" => Some("off".into()),
            "allow_guests" => Some("false".into()),
            "request_timeout_ms" => Some("8000".into()),
            "flag" => Some("on".into()),
            "telemetry_key" => Some("a key of at least thirty-two bytes".into()),
            _ => None,
        };
        Box::pin(std::future::ready(Ok(value)))
    }

    fn send<'a>(&'a self, call: Outbound) -> Local<'a, Result<Inbound, OutboundError>> {
        self.calls.borrow_mut().push(call);
        Box::pin(std::future::ready(self.said.clone()))
    }

    fn log(&self, line: &str) {
        self.log.borrow_mut().push(line.to_owned());
    }
}
