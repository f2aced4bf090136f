//! PostgREST's refusal, read by its code and not by its status: an ambiguous overload arrives as 300, a statement timeout
//! as 500, and the gateway's refusal of our own key as a 401 that is not the caller's.
//!
//! The catalogue is PostgREST's (docs.postgrest.org, "Errors"), from 12 to 16.

use serde_json::Value;
use time::UtcDateTime;

use super::{is_absent, retry_after};
use crate::{
    platform::Inbound,
    problem::{Cause, Problem},
};

/// What is known of a call that was refused.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// A second attempt cannot store a second time.
    pub repeatable: bool,
    /// The caller's token is past its `exp`, and was accepted within the leeway.
    pub expired: bool,
}

/// The error body of PostgREST; the gateway's has no code.
#[derive(Debug)]
pub struct Refusal {
    status: u16,
    /// SQLSTATE, `PGRSTnnn`, or the code of one of our RPCs.
    code: Option<String>,
    /// Public where one of our RPCs wrote it. Otherwise for the log: it may contain SQL.
    message: String,
    details: String,
    retry_after: Option<u32>,
}

impl Refusal {
    /// Each member by itself: one that is of another type than usual takes nothing from the others. All are empty when
    /// the body is not an error that PostgREST or the gateway would write.
    pub fn read(answer: &Inbound, now: UtcDateTime) -> Self {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        Self {
            status: answer.status.as_u16(),
            code: body["code"].as_str().map(str::to_owned),
            message: body["message"].as_str().unwrap_or_default().to_owned(),
            details: match &body["details"] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            },
            retry_after: retry_after(&answer.headers, now),
        }
    }

    /// For the record.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// Whether it is the token that is refused, which we have verified: `PGRST301` to `PGRST303`, and the RPCs' own word
    /// for a call that comes from nobody.
    pub fn is_of_the_token(&self) -> bool {
        matches!(self.code(), Some("PGRST301" | "PGRST302" | "PGRST303" | "auth_required"))
    }

    /// Who is to blame.
    pub fn problem(self, asked: Asked) -> Problem {
        let mut cause = format!("{} {}", self.code().unwrap_or("no code"), self.status);
        if self.code().is_none_or(is_of_the_system) {
            cause = format!("{cause}: {}", self.message);
        }
        let cause = Cause::from(cause);
        if !asked.repeatable && self.may_have_run() {
            return Problem::OutcomeUnknown(cause);
        }
        match self.code.clone().as_deref() {
            // Kong's and the hosted gateway's form: {"message":"Invalid API key"}.
            None if matches!(self.status, 401 | 403) => Problem::UpstreamMisconfigured(cause),
            None => self.of_status(cause),
            Some(_) if self.is_of_the_token() => {
                if asked.expired || self.message.contains("expired") {
                    Problem::TokenExpired
                } else {
                    self.unavailable(cause)
                }
            }
            Some(code) => self.of_code(code, cause),
        }
    }

    /// Whether the call may have been made although it is refused: the connection to the database, or a gateway's to
    /// PostgREST, did not last. A code that PostgreSQL gives is a transaction that was rolled back.
    fn may_have_run(&self) -> bool {
        match self.code() {
            Some("08001" | "08004") => false,
            Some("PGRST001" | "57P01" | "57P02") => true,
            Some(code) if code.starts_with("PGRST") || code.len() == 5 => code.starts_with("08"),
            _ => matches!(self.status, 500 | 502 | 504 | 520 | 522 | 524 | 544),
        }
    }

    fn unavailable(&self, cause: Cause) -> Problem {
        Problem::UpstreamUnavailable { cause, retry_after: self.retry_after.unwrap_or(1).max(1) }
    }

    /// What says nothing that we know.
    fn of_status(&self, cause: Cause) -> Problem {
        if is_absent(self.status) || self.status >= 500 && self.retry_after.is_some() {
            self.unavailable(cause)
        } else {
            Problem::UpstreamFailed(cause)
        }
    }

    fn of_code(self, code: &str, cause: Cause) -> Problem {
        match code {
            // What our RPCs say. Their messages and details are written for the caller.
            "not_channel_member" => Problem::NotChannelMember,
            "guest_not_allowed" => Problem::GuestNotAllowed,
            "not_room_owner" => Problem::NotRoomOwner,
            "room_not_found" => Problem::RoomNotFound,
            "client_message_id_reused" => Problem::ClientMessageIdReused,
            "rate_limited" => Problem::RateLimited { retry_after: self.retry_after.unwrap_or(1).max(1) },
            "slot_version_conflict" => Problem::SlotVersionConflict { details: self.details },
            "match_instance_conflict" => Problem::MatchInstanceConflict,
            "game_mismatch" => Problem::GameMismatch,
            "empty_roster" => Problem::EmptyRoster,
            "invalid_roster" => Problem::InvalidRoster { details: self.details, message: self.message },
            "invalid_slot_template" => Problem::InvalidSlotTemplate { details: self.details, message: self.message },
            "invalid_parameter" => {
                let reason = self.message.trim_end_matches('.').to_owned();
                Problem::InvalidParameter { path: self.details, reason }
            }
            "42501" => Problem::Forbidden,
            // Missing, ambiguous, not the version, or its volatility is not what GET needs: a deploy fault, never benign.
            "rpc_contract_mismatch"
            | "rpc_expect_malformed"
            | "PGRST202"
            | "PGRST203"
            | "PGRST205"
            | "42883"
            | "42P01"
            | "42703"
            | "25006" => Problem::ContractMismatch(cause),
            "57014" => Problem::DeadlineExceeded,
            "PGRST000" | "PGRST001" | "PGRST002" | "PGRST003" | "57P01" | "57P02" | "57P03" | "53300" | "53400"
            | "40P01" | "55P03" => self.unavailable(cause),
            connection if connection.starts_with("08") => self.unavailable(cause),
            "PGRST300" | "PGRST106" | "setting_missing" => Problem::UpstreamMisconfigured(cause),
            "22P05" | "22021" => Problem::invalid("body", "contains a NUL character"),
            "22P02" | "22003" | "22007" | "22008" | "22009" | "22023" | "23502" | "23514" | "PGRST102" => {
                Problem::invalid("request", "the database does not accept one of the values")
            }
            _ => self.of_status(cause),
        }
    }
}

