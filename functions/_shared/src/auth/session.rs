//! The playbook's `getUser()`: is the session behind a valid token still there? A token lives for an hour after
//! somebody signed out; a write should not.

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde::Deserialize;

use super::Caller;
use crate::{edge::Edge, platform::Outbound, problem::Problem, upstream};

/// A user has one to two kilobytes.
const MAX_USER: usize = 256 * 1024;

#[derive(Deserialize)]
struct User {
    id: String,
}

/// Auth's form; the gateway's has neither.
#[derive(Default, Deserialize)]
struct Refusal {
    error_code: Option<String>,
    msg: Option<String>,
}

/// Asks `/auth/v1/user`.
pub async fn check(edge: &Edge, caller: &Caller) -> Result<(), Problem> {
    let config = edge.config();
    let malformed = |_| Problem::InvalidToken("it is not a well-formed JWT");
    let mut bearer = HeaderValue::try_from(format!("Bearer {}", caller.token)).map_err(malformed)?;
    bearer.set_sensitive(true);
    let apikey = HeaderValue::try_from(&config.publishable_key)
        .map_err(|_| Problem::Misconfigured("supabase_publishable_key is no header".into()))?;
    let headers = HeaderMap::from_iter([(header::AUTHORIZATION, bearer), (HeaderName::from_static("apikey"), apikey)]);
    let uri = format!("{}/auth/v1/user", config.supabase_url);
    let within = edge.remaining()?;
    let call = Outbound { method: Method::GET, uri, headers, body: None, within, limit: MAX_USER };
    let answer = edge.send(call, true).await.0.map_err(upstream::silence)?;
    match answer.status.as_u16() {
        200 => match serde_json::from_slice::<User>(&answer.body) {
            Ok(user) if user.id == caller.verified.subject => Ok(()),
            _ => Err(Problem::UpstreamFailed("/auth/v1/user gave another user, or none".into())),
        },
        401 | 403 | 404 => {
            let refusal: Refusal = serde_json::from_slice(&answer.body).unwrap_or_default();
            match (refusal.error_code, refusal.msg) {
                (None, None) => {
                    Err(Problem::UpstreamMisconfigured(format!("/auth/v1/user: {} by the gateway", answer.status)))
                }
                _ => Err(Problem::SessionRevoked),
            }
        }
        status => Err(Problem::UpstreamUnavailable(format!("/auth/v1/user: {status}"))),
    }
}
