//! PostgREST's answer, read by its code and not by its status: an ambiguous overload arrives as 300, a statement
//! timeout as 500, and the gateway's refusal of our own key as a 401 that is not the caller's.
//!
//! The catalogue is PostgREST's (docs.postgrest.org, "Errors"), from 12 to 16.

use std::collections::HashMap;

use http::header;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::error::Category;

use crate::{
    platform::{Inbound, OutboundError},
    problem::Problem,
};

/// The error body of PostgREST; the gateway's has no code.
#[derive(Debug, Default, Deserialize)]
pub struct Refusal {
    /// SQLSTATE, `PGRSTnnn`, or the code of one of our RPCs.
    code: Option<String>,
    /// Public where one of our RPCs wrote it. Otherwise for the log: it may contain SQL.
    #[serde(default)]
    message: String,
    #[serde(default)]
    details: Option<String>,
    #[serde(skip)]
    retry_after: Option<u32>,
}

impl Refusal {
    /// An empty refusal when the body is not an error that PostgREST or the gateway would write.
    pub fn read(answer: &Inbound) -> Self {
        let retry_after = answer.headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let refusal = serde_json::from_slice(&answer.body).unwrap_or_default();
        Self { retry_after, ..refusal }
    }

    /// For the record.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// Who is to blame.
    pub fn problem(self, status: u16) -> Problem {
        let code = self.code().unwrap_or("no code");
        let mut cause = format!("{code} {status}");
        if is_of_the_system(code) {
            cause = format!("{cause}: {}", self.message);
        }
        match self.code.clone().as_deref() {
            // Kong's and the hosted gateway's form: {"message":"Invalid API key"}.
            None if status == 401 || status == 403 => Problem::UpstreamMisconfigured(cause),
            // A paused project, or a gateway that has had enough of us.
            None if matches!(status, 429 | 502..=504) => Problem::UpstreamUnavailable(cause),
            None => Problem::UpstreamFailed(cause),
            Some(code) => self.of_our_own(code).unwrap_or_else(|| of_code(code, cause)),
        }
    }

    /// What our RPCs say. Their messages and details are written for the caller.
    fn of_our_own(self, code: &str) -> Option<Problem> {
        let details = self.details.unwrap_or_default();
        Some(match code {
            "not_channel_member" => Problem::NotChannelMember,
            "guest_not_allowed" => Problem::GuestNotAllowed,
            "not_room_owner" => Problem::NotRoomOwner,
            "room_not_found" => Problem::RoomNotFound,
            "client_message_id_reused" => Problem::ClientMessageIdReused,
            "rate_limited" => Problem::RateLimited { retry_after: self.retry_after.unwrap_or(1) },
            "slot_version_conflict" => Problem::SlotVersionConflict { details },
            "match_instance_conflict" => Problem::MatchInstanceConflict,
            "game_mismatch" => Problem::GameMismatch,
            "empty_roster" => Problem::EmptyRoster,
            "invalid_roster" => Problem::InvalidRoster { details, message: self.message },
            "invalid_slot_template" => Problem::InvalidSlotTemplate { details, message: self.message },
            "invalid_parameter" => {
                let reason = self.message.trim_end_matches('.').to_owned();
                Problem::InvalidParameter { path: details, reason }
            }
            _ => return None,
        })
    }
}

/// Whether a message is the database's or the gateway's own. Any other may have been raised by a function or a trigger of
/// the installation, and quote a message's body.
fn is_of_the_system(code: &str) -> bool {
    const CLASSES: [&str; 13] =
        ["no code", "PGRST", "rpc_", "setting_", "08", "25", "40", "42", "53", "55", "57", "58", "XX"];
    CLASSES.into_iter().any(|class| code.starts_with(class))
}

