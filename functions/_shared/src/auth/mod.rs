//! From a header to a [`Caller`]: the only place that makes one.

mod bearer;
mod claims;

use http::HeaderMap;
use time::UtcDateTime;

pub use claims::Keys;

use crate::{config::Config, problem::Problem};

/// A signed-in user, and the token that proves it to the database too.
#[derive(Debug)]
pub struct Caller {
    token: String,
}

impl Caller {
    /// For the `Authorization` header of the call made on the user's behalf.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }
}

/// Establishes who is asking. `now` is the moment at which the token must be valid.
pub fn authenticate(headers: &HeaderMap, config: &Config, keys: &Keys, now: UtcDateTime) -> Result<Caller, Problem> {
    let token = bearer::token(headers)?;
    claims::verify(token, config, keys, now)?;
    Ok(Caller { token: token.to_owned() })
}
