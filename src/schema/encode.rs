//! From a JSON or YAML document to the bytes of a message.
//!
//! Lenient with what people write: both spellings of a name in any case, enums by name or number, numbers as text and
//! text as numbers, YAML 1.1's words for a bool. Members that no table knows are collected, and the caller decides what
//! to do about them.

use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, Engine as _};
use prost::encoding::{WireType, encode_key, encode_varint};

use super::decode::wire_type;
use super::known::{self, Known, TYPE, VALUE};
use super::{Enum, Field, Kind, Label, Message, Unknown, Value};

/// Base64 with or without padding: the JSON mapping accepts both, gRPC leaves it off, most tools write it.
pub const LENIENT: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, PADDED_OR_NOT);
const LENIENT_URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, PADDED_OR_NOT);
const PADDED_OR_NOT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// Why a value does not fit its field.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct Error {
    /// The field's path from the root of the document, `linux.resources.cpu_quota`.
    pub path: String,
    /// What is wrong with its value.
    pub reason: String,
}

/// Encodes a message. Members that the table does not have are appended to `unknown`.
///
/// # Errors
/// A value does not fit its field; the error names the field's path.
pub fn encode(message: &'static Message, value: &Value, unknown: &mut Vec<Unknown>) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    Encoder { unknown, path: Vec::new() }.message(message, value, &mut out)?;
    Ok(out)
}

struct Encoder<'a> {
    unknown: &'a mut Vec<Unknown>,
    path: Vec<String>,
}

