//! How authentication ended, and what a flag decided.

use serde::{Deserialize, Serialize};

/// How authentication ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// A user is signed in.
    Accepted,
    /// The caller's token is to blame, or there is none.
    Refused,
    /// Nobody could have been accepted: keys, Auth or a variable are to blame.
    Failed,
}

/// What a flag is for one caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Variant {
    /// The request is served.
    On,
    /// It is answered with `feature_disabled`.
    Off,
}
