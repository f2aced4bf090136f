//! Reads what the project answers: PostgREST about an RPC, Auth about a session, and the gateways in front of both. Also
//! what it means when no answer comes.

mod payload;
mod refusal;
mod sqlstate;

use http::{HeaderMap, header};
use time::UtcDateTime;

pub use self::{
    payload::{object, rows},
    refusal::{Asked, Refusal},
};
use crate::{platform::OutboundError, problem::Problem};

/// For the record.
pub fn described(error: &OutboundError) -> String {
    match error {
        OutboundError::TimedOut => "no answer in time".into(),
        OutboundError::TooLarge => "the answer is too long".into(),
        OutboundError::Denied => "not an allowed outbound host".into(),
        OutboundError::Unreachable(cause) | OutboundError::Broken(cause) => cause.clone(),
    }
}

/// The problem when no answer came. Where a second attempt could store a second time, nobody knows the outcome.
pub fn no_answer(error: OutboundError, repeatable: bool) -> Problem {
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

#[cfg(test)]
mod tests {
    use super::*;

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
