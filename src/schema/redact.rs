//! Secrets: fields that the proto marks `debug_redact`, shown as three stars.

use super::{Kind, Label, Message, Value};

/// Replaces the secrets in a document. A secret that is unset or has the default value is left: there is nothing to
/// hide.
pub fn redact(message: &'static Message, document: &mut Value) {
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

/// Whether a message, or one nested in it, may have secrets.
pub fn has_secrets(message: &'static Message) -> bool {
    fn reaches(message: &'static Message, seen: &mut Vec<&'static str>) -> bool {
        if seen.contains(&message.name) {
            return false;
        }
        seen.push(message.name);
        message.fields.iter().any(|field| match field.kind {
            _ if field.redact => true,
            Kind::Message(inner) => reaches(inner, seen),
            _ => false,
        })
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
