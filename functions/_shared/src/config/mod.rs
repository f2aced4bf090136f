//! What an operator sets: read once per instance, all faults reported together.
//!
//! A variable that is set but malformed is an error; nothing falls back to something weaker.

use std::time::Duration;

use crate::{flag::Flag, platform::Platform};

mod parse;

/// The variables of `spin.toml`, parsed.
#[derive(Debug, Clone)]
pub struct Config {
    /// The project's origin, without a trailing slash.
    pub supabase_url: String,
    /// Sent as `apikey` on every upstream call, as the gateway demands.
    pub publishable_key: String,
    /// The legacy shared secret for HS256.
    pub jwt_secret: Option<String>,
    /// The keys that tokens are signed with.
    pub key_set: KeySet,
    /// What `iss` must be: `<supabase_url>/auth/v1` unless set, anything for `*`.
    pub jwt_issuer: Option<String>,
    /// What `aud` must contain: anything for `*`.
    pub jwt_audience: Option<String>,
    /// When to ask Auth whether the session is still there.
    pub session_check: SessionCheck,
    /// Whether anonymous sign-ins are let in. The RPCs have a setting of their own.
    pub allow_guests: bool,
    /// Browsers' origins that may call; empty means any.
    pub allowed_origins: Vec<String>,
    /// Where this instance runs, for telemetry and the region header.
    pub region: Option<String>,
    /// The budget of one request, all upstream calls included.
    pub request_timeout: Duration,
    /// For whom this function is switched on.
    pub flag: Flag,
    /// Users for whom it is on at any percentage, 0 included: their ids, in lower case.
    pub flag_testers: Vec<String>,
    /// Makes a pseudonym of a user's id in telemetry. Unset, there is none.
    pub telemetry_key: Option<String>,
}

/// Where the keys come from, in the order of Supabase's own libraries: what is in a variable is authoritative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySet {
    /// `supabase_jwks`.
    Inline(String),
    /// `supabase_jwks_url`, or the project's own.
    Url(String),
}

/// When `/auth/v1/user` is asked besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionCheck {
    /// Never: a token is good until it expires.
    Off,
    /// Before something is stored.
    Writes,
    /// Before everything.
    All,
}

/// What an HS256 secret must have at least (RFC 7518, section 3.2), in bytes.
pub const MIN_SECRET: usize = 32;

impl Config {
    /// Reads and checks every variable. The error lists all faults, and no value of a secret.
    pub async fn load(platform: &dyn Platform) -> Result<Self, String> {
        let mut read = Reader { platform, faults: Vec::new() };

        let supabase_url = read.required("supabase_url", parse::origin).await;
        let publishable_key = read.required("supabase_publishable_key", parse::header_text).await;
        let jwt_secret = read.optional("supabase_jwt_secret", parse::secret).await;
        let inline = read.optional("supabase_jwks", parse::plain).await;
        let jwks_url = read.optional("supabase_jwks_url", parse::url).await;
        let jwt_issuer = read.optional("jwt_issuer", parse::plain).await;
        let jwt_audience = read.required("jwt_audience", parse::plain).await;
        let session_check = read.required("session_check", parse::session_check).await;
        let allow_guests = read.required("allow_guests", parse::boolean).await;
        let allowed_origins = read.required("allowed_origins", parse::origins).await;
        let region = read.optional("region", parse::header_text).await;
        let request_timeout = read.required("request_timeout_ms", parse::milliseconds).await;
        let flag = read.required("flag", parse::flag).await;
        let flag_testers = read.optional("flag_testers", parse::users).await;
        let telemetry_key = read.optional("telemetry_key", parse::telemetry_key).await;

        let faults = read.faults.join("; ");
        let all = || {
            let supabase_url = supabase_url.filter(|_| faults.is_empty())?;
            let project = || format!("{supabase_url}/auth/v1/.well-known/jwks.json");
            let issuer = jwt_issuer.unwrap_or_else(|| format!("{supabase_url}/auth/v1"));
            Some(Self {
                publishable_key: publishable_key?,
                jwt_secret,
                key_set: inline.map_or_else(|| KeySet::Url(jwks_url.unwrap_or_else(project)), KeySet::Inline),
                jwt_issuer: Some(issuer).filter(|issuer| issuer != ANY),
                jwt_audience: jwt_audience.filter(|audience| audience != ANY),
                session_check: session_check?,
                allow_guests: allow_guests?,
                allowed_origins: allowed_origins?,
                region,
                request_timeout: request_timeout?,
                flag: flag?,
                flag_testers: flag_testers.unwrap_or_default(),
                telemetry_key,
                supabase_url,
            })
        };
        all().ok_or(faults)
    }
}

/// Turns a check off, visibly.
const ANY: &str = "*";

struct Reader<'p> {
    platform: &'p dyn Platform,
    faults: Vec<String>,
}

impl Reader<'_> {
    /// An empty value is an unset one: Spin has no other way to leave a variable out.
    async fn optional<T>(&mut self, name: &'static str, parse: fn(&str) -> Result<T, &'static str>) -> Option<T> {
        match self.platform.variable(name).await {
            Ok(Some(value)) if !value.is_empty() => {
                parse(&value).map_err(|why| self.faults.push(format!("variable {name}: {why}"))).ok()
            }
            Ok(_) => None,
            Err(provider) => {
                self.faults.push(format!("variable {name}: {provider}"));
                None
            }
        }
    }

    async fn required<T>(&mut self, name: &'static str, parse: fn(&str) -> Result<T, &'static str>) -> Option<T> {
        let before = self.faults.len();
        let value = self.optional(name, parse).await;
        if value.is_none() && self.faults.len() == before {
            self.faults.push(format!("variable {name}: not set"));
        }
        value
    }
}
