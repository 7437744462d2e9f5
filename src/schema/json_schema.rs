//! The JSON schema of a message, with which an editor checks and completes a config file.

use std::collections::BTreeMap;

use super::{Field, Kind, Label, Message, Value};

/// The JSON schema of a document that is a `message`, with the id `id`: the message and all that it refers to, sorted
/// by name.
///
/// It is the schema that Go's reflection produces for the same structs: only proto names, no 64-bit text, and enums in
/// either of their two forms. Editors are configured with it, so its shape is part of the interface.
pub fn json_schema(message: &'static Message, id: &str) -> Value {
    let mut definitions = BTreeMap::new();
    define(message, &mut definitions);
    Value::object([
        ("$schema", Value::from("https://json-schema.org/draft/2020-12/schema")),
        ("$id", Value::from(id)),
        ("$ref", Value::from(reference(message))),
        ("$defs", Value::object(definitions)),
    ])
}

/// Adds a message and everything it refers to.
fn define(message: &'static Message, definitions: &mut BTreeMap<&'static str, Value>) {
    let name = own_name(message);
    if definitions.contains_key(name) {
        return;
    }
    // A message that contains itself finds its own entry here, and stops.
    definitions.insert(name, Value::Null);
    let fields: Vec<_> = message.fields.iter().map(|field| (field.name, property(field))).collect();
    let object = Value::object([
        ("properties", Value::object(fields)),
        ("additionalProperties", Value::Bool(false)),
        ("type", Value::from("object")),
    ]);
    definitions.insert(name, object);
    let with_own = |field: &&Field| matches!(field.kind, Kind::Message(inner) if inner.has_own_form());
    for field in message.fields.iter().filter(|field| !with_own(field)) {
        match (field.label, field.kind) {
            (Label::Map, Kind::Message(entry)) => {
                if let Some(Kind::Message(inner)) = entry.field("value").map(|value| value.kind) {
                    define(inner, definitions);
                }
            }
            (_, Kind::Message(inner)) => define(inner, definitions),
            _ => {}
        }
    }
}

fn property(field: &Field) -> Value {
    let kind = field.document_kind();
    match (field.label, kind) {
        (Label::Map, Kind::Message(entry)) => {
            let values = entry.field("value").map(|value| one(value.kind)).unwrap_or_default();
            Value::object([("additionalProperties", values), ("type", Value::from("object"))])
        }
        (Label::Repeated | Label::Map, kind) => Value::object([("items", one(kind)), ("type", Value::from("array"))]),
        (Label::Single | Label::Optional, kind) => one(kind),
    }
}

/// The schema of one value.
fn one(kind: Kind) -> Value {
    let typed = |name: &str| Value::object([("type", Value::from(name))]);
    match kind {
        Kind::Bool => typed("boolean"),
        Kind::String | Kind::Bytes => typed("string"),
        Kind::Float | Kind::Double => typed("number"),
        Kind::Enum(_) => Value::object([("oneOf", Value::List(vec![typed("string"), typed("integer")]))]),
        // An object of another form, or a text.
        Kind::Message(message) if message.has_own_form() => Value::object::<&str>([]),
        Kind::Message(message) => Value::object([("$ref", Value::from(reference(message)))]),
        _ => typed("integer"),
    }
}

fn reference(message: &Message) -> String {
    format!("#/$defs/{}", own_name(message))
}

/// The name without its package.
fn own_name(message: &Message) -> &'static str {
    message.name.rsplit('.').next().unwrap_or(message.name)
}