/// Whether a code, and so its message, is the database's or PostgREST's own. Any other may have been raised by a function or
/// a trigger of the installation, and quote a message's body.
fn is_of_the_system(code: &str) -> bool {
    const CLASSES: [&str; 12] = ["PGRST", "rpc_", "setting_", "08", "25", "40", "42", "53", "55", "57", "58", "XX"];
    CLASSES.into_iter().any(|class| code.starts_with(class))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};

    use super::*;

    const ASKED: Asked = Asked { repeatable: true, expired: false };

    fn refusal(status: u16, body: &'static str) -> Refusal {
        let answer = Inbound {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::from_static(body.as_bytes()),
        };
        Refusal::read(&answer, UtcDateTime::UNIX_EPOCH)
    }

    #[test]
    fn a_cause_quotes_no_message() {
        let raised = refusal(400, r#"{"code":"P0001","message":"hello Ada is not allowed"}"#).problem(ASKED);
        let known = refusal(404, r#"{"code":"42883","message":"function public.f() does not exist"}"#).problem(ASKED);

        assert!(!raised.cause().unwrap().to_string().contains("Ada"), "{raised:?}");
        assert!(known.cause().unwrap().to_string().contains("public.f()"), "{known:?}");
    }

    /// A write without a key: whoever cannot know whether it was made is not told to make it again.
    #[test]
    fn what_was_surely_not_stored_is_told_from_what_may_have_been() {
        let unkeyed = Asked { repeatable: false, ..ASKED };
        for (status, body, code) in [
            (502, "<html>Bad Gateway</html>", "outcome_unknown"),
            (504, "", "outcome_unknown"),
            (500, "<html>Oops</html>", "outcome_unknown"),
            (524, "", "outcome_unknown"),
            (544, r#"{"message":"Project timed out"}"#, "outcome_unknown"),
            (503, r#"{"code":"08006","message":"server closed the connection"}"#, "outcome_unknown"),
            (503, r#"{"code":"PGRST001","message":"database client error"}"#, "outcome_unknown"),
            (503, r#"{"code":"PGRST000","message":"no connection"}"#, "upstream_unavailable"),
            (504, r#"{"code":"PGRST003","message":"pool"}"#, "upstream_unavailable"),
            (500, r#"{"code":"57014","message":"canceling statement due to statement timeout"}"#, "deadline_exceeded"),
            (500, r#"{"code":"XX000","message":"relation 17 is gone"}"#, "upstream_failed"),
            (521, "", "upstream_unavailable"),
            (540, r#"{"message":"Project paused"}"#, "upstream_unavailable"),
            (429, "{}", "upstream_unavailable"),
            (401, r#"{"message":"No API key found in request"}"#, "upstream_misconfigured"),
            (403, r#"{"code":"not_channel_member","message":"-"}"#, "not_channel_member"),
        ] {
            assert_eq!(refusal(status, body).problem(unkeyed).code(), code, "{status} {body}");
        }
    }
}
