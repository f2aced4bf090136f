//! A caller's fields as a tree, from JSON or from a query string. A type that is read from it says what is wrong as data:
//! serde_json's reader has an error of its own, in which the field's name is part of a sentence.

use std::fmt::{self, Display};

use serde::{
    Deserialize, Deserializer,
    de::{
        self, DeserializeOwned, IntoDeserializer, MapAccess, SeqAccess, Visitor,
        value::{MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};
use serde_json::Value;

use crate::{fields::Object, problem::Problem};

/// A value. Unlike serde_json's it keeps a field that is given twice.
pub enum Tree {
    Scalar(Value),
    List(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

impl Tree {
    /// Reads an object into a type.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, Problem> {
        let Object(value) = serde_path_to_error::deserialize(self).map_err(|error| {
            let path = Some(error.path().to_string()).filter(|path| path != ".");
            let path = match (path, error.inner()) {
                (None, Fault::Missing(field) | Fault::Repeated(field)) => (*field).to_owned(),
                (Some(parent), Fault::Missing(field) | Fault::Repeated(field)) => format!("{parent}.{field}"),
                (path, Fault::Unknown | Fault::Refused(_)) => path.unwrap_or_else(|| "body".to_owned()),
            };
            Problem::invalid(&path, error.inner().to_string())
        })?;
        Ok(value)
    }
}

/// What is wrong with a field.
#[derive(Debug)]
pub enum Fault {
    Missing(&'static str),
    /// Its name ends the path.
    Unknown,
    Repeated(&'static str),
    /// By its type, which says why.
    Refused(String),
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Missing(_) => "required",
            Self::Unknown => "not a field of this request",
            Self::Repeated(_) => "given more than once",
            Self::Refused(why) => why,
        })
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: Display>(why: T) -> Self {
        Self::Refused(why.to_string())
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self::Unknown
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::Repeated(field)
    }
}

impl<'de> Deserializer<'de> for Tree {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self {
            Self::Scalar(value) => value.deserialize_any(visitor).map_err(de::Error::custom),
            Self::List(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter())),
            Self::Object(members) => visitor.visit_map(MapDeserializer::new(members.into_iter())),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if matches!(self, Self::Scalar(Value::Null)) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

impl IntoDeserializer<'_, Fault> for Tree {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything)
    }
}

struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Scalar(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Tree, A::Error> {
        let mut object = Vec::new();
        while let Some(member) = members.next_entry()? {
            object.push(member);
        }
        Ok(Tree::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Order {
        lines: Vec<Object<Line>>,
        note: Option<String>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Line {
        #[serde(alias = "itemId")]
        item_id: u8,
        price: Option<f64>,
    }

    #[test]
    fn a_fault_has_its_place_and_its_reason_at_any_depth() {
        let read = |json: &str| serde_json::from_str::<Tree>(json).unwrap().read::<Order>();

        assert!(read(r#"{"lines":[{"item_id":1,"price":null},{"itemId":2,"price":1.5}],"note":null}"#).is_ok());
        for (json, place, why) in [
            ("{}", "lines", "required"),
            (r#"{"lines":[{"item_id":1},{"price":2}]}"#, "lines[1].item_id", "required"),
            (r#"{"lines":[],"colour":1}"#, "colour", "not a field of this request"),
            (r#"{"lines":[{"a `b`":1}]}"#, "lines[0].a `b`", "not a field of this request"),
            (r#"{"lines":[],"lines":[]}"#, "lines", "given more than once"),
            (r#"{"lines":[{"itemId":1,"item_id":1}]}"#, "lines[0].item_id", "given more than once"),
            (r#"{"lines":[{"item_id":256}]}"#, "lines[0].item_id", "invalid value: integer `256`, expected u8"),
            (r#"{"lines":[{"item_id":null}]}"#, "lines[0].item_id", "invalid type: null, expected u8"),
            (r#"{"lines":[[1]]}"#, "lines[0]", "invalid type: sequence, expected an object"),
            ("7", "body", "invalid type: integer `7`, expected an object"),
        ] {
            assert_eq!(read(json).unwrap_err(), Problem::invalid(place, why), "{json}");
        }
    }
}
