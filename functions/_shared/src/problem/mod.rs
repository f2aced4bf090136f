//! Every way in which a request can fail, and which side is to blame: 401 the caller's token, 403 the caller's rights,
//! 422 the caller's data, 500 the operator, 503 the deploy or the upstream.
//!
//! The table in `functions/README.md` equals this enum; a test holds it.

mod cause;
mod project;
mod words;

use http::StatusCode;

pub use self::{cause::Cause, project::ProjectRefusal};

/// A refusal: a public half that goes into the response, and for some a private cause that goes into the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// No `Authorization` header.
    AuthRequired,
    /// A bearer token that proves nothing: the text says in public what is wrong with it.
    InvalidToken(&'static str),
    /// A token that was valid once.
    TokenExpired,
    /// A project key (`anon`, `service_role`, `sb_…`) where a user's token belongs.
    NotAUserToken,
    /// Somebody has signed out since the token was made, or the account is gone.
    SessionRevoked,
    /// An anonymous sign-in, where an account is needed.
    GuestNotAllowed,
    /// The caller does not belong to the channel, or there is no such channel: which of both is not told.
    NotChannelMember,
    /// The database refused the caller for another reason.
    Forbidden,
    /// The room is somebody else's.
    NotRoomOwner,
    /// There is no such room.
    RoomNotFound,
    /// No function has this name.
    NotFound,
    /// The route exists, the method does not.
    MethodNotAllowed {
        /// For the `Allow` header.
        allow: &'static str,
    },
    /// Not JSON, or broken off.
    MalformedRequest(&'static str),
    /// More than this function takes.
    PayloadTooLarge {
        /// In bytes.
        limit: usize,
    },
    /// Something else than JSON.
    UnsupportedMediaType,
    /// JSON, perhaps, but compressed.
    UnsupportedContentEncoding,
    /// The key was used for another message.
    ClientMessageIdReused,
    /// The room has a newer template, or another one of the same version.
    SlotVersionConflict {
        /// Both versions, as JSON.
        details: String,
    },
    /// The match was staged in another room.
    MatchInstanceConflict,
    /// The room plays another game.
    GameMismatch,
    /// Nobody would play.
    EmptyRoster,
    /// The roster does not fit the room, the template or the accounts.
    InvalidRoster {
        /// The detail code.
        details: String,
        /// The entry it concerns.
        message: String,
    },
    /// The template is not consistent in itself.
    InvalidSlotTemplate {
        /// The detail code of the verification.
        details: String,
        /// The role or slot it concerns.
        message: String,
    },
    /// More than the setting allows in a minute.
    RateLimited {
        /// In seconds.
        retry_after: u32,
    },
    /// A field is missing, malformed, unknown or given twice.
    InvalidParameter {
        /// The field's path.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A trigger, a policy or a constraint of the installation does not want this.
    RefusedByProject(Box<ProjectRefusal>),
    /// A variable is missing or malformed.
    Misconfigured(Cause),
    /// The gateway refused our own key, or refused to be called at all.
    UpstreamMisconfigured(Cause),
    /// A provider of variables does not answer.
    ConfigurationUnavailable(Cause),
    /// The keys that tokens are signed with cannot be read.
    KeySetUnavailable {
        /// For the record.
        cause: Cause,
        /// When they are asked for again, in seconds.
        retry_after: u32,
    },
    /// The RPC is missing, ambiguous, or not the version that this component was built for.
    ContractMismatch(Cause),
    /// The database or Auth is not there right now, or does not accept a token that is in order.
    UpstreamUnavailable {
        /// For the record.
        cause: Cause,
        /// What the upstream has asked for, in seconds.
        retry_after: u32,
    },
    /// The upstream answered something that makes no sense.
    UpstreamFailed(Cause),
    /// The answer to a write was lost that must not simply be made again: it may have been made, or not.
    OutcomeUnknown(Cause),
    /// The time budget is used up.
    DeadlineExceeded,
    /// The flag of this function is off for the caller.
    FeatureDisabled,
}

impl Problem {
    /// A field that cannot be accepted.
    pub fn invalid(path: &str, reason: impl Into<String>) -> Self {
        Self::InvalidParameter { path: path.to_owned(), reason: reason.into() }
    }

    /// An upstream that is not there and has not said when it will be.
    pub fn unavailable(cause: impl Into<Cause>) -> Self {
        Self::UpstreamUnavailable { cause: cause.into(), retry_after: 1 }
    }

    /// The stable name that clients switch on; also the header `sb-error-code` and `error.type` in the record.
    pub fn code(&self) -> &'static str {
        match self {
            Self::AuthRequired => "auth_required",
            Self::InvalidToken(_) => "invalid_token",
            Self::TokenExpired => "token_expired",
            Self::NotAUserToken => "not_a_user_token",
            Self::SessionRevoked => "session_revoked",
            Self::GuestNotAllowed => "guest_not_allowed",
            Self::NotChannelMember => "not_channel_member",
            Self::Forbidden => "forbidden",
            Self::NotRoomOwner => "not_room_owner",
            Self::RoomNotFound => "room_not_found",
            Self::NotFound => "function_not_found",
            Self::MethodNotAllowed { .. } => "method_not_allowed",
            Self::MalformedRequest(_) => "malformed_request",
            Self::PayloadTooLarge { .. } => "payload_too_large",
            Self::UnsupportedMediaType | Self::UnsupportedContentEncoding => "unsupported_media_type",
            Self::ClientMessageIdReused => "client_message_id_reused",
            Self::SlotVersionConflict { .. } => "slot_version_conflict",
            Self::MatchInstanceConflict => "match_instance_conflict",
            Self::GameMismatch => "game_mismatch",
            Self::EmptyRoster => "empty_roster",
            Self::InvalidRoster { .. } => "invalid_roster",
            Self::InvalidSlotTemplate { .. } => "invalid_slot_template",
            Self::RateLimited { .. } => "rate_limited",
            Self::InvalidParameter { .. } => "invalid_parameter",
            Self::RefusedByProject(_) => "refused_by_project",
            Self::Misconfigured(_) => "misconfigured",
            Self::UpstreamMisconfigured(_) => "upstream_misconfigured",
            Self::ConfigurationUnavailable(_) => "configuration_unavailable",
            Self::KeySetUnavailable { .. } => "key_set_unavailable",
            Self::ContractMismatch(_) => "rpc_contract_mismatch",
            Self::UpstreamUnavailable { .. } => "upstream_unavailable",
            Self::UpstreamFailed(_) => "upstream_failed",
            Self::OutcomeUnknown(_) => "outcome_unknown",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::FeatureDisabled => "feature_disabled",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::AuthRequired
            | Self::InvalidToken(_)
            | Self::TokenExpired
            | Self::NotAUserToken
            | Self::SessionRevoked => StatusCode::UNAUTHORIZED,
            Self::GuestNotAllowed | Self::NotChannelMember | Self::NotRoomOwner | Self::Forbidden => {
                StatusCode::FORBIDDEN
            }
            Self::RoomNotFound | Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::MalformedRequest(_) => StatusCode::BAD_REQUEST,
            Self::PayloadTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType | Self::UnsupportedContentEncoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::ClientMessageIdReused | Self::SlotVersionConflict { .. } | Self::MatchInstanceConflict => {
                StatusCode::CONFLICT
            }
            Self::GameMismatch
            | Self::EmptyRoster
            | Self::InvalidRoster { .. }
            | Self::InvalidSlotTemplate { .. }
            | Self::InvalidParameter { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::RefusedByProject(refusal) => refusal.status,
            Self::Misconfigured(_) | Self::UpstreamMisconfigured(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::ConfigurationUnavailable(_)
            | Self::KeySetUnavailable { .. }
            | Self::ContractMismatch(_)
            | Self::UpstreamUnavailable { .. }
            | Self::UpstreamFailed(_)
            | Self::FeatureDisabled => StatusCode::SERVICE_UNAVAILABLE,
            Self::OutcomeUnknown(_) | Self::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    /// Why a caller was not accepted, for the record: the code, or what is wrong with the token.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::InvalidToken(reason) => reason,
            other => other.code(),
        }
    }

    /// The private half, for the record only.
    pub fn cause(&self) -> Option<&Cause> {
        match self {
            Self::Misconfigured(cause)
            | Self::UpstreamMisconfigured(cause)
            | Self::ConfigurationUnavailable(cause)
            | Self::KeySetUnavailable { cause, .. }
            | Self::ContractMismatch(cause)
            | Self::UpstreamUnavailable { cause, .. }
            | Self::UpstreamFailed(cause)
            | Self::OutcomeUnknown(cause) => Some(cause),
            _ => None,
        }
    }
}
