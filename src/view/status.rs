//! The documents of `inspect`, `inspectp`, `inspecti`, `info` and `imagefsinfo`: a status, and what the runtime adds to
//! it in the response's `info` map.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::error::Error;
use crate::schema::{Described, Field, Kind, Label, Message, Value};

/// `{"status": ...}` and a member for each entry of `info`, which may overwrite an existing one.
///
/// # Errors
/// An entry that starts as a JSON object is not a valid one.
pub(crate) fn document(mut members: Value, info: &BTreeMap<String, String>) -> Result<Value, Error> {
    for (key, text) in info {
        let value = match text.starts_with('{') {
            true => serde_json::from_str(&whole_surrogates(text)).map(floats).map_err(|error| {
                Error::failure(format!("the runtime's info {key:?} starts like JSON but is not valid: {error}"))
            })?,
            false => Value::from(text.trim_matches('"')),
        };
        members.set(key, value);
    }
    Ok(members)
}

/// The text with each unpaired half of a surrogate pair replaced by U+FFFD, as Go reads it. serde_json refuses a
/// document with an unpaired half.
fn whole_surrogates(text: &str) -> Cow<'_, str> {
    let mut whole = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        let length = match (surrogate(escape), escape.get(6..).and_then(surrogate)) {
            (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => 12,
            (Some(_), _) => 6,
            (None, _) => escape.len().min(2),
        };
        // The escaped character may have several bytes; the parser then reports the escape as an error.
        let (escape, after) = escape.split_at_checked(length).unwrap_or((escape, ""));
        whole.push_str(before);
        whole.push_str(if length == 6 { "\\ufffd" } else { escape });
        rest = after;
    }
    if whole.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(whole + rest) }
}

/// The number of a `\uXXXX` escape that is half of a surrogate pair.
fn surrogate(escape: &str) -> Option<u32> {
    let digits = escape.strip_prefix("\\u")?.get(..4)?;
    u32::from_str_radix(digits, 16).ok().filter(|number| (0xd800..0xe000).contains(number))
}

/// One document stands alone, several are a list, none is nothing.
pub(crate) fn join(mut documents: Vec<Value>) -> Option<Value> {
    match documents.len() {
        0 => None,
        1 => documents.pop(),
        _ => Some(Value::List(documents)),
    }
}

/// Every number as a double: upstream reads info entries that way, so large integers lose digits.
fn floats(value: Value) -> Value {
    match value {
        Value::Int(number) => Value::Float(number as f64),
        Value::Uint(number) => Value::Float(number as f64),
        Value::List(items) => Value::List(items.into_iter().map(floats).collect()),
        Value::Object(members) => Value::object(members.into_iter().map(|(key, value)| (key, floats(value)))),
        other => other,
    }
}

/// Adds a null for each unset member of the message, because `inspect` and `inspectp` show it.
pub(crate) fn nulls<M: Described>(mut status: Value) -> Value {
    for field in M::SCHEMA.fields {
        if status.get(field.json).is_none() {
            status.set(field.json, Value::Null);
        }
    }
    status
}

/// The message as Go's encoding/json writes the generated structs: proto names, empty fields left out.
pub(crate) fn go_struct(message: &'static Message, value: &Value) -> Value {
    let member = |field: &Field| {
        let value = value.get(field.json)?;
        let shown = match (field.label, field.kind, value) {
            (Label::Repeated, Kind::Message(inner), Value::List(items)) => {
                Value::List(items.iter().map(|item| go_struct(inner, item)).collect())
            }
            (Label::Single | Label::Optional, Kind::Message(inner), value) => go_struct(inner, value),
            (_, _, value) => value.clone(),
        };
        let empty = match &shown {
            Value::Bool(value) => !value,
            // A 64-bit integer is text in the JSON mapping.
            Value::String(text) => text.is_empty() || text == "0" && !matches!(field.kind, Kind::String),
            Value::Int(number) => *number == 0,
            Value::List(items) => items.is_empty(),
            _ => false,
        };
        (!empty).then_some((field.name, shown))
    };
    Value::object(message.fields.iter().filter_map(member))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn info_entries_become_members_in_their_own_form() {
        let info = [("pid", "123"), ("j", r#"{"a":9223372036854775807}"#), ("q", "\"quoted\""), ("arr", "[1,2]")];
        let info = info.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let document = document(Value::object([("status", Value::Null)]), &info).expect("they are well-formed");
        assert_eq!(document.get("pid"), Some(&Value::from("123")));
        assert_eq!(document.get("q"), Some(&Value::from("quoted")));
        assert_eq!(document.get("arr"), Some(&Value::from("[1,2]")));
        let number = document.get("j").and_then(|value| value.get("a")).cloned();
        assert_eq!(number, Some(Value::Float(9_223_372_036_854_775_807.0)));
    }

    #[test]
    fn half_a_surrogate_pair_is_replaced_and_a_whole_one_is_not() {
        assert_eq!(whole_surrogates(r#"{"a":"\ud800x\ud83d\ude00\\ud800"}"#), r#"{"a":"\ufffdx\ud83d\ude00\\ud800"}"#);
    }

    #[test]
    fn an_info_entry_that_is_no_json_after_all_is_an_error() {
        let info = BTreeMap::from([("x".to_owned(), "{oops".to_owned())]);
        assert!(document(Value::object::<&str>([]), &info).is_err());
    }

    #[test]
    fn an_info_entry_called_status_overwrites_the_status() {
        let info = BTreeMap::from([("status".to_owned(), "mine".to_owned())]);
        let document = document(Value::object([("status", Value::Null)]), &info).expect("it is text");
        assert_eq!(document.get("status"), Some(&Value::from("mine")));
    }
}
