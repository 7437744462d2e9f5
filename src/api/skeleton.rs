//! `crictl rpc METHOD --skeleton`: prints a complete request, to be edited and passed to `--data`.
//!
//! An unset field is null, so an unedited skeleton is the same as the request that it was made from. In YAML, the
//! fields of an unset message follow it as comments, with one `#` for each enclosing unset message.

use crate::api::describe;
use crate::error::{Error, either};
use crate::method::Method;
use crate::schema::{self, Field, Kind, Label, Message, Value};
use crate::view::{DOCUMENT, Encoding, Line, View};

/// How many names of an enum's values fit into a comment.
const VALUES: usize = 8;

/// The skeleton of a request that has the values in these bytes, in `json` or `yaml`.
///
/// # Errors
/// The format is neither of these.
pub(crate) fn skeleton(method: &'static Method, request: &[u8], form: &str) -> Result<View, Error> {
    let message = method.request;
    let value = schema::decode(message, request).map_err(|error| Error::failure(error.to_string()))?;
    match form {
        "json" => Ok(View::List(complete(message, &value), Encoding::Json)),
        "yaml" => {
            let mut skeleton = Skeleton::default();
            skeleton.head(method);
            skeleton.fields(message, &value);
            Ok(View::Lines(skeleton.lines))
        }
        other => Err(Error::usage(format!("invalid value {other:?} for flag -skeleton: use {}", either(DOCUMENT)))),
    }
}

/// The message with a member for each field.
fn complete(message: &'static Message, value: &Value) -> Value {
    let member = |field: &'static Field| {
        let value = value.get(field.json).cloned().unwrap_or_default();
        let value = match (field.value_kind(), field.label, value) {
            (Kind::Message(inner), _, value) if inner.has_own_form() => value,
            (Kind::Message(inner), _, Value::List(items)) => {
                Value::List(items.iter().map(|item| complete(inner, item)).collect())
            }
            (Kind::Message(inner), Label::Map, Value::Object(pairs)) => {
                Value::object(pairs.into_iter().map(|(key, value)| (key, complete(inner, &value))))
            }
            (Kind::Message(inner), _, value @ Value::Object(_)) => complete(inner, &value),
            (_, _, value) => value,
        };
        (field.json, value)
    };
    Value::object(message.fields.iter().map(member))
}

/// The lines of YAML so far, and where the next one goes.
#[derive(Default)]
struct Skeleton {
    lines: Vec<Line>,
    /// How many of the enclosing messages are unset.
    unset: usize,
    indent: usize,
    /// The names of the enclosing messages: a message nested in itself ends there.
    within: Vec<&'static str>,
}

impl Skeleton {
    fn head(&mut self, method: &Method) {
        let lines = [
            format!("{}, for crictl rpc {} --data @FILE", method.request.name, method.command),
            "What is empty is unset; {} sets a message that has nothing in it. Take one # away to fill a message in."
                .to_owned(),
        ];
        self.lines.extend(lines.map(|note| Line { note, ..Line::default() }));
    }

    fn fields(&mut self, message: &'static Message, value: &Value) {
        self.within.push(message.name);
        for field in message.fields {
            self.field(field, value.get(field.json));
        }
        self.within.pop();
    }

    fn field(&mut self, field: &'static Field, given: Option<&Value>) {
        let kind = if field.label == Label::Map { field.value_kind() } else { field.document_kind() };
        // What has a form of its own is shown like a scalar, in one line.
        let kind = if matches!(kind, Kind::Message(inner) if inner.has_own_form()) { Kind::String } else { kind };
        let note = note(field, kind);
        match (kind, given) {
            (Kind::Message(inner), Some(Value::List(items))) => {
                self.line(field.json, None, note);
                items.iter().for_each(|item| self.item(inner, item));
                if items.is_empty() {
                    self.unset(inner, Self::item);
                }
            }
            (Kind::Message(inner), Some(Value::Object(pairs))) if field.label == Label::Map => {
                self.line(field.json, None, note);
                self.indent += 2;
                pairs.iter().for_each(|(key, value)| self.message(key, inner, value, String::new()));
                if pairs.is_empty() {
                    self.unset(inner, |skeleton, inner, value| {
                        skeleton.message(placeholder(field), inner, value, String::new());
                    });
                }
                self.indent -= 2;
            }
            (Kind::Message(inner), Some(value)) => self.message(field.json, inner, value, note),
            (Kind::Message(inner), None) => {
                self.line(field.json, None, note);
                self.indent += 2;
                self.unset(inner, Self::fields);
                self.indent -= 2;
            }
            (_, Some(Value::List(items))) if !items.is_empty() => {
                self.line(field.json, None, note);
                for item in items {
                    self.lines.push(Line { dash: true, value: Some(scalar(kind, item)), ..self.place() });
                }
            }
            (_, Some(Value::Object(pairs))) if !pairs.is_empty() => {
                self.line(field.json, None, note);
                self.indent += 2;
                pairs.iter().for_each(|(key, value)| self.line(key, Some(scalar(kind, value)), String::new()));
                self.indent -= 2;
            }
            (_, given) => self.line(field.json, given.map(|value| scalar(kind, value)), note),
        }
    }

