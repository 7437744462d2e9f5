//! The tables of messages and enums, and what ties prost's structs to them.

use super::layout::{Code, list, literal, table};
use crate::model::{Enum, Field, Kind, Message, Model};

const HEAD: &str = "\
use super::cri;
use crate::schema::{Described, Enum, Field, Fields, Kind, Label, Message};

/// Most fields are in no oneof and are no secret.
const fn field(
    name: &'static str,
    json: &'static str,
    number: u32,
    label: Label,
    kind: Kind,
    doc: &'static str,
) -> Field {
    Field { name, json, number, label, kind, oneof: None, redact: false, doc }
}
";

pub(super) fn text(model: &Model) -> String {
    let mut text = HEAD.to_owned();
    for it in &model.messages {
        text += &message(it);
        if !it.map_entry {
            text += &described(it);
        }
        if it.opaque && !it.map_entry {
            text += &redacting_debug(it);
        }
    }
    for it in &model.enums {
        text += &enumeration(it);
        if it.opaque {
            text += &naming_debug(it);
        }
    }
    text
}

fn message(message: &Message) -> String {
    let name = Code::Word(format!("name: {:?}", message.full_name));
    let doc = Code::Word(format!("doc: {:?}", message.doc));
    let fields = list("fields: Fields::Known(&[", message.fields.iter().map(field), "])");
    table(&message.names.table, "Message", [name, doc, fields])
}

fn field(field: &Field) -> Code {
    let kind = match &field.kind {
        Kind::Scalar(kind) => format!("Kind::{kind}"),
        Kind::Enum(table) => format!("Kind::Enum(&{table})"),
        Kind::Message(table) => format!("Kind::Message(&{table})"),
    };
    let arguments = [
        literal(&field.name),
        literal(&field.json),
        literal(field.number),
        Code::Word(format!("Label::{:?}", field.label)),
        Code::Word(kind),
        literal(&field.doc),
    ];
    if field.oneof.is_none() && !field.redact {
        return list("field(", arguments, ")");
    }
    let mut fields = Vec::new();
    if let Some(oneof) = &field.oneof {
        fields.push(Code::Word(format!("oneof: Some({oneof:?})")));
    }
    if field.redact {
        fields.push(Code::Word("redact: true".to_owned()));
    }
    fields.push(list("..field(", arguments, ")"));
    list("Field {", fields, "}")
}

fn described(message: &Message) -> String {
    let names = &message.names;
    format!(
        "
impl Described for cri::{} {{
    const SCHEMA: &'static Message = &{};
}}
",
        names.rust, names.table
    )
}

/// The `Debug` of a message with a secret: its name, and nothing that is in it.
fn redacting_debug(message: &Message) -> String {
    let rust = &message.names.rust;
    let name = rust.rsplit("::").next().unwrap_or(rust);
    debug(rust, &format!("f.debug_struct({name:?}).finish_non_exhaustive()"))
}

/// prost leaves the `Debug` out for the enums inside such a message too.
fn naming_debug(it: &Enum) -> String {
    debug(&it.names.rust, "f.write_str(self.as_str_name())")
}

fn debug(rust: &str, body: &str) -> String {
    format!(
        "
impl std::fmt::Debug for cri::{rust} {{
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {{
        {body}
    }}
}}
"
    )
}

fn enumeration(it: &Enum) -> String {
    let name = Code::Word(format!("name: {:?}", it.full_name));
    let values = list("values: &[", it.values.iter().map(literal), "]");
    table(&it.names.table, "Enum", [name, values])
}
