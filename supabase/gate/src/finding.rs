//! What the gate says: findings, each with a code, a place, what was wanted and found, and a remedy.

mod code;

use serde::Serialize;

pub use self::code::Code;

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What kind.
    pub code: Code,
    /// Which object.
    #[serde(rename = "where")]
    pub place: String,
    /// What the contract, the files or the lock say.
    pub want: String,
    /// What is there.
    pub have: String,
    /// What to do.
    pub remedy: String,
}

/// Something that could not be looked at, and so is neither right nor wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unseen {
    /// Which object.
    #[serde(rename = "where")]
    pub place: String,
    /// What stood in the way.
    pub why: String,
    /// What to do.
    pub remedy: String,
}

/// The outcome of one command.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// What was judged, for people.
    pub subject: String,
    /// What was looked at, in words, such as `5 RPCs`.
    pub looked_at: Vec<String>,
    /// Of `gate diff`: what is different, right or wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// Everything that is wrong.
    pub findings: Vec<Finding>,
    /// Everything that could not be looked at.
    pub unseen: Vec<Unseen>,
    /// What is as it may be for now, and not for ever.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
}

/// Something that is right for now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// Which object.
    #[serde(rename = "where")]
    pub place: String,
    /// What is to be known of it.
    pub what: String,
}

impl Code {
    /// As programs and people write it.
    pub fn word(self) -> String {
        let json = serde_json::to_value(self).expect("a code is a word");
        json.as_str().unwrap_or_default().to_owned()
    }
}

impl Report {
    /// 0: clean, 1: findings, 2: no findings, and not everything could be looked at.
    pub fn exit_code(&self) -> u8 {
        match (self.findings.is_empty(), self.unseen.is_empty()) {
            (false, _) => 1,
            (true, false) => 2,
            (true, true) => 0,
        }
    }
}

/// How much a change asks of those who call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// Nothing.
    None,
    /// Nothing that they can see.
    Patch,
    /// Nothing, and they may use more.
    Minor,
    /// To change, before or at the same moment.
    Major,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// How large it is.
    pub step: Step,
    /// Of what.
    #[serde(rename = "where")]
    pub place: String,
    /// What is different.
    pub what: String,
}
