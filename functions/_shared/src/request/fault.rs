//! What is wrong with a caller's fields, as data. serde_json's reader has an error of its own, in which the field's name is part
//! of a sentence.

use std::fmt::{self, Display};

use serde::de::{self, Expected, Unexpected};

use crate::problem::Problem;

/// What is wrong, and with which field. serde_path_to_error would wrap each reader of each type, and components have a limit.
#[derive(Debug)]
pub struct Fault(Box<Wrong>);

/// In a box: it is handed through every reader of every type.
#[derive(Debug)]
struct Wrong {
    path: String,
    why: String,
}

impl Fault {
    fn of(field: &str, why: &str) -> Self {
        Self(Box::new(Wrong { path: field.to_owned(), why: why.to_owned() }))
    }

    /// Seen from the value that the faulty one is in.
    #[cold]
    pub fn within(mut self, parent: &str) -> Self {
        let dot = if self.0.path.is_empty() || self.0.path.starts_with('[') { "" } else { "." };
        self.0.path = format!("{parent}{dot}{}", self.0.path);
        self
    }

    /// For the caller.
    pub fn problem(self) -> Problem {
        let path = if self.0.path.is_empty() { "body" } else { &self.0.path };
        Problem::invalid(path, self.0.why.as_str())
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}: {}", self.0.path, self.0.why)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: Display>(why: T) -> Self {
        Self::of("", &why.to_string())
    }

    /// The caller writes JSON, which has no unit.
    fn invalid_type(found: Unexpected, expected: &dyn Expected) -> Self {
        let found = if found == Unexpected::Unit { Unexpected::Other("null") } else { found };
        Self::custom(format_args!("invalid type: {found}, expected {expected}"))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::of(field, "required")
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        Self::of(field, "not a field of this request")
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::of(field, "given more than once")
    }
}