impl Encoder<'_> {
    fn message(&mut self, message: &'static Message, value: &Value, out: &mut Vec<u8>) -> Result<(), Error> {
        match known::of(message) {
            None => self.fields(message, value, out),
            Some(known) if *value == Value::Null && known != Known::Value => Ok(()),
            Some(Known::Any) => match value.get(TYPE) {
                Some(url) => self.any(message, url, value, out),
                None => self.fields(message, value, out),
            },
            Some(known) => match known.fields(value) {
                Ok(fields) => self.fields(message, &fields, out),
                Err(what) => Err(self.expected(what, value)),
            },
        }
    }

    /// An `Any`, from its type and the members of what is in it.
    fn any(&mut self, message: &'static Message, url: &Value, value: &Value, out: &mut Vec<u8>) -> Result<(), Error> {
        let Value::String(url) = url else { return Err(self.expected("the name of a type", url)) };
        let mut members = value.clone();
        members.take(TYPE);
        let mut bytes = Vec::new();
        match message.content(url) {
            Some(inner) if !inner.has_own_form() => self.message(inner, &members, &mut bytes)?,
            inner => {
                let content = members.take(VALUE).unwrap_or_default();
                self.unknown_members(&members);
                match (inner, known::json(&content)) {
                    (Some(inner), _) => self.message(inner, &content, &mut bytes)?,
                    (None, Some(json)) => bytes = json,
                    (None, None) => bytes = decoded(&self.text(&content)?).map_err(|it| self.wrong(&it, &content))?,
                }
            }
        }
        delimited(1, url.as_bytes(), out);
        delimited(2, &bytes, out);
        Ok(())
    }

    /// Notes members where none has a meaning.
    fn unknown_members(&mut self, value: &Value) {
        let Value::Object(members) = value else { return };
        for (name, _) in members {
            let path = self.path.iter().chain([name]).cloned().collect::<Vec<_>>().join(".");
            self.unknown.push(Unknown { path, nearest: None });
        }
    }

    fn fields(&mut self, message: &'static Message, value: &Value, out: &mut Vec<u8>) -> Result<(), Error> {
        let members = match value {
            Value::Object(members) => members,
            Value::Null => return Ok(()),
            other => return Err(self.expected("an object", other)),
        };
        for (index, (name, value)) in members.iter().enumerate() {
            self.path.push(name.clone());
            match message.field(name) {
                Some(field) if spelled_again(message, field, &members[index + 1..]) => {}
                Some(field) => self.field(field, field.document_kind(), value, out)?,
                None => self.unknown.push(Unknown { path: self.path.join("."), nearest: message.nearest(name) }),
            }
            self.path.pop();
        }
        Ok(())
    }

    fn field(&mut self, field: &Field, kind: Kind, value: &Value, out: &mut Vec<u8>) -> Result<(), Error> {
        match (field.label, value) {
            // Null is unset, in protobuf's JSON mapping as in Go's decoders.
            (_, Value::Null) => Ok(()),
            (Label::Repeated, Value::List(items)) => {
                for (index, item) in items.iter().enumerate() {
                    self.path.push(index.to_string());
                    self.one(field.number, kind, item, out)?;
                    self.path.pop();
                }
                Ok(())
            }
            (Label::Repeated, other) => Err(self.expected("a list", other)),
            (Label::Map, Value::Object(members)) => self.map(field.number, kind, members, out),
            (Label::Map, other) => Err(self.expected("an object", other)),
            (Label::Single | Label::Optional, value) => self.one(field.number, kind, value, out),
        }
    }

    fn map(&mut self, number: u32, kind: Kind, members: &[(String, Value)], out: &mut Vec<u8>) -> Result<(), Error> {
        let Kind::Message(entry) = kind else {
            return Err(self.error("not a map".to_owned()));
        };
        for (key, value) in members {
            self.path.push(key.clone());
            let pair = Value::object([("key", Value::from(key.as_str())), ("value", value.clone())]);
            let mut bytes = Vec::new();
            for (part, member) in entry.fields.iter().filter_map(|part| Some((part, pair.get(part.name)?))) {
                match member {
                    Value::Null if takes_null(part.kind) => self.one(part.number, part.kind, member, &mut bytes)?,
                    member => self.field(part, part.kind, member, &mut bytes)?,
                }
            }
            delimited(number, &bytes, out);
            self.path.pop();
        }
        Ok(())
    }

    fn one(&mut self, number: u32, kind: Kind, value: &Value, out: &mut Vec<u8>) -> Result<(), Error> {
        match kind {
            Kind::Message(message) => {
                let mut bytes = Vec::new();
                self.message(message, value, &mut bytes)?;
                delimited(number, &bytes, out);
            }
            Kind::String => delimited(number, self.text(value)?.as_bytes(), out),
            Kind::Bytes => delimited(number, &decoded(&self.text(value)?).map_err(|it| self.wrong(&it, value))?, out),
            kind => {
                encode_key(number, wire_type(kind), out);
                self.number(kind, value, out)?;
            }
        }
        Ok(())
    }

    /// A string field takes numbers and bools as their text, so that `name: 5` and `name: true` say what they seem to.
    fn text(&self, value: &Value) -> Result<String, Error> {
        match value {
            Value::Null => Ok(String::new()),
            other => plain(other).ok_or_else(|| self.expected("text", other)),
        }
    }

    fn number(&self, kind: Kind, value: &Value, out: &mut Vec<u8>) -> Result<(), Error> {
        number(kind, value, out).map_err(|wrong| self.wrong(&wrong, value))
    }

    fn wrong(&self, wrong: &Wrong, value: &Value) -> Error {
        match wrong {
            Wrong::Expected(what) => self.expected(what, value),
            Wrong::Range(number) => self.error(format!("{number} is out of range")),
            Wrong::Base64 => self.error("not base64".to_owned()),
        }
    }

    fn expected(&self, what: &str, value: &Value) -> Error {
        let shown = match value {
            Value::List(_) => "a list".to_owned(),
            Value::Object(_) => "an object".to_owned(),
            // A value meant for a message field is not shown: it may be a secret.
            Value::String(_) if matches!(what, "an object" | "a list") => "text".to_owned(),
            Value::String(text) => format!("{text:?}"),
            other => plain(other).unwrap_or_else(|| "null".to_owned()),
        };
        self.error(format!("expected {what}, got {shown}"))
    }

    fn error(&self, reason: String) -> Error {
        let path = if self.path.is_empty() { "the document".to_owned() } else { self.path.join(".") };
        Error { path, reason }
    }
}

/// Of all types one has null for a value, which counts in lists and maps.
fn takes_null(kind: Kind) -> bool {
    matches!(kind, Kind::Message(message) if known::of(message) == Some(Known::Value))
}

/// Why a value does not fit a kind.
enum Wrong {
    Expected(String),
    Range(i128),
    Base64,
}

/// Whether a word fits a kind, which is not a message.
///
/// # Errors
/// Why not, without the word itself, which may be a secret. For an enum, all its names, and the nearest one.
pub fn check(kind: Kind, word: &str) -> Result<(), String> {
    let value = Value::from(word);
    let checked = match kind {
        Kind::String | Kind::Message(_) => Ok(()),
        Kind::Bytes => decoded(word).map(drop),
        kind => number(kind, &value, &mut Vec::new()),
    };
    checked.map_err(|wrong| match (wrong, kind) {
        (Wrong::Expected(_), Kind::Enum(names)) => {
            let all: Vec<_> = names.values.iter().map(|(name, _)| *name).collect();
            let hint = names.nearest(word).map(|name| format!(", did you mean {name}?")).unwrap_or_default();
            format!("expected one of {}{hint}", all.join(", "))
        }
        (Wrong::Expected(what), _) => format!("expected {what}"),
        (Wrong::Range(_), _) => "out of range".to_owned(),
        (Wrong::Base64, _) => "not base64".to_owned(),
    })
}

