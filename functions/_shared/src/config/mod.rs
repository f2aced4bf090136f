//! What an operator sets: read once per instance, all faults reported together.
//!
//! A variable that is set but malformed is an error; nothing falls back to something weaker.

use std::{cell::RefCell, time::Duration};

use anyhow::{Error, Result, anyhow};
use futures::future::{join, join3, join5};

use crate::{flag::Flag, platform::Platform};

mod parse;
mod urls;

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
    /// What their pages may send besides, separated by commas.
    pub allowed_headers: Option<String>,
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

/// Why there is no configuration.
#[derive(Debug)]
pub enum Fault {
    /// Variables that are missing or malformed: an operator has to mend them.
    Malformed(Error),
    /// A provider did not answer. It may at the next request.
    Unavailable(Error),
}

/// What an HS256 secret must have at least (RFC 7518, section 3.2), in bytes.
pub const MIN_SECRET: usize = 32;

impl Config {
    /// Reads every variable, all at once, and checks them. The error lists all faults, and no value of a secret.
    pub async fn load(platform: &dyn Platform) -> Result<Self, Fault> {
        let read = Reader { platform, malformed: RefCell::default(), unavailable: RefCell::default() };

        let (
            (supabase_url, publishable_key, jwt_secret, inline, jwks_url),
            (jwt_issuer, jwt_audience, session_check, allow_guests, region),
            (allowed_origins, allowed_headers, request_timeout, telemetry_key, (flag, flag_testers)),
        ) = join3(
            join5(
                read.required("supabase_url", urls::project),
                read.required("supabase_publishable_key", parse::header_text),
                read.optional("supabase_jwt_secret", parse::secret),
                read.json("supabase_jwks"),
                read.optional("supabase_jwks_url", urls::key_set),
            ),
            join5(
                read.optional("jwt_issuer", parse::plain),
                read.required("jwt_audience", parse::plain),
                read.required("session_check", parse::session_check),
                read.required("allow_guests", parse::boolean),
                read.optional("region", parse::header_text),
            ),
            join5(
                read.required("allowed_origins", urls::origins),
                read.optional("allowed_headers", parse::header_names),
                read.required("request_timeout_ms", parse::milliseconds),
                read.optional("telemetry_key", parse::telemetry_key),
                join(read.required("flag", parse::flag), read.optional("flag_testers", parse::users)),
            ),
        )
        .await;

        let Reader { malformed, unavailable, .. } = read;
        // A provider that fails may be well again at the next request.
        let unavailable = unavailable.into_inner();
        if !unavailable.is_empty() {
            return Err(Fault::Unavailable(anyhow!(unavailable.join("; "))));
        }
        let faults = malformed.into_inner().join("; ");
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
                allowed_headers,
                region,
                request_timeout: request_timeout?,
                flag: flag?,
                flag_testers: flag_testers.unwrap_or_default(),
                telemetry_key,
                supabase_url,
            })
        };
        all().ok_or_else(|| Fault::Malformed(anyhow!(faults)))
    }
}

/// Turns a check off, visibly.
const ANY: &str = "*";

struct Reader<'p> {
    platform: &'p dyn Platform,
    malformed: RefCell<Vec<String>>,
    unavailable: RefCell<Vec<String>>,
}

type Parse<T> = fn(&str) -> Result<T>;

impl Reader<'_> {
    async fn required<T>(&self, name: &'static str, parse: Parse<T>) -> Option<T> {
        self.variable(name, parse::bare, parse, Some("not set")).await
    }

    async fn optional<T>(&self, name: &'static str, parse: Parse<T>) -> Option<T> {
        self.variable(name, parse::bare, parse, None).await
    }

    /// Blanks around a JSON text are its own (RFC 8259, section 2).
    async fn json(&self, name: &'static str) -> Option<String> {
        self.variable(name, |_| Ok(()), parse::plain, None).await
    }

    /// An empty value is an unset one: Spin has no other way to leave a variable out.
    async fn variable<T>(
        &self,
        name: &'static str,
        check: Parse<()>,
        parse: Parse<T>,
        unset: Option<&'static str>,
    ) -> Option<T> {
        let fault = match self.platform.variable(name).await {
            Ok(Some(value)) if !value.is_empty() => match check(&value).and_then(|()| parse(&value)) {
                Ok(parsed) => return Some(parsed),
                Err(why) => Some(format!("{why:#}")),
            },
            Ok(_) => unset.map(str::to_owned),
            Err(provider) => {
                self.unavailable.borrow_mut().push(format!("variable {name}: {provider}"));
                None
            }
        };
        self.malformed.borrow_mut().extend(fault.map(|why| format!("variable {name}: {why}")));
        None
    }
}