    /// The fields of an unset message, as comments, unless the message is nested in itself.
    fn unset(&mut self, message: &'static Message, write: impl FnOnce(&mut Self, &'static Message, &Value)) {
        if !self.within.contains(&message.name) && !message.fields.is_empty() {
            // Empty bytes are a message with all fields at their defaults.
            let defaults = schema::decode(message, &[]).unwrap_or_default();
            self.unset += 1;
            write(self, message, &defaults);
            self.unset -= 1;
        }
    }

    /// A message that is set, below its key.
    fn message(&mut self, key: &str, message: &'static Message, value: &Value, note: String) {
        let empty = message.fields.is_empty().then(|| Value::Object(Vec::new()));
        self.line(key, empty, note);
        self.indent += 2;
        self.fields(message, value);
        self.indent -= 2;
    }

    /// A message of a list.
    fn item(&mut self, message: &'static Message, value: &Value) {
        let first = self.lines.len();
        self.indent += 2;
        self.fields(message, value);
        self.indent -= 2;
        match self.lines.get_mut(first) {
            Some(line) => (line.dash, line.indent) = (true, self.indent),
            None => self.lines.push(Line { dash: true, value: Some(Value::Object(Vec::new())), ..self.place() }),
        }
    }

    fn line(&mut self, key: &str, value: Option<Value>, note: String) {
        self.lines.push(Line { key: Some(key.to_owned()), value, note, ..self.place() });
    }

    fn place(&self) -> Line {
        Line { comments: self.unset, indent: self.indent, ..Line::default() }
    }
}

/// A number in digits, where the JSON mapping has text for readers without such numbers. Negative zero stays text:
/// without quotes YAML reads it as an integer, and no integer is negative zero.
fn scalar(kind: Kind, value: &Value) -> Value {
    match (kind, value) {
        (Kind::Int64 | Kind::Sint64 | Kind::Sfixed64, Value::String(text)) => text.parse().map(Value::Int),
        (Kind::Uint64 | Kind::Fixed64, Value::String(text)) => text.parse().map(Value::Uint),
        (_, Value::Float(zero)) if *zero == 0.0 && zero.is_sign_negative() => Ok(Value::from("-0")),
        _ => Ok(value.clone()),
    }
    .unwrap_or_else(|_| value.clone())
}

/// A placeholder key for an empty map.
fn placeholder(field: &Field) -> &'static str {
    match field.kind {
        Kind::Message(entry) => match entry.field("key").map(|key| key.kind) {
            Some(Kind::String) | None => "KEY",
            Some(Kind::Bool) => "false",
            Some(_) => "0",
        },
        _ => "KEY",
    }
}

/// The type, the possible values, and the prose.
fn note(field: &Field, kind: Kind) -> String {
    let mut note = describe::kind(field);
    match (field.value_kind(), kind) {
        (Kind::Enum(it), _) => {
            let names: Vec<_> = it.values.iter().map(|(name, _)| *name).take(VALUES).collect();
            let more = if it.values.len() > VALUES { ", ..." } else { "" };
            note += &format!(" of {}{more}", names.join(", "));
        }
        (Kind::Bytes, Kind::String) => note += " as text",
        (Kind::Bytes, _) => note += " in base64",
        _ => {}
    }
    note += &field.oneof.map(|oneof| format!(", one of {oneof}")).unwrap_or_default();
    if field.redact {
        note += ", a secret";
    }
    if !field.doc.is_empty() {
        note += &format!(": {}", field.doc);
    }
    note
}

#[cfg(test)]
mod tests;
