//! All that surrounds a function, and never changes: clock, chance, variables, and the answer of the database that a
//! case has chosen.

use std::{cell::RefCell, rc::Rc, sync::LazyLock, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri, header};
use jwt_simple::reexports::ct_codecs::{Base64UrlSafeNoPadding, Encoder as _};
use serde_json::Value;
use shared::{
    instance::Shared,
    platform::{Body, BodyError, Inbound, Incoming, Local, Outbound, OutboundError, Platform},
};
use time::UtcDateTime;

use crate::answer::Answer;

/// In seconds since 1970.
pub const NOW: u64 = 1_795_000_000;
/// What tokens are signed with.
pub const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
/// The issuer that is accepted.
pub const ISSUER: &str = "https://abc.supabase.co/auth/v1";
/// A public key of the project, of RFC 7515, appendix A.3. Its private half signs nothing here.
pub const PUBLIC_KEY: &str = r#"{"kty":"EC","crv":"P-256","alg":"ES256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;

/// The functions, each by its crate; what else there is to know of one says the contract or its description.
macro_rules! functions {
    ($($(#[$doc:meta])* $function:ident = $module:ident),*) => {
        /// A function that ships.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Function {
            $($(#[$doc])* $function),*
        }

        impl Function {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$function),*];

            /// Its crate, and with hyphens its route.
            fn module(self) -> &'static str {
                match self {
                    $(Self::$function => stringify!($module)),*
                }
            }

            async fn answer(self, platform: Rc<dyn Platform>, shared: &Shared, incoming: Incoming) -> Response<Bytes> {
                match self {
                    $(Self::$function => $module::ENDPOINT.respond(platform, shared, incoming, $module::handle).await),*
                }
            }
        }
    };
}

functions! {
    /// `messages-list`.
    List = messages_list,
    /// `messages-send`.
    Send = messages_send,
    /// `stage-room-match`.
    Stage = stage_room_match
}

/// The contract.
static CONTRACT: LazyLock<Value> = LazyLock::new(|| json(include_str!("../../../supabase/rank_required_rpcs.json")));
/// The functions' description.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| json(include_str!("../../../functions/openapi.json")));

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("a file that other tests have read")
}

impl Function {
    /// As spin.toml calls it.
    pub fn name(self) -> String {
        self.module().replace('_', "-")
    }

    /// The one of this name.
    pub fn named(name: &[u8]) -> Option<Self> {
        Self::ALL.iter().copied().find(|function| function.name().as_bytes() == name)
    }

    /// A body that is in order: the example of the description.
    pub fn example(self) -> Bytes {
        let operation = &DOCUMENT["paths"][format!("/functions/v1/{}", self.name())]["post"];
        operation["requestBody"]["content"]["application/json"]["example"].to_string().into()
    }

    /// The RPC of this name, and those that it runs: the names of all.
    pub fn runs(rpc: &str) -> Vec<&'static str> {
        let all = CONTRACT["rpcs"].as_array().expect("a list");
        let entry = all.iter().find(|entry| entry["name"] == rpc).expect("a component calls what the contract has");
        let also = entry["runs"].as_array().into_iter().flatten();
        std::iter::once(&entry["name"]).chain(also).filter_map(Value::as_str).collect()
    }

    /// What the database says to a request that is in order: nothing, in the versions of the contract.
    pub fn content(self) -> Inbound {
        let all = CONTRACT["rpcs"].as_array().expect("a list");
        let own: Vec<&Value> = all.iter().filter(|entry| entry["component"] == self.name()).collect();
        let tag = |entry: &&Value| Some(format!("{}/{}", entry["name"].as_str()?, entry["version"].as_str()?));
        let tags: Vec<String> = own.iter().filter_map(tag).collect();
        let version = HeaderValue::try_from(tags.join(", ")).expect("names and numbers");
        let headers = HeaderMap::from_iter([(HeaderName::from_static("x-rpc-version"), version)]);
        // What another RPC runs is answered to that one.
        let called = |entry: &&&Value| {
            entry["execute"]["must"].as_array().is_some_and(|roles| roles.contains(&"authenticated".into()))
        };
        let rows = own.iter().filter(called).any(|entry| entry["returns"]["set"] == true);
        let body = Bytes::from_static(if rows { b"[]" } else { b"{}" });
        Inbound { status: StatusCode::OK, headers, body }
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
        Self {
            function,
            method,
            uri: format!("/{}", function.name()).parse().expect("a path"),
            headers,
            body: Bytes::new(),
        }
    }

    /// Asks a fresh instance, in a world in which the database says `said`.
    pub fn ask(self, said: Result<Inbound, OutboundError>) -> Answer {
        let world = Rc::new(World { said, calls: RefCell::default(), log: RefCell::default() });
        let body = Some(Box::new(Sent(self.body)) as Box<dyn Body>);
        let incoming = Incoming { method: self.method, uri: self.uri, headers: self.headers, body };
        let (shared, platform) = (Shared::default(), world.clone());
        let response = futures::executor::block_on(self.function.answer(platform, &shared, incoming));
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
