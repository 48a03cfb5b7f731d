//! JSON values, as a backend of any kind may send them.
//!
//! A value is a tree that any serde format and the browser's own JSON parser can fill. It has the accessors that
//! dialects use. `Debug` and [`shape`](Value::shape) show names and types only, since a text in it may be a presigned
//! URL.

use std::fmt;

use s3_upload_types::CollectVec;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Serialize, Serializer};

use crate::secret::is_deceptive;

/// The maximum number of characters of a shape.
const MAX_SHAPE_LENGTH: usize = 160;

/// A JSON value. The members of an object keep their order, since the order of a form's fields matters.
#[derive(Clone, Default, PartialEq)]
pub enum Value {
    /// `null`.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, exact up to 2⁵³.
    Number(f64),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Self>),
    /// An object.
    Object(Vec<(String, Self)>),
}

impl Value {
    /// The maximum depth of nesting that is read. No backend needs more, and the recursion of a reader is as deep as the
    /// value.
    pub const MAX_DEPTH: u8 = 32;

    /// Returns the member of this exact name.
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.members()
            .iter()
            .find_map(|(known, value)| (known == name).then_some(value))
    }

    /// Returns the members of an object. Other values have none.
    pub fn members(&self) -> &[(String, Self)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    /// Returns the items of an array. Other values have none.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// Returns a text without surrounding whitespace, unless it is empty.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) if !text.trim().is_empty() => Some(text.trim()),
            _ => None,
        }
    }

    /// Returns the text of a member.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Self::text)
    }

    /// Returns a text, number or boolean as a form or a header contains it.
    pub fn to_form_string(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Bool(truth) => Some(truth.to_string()),
            Self::Number(_) => self.as_u64().map(|whole| whole.to_string()),
            Self::Null | Self::List(_) | Self::Object(_) => None,
        }
    }

    /// Returns a whole number from 0 upwards, which may also be written as a text.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be whole, and within what a double holds exactly"
    )]
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Number(number)
                if number.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(number) =>
            {
                Some(*number as u64)
            }
            Self::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// Returns names and types, as `{"link": text, "tags": [text]}`. This is the part of a response that may be shown.
    pub fn shape(&self) -> String {
        let mut shape = String::new();
        self.write_shape(&mut shape, 3);
        if shape.chars().count() > MAX_SHAPE_LENGTH {
            shape = shape.chars().take(MAX_SHAPE_LENGTH).collect::<String>() + "…";
        }
        shape
    }

    fn write_shape(&self, shape: &mut String, depth: u8) {
        match self {
            Self::Null => shape.push_str("null"),
            Self::Bool(_) => shape.push_str("truth"),
            Self::Number(_) => shape.push_str("number"),
            Self::Text(_) => shape.push_str("text"),
            Self::List(_) | Self::Object(_) if depth == 0 => shape.push('…'),
            Self::List(items) => {
                shape.push('[');
                if let Some(first) = items.first() {
                    first.write_shape(shape, depth - 1);
                }
                if items.len() > 1 {
                    shape.push_str(", …");
                }
                shape.push(']');
            }
            Self::Object(members) => {
                shape.push('{');
                for (at, (name, value)) in members.iter().enumerate() {
                    if at > 0 {
                        shape.push_str(", ");
                    }
                    if shape.len() > MAX_SHAPE_LENGTH {
                        break;
                    }
                    shape.push('"');
                    // A name may be long, and may contain an address.
                    let short = name.split(['?', '&', '=']).next().unwrap_or_default();
                    shape.extend(short.chars().filter(|c| !is_deceptive(*c)).take(40));
                    shape.push_str("\": ");
                    value.write_shape(shape, depth - 1);
                }
                shape.push('}');
            }
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shape())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Value {
    #[allow(
        clippy::cast_precision_loss,
        reason = "exact for all sizes that S3 knows"
    )]
    fn from(number: u64) -> Self {
        Self::Number(number as f64)
    }
}

impl<N: Into<String>, V: Into<Self>, const COUNT: usize> From<[(N, V); COUNT]> for Value {
    fn from(members: [(N, V); COUNT]) -> Self {
        Self::Object(
            members
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect_vec(),
        )
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(truth) => serializer.serialize_bool(*truth),
            // Some servers accept `5` and reject `5.0`.
            Self::Number(number) => match self.as_u64() {
                Some(whole) => serializer.serialize_u64(whole),
                None => serializer.serialize_f64(*number),
            },
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        DepthLimit(Value::MAX_DEPTH).deserialize(deserializer)
    }
}

/// The number of levels of nesting that may follow.
#[derive(Clone, Copy)]
struct DepthLimit(u8);

impl DepthLimit {
    fn nested<E: Error>(self) -> Result<Self, E> {
        self.0
            .checked_sub(1)
            .map(Self)
            .ok_or_else(|| E::custom("it is nested too deeply"))
    }
}

impl<'de> DeserializeSeed<'de> for DepthLimit {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "as JavaScript reads large numbers"
)]
impl<'de> Visitor<'de> for DepthLimit {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number as f64))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let below = self.nested()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(below)? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let below = self.nested()?;
        let mut members = Vec::new();
        while let Some(name) = map.next_key()? {
            members.push((name, map.next_value_seed(below)?));
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn read(json: &str) -> Value {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn json_passes_through_unchanged() {
        for json in [
            r#"{"z":1,"a":[true,null,"x",{"n":-1.5}],"m":{}}"#,
            "5",
            r#""text""#,
            "[]",
        ] {
            assert_eq!(serde_json::to_string(&read(json)).unwrap(), json);
        }
    }

    #[test]
    fn nothing_prints_what_it_holds() {
        let value = read(
            r#"{"url":"https://h/k?X-Amz-Signature=5ec","https://h/?s=5ec":1,"list":["5ec",2],"deep":{"a":{"b":{"c":"5ec"}}}}"#,
        );
        assert_eq!(
            format!("{value:?}"),
            r#"{"url": text, "https://h/": number, "list": [text, …], "deep": {"a": {"b": …}}}"#
        );
        let wide = Value::Object(vec![("n".repeat(1000), Value::Null); 100]);
        assert!(wide.shape().chars().count() <= MAX_SHAPE_LENGTH + 1);
    }

    #[test]
    fn what_is_nested_too_deeply_is_refused() {
        let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert!(serde_json::from_str::<Value>(&deep(32)).is_ok());
        let error = serde_json::from_str::<Value>(&deep(33)).unwrap_err();
        assert!(error.to_string().contains("nested too deeply"), "{error}");
    }

    #[test]
    fn numbers_are_read_whole_or_not_at_all() {
        for (json, whole) in [
            ("0", Some(0)),
            ("300", Some(300)),
            ("300.0", Some(300)),
            (r#"" 300 ""#, Some(300)),
            ("-1", None),
            ("1.5", None),
            ("1e300", None),
            (r#""soon""#, None),
            ("null", None),
        ] {
            assert_eq!(read(json).as_u64(), whole, "{json}");
        }
    }
}
