//! What a token must prove. jwt-simple's defaults are fifteen minutes of tolerance, a megabyte of token, and no check
//! of issuer, audience, role or subject; so every rule is stated here.

use std::collections::HashSet;

use jwt_simple::{
    JWTError,
    prelude::{Duration, JWTClaims, UnixTimeStamp, VerificationOptions},
    reexports::ct_codecs::{Base64UrlSafeNoPadding, Decoder as _},
};
use serde::Deserialize;
use time::UtcDateTime;

use super::{bearer::MAX_TOKEN, jwk::Key};
use crate::{config::Config, problem::Problem};

/// PostgREST's constant: a larger one would admit tokens that the database then refuses, a smaller one the opposite.
const LEEWAY_SECONDS: u64 = 30;

/// Roles of the project's own keys, which are validly signed JWTs too. Any other role is a user's: `authenticated`, or one
/// that a hook has assigned. What it may do is the database's decision.
const KEYS: [&str; 3] = ["anon", "service_role", "postgres"];

/// Typed, because only a typed struct makes jwt-simple refuse a claim that is given twice.
#[derive(Deserialize)]
pub struct Supabase {
    role: Option<String>,
    #[serde(default)]
    is_anonymous: bool,
}

/// What remains of a token that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The user, as PostgreSQL writes the id: one user is one text, however the token spells it.
    pub subject: String,
    /// A guest.
    pub is_anonymous: bool,
    /// In seconds since 1970.
    expires_at: u64,
}

impl Verified {
    /// Whether its own time is over, and only the leeway is left.
    pub fn has_expired(&self, now: UtcDateTime) -> bool {
        seconds(now) >= self.expires_at
    }

    /// Whether the token is still to be accepted.
    pub fn is_valid(&self, now: UtcDateTime) -> bool {
        seconds(now) < self.expires_at + LEEWAY_SECONDS
    }
}

/// Tries the keys that fit, and reports the refusal that says most.
pub fn verify(token: &str, keys: &[&Key], config: &Config, now: UtcDateTime) -> Result<Verified, Problem> {
    let mut refused = UNSIGNED;
    for key in keys {
        match key.verify(token, options(config, now)) {
            Ok(claims) => return check(claims),
            // The key that made the signature gives the real reason. From the others comes only "wrong signature".
            Err(error) if refused == UNSIGNED => refused = refusal(&error),
            Err(_) => {}
        }
    }
    Err(if is_project_key(token) { Problem::NotAUserToken } else { refused })
}

const UNSIGNED: Problem = Problem::InvalidToken("no key of the project has made this signature");

/// Whether a token that was refused calls itself a key of the project. It decides between two refusals and nothing
/// else: such keys have another issuer and no audience, and may be signed with a secret that is not in use any more.
fn is_project_key(token: &str) -> bool {
    let payload = token.split('.').nth(1).and_then(|part| Base64UrlSafeNoPadding::decode_to_vec(part, None).ok());
    let claims = payload.and_then(|json| serde_json::from_slice::<Supabase>(&json).ok());
    claims.and_then(|claims| claims.role).is_some_and(|role| KEYS.contains(&role.as_str()))
}

fn options(config: &Config, now: UtcDateTime) -> VerificationOptions {
    VerificationOptions {
        artificial_time: Some(UnixTimeStamp::from_secs(seconds(now))),
        time_tolerance: Some(Duration::from_secs(LEEWAY_SECONDS)),
        max_token_length: Some(MAX_TOKEN),
        allowed_issuers: config.jwt_issuer.clone().map(|issuer| HashSet::from([issuer])),
        allowed_audiences: config.jwt_audience.clone().map(|audience| HashSet::from([audience])),
        ..VerificationOptions::default()
    }
}

/// What jwt-simple does not look at.
fn check(claims: JWTClaims<Supabase>) -> Result<Verified, Problem> {
    match claims.custom.role.as_deref() {
        None | Some("") => return Err(Problem::InvalidToken("it has no role")),
        Some(role) if KEYS.contains(&role) => return Err(Problem::NotAUserToken),
        Some(_) => {}
    }
    let Some(expires_at) = claims.expires_at else {
        return Err(Problem::InvalidToken("it never expires"));
    };
    let Some(subject) = claims.subject.and_then(|subject| uuid::Uuid::try_parse(&subject).ok()) else {
        return Err(Problem::InvalidToken("its subject is not a user"));
    };
    let (is_anonymous, expires_at) = (claims.custom.is_anonymous, expires_at.as_secs());
    Ok(Verified { subject: subject.to_string(), is_anonymous, expires_at })
}

fn seconds(now: UtcDateTime) -> u64 {
    now.unix_timestamp().try_into().unwrap_or_default()
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
        Some(InvalidAuthenticationTag | InvalidSignature) => UNSIGNED,
        _ => Problem::InvalidToken("it is not a well-formed JWT"),
    }
}