fn of_code(code: &str, cause: String) -> Problem {
    match code {
        "auth_required" | "PGRST301" | "PGRST302" | "PGRST303" => {
            Problem::InvalidToken("the database does not accept it")
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
        | "40P01" | "55P03" => Problem::UpstreamUnavailable(cause),
        connection if connection.starts_with("08") => Problem::UpstreamUnavailable(cause),
        "PGRST300" | "PGRST106" | "setting_missing" => Problem::UpstreamMisconfigured(cause),
        "22P05" | "22021" => Problem::invalid("body", "contains a NUL character"),
        "22P02" | "22003" | "22007" | "22008" | "22009" | "22023" | "23502" | "23514" | "PGRST102" => {
            Problem::invalid("request", "the database does not accept one of the values")
        }
        _ => Problem::UpstreamFailed(cause),
    }
}

/// For the record.
pub fn described(error: &OutboundError) -> String {
    match error {
        OutboundError::TimedOut => "no answer in time".into(),
        OutboundError::TooLarge => "the answer is too long".into(),
        OutboundError::Denied => "not an allowed outbound host".into(),
        OutboundError::Broken(cause) => cause.clone(),
    }
}

/// There was no answer at all.
pub fn silence(error: OutboundError) -> Problem {
    match error {
        OutboundError::TimedOut => Problem::DeadlineExceeded,
        OutboundError::TooLarge => Problem::UpstreamFailed("the answer is larger than a page can be".into()),
        OutboundError::Denied => Problem::Misconfigured("supabase_url is not an allowed outbound host".into()),
        OutboundError::Broken(cause) => Problem::UpstreamUnavailable(cause),
    }
}

/// How many rows an array has. It is counted because it must be read anyway: a proxy's HTML page with status 200, or
/// half an answer, is not to be handed on as messages.
pub fn rows(answer: &Inbound) -> Result<u64, Problem> {
    match serde_json::from_str::<Vec<IgnoredAny>>(text(answer)?) {
        Ok(rows) => Ok(rows.len() as u64),
        Err(error) => Err(Problem::UpstreamFailed(format!("not a JSON array: {}", fault(&error)))),
    }
}

/// The one object that a writing RPC returns.
pub fn object(answer: &Inbound) -> Result<(), Problem> {
    match serde_json::from_str::<HashMap<String, IgnoredAny>>(text(answer)?) {
        Ok(_) => Ok(()),
        Err(error) => Err(Problem::UpstreamFailed(format!("not a JSON object: {}", fault(&error)))),
    }
}

/// What serde passes over it does not decode either: bytes that are no text would be handed on in a string.
fn text(answer: &Inbound) -> Result<&str, Problem> {
    std::str::from_utf8(&answer.body).map_err(|_| Problem::UpstreamFailed("not UTF-8".into()))
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
    use http::{HeaderMap, StatusCode};

    use super::*;

    fn problem(status: u16, body: &'static str) -> &'static str {
        let answer = Inbound {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::from_static(body.as_bytes()),
        };
        Refusal::read(&answer).problem(status).code()
    }

    #[test]
    fn a_cause_quotes_no_message() {
        let answer = |status: u16, body: &'static str| Inbound {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::from_static(body.as_bytes()),
        };
        let raised = answer(400, r#"{"code":"P0001","message":"hello Ada is not allowed"}"#);

        for problem in [
            rows(&answer(200, r#""hello Ada""#)).unwrap_err(),
            rows(&answer(200, r#"[{"body":"hello Ada"},x]"#)).unwrap_err(),
            object(&answer(200, r#"["hello Ada"]"#)).unwrap_err(),
            Refusal::read(&raised).problem(400),
        ] {
            let cause = problem.cause().unwrap();
            assert!(!cause.contains("Ada"), "{cause}");
        }
        let known = answer(404, r#"{"code":"42883","message":"function public.f() does not exist"}"#);
        assert!(Refusal::read(&known).problem(404).cause().unwrap().contains("public.f()"));
    }

    #[test]
    fn an_answer_is_read_by_its_code_and_not_by_its_status() {
        for (status, body, code) in [
            (
                300,
                r#"{"code":"PGRST203","message":"Could not choose the best candidate function"}"#,
                "rpc_contract_mismatch",
            ),
            (404, r#"{"code":"PGRST202","message":"Could not find the function"}"#, "rpc_contract_mismatch"),
            (404, r#"{"code":"42883","message":"function does not exist"}"#, "rpc_contract_mismatch"),
            (500, r#"{"code":"57014","message":"canceling statement due to statement timeout"}"#, "deadline_exceeded"),
            (503, r#"{"code":"08006","message":"no connection"}"#, "upstream_unavailable"),
            (504, r#"{"code":"PGRST003","message":"pool"}"#, "upstream_unavailable"),
            (401, r#"{"code":"PGRST301","message":"JWT expired"}"#, "invalid_token"),
            (401, r#"{"message":"No API key found in request"}"#, "upstream_misconfigured"),
            (403, r#"{"code":"42501","message":"permission denied for function f"}"#, "forbidden"),
            (403, r#"{"code":"not_channel_member","message":"-"}"#, "not_channel_member"),
            (400, r#"{"code":"22008","message":"date out of range"}"#, "invalid_parameter"),
            (400, r#"{"code":"22009","message":"time zone displacement out of range"}"#, "invalid_parameter"),
            (502, "<html>Bad Gateway</html>", "upstream_unavailable"),
            (500, "<html>Oops</html>", "upstream_failed"),
            (500, r#"{"code":"XX000","message":"relation 17 is gone"}"#, "upstream_failed"),
        ] {
            assert_eq!(problem(status, body), code, "{status} {body}");
        }
    }
}
