//! Protobuf's text format, made from the document of a message.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::decode::decode_fields;
use super::known::TYPE;
use super::{Field, Kind, Label, Message, Value, encode};

/// A document in protobuf's text format: its fields by the proto's own names, and those that the table does not know by
/// number.
pub fn text(message: &'static Message, document: &Value) -> String {
    let mut out = String::new();
    members(message, document, 0, &mut out);
    out
}

fn members(message: &'static Message, document: &Value, depth: usize, out: &mut String) {
    if message.has_own_form() {
        return known(message, document, depth, out);
    }
    fields(message, document, depth, out);
}

/// A message whose document has a form of its own, by its fields; the content of an `Any` after its type in brackets.
fn known(message: &'static Message, document: &Value, depth: usize, out: &mut String) {
    if let Some(Value::String(url)) = document.get(TYPE)
        && let Some(inner) = message.content(url).filter(|inner| !inner.has_own_form())
    {
        let indent = "  ".repeat(depth);
        let _ = writeln!(out, "{indent}[{url}] {{");
        members(inner, document, depth + 1, out);
        let _ = writeln!(out, "{indent}}}");
        return;
    }
    let bytes = encode(message, document, &mut Vec::new()).unwrap_or_default();
    fields(message, &decode_fields(message, &bytes).unwrap_or_default(), depth, out);
}

fn fields(message: &'static Message, document: &Value, depth: usize, out: &mut String) {
    let Value::Object(members) = document else { return };
    for (name, value) in members {
        match (message.field(name), value) {
            (Some(field), value) => member(field, value, depth, out),
            (None, Value::List(values)) => values.iter().for_each(|value| foreign(name, value, depth, out)),
            (None, _) => {}
        }
    }
}

fn member(field: &Field, value: &Value, depth: usize, out: &mut String) {
    let kind = field.document_kind();
    match (field.label, kind, value) {
        (Label::Map, Kind::Message(entry), Value::Object(pairs)) => {
            for (key, value) in pairs {
                let pair = Value::object([("key", Value::from(key.as_str())), ("value", value.clone())]);
                one(field.name, kind, &pair, depth, out, |depth, out| {
                    members(entry, &pair, depth, out);
                });
            }
        }
        (Label::Repeated, _, Value::List(items)) => {
            items.iter().for_each(|item| nested(field.name, kind, item, depth, out));
        }
        _ => nested(field.name, kind, value, depth, out),
    }
}

fn nested(name: &str, kind: Kind, value: &Value, depth: usize, out: &mut String) {
    one(name, kind, value, depth, out, |depth, out| {
        if let Kind::Message(message) = kind {
            members(message, value, depth, out);
        }
    });
}

/// One value: `name: 5`, or a message in braces, whose content `inner` writes.
fn one(name: &str, kind: Kind, value: &Value, depth: usize, out: &mut String, inner: impl FnOnce(usize, &mut String)) {
    let indent = "  ".repeat(depth);
    match (kind, value) {
        (Kind::Message(message), value) if matches!(value, Value::Object(_)) || message.has_own_form() => {
            let _ = writeln!(out, "{indent}{name} {{");
            inner(depth + 1, out);
            let _ = writeln!(out, "{indent}}}");
        }
        _ => {
            let _ = writeln!(out, "{indent}{name}: {}", scalar(kind, value));
        }
    }
}

fn scalar(kind: Kind, value: &Value) -> String {
    match (kind, value) {
        (Kind::Bytes, Value::String(text)) => match STANDARD.decode(text) {
            Ok(bytes) => quoted(&bytes),
            // A secret, shown as three stars.
            Err(_) => quoted(text.as_bytes()),
        },
        (Kind::String | Kind::Message(_), Value::String(text)) => quoted(text.as_bytes()),
        (Kind::Float | Kind::Double, Value::String(word)) => word.replace("Infinity", "inf").replace("NaN", "nan"),
        (_, Value::String(word)) => word.clone(),
        (_, Value::Bool(value)) => value.to_string(),
        (_, Value::Int(value)) => value.to_string(),
        (_, Value::Uint(value)) => value.to_string(),
        (_, Value::Float(value)) => value.to_string(),
        (_, Value::Null | Value::List(_) | Value::Object(_)) => String::new(),
    }
}

/// Fields that the table does not know are written in the notation of their wire type.
fn foreign(number: &str, value: &Value, depth: usize, out: &mut String) {
    let text = |name| match value.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Int(value)) => value.to_string(),
        _ => String::new(),
    };
    let (wire, value) = (text("wire"), text("value"));
    let shown = match wire.as_str() {
        "varint" => value,
        "fixed32" => format!("0x{:08x}", value.parse::<u32>().unwrap_or_default()),
        "fixed64" => format!("0x{:016x}", value.parse::<u64>().unwrap_or_default()),
        _ => quoted(&STANDARD.decode(&value).unwrap_or_default()),
    };
    // A group's bytes are its content; to write it in braces it would have to be parsed.
    let note = if wire == "group" { "  # group" } else { "" };
    let _ = writeln!(out, "{}{number}: {shown}{note}", "  ".repeat(depth));
}

/// A text literal. Bytes that are not UTF-8 are octal.
fn quoted(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' | '\\' => out.extend(['\\', c]),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                c if c.is_ascii_control() => {
                    let _ = write!(out, "\\{:03o}", u32::from(c));
                }
                c => out.push(c),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\{byte:03o}");
        }
    }
    out + "\""
}

#[cfg(test)]
mod tests {
    use super::super::{Fields, Form, decode_as};
    use super::*;

    const fn field(name: &'static str, number: u32, label: Label, kind: Kind) -> Field {
        Field { name, json: name, number, label, kind, oneof: None, redact: false, text: false, doc: "" }
    }

    static INNER: Message =
        Message { name: "Inner", doc: "", fields: Fields::Known(&[field("text", 1, Label::Single, Kind::String)]) };

    static OUTER: Message = Message {
        name: "Outer",
        doc: "",
        fields: Fields::Known(&[
            field("flags", 1, Label::Repeated, Kind::Bool),
            field("raw", 2, Label::Single, Kind::Bytes),
            field("inner", 3, Label::Single, Kind::Message(&INNER)),
            field("far", 4, Label::Single, Kind::Double),
        ]),
    };

    #[test]
    fn known_fields_have_names_and_unknown_ones_their_numbers() {
        let mut bytes = b"\x0a\x02\x01\x00\x12\x03\xff\"a\x1a\x05\x0a\x03\xc3\xbc\n\x21".to_vec();
        bytes.extend(f64::NEG_INFINITY.to_le_bytes());
        // A varint, text, 32 and 64 bits, a group; and field 2 as a number, as a newer proto might define it.
        bytes.extend(
            b"\xf8\x07\x05\x82\x08\x02hi\x8d\x08\x01\0\0\0\x91\x08\x02\0\0\0\0\0\0\0\x9b\x08\x08\x01\x9c\x08\x10\x07",
        );
        let form = Form { foreign: true, ..Form::SPARSE };
        let document = decode_as(&OUTER, &bytes, form).expect("it is protobuf");
        let expected = r#"flags: true
flags: false
raw: "\377\"a"
inner {
  text: "ü\n"
}
far: -inf
2: 7
127: 5
128: "hi"
129: 0x00000001
130: 0x0000000000000002
131: "\010\001\234\010"  # group
"#;
        assert_eq!(text(&OUTER, &document), expected);
        let json = serde_json::to_string(document.get("128").expect("it is kept")).expect("it is JSON");
        assert_eq!(json, r#"[{"wire":"bytes","value":"aGk=","text":"hi"}]"#);
    }
}
