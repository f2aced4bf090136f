//! PostgREST's refusal, read by its code and not by its status: an ambiguous overload arrives as 300, a statement timeout
//! as 500, and the gateway's refusal of our own key as a 401 that is not the caller's.
//!
//! The catalogue is PostgREST's (docs.postgrest.org, "Errors"), from 12 to 16.

use anyhow::anyhow;
use http::StatusCode;
use serde_json::Value;
use time::UtcDateTime;

use super::{
    is_absent, retry_after,
    sqlstate::{is_of_the_project, is_of_the_system},
};
use crate::{
    platform::Inbound,
    problem::{Cause, Problem, ProjectRefusal},
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
    details: Option<String>,
    hint: Option<String>,
    retry_after: Option<u32>,
}

impl Refusal {
    /// Reads each member by itself, so that one of an odd type does not hide the others. All stay empty where the body is
    /// no error of PostgREST's or the gateway's.
    pub fn parse(answer: &Inbound, now: UtcDateTime) -> Self {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        Self {
            status: answer.status.as_u16(),
            code: body["code"].as_str().map(str::to_owned),
            message: body["message"].as_str().unwrap_or_default().to_owned(),
            details: text(&body["details"]),
            hint: text(&body["hint"]),
            retry_after: retry_after(&answer.headers, now),
        }
    }

    /// For the record.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// Whether PostgREST refuses the token, which we have verified: `PGRST301` to `PGRST303`, and the RPCs' own word for a
    /// call that comes from nobody.
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

    /// Whether the database may have stored something although the answer is a refusal: a connection broke on the way. With
    /// a code of PostgreSQL's, the transaction was rolled back.
    fn may_have_run(&self) -> bool {
        match self.code() {
            Some("08001" | "08004") => false,
            Some("PGRST001" | "57P01" | "57P02") => true,
            Some(code) if code.starts_with("PGRST") || code.len() == 5 => code.starts_with("08"),
            _ => matches!(self.status, 500 | 502 | 504 | 520 | 522 | 524 | 544),
        }
    }

    /// PostgREST could not become the role of the token: a hook has assigned one that the database does not have, or that
    /// `authenticator` is no member of.
    fn is_of_the_role(&self) -> bool {
        match self.code() {
            Some("22023") => self.message.starts_with("role \"") && self.message.ends_with("does not exist"),
            Some("42501") => self.message.starts_with("permission denied to set role"),
            _ => false,
        }
    }

    fn unavailable(&self, cause: Cause) -> Problem {
        Problem::UpstreamUnavailable { cause, retry_after: self.retry_after.unwrap_or(1).max(1) }
    }

    /// For an answer without a code that we know.
    fn of_status(&self, cause: Cause) -> Problem {
        if is_absent(self.status) || self.status >= 500 && self.retry_after.is_some() {
            self.unavailable(cause)
        } else {
            Problem::UpstreamFailed(cause)
        }
    }

    fn of_code(self, code: &str, cause: Cause) -> Problem {
        let details = self.details.clone().unwrap_or_default();
        match code {
            // What our RPCs say. Their messages and details are written for the caller.
            "not_channel_member" => Problem::NotChannelMember,
            "guest_not_allowed" => Problem::GuestNotAllowed,
            "not_room_owner" => Problem::NotRoomOwner,
            "room_not_found" => Problem::RoomNotFound,
            "client_message_id_reused" => Problem::ClientMessageIdReused,
            "rate_limited" => Problem::RateLimited { retry_after: self.retry_after.unwrap_or(1).max(1) },
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
            _ if self.is_of_the_role() => Problem::UpstreamMisconfigured(anyhow!(self.message).into()),
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
            // Class 22: a value does not fit. A computed column, a check or a trigger of the project's may say so, too.
            code if code == "PGRST102" || code.starts_with("22") => {
                Problem::invalid("request", "the database does not accept one of the values")
            }
            code if is_of_the_project(code) && (400..500).contains(&self.status) => self.by_the_project(),
            _ => self.of_status(cause),
        }
    }

    /// Its text goes to the caller as PostgREST gives it. The status, too, but for those that say something else of us:
    /// with 401 a client would sign its user out.
    fn by_the_project(self) -> Problem {
        let status = match self.status {
            401 => 403,
            405 | 408 | 413 | 415 => 400,
            other => other,
        };
        Problem::RefusedByProject(Box::new(ProjectRefusal {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST),
            message: self.message,
            details: self.details,
            hint: self.hint,
            retry_after: self.retry_after.filter(|_| status == 429),
        }))
    }
}

/// A member of an error body. One that is no text is handed on as JSON.
fn text(member: &Value) -> Option<String> {
    match member {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests;
