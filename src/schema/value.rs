//! A JSON document whose objects keep their order, which protobuf's JSON mapping needs.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// One JSON or YAML value.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)] // The variants are JSON's own.
pub enum Value {
    #[default]
    Null,
    Bool(bool),
    Int(i64),
    /// Only for numbers that do not fit [`Value::Int`].
    Uint(u64),
    Float(f64),
    String(String),
    List(Vec<Value>),
    /// Members in their order; a key occurs once.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// An object with these members in this order.
    pub fn object<K: Into<String>>(members: impl IntoIterator<Item = (K, Value)>) -> Self {
        Self::Object(members.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// The member called `key`, if this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Self::Object(members) => members.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Sets a member: replaces its value in place, or appends it. Anything but an object becomes an object.
    pub fn set(&mut self, key: &str, value: Value) {
        self.change(key, |member| *member = value);
    }

    /// Changes a member, which is null if it did not exist. Anything but an object becomes an object.
    pub fn change<T>(&mut self, key: &str, change: impl FnOnce(&mut Value) -> T) -> T {
        let mut members = match std::mem::take(self) {
            Self::Object(members) => members,
            _ => Vec::new(),
        };
        let index = members.iter().position(|(name, _)| name == key).unwrap_or_else(|| {
            members.push((key.to_owned(), Self::Null));
            members.len() - 1
        });
        let changed = change(&mut members[index].1);
        *self = Self::Object(members);
        changed
    }

    /// Takes a member out, if this is an object that has it.
    pub fn take(&mut self, key: &str) -> Option<Value> {
        match self {
            Self::Object(members) => {
                let index = members.iter().position(|(name, _)| name == key)?;
                Some(members.remove(index).1)
            }
            _ => None,
        }
    }

    /// The same document with the keys of every object sorted bytewise, as Go's encoding/json sorts them.
    pub fn sorted(self) -> Self {
        match self {
            Self::List(items) => Self::List(items.into_iter().map(Self::sorted).collect()),
            Self::Object(members) => {
                let mut members: Vec<_> = members.into_iter().map(|(key, value)| (key, value.sorted())).collect();
                members.sort_by(|a, b| a.0.cmp(&b.0));
                Self::Object(members)
            }
            scalar => scalar,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::Uint(value) => serializer.serialize_u64(*value),
            Self::Float(value) => match whole(*value) {
                Some(digits) => serializer.serialize_i128(digits),
                None => serializer.serialize_f64(*value),
            },
            Self::String(value) => serializer.serialize_str(value),
            Self::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (key, value) in members {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Document)
    }
}

/// A float that Go writes without a fraction, in Go's digits: the shortest that identify it, then zeros.
fn whole(value: f64) -> Option<i128> {
    // An integer can't be negative zero.
    let negative_zero = value == 0.0 && value.is_sign_negative();
    if value.fract() == 0.0 && value.abs() < 1e21 && !negative_zero { value.to_string().parse().ok() } else { None }
}

struct Document;

impl<'de> Visitor<'de> for Document {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON or YAML value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or(Value::Uint(value), Value::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut object = Value::Object(Vec::new());
        while let Some(Key(key)) = access.next_key()? {
            // Go's decoders take the last of duplicate keys, and so do scripts that rely on them.
            object.set(&key, access.next_value()?);
        }
        Ok(object)
    }
}

/// A key, which YAML allows to be any scalar.
struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self(text)),
            Value::Bool(value) => Ok(Self(value.to_string())),
            Value::Int(value) => Ok(Self(value.to_string())),
            Value::Uint(value) => Ok(Self(value.to_string())),
            Value::Float(value) => Ok(Self(value.to_string())),
            _ => Err(de::Error::custom("a key must be a scalar")),
        }
    }
}
