//! From a header to a [`Caller`]: the only place that makes one.

mod bearer;
mod cache;
mod claims;
mod jwk;
mod keys;
mod session;

use std::{cell::RefCell, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, header};
use jwt_simple::prelude::Token;
use time::UtcDateTime;

pub use self::keys::Keys;
use self::{cache::Cache, claims::Verified};
use crate::{
    config::{Config, SessionCheck},
    context::Context,
    problem::Problem,
};

const APIKEY: HeaderName = HeaderName::from_static("apikey");

/// A signed-in user, and the token that proves it to the database too.
#[derive(Debug)]
pub struct Caller {
    token: String,
    verified: Verified,
}

/// What a request is going to do decides how closely the caller is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// Nothing changes.
    Read,
    /// Something is stored.
    Write,
}

/// What an instance keeps to verify tokens with.
pub struct Verifier {
    keys: Keys,
    cache: RefCell<Cache>,
}

impl Caller {
    /// The user's id, as the token has it.
    pub(crate) fn subject(&self) -> &str {
        &self.verified.subject
    }

    /// Whether the token is past its `exp`, and in force only by the leeway.
    pub(crate) fn has_expired(&self, now: UtcDateTime) -> bool {
        self.verified.has_expired(now)
    }

    /// The headers of a call that is made on the user's behalf: whose, and through which gateway.
    pub(crate) fn credentials(&self, config: &Config) -> Result<HeaderMap, Problem> {
        let malformed = |_| Problem::InvalidToken("it is not a well-formed JWT");
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", self.token)).map_err(malformed)?;
        bearer.set_sensitive(true);
        let apikey = HeaderValue::try_from(&config.publishable_key)
            .map_err(|_| Problem::Misconfigured("supabase_publishable_key is no header".into()))?;
        Ok(HeaderMap::from_iter([(header::AUTHORIZATION, bearer), (APIKEY, apikey)]))
    }
}

impl Verifier {
    /// With nothing fetched and nothing remembered.
    pub fn new(keys: Keys) -> Self {
        Self { keys, cache: RefCell::default() }
    }

    /// What an operator should mend in the variable of the key set, although others of its keys can be used.
    pub fn passed_over(&self) -> Option<&str> {
        self.keys.passed_over()
    }

    /// Establishes who is asking, from the token alone.
    pub async fn authenticate(&self, context: &Context, headers: &HeaderMap) -> Result<Caller, Problem> {
        let started = context.elapsed();
        let outcome = self.caller(context, headers).await;
        record(context, started, &outcome);
        outcome
    }

    /// Asks Auth whether the caller's session is still there, if `session_check` says so. Comes last before the database.
    pub async fn confirm(&self, context: &Context, intent: Intent, caller: &Caller) -> Result<(), Problem> {
        let asked = match context.config().session_check {
            SessionCheck::Off => false,
            SessionCheck::Writes => intent == Intent::Write,
            SessionCheck::All => true,
        };
        if !asked {
            return Ok(());
        }
        let started = context.elapsed();
        let outcome = session::check(context, self, caller).await;
        record(context, started, &outcome);
        outcome
    }

    /// Somebody else who verifies tokens does not accept one that these keys have verified: the next request looks for newer
    /// ones.
    pub(crate) fn doubt_keys(&self) {
        self.keys.doubt();
    }

    async fn caller(&self, context: &Context, headers: &HeaderMap) -> Result<Caller, Problem> {
        let token = bearer::token(headers)?;
        let verified = self.verified(context, token).await?;
        if verified.is_anonymous && !context.config().allow_guests {
            return Err(Problem::GuestNotAllowed);
        }
        Ok(Caller { token: token.to_owned(), verified })
    }

    async fn verified(&self, context: &Context, token: &str) -> Result<Verified, Problem> {
        // Look for newer keys before a remembered token is believed. Otherwise a withdrawn key would stay in force.
        self.keys.refresh(context).await;
        let digest = cache::digest(token);
        if let Some(known) = self.cache.borrow_mut().get(&digest, self.keys.generation(), context.now()) {
            return Ok(known);
        }
        let malformed = |_| Problem::InvalidToken("it is not a well-formed JWT");
        let header = Token::decode_metadata(token).map_err(malformed)?;
        let algorithm = header.algorithm();
        if !["ES256", "RS256", "EdDSA", "HS256"].contains(&algorithm) {
            return Err(Problem::InvalidToken("its algorithm is not accepted"));
        }
        let (config, now) = (context.config(), context.now());
        let verify = |keys: &[&jwk::Key]| claims::verify(token, keys, config, now);
        let verified = self.keys.fitting(context, algorithm, header.key_id(), verify).await??;
        // The fetch may have replaced the key set, so look again.
        self.cache.borrow_mut().get(&digest, self.keys.generation(), now);
        self.cache.borrow_mut().put(digest, verified.clone(), now);
        Ok(verified)
    }
}

fn record<T>(context: &Context, started: Duration, outcome: &Result<T, Problem>) {
    let took = context.elapsed().saturating_sub(started);
    context.record(|telemetry| telemetry.authenticated(outcome.as_ref().map(|_| ()), took));
}
