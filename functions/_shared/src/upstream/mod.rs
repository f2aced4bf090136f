//! What the project answers, or that it does not: PostgREST about an RPC, Auth about a session, and the gateways in front
//! of both.

mod refusal;
mod sqlstate;

use std::collections::HashMap;

use anyhow::{Context as _, Result, anyhow};
use http::{HeaderMap, header};
use serde::de::IgnoredAny;
use serde_json::error::Category;
use time::UtcDateTime;

pub use self::refusal::{Asked, Refusal};
use crate::{
    platform::{Inbound, OutboundError},
    problem::Problem,
};

/// For the record.
pub fn described(error: &OutboundError) -> String {
    match error {
        OutboundError::TimedOut => "no answer in time".into(),
        OutboundError::TooLarge => "the answer is too long".into(),
        OutboundError::Denied => "not an allowed outbound host".into(),
        OutboundError::Unreachable(cause) | OutboundError::Broken(cause) => cause.clone(),
    }
}

/// There was no answer at all. Where a second attempt could store a second time, that leaves the outcome open.
pub fn silence(error: OutboundError, repeatable: bool) -> Problem {
    match error {
        OutboundError::Denied => Problem::Misconfigured("supabase_url is not an allowed outbound host".into()),
        OutboundError::Unreachable(cause) => Problem::unavailable(cause),
        lost if !repeatable => Problem::OutcomeUnknown(described(&lost).into()),
        OutboundError::TimedOut => Problem::DeadlineExceeded,
        OutboundError::TooLarge => Problem::UpstreamFailed("the answer is larger than a page can be".into()),
        OutboundError::Broken(cause) => Problem::unavailable(cause),
    }
}

/// Whether a status says that nobody is there: the origin, or a gateway that has had enough of us. 520 to 530 are
/// Cloudflare's; 540 and 544 are Supabase's, for a project that is paused or does not answer.
pub fn is_absent(status: u16) -> bool {
    matches!(status, 429 | 502..=504 | 520..=530 | 540 | 544)
}

/// When to come back, in seconds (RFC 9110, section 10.2.3). A date is rounded up.
pub fn retry_after(headers: &HeaderMap, now: UtcDateTime) -> Option<u32> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.parse().unwrap_or(u32::MAX));
    }
    let at = UtcDateTime::from(httpdate::parse_http_date(text).ok()?);
    let left = at - now;
    let seconds = left.whole_seconds() + i64::from(left.subsec_nanoseconds() > 0);
    Some(seconds.clamp(0, u32::MAX.into()) as u32)
}

/// How many rows an array has. It is counted because it must be read anyway: a proxy's HTML page with status 200, or
/// half an answer, is not to be handed on as messages.
pub fn rows(answer: &Inbound) -> Result<u64, Problem> {
    match serde_json::from_str::<Vec<IgnoredAny>>(text(answer).map_err(|why| Problem::UpstreamFailed(why.into()))?) {
        Ok(rows) => Ok(rows.len() as u64),
        Err(error) => Err(Problem::UpstreamFailed(anyhow!("not a JSON array: {}", fault(&error)).into())),
    }
}

/// The one object that a writing RPC returns. Whatever stands in its place, the RPC has run.
pub fn object(answer: &Inbound, repeatable: bool) -> Result<(), Problem> {
    let read = text(answer).and_then(|text| {
        let object = serde_json::from_str::<HashMap<String, IgnoredAny>>(text);
        object.map_err(|error| anyhow!("not a JSON object: {}", fault(&error)))
    });
    let unusable = if repeatable { Problem::UpstreamFailed } else { Problem::OutcomeUnknown };
    read.map(|_| ()).map_err(|why| unusable(why.into()))
}

/// serde does not validate what it skips: bytes that are no text would be handed on in a string.
fn text(answer: &Inbound) -> Result<&str> {
    std::str::from_utf8(&answer.body).context("not UTF-8")
}

/// What is wrong with a body, without a word of it: serde quotes the value that it did not expect.
fn fault(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        Category::Data => "another type",
        Category::Syntax => "a syntax error",
        Category::Eof | Category::Io => "it breaks off",
    };
    format!("{what} at line {} column {}", error.line(), error.column())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::StatusCode;

    use super::*;

    #[test]
    fn a_cause_quotes_no_message() {
        let answer = |body: &'static str| Inbound {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: Bytes::from_static(body.as_bytes()),
        };

        for problem in [
            rows(&answer(r#""hello Ada""#)).unwrap_err(),
            rows(&answer(r#"[{"body":"hello Ada"},x]"#)).unwrap_err(),
            object(&answer(r#"["hello Ada"]"#), true).unwrap_err(),
            object(&answer(r#"["hello Ada"]"#), false).unwrap_err(),
        ] {
            let cause = problem.cause().unwrap().to_string();
            assert!(!cause.contains("Ada"), "{cause}");
        }
    }

    #[test]
    fn when_to_come_back_is_in_seconds_and_never_sooner() {
        let now = UtcDateTime::from_unix_timestamp_nanos(784_111_776_500_000_000).unwrap();
        let read = |text: &str| retry_after(&HeaderMap::from_iter([(header::RETRY_AFTER, text.parse().unwrap())]), now);

        for (text, seconds) in [
            ("37", Some(37)),
            (" 0 ", Some(0)),
            ("99999999999", Some(u32::MAX)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(1)),
            ("Sun, 06 Nov 1994 08:50:36 GMT", Some(60)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("soon", None),
            ("-5", None),
            ("", None),
        ] {
            assert_eq!(read(text), seconds, "{text}");
        }
    }
}
