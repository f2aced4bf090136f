//! Whose token it is. Nothing is verified: that is what the functions are for.

use anyhow::{Context as _, Result};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;
use uuid::Uuid;

/// The user of an access token.
pub fn subject(token: &str) -> Result<Uuid> {
    let claims = claims(token)?;
    let subject = claims["sub"].as_str().context("the token names no user: it has to be one of a session")?;
    subject.parse().context("the token's `sub` is no user id")
}

/// Until when it is good, in seconds since 1970.
pub fn expiry(token: &str) -> Result<u64> {
    claims(token)?["exp"].as_u64().context("the token does not say until when it is good")
}

fn claims(token: &str) -> Result<Value> {
    let payload = token.split('.').nth(1).context("the token is not a JWT")?;
    let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).context("the token's payload is not base64url")?;
    serde_json::from_slice(&payload).context("the token's payload is not JSON")
}
