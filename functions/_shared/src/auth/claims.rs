//! What a token must prove. jwt-simple's defaults are fifteen minutes of tolerance, a megabyte of token, and no check
//! of issuer, audience, role or subject; so every rule is stated here.

use std::collections::HashSet;

use jwt_simple::{
    JWTError,
    prelude::{Duration, HS256Key, JWTClaims, MACLike, UnixTimeStamp, VerificationOptions},
};
use serde::Deserialize;
use time::UtcDateTime;

use super::bearer::MAX_TOKEN;
use crate::{config::Config, problem::Problem};

/// PostgREST's constant: a larger one would admit tokens that the database then refuses, a smaller one the opposite.
const LEEWAY_SECONDS: u64 = 30;

/// The role of a signed-in user. `anon` and `service_role` keys are validly signed JWTs too.
const ROLE: &str = "authenticated";

/// The keys that tokens may be signed with. Each is of one kind, and jwt-simple pins the header's `alg` to it: a
/// public key can never be taken for an HMAC secret.
pub struct Keys {
    secret: Option<HS256Key>,
}

impl Keys {
    /// From the variables.
    pub fn of(config: &Config) -> Self {
        Self { secret: config.jwt_secret.as_ref().map(|secret| HS256Key::from_bytes(secret.as_bytes())) }
    }
}

/// Typed, because only a typed struct makes jwt-simple refuse a claim that is given twice.
#[derive(Deserialize)]
struct Supabase {
    role: Option<String>,
}

pub(super) fn verify(token: &str, config: &Config, keys: &Keys, now: UtcDateTime) -> Result<(), Problem> {
    let Some(key) = &keys.secret else {
        return Err(Problem::Misconfigured("no key to verify tokens with: set supabase_jwt_secret".into()));
    };
    let options = VerificationOptions {
        artificial_time: Some(UnixTimeStamp::from_secs(now.unix_timestamp().try_into().unwrap_or_default())),
        time_tolerance: Some(Duration::from_secs(LEEWAY_SECONDS)),
        max_token_length: Some(MAX_TOKEN),
        allowed_issuers: Some(HashSet::from([config.jwt_issuer.clone()])),
        allowed_audiences: Some(HashSet::from([config.jwt_audience.clone()])),
        ..VerificationOptions::default()
    };
    let claims = key.verify_token::<Supabase>(token, Some(options)).map_err(|error| refusal(&error))?;
    check(&claims)
}

/// What jwt-simple does not look at.
fn check(claims: &JWTClaims<Supabase>) -> Result<(), Problem> {
    if claims.custom.role.as_deref() != Some(ROLE) {
        return Err(Problem::NotAUserToken);
    }
    if claims.expires_at.is_none() {
        return Err(Problem::InvalidToken("it never expires"));
    }
    match claims.subject.as_deref().map(uuid::Uuid::try_parse) {
        Some(Ok(_)) => Ok(()),
        _ => Err(Problem::InvalidToken("its subject is not a user")),
    }
}

fn refusal(error: &jwt_simple::Error) -> Problem {
    use JWTError::*;
    match error.downcast_ref() {
        Some(TokenHasExpired) => Problem::TokenExpired,
        Some(TokenNotValidYet | ClockDrift) => Problem::InvalidToken("it is not valid yet"),
        Some(RequiredIssuerMismatch | RequiredIssuerMissing) => Problem::InvalidToken("another issuer made it"),
        Some(RequiredAudienceMismatch | RequiredAudienceMissing) => {
            Problem::InvalidToken("it is meant for another audience")
        }
        Some(AlgorithmMismatch) => Problem::InvalidToken("no key of the project has this algorithm"),
        Some(InvalidAuthenticationTag | InvalidSignature) => {
            Problem::InvalidToken("no key of the project has made this signature")
        }
        _ => Problem::InvalidToken("it is not a well-formed JWT"),
    }
}
