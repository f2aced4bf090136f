//! A caller's fields as a tree, from JSON or from a query string. A type that is read from it says what is wrong as data.

use std::{fmt, iter, vec};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, DeserializeSeed, IntoDeserializer as _, MapAccess, SeqAccess, Visitor},
    forward_to_deserialize_any,
};

use super::fault::Fault;
use crate::{fields::Object, problem::Problem};

/// A value. Unlike serde_json's it keeps a field that is given twice.
pub enum Tree {
    Null,
    Bool(bool),
    Natural(u64),
    Negative(i64),
    Float(f64),
    Text(String),
    List(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

impl Tree {
    /// Reads an object into a type.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, Problem> {
        match Object::deserialize(self) {
            Ok(Object(value)) => Ok(value),
            Err(fault) => Err(fault.problem()),
        }
    }
}

struct Members {
    rest: vec::IntoIter<(String, Tree)>,
    value: Option<(String, Tree)>,
}

impl<'de> MapAccess<'de> for Members {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        self.value = self.rest.next();
        self.value.as_ref().map(|(name, _)| seed.deserialize(name.as_str().into_deserializer())).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let (name, value) = self.value.take().expect("a member's name is asked for first");
        seed.deserialize(value).map_err(|fault| fault.within(&name))
    }
}

struct Items(iter::Enumerate<vec::IntoIter<Tree>>);

impl<'de> SeqAccess<'de> for Items {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some((index, item)) = self.0.next() else { return Ok(None) };
        seed.deserialize(item).map(Some).map_err(|fault| fault.within(&format!("[{index}]")))
    }
}

impl<'de> Deserializer<'de> for Tree {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Bool(value) => visitor.visit_bool(value),
            Self::Natural(number) => visitor.visit_u64(number),
            Self::Negative(number) => visitor.visit_i64(number),
            Self::Float(number) => visitor.visit_f64(number),
            Self::Text(text) => visitor.visit_string(text),
            Self::List(items) => visitor.visit_seq(Items(items.into_iter().enumerate())),
            Self::Object(members) => visitor.visit_map(Members { rest: members.into_iter(), value: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if matches!(self, Self::Null) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
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
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Tree, E> {
        Ok(Tree::Natural(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Tree, E> {
        Ok(Tree::Negative(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Tree, E> {
        Ok(Tree::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Tree, E> {
        Ok(Tree::Text(text.to_owned()))
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
