//! The types of protobuf's own whose documents are not their fields: a time is a text, and an `Any` shows what is in it.
//!
//! The forms are those of protobuf's JSON mapping (<https://protobuf.dev/programming-guides/json/>). What they can't
//! express, a time in the year 20000 for one, is shown by its fields, and fields are read in their place.

use std::ops::{Range, RangeInclusive};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost_types::{Duration, Timestamp};

use super::{Message, Value};

/// A type with a form of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Any,
    Timestamp,
    Duration,
    FieldMask,
    /// One value that may be unset: `Int64Value`.
    Wrapper,
    Struct,
    Value,
    ListValue,
}

/// The member of an [`Known::Any`] that says what it is.
pub(super) const TYPE: &str = "@type";
/// The member that has the content where that is not a message with members.
pub(super) const VALUE: &str = "value";

/// The seconds of a time: from the year 1 to the year 9999.
const ERA: Range<i64> = -62_135_596_800..253_402_300_800;

/// The seconds of a duration: 10,000 years either way.
const LONGEST: RangeInclusive<i64> = -315_576_000_000..=315_576_000_000;

const NANOS: i32 = 1_000_000_000;

/// The form of a type, if it has one of its own.
pub(super) fn of(message: &Message) -> Option<Known> {
    Some(match message.name.strip_prefix("google.protobuf.")? {
        "Any" => Known::Any,
        "Timestamp" => Known::Timestamp,
        "Duration" => Known::Duration,
        "FieldMask" => Known::FieldMask,
        "Struct" => Known::Struct,
        "Value" => Known::Value,
        "ListValue" => Known::ListValue,
        "DoubleValue" | "FloatValue" | "Int64Value" | "UInt64Value" | "Int32Value" | "UInt32Value" | "BoolValue"
        | "StringValue" | "BytesValue" => Known::Wrapper,
        _ => return None,
    })
}

impl Known {
    /// The document of a message, from one that has all its fields; for an [`Known::Any`] see [`content`].
    pub(super) fn document(self, mut fields: Value) -> Value {
        let shown = match self {
            Self::Any => None,
            Self::Timestamp => instant(&fields).map(Value::from),
            Self::Duration => span(&fields).map(Value::from),
            Self::FieldMask => mask(&fields).map(Value::from),
            Self::Wrapper => fields.take("value"),
            Self::Struct => fields.take("fields"),
            Self::ListValue => fields.take("values"),
            Self::Value => Some(match &mut fields {
                Value::Object(members) => match members.pop() {
                    Some((name, value)) if name != "nullValue" => value,
                    _ => Value::Null,
                },
                _ => Value::Null,
            }),
        };
        shown.unwrap_or(fields)
    }

    /// The fields of a message, from its document; not for an [`Known::Any`].
    ///
    /// # Errors
    /// The document is not of the type's form; what is expected.
    pub(super) fn fields(self, document: &Value) -> Result<Value, &'static str> {
        let member = |name: &str| Value::object([(name, document.clone())]);
        match (self, document) {
            (Self::Wrapper, _) => Ok(member("value")),
            (Self::Struct, Value::Object(_)) => Ok(member("fields")),
            (Self::Struct, _) => Err("an object"),
            (Self::ListValue, Value::List(_)) => Ok(member("values")),
            (Self::ListValue, _) => Err("a list"),
            (Self::Value, _) => Ok(match document {
                Value::Null => Value::object([("nullValue", Value::Int(0))]),
                Value::Bool(_) => member("boolValue"),
                Value::Int(_) | Value::Uint(_) | Value::Float(_) => member("numberValue"),
                Value::String(_) => member("stringValue"),
                Value::List(_) => member("listValue"),
                Value::Object(_) => member("structValue"),
            }),
            (_, Value::Object(_)) => Ok(document.clone()),
            (Self::Timestamp, Value::String(text)) => moment(text).ok_or("a time such as 2026-01-31T12:00:00.5Z"),
            (Self::Timestamp, _) => Err("a time such as 2026-01-31T12:00:00.5Z"),
            (Self::Duration, Value::String(text)) => seconds(text).ok_or("seconds such as 1.5s"),
            (Self::Duration, _) => Err("seconds such as 1.5s"),
            (Self::FieldMask, Value::String(text)) => Ok(paths(text)),
            (Self::FieldMask, _) => Err("paths of fields with commas between"),
            (Self::Any, _) => Err("an object"),
        }
    }
}

/// The content of a message in an [`Known::Any`] whose type its table does not know. What is not protobuf is JSON there
/// where Go's `typeurl` made it, as containerd does with the specification of a container; the rest is base64.
pub(super) fn content(bytes: &[u8]) -> Value {
    let json = bytes.starts_with(b"{").then(|| serde_json::from_slice(bytes).ok()).flatten();
    json.unwrap_or_else(|| Value::from(STANDARD.encode(bytes)))
}

/// Back from [`content`]; nothing if it is base64.
pub(super) fn json(content: &Value) -> Option<Vec<u8>> {
    match content {
        Value::Object(_) | Value::List(_) => serde_json::to_vec(content).ok(),
        _ => None,
    }
}

/// `seconds` and `nanos`.
fn parts(fields: &Value) -> Option<(i64, i32)> {
    let seconds = match fields.get("seconds") {
        Some(Value::String(text)) => text.parse().ok()?,
        _ => 0,
    };
    match fields.get("nanos") {
        Some(Value::Int(nanos)) => Some((seconds, i32::try_from(*nanos).ok()?)),
        _ => Some((seconds, 0)),
    }
}

