//! Secrets: fields that the proto marks `debug_redact`, shown as three stars.

use super::known::TYPE;
use super::{Kind, Label, Message, Value};

/// Replaces the secrets in a document. A secret that is unset or has the default value is left: there is nothing to
/// hide.
pub fn redact(message: &'static Message, document: &mut Value) {
    if message.has_own_form() {
        return redact_content(message, document);
    }
    let Value::Object(members) = document else { return };
    for (name, value) in members {
        let Some(field) = message.field(name) else { continue };
        match (field.kind, value) {
            (_, value) if field.redact => hide(value),
            (Kind::Message(inner), Value::List(items)) => items.iter_mut().for_each(|item| redact(inner, item)),
            (Kind::Message(entry), Value::Object(pairs)) if field.label == Label::Map => {
                if let Some(field) = entry.field("value") {
                    match field.kind {
                        _ if field.redact => pairs.iter_mut().for_each(|(_, value)| hide(value)),
                        Kind::Message(inner) => pairs.iter_mut().for_each(|(_, value)| redact(inner, value)),
                        _ => {}
                    }
                }
            }
            (Kind::Message(inner), value) => redact(inner, value),
            _ => {}
        }
    }
}

/// What is in an `Any` may have secrets; the other types that have a form of their own have none.
fn redact_content(message: &'static Message, document: &mut Value) {
    let inner = match document.get(TYPE) {
        Some(Value::String(url)) => message.content(url),
        _ => None,
    };
    if let Some(inner) = inner.filter(|inner| !inner.has_own_form()) {
        redact(inner, document);
    }
}

/// Whether a message, or one nested in it, may have secrets.
pub fn has_secrets(message: &'static Message) -> bool {
    fn reaches(message: &'static Message, seen: &mut Vec<&'static str>) -> bool {
        if seen.contains(&message.name) {
            return false;
        }
        seen.push(message.name);
        let within = message.fields.iter().any(|field| match field.kind {
            _ if field.redact => true,
            Kind::Message(inner) => reaches(inner, seen),
            _ => false,
        });
        within || message.types().iter().any(|inner| reaches(inner, seen))
    }
    reaches(message, &mut Vec::new())
}

fn hide(value: &mut Value) {
    let empty = match value {
        Value::Null | Value::Bool(false) | Value::Int(0) => true,
        Value::String(text) => text.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    };
    if !empty {
        *value = Value::from("***");
    }
}