fn number(kind: Kind, value: &Value, out: &mut Vec<u8>) -> Result<(), Wrong> {
    match kind {
        Kind::Bool => encode_varint(boolean(value)?.into(), out),
        Kind::Enum(names) => encode_varint(enumerated(names, value)? as u64, out),
        Kind::Double => out.extend(float(value)?.to_le_bytes()),
        Kind::Float => out.extend((float(value)? as f32).to_le_bytes()),
        Kind::Fixed32 => out.extend(integer::<u32>(value)?.to_le_bytes()),
        Kind::Sfixed32 => out.extend(integer::<i32>(value)?.to_le_bytes()),
        Kind::Fixed64 => out.extend(integer::<u64>(value)?.to_le_bytes()),
        Kind::Sfixed64 => out.extend(integer::<i64>(value)?.to_le_bytes()),
        Kind::Uint32 => encode_varint(integer::<u32>(value)?.into(), out),
        Kind::Uint64 => encode_varint(integer::<u64>(value)?, out),
        Kind::Sint32 => encode_varint(zigzag(integer::<i32>(value)?.into()), out),
        Kind::Sint64 => encode_varint(zigzag(integer::<i64>(value)?), out),
        // A negative int32 is sign-extended to ten bytes on the wire.
        Kind::Int32 => encode_varint(i64::from(integer::<i32>(value)?) as u64, out),
        _ => encode_varint(integer::<i64>(value)? as u64, out),
    }
    Ok(())
}

fn boolean(value: &Value) -> Result<bool, Wrong> {
    let word = match value {
        Value::Bool(value) => return Ok(*value),
        Value::String(word) => word.to_lowercase(),
        _ => String::new(),
    };
    match word.as_str() {
        "true" | "yes" | "on" | "y" | "t" | "1" => Ok(true),
        "false" | "no" | "off" | "n" | "f" | "0" => Ok(false),
        _ => Err(Wrong::Expected("true or false".to_owned())),
    }
}

fn enumerated(names: &Enum, value: &Value) -> Result<i64, Wrong> {
    plain(value).and_then(|text| names.number_of(&text)).map(i64::from).ok_or_else(|| {
        let known: Vec<_> = names.values.iter().map(|(name, _)| *name).take(8).collect();
        Wrong::Expected(format!("one of {}", known.join(", ")))
    })
}

/// An integer of any width, also in quotes, and also `3.0`, which is how JSON writers without integers write 3.
fn integer<T: TryFrom<i128>>(value: &Value) -> Result<T, Wrong> {
    let wide = match value {
        Value::Float(float) if float.fract() == 0.0 => Some(*float as i128),
        other => plain(other).and_then(|text| text.trim().parse::<i128>().ok()),
    };
    let wide = wide.ok_or_else(|| Wrong::Expected("an integer".to_owned()))?;
    T::try_from(wide).map_err(|_| Wrong::Range(wide))
}

fn float(value: &Value) -> Result<f64, Wrong> {
    plain(value).and_then(|text| text.parse().ok()).ok_or_else(|| Wrong::Expected("a number".to_owned()))
}

fn decoded(text: &str) -> Result<Vec<u8>, Wrong> {
    LENIENT.decode(text).or_else(|_| LENIENT_URL_SAFE.decode(text)).map_err(|_| Wrong::Base64)
}

/// Whether a later member names the same field in another spelling. The last one wins, as with a repeated key.
fn spelled_again(message: &'static Message, field: &Field, later: &[(String, Value)]) -> bool {
    later.iter().any(|(name, _)| message.field(name).is_some_and(|other| other.number == field.number))
}

/// A scalar as text; nothing for null, lists and objects.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Int(value) => Some(value.to_string()),
        Value::Uint(value) => Some(value.to_string()),
        Value::Float(value) => Some(value.to_string()),
        Value::Null | Value::List(_) | Value::Object(_) => None,
    }
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn delimited(number: u32, bytes: &[u8], out: &mut Vec<u8>) {
    encode_key(number, WireType::LengthDelimited, out);
    encode_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}