fn joined(seconds: i64, nanos: i32) -> Value {
    Value::object([("seconds", Value::Int(seconds)), ("nanos", Value::Int(nanos.into()))])
}

fn instant(fields: &Value) -> Option<String> {
    let (seconds, nanos) = parts(fields)?;
    let shown = ERA.contains(&seconds) && (0..NANOS).contains(&nanos);
    shown.then(|| Timestamp { seconds, nanos }.to_string())
}

fn moment(text: &str) -> Option<Value> {
    let Timestamp { seconds, nanos } = text.parse().ok()?;
    ERA.contains(&seconds).then(|| joined(seconds, nanos))
}

fn span(fields: &Value) -> Option<String> {
    let (seconds, nanos) = parts(fields)?;
    let one_sign = seconds == 0 || nanos == 0 || (seconds < 0) == (nanos < 0);
    let shown = one_sign && LONGEST.contains(&seconds) && nanos.abs_diff(0) < NANOS.abs_diff(0);
    shown.then(|| Duration { seconds, nanos }.to_string())
}

fn seconds(text: &str) -> Option<Value> {
    let Duration { seconds, nanos } = text.parse().ok()?;
    LONGEST.contains(&seconds).then(|| joined(seconds, nanos))
}

/// Paths in one text, in the spelling of JSON; nothing if they are not the same when they are read back.
fn mask(fields: &Value) -> Option<String> {
    let Some(Value::List(items)) = fields.get("paths") else { return Some(String::new()) };
    let paths = items.iter().map(|item| match item {
        Value::String(path) => Some(camel(path)).filter(|camel| snake(camel) == *path && !path.contains(',')),
        _ => None,
    });
    Some(paths.collect::<Option<Vec<_>>>()?.join(","))
}

fn paths(text: &str) -> Value {
    let paths = text.split(',').filter(|path| !path.is_empty()).map(|path| Value::from(snake(path)));
    Value::object([("paths", Value::List(paths.collect()))])
}

fn camel(path: &str) -> String {
    let mut capital = false;
    let letters = path.chars().filter_map(|letter| match letter {
        '_' => {
            capital = true;
            None
        }
        letter => Some(if std::mem::take(&mut capital) { letter.to_ascii_uppercase() } else { letter }),
    });
    letters.collect()
}

/// The name in the proto. One that is spelled so already stays as it is.
fn snake(path: &str) -> String {
    let parts = path.chars().map(|letter| match letter.is_ascii_uppercase() {
        true => format!("_{}", letter.to_ascii_lowercase()),
        false => letter.to_string(),
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(seconds: i64, nanos: i32) -> Value {
        Value::object([("seconds", Value::from(seconds.to_string())), ("nanos", Value::Int(nanos.into()))])
    }

    #[test]
    fn times_are_shown_and_read_as_the_mapping_has_them() {
        for (seconds, nanos, text) in [
            (0, 0, "1970-01-01T00:00:00Z"),
            (-62_135_596_800, 0, "0001-01-01T00:00:00Z"),
            (253_402_300_799, 999_999_999, "9999-12-31T23:59:59.999999999Z"),
            (-1, 500_000_000, "1969-12-31T23:59:59.500Z"),
            (1, 1_000, "1970-01-01T00:00:01.000001Z"),
        ] {
            assert_eq!(instant(&joined(seconds, nanos)).as_deref(), Some(text));
            assert_eq!(moment(text), Some(super::joined(seconds, nanos)));
        }
        assert_eq!(moment("1970-01-01T01:00:00+01:00"), Some(super::joined(0, 0)));
        for text in
            ["", "noon", "1970-13-01T00:00:00Z", "10000-01-01T00:00:00Z", "+99999999999999999999-01-01T00:00:00Z"]
        {
            assert_eq!(moment(text), None, "{text}");
        }
        for (seconds, nanos) in [(253_402_300_800, 0), (0, -1), (0, 1_000_000_000), (i64::MIN, 0)] {
            assert_eq!(Known::Timestamp.document(joined(seconds, nanos)), joined(seconds, nanos));
        }
    }

    #[test]
    fn durations_are_shown_and_read_as_the_mapping_has_them() {
        for (seconds, nanos, text) in [
            (0, 0, "0s"),
            (1, 500_000_000, "1.500s"),
            (-1, -1, "-1.000000001s"),
            (0, -20_000, "-0.000020s"),
            (315_576_000_000, 0, "315576000000s"),
        ] {
            assert_eq!(span(&joined(seconds, nanos)).as_deref(), Some(text));
            assert_eq!(super::seconds(text), Some(super::joined(seconds, nanos)));
        }
        for text in ["", "s", "-s", "1", "1m", "1.5", "+1s", "315576000001s", "1.-5s", "99999999999999999999s"] {
            assert_eq!(super::seconds(text), None, "{text}");
        }
        for (seconds, nanos) in [(1, -1), (315_576_000_001, 0), (0, 1_000_000_000)] {
            assert_eq!(span(&joined(seconds, nanos)), None);
        }
    }

    #[test]
    fn a_mask_that_would_be_read_as_another_is_shown_by_its_fields() {
        let fields = |paths: &[&str]| {
            Value::object([("paths", Value::List(paths.iter().map(|path| Value::from(*path)).collect()))])
        };
        let given = fields(&["labels.containerd.io/gc.root", "created_at"]);
        assert_eq!(mask(&given).as_deref(), Some("labels.containerd.io/gc.root,createdAt"));
        assert_eq!(paths("labels.containerd.io/gc.root,createdAt"), given);
        for path in ["labels.App", "a,b", "a_1", "_"] {
            assert_eq!(mask(&fields(&[path])), None, "{path}");
        }
    }
}
