//! What a client reads of a problem besides its code.

use super::Problem;

impl Problem {
    /// One sentence for a person.
    pub fn message(&self) -> String {
        match self {
            Self::AuthRequired => "Sign in: this function needs a user's access token.".into(),
            Self::InvalidToken(reason) => format!("The access token is not valid: {reason}."),
            Self::TokenExpired => "The access token has expired.".into(),
            Self::NotAUserToken => "Sign in: this is a key of the project, not a user's access token.".into(),
            Self::SessionRevoked => "The session has ended.".into(),
            Self::GuestNotAllowed => "Guests may not do this: sign in with an account.".into(),
            Self::NotChannelMember => "You are not a member of this channel.".into(),
            Self::Forbidden => "You may not do this.".into(),
            Self::NotRoomOwner => "Only the room's owner may do this.".into(),
            Self::RoomNotFound => "There is no such room.".into(),
            Self::NotFound => "There is no function of this name.".into(),
            Self::MethodNotAllowed { allow } => format!("Only {allow} is possible here."),
            Self::MalformedRequest(reason) => format!("The request cannot be read: {reason}."),
            Self::PayloadTooLarge { limit } => format!("The body is larger than {} KiB.", limit / 1024),
            Self::UnsupportedMediaType => "The body is not application/json.".into(),
            Self::UnsupportedContentEncoding => "The body is compressed or otherwise encoded.".into(),
            Self::ClientMessageIdReused => "This client_message_id was used for another message.".into(),
            Self::SlotVersionConflict { .. } => {
                "The room has another slot template of this version, or a newer one.".into()
            }
            Self::MatchInstanceConflict => "Another room was staged for this match.".into(),
            Self::GameMismatch => "The room plays another game.".into(),
            Self::EmptyRoster => "The roster has no entries.".into(),
            Self::InvalidRoster { message, .. } | Self::InvalidSlotTemplate { message, .. } => message.clone(),
            Self::RefusedByProject(refusal) => refusal.message.clone(),
            Self::RateLimited { retry_after } => format!("Too many requests: try again in {retry_after} s."),
            Self::InvalidParameter { path, reason } => format!("{path}: {reason}."),
            Self::Misconfigured(_) | Self::UpstreamMisconfigured(_) => "The service is misconfigured.".into(),
            Self::ContractMismatch(_) => "The database does not have the version that this function needs.".into(),
            Self::ConfigurationUnavailable(_) => "The service cannot read its configuration right now.".into(),
            Self::KeySetUnavailable { .. } => "Tokens cannot be verified right now.".into(),
            Self::UpstreamUnavailable { .. } => "The database cannot be reached right now.".into(),
            Self::UpstreamFailed(_) => "The database gave no usable answer.".into(),
            Self::OutcomeUnknown(_) => "The answer was lost: this may have been stored, or not.".into(),
            Self::DeadlineExceeded => "The request took too long.".into(),
            Self::FeatureDisabled => "This function is not switched on for you.".into(),
        }
    }

    /// The machine-readable particular, if there is one: the path of the field.
    pub fn details(&self) -> Option<&str> {
        match self {
            Self::InvalidParameter { path, .. } => Some(path),
            Self::GameMismatch => Some("game_id"),
            Self::EmptyRoster => Some("roster"),
            Self::MatchInstanceConflict => Some("match_instance_id"),
            Self::RefusedByProject(refusal) => refusal.details.as_deref(),
            Self::SlotVersionConflict { details }
            | Self::InvalidRoster { details, .. }
            | Self::InvalidSlotTemplate { details, .. } => Some(details),
            _ => None,
        }
    }

    /// What to do about it, where the caller can do something.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::AuthRequired | Self::NotAUserToken => {
                Some("Send `Authorization: Bearer <access_token of the session>`.")
            }
            Self::SessionRevoked => Some("Sign in again."),
            Self::RefusedByProject(refusal) => refusal.hint.as_deref(),
            Self::UnsupportedMediaType => Some("Send JSON; give functions.invoke an object. Files go to Storage."),
            Self::UnsupportedContentEncoding => Some("Send it as it is, without Content-Encoding."),
            Self::TokenExpired => Some("Refresh the session and try again."),
            Self::ConfigurationUnavailable(_)
            | Self::KeySetUnavailable { .. }
            | Self::UpstreamUnavailable { .. }
            | Self::DeadlineExceeded => Some("Try again with a delay."),
            Self::OutcomeUnknown(_) => {
                Some("Look whether it was stored. With an Idempotency-Key, a repetition stores nothing twice.")
            }
            Self::FeatureDisabled => Some("Use your old route."),
            _ => None,
        }
    }
}
