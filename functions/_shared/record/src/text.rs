//! Texts that are borrowed from the line they stand in, unless they have escapes.
//!
//! Serde borrows a `Cow` only where it can see that name, and never one in an `Option`; a million lines would cost fifteen
//! million allocations. `serde_with::BorrowCow` does this, too, but with schemars it does not compile where the type has a
//! lifetime (3.25).

use std::{borrow::Cow, fmt};

use serde::{
    Deserializer,
    de::{Error, Visitor},
};

use crate::Text;

pub fn always<'de: 'l, 'l, D: Deserializer<'de>>(deserializer: D) -> Result<Text<'l>, D::Error> {
    deserializer.deserialize_str(Always)
}

pub fn maybe<'de: 'l, 'l, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Text<'l>>, D::Error> {
    deserializer.deserialize_option(Maybe)
}

struct Always;

impl<'de> Visitor<'de> for Always {
    type Value = Text<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

struct Maybe;

impl<'de> Visitor<'de> for Maybe {
    type Value = Option<Text<'de>>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a text or nothing")
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        always(deserializer).map(Some)
    }
}
