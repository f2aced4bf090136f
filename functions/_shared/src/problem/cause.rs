//! Why a request failed, for the record only: an error with its contexts, from where it arose.

use std::{fmt, rc::Rc};

/// Told again to those who come before the work may be tried again. Two are equal when their texts are.
#[derive(Debug, Clone)]
pub struct Cause(Rc<anyhow::Error>);

impl From<anyhow::Error> for Cause {
    fn from(error: anyhow::Error) -> Self {
        Self(Rc::new(error))
    }
}

impl From<String> for Cause {
    fn from(text: String) -> Self {
        anyhow::Error::msg(text).into()
    }
}

impl From<&'static str> for Cause {
    fn from(text: &'static str) -> Self {
        anyhow::Error::msg(text).into()
    }
}

/// With all of its contexts, the outermost first.
impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:#}", self.0)
    }
}

impl PartialEq for Cause {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for Cause {}
