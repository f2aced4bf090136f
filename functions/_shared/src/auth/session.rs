//! The playbook's `getUser()`: is the session behind a valid token still there? A token lives for an hour after
//! somebody signed out; a write should not.

use anyhow::anyhow;
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use super::{Caller, Verifier};
use crate::{
    context::Context,
    platform::{Inbound, Outbound},
    problem::Problem,
    upstream,
};

/// A user has one to two kilobytes.
const MAX_USER: usize = 256 * 1024;

#[derive(Deserialize)]
struct User {
    id: String,
}

/// Auth's codes for a session that is over or a user who is gone (supabase.com/docs/guides/auth/debugging/error-codes).
const GONE: [&str; 4] = ["session_not_found", "session_expired", "user_not_found", "user_banned"];

/// Asks `/auth/v1/user`.
pub async fn check(context: &Context, verifier: &Verifier, caller: &Caller) -> Result<(), Problem> {
    let config = context.config();
    let headers = caller.credentials(config)?;
    let uri = format!("{}/auth/v1/user", config.supabase_url);
    let within = context.remaining()?;
    let call = Outbound { method: Method::GET, uri, headers, body: None, within, limit: MAX_USER };
    let answer = context.send(call, true).await.0.map_err(|error| upstream::no_answer(error, true))?;
    if answer.status == StatusCode::OK {
        return match serde_json::from_slice::<User>(&answer.body) {
            Ok(user) if user.id == caller.verified.subject => Ok(()),
            _ => Err(Problem::UpstreamFailed("/auth/v1/user gave another user, or none".into())),
        };
    }
    Err(refusal(context, verifier, &answer, caller))
}

/// Who is to blame. Auth has `error_code` and `msg` (`code` and `message` in its newer form), the gateway has no code.
fn refusal(context: &Context, verifier: &Verifier, answer: &Inbound, caller: &Caller) -> Problem {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let status = answer.status.as_u16();
    let code = body["error_code"].as_str().or(body["code"].as_str());
    let message = body["msg"].as_str().or(code.and(body["message"].as_str()));
    if code.is_some_and(|code| GONE.contains(&code)) {
        return Problem::SessionRevoked;
    }
    let text = message.unwrap_or_default();
    let cause = anyhow!("/auth/v1/user: {} {status}: {text}", code.unwrap_or("no code")).into();
    match status {
        401 | 403 | 404 if code.is_none() && message.is_none() => Problem::UpstreamMisconfigured(cause),
        // Auth knows no leeway.
        401 | 403 if caller.has_expired(context.now()) || text.contains("expired") => Problem::TokenExpired,
        _ => {
            if code == Some("bad_jwt") {
                verifier.doubt_keys();
            }
            let retry_after = upstream::retry_after(&answer.headers, context.now()).unwrap_or(1).max(1);
            Problem::UpstreamUnavailable { cause, retry_after }
        }
    }
}
