//! From a header to a [`Caller`]: the only place that makes one.

mod bearer;
mod cache;
mod claims;
mod jwk;
mod keys;
pub(crate) mod session;

use std::cell::RefCell;

use http::HeaderMap;
use jwt_simple::prelude::Token;
use time::UtcDateTime;

pub use self::keys::Keys;
use self::{cache::Cache, claims::Verified};
use crate::{edge::Edge, problem::Problem};

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

    /// Whether it is only the leeway that keeps the token in force.
    pub(crate) fn has_expired(&self, now: UtcDateTime) -> bool {
        self.verified.has_expired(now)
    }

    /// For the `Authorization` header of the call made on the user's behalf.
    pub(crate) fn token(&self) -> &str {
        &self.token
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
    pub async fn authenticate(&self, edge: &Edge, headers: &HeaderMap) -> Result<Caller, Problem> {
        let token = bearer::token(headers)?;
        let verified = self.verified(edge, token).await?;
        if verified.is_anonymous && !edge.config().allow_guests {
            return Err(Problem::GuestNotAllowed);
        }
        Ok(Caller { token: token.to_owned(), verified })
    }

    /// The next request looks for newer keys.
    pub(crate) fn doubt_keys(&self) {
        self.keys.doubt();
    }

    async fn verified(&self, edge: &Edge, token: &str) -> Result<Verified, Problem> {
        // Before a remembered token is believed, or its key would be in force for as long as it is.
        self.keys.refresh(edge).await;
        let digest = cache::digest(token);
        if let Some(known) = self.cache.borrow_mut().get(&digest, self.keys.generation(), edge.now()) {
            return Ok(known);
        }
        let malformed = |_| Problem::InvalidToken("it is not a well-formed JWT");
        let header = Token::decode_metadata(token).map_err(malformed)?;
        let algorithm = header.algorithm();
        if !["ES256", "RS256", "EdDSA", "HS256"].contains(&algorithm) {
            return Err(Problem::InvalidToken("its algorithm is not accepted"));
        }
        let (config, now) = (edge.config(), edge.now());
        let verify = |keys: &[&jwk::Key]| claims::verify(token, keys, config, now);
        let verified = self.keys.fitting(edge, algorithm, header.key_id(), verify).await??;
        // The fetch may have replaced the key set, so look again.
        self.cache.borrow_mut().get(&digest, self.keys.generation(), now);
        self.cache.borrow_mut().put(digest, verified.clone(), now);
        Ok(verified)
    }
}
