//! The tables of messages and enums, and what ties prost's structs to them.

use super::slice;
use crate::model::{Enum, Field, Kind, Message, Model};

pub(super) fn text(model: &Model) -> String {
    let mut text =
        String::from("use super::cri;\nuse crate::schema::{Described, Enum, Field, Kind, Label, Message};\n");
    for message in &model.messages {
        text += &table(message);
        if !message.map_entry {
            text += &described(message);
        }
        if message.opaque && !message.map_entry {
            text += &redacting_debug(message);
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

fn table(message: &Message) -> String {
    let fields: Vec<_> = message.fields.iter().map(field).collect();
    format!(
        "
pub static {}: Message = Message {{
    name: {:?},
    doc: {:?},
    fields: {},
}};
",
        message.names.table,
        message.full_name,
        message.doc,
        slice(&fields, 1)
    )
}

/// One entry of a table, indented for a table that has only one.
fn field(field: &Field) -> String {
    let kind = match &field.kind {
        Kind::Scalar(kind) => (*kind).to_owned(),
        Kind::Enum(table) => format!("Enum(&{table})"),
        Kind::Message(table) => format!("Message(&{table})"),
    };
    format!(
        "Field {{
        name: {:?},
        json: {:?},
        number: {},
        label: Label::{:?},
        kind: Kind::{kind},
        oneof: {:?},
        redact: {},
        doc: {:?},
    }}",
        field.name, field.json, field.number, field.label, field.oneof, field.redact, field.doc
    )
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
    let body = format!("f.debug_struct({:?}).finish_non_exhaustive()", own_name(rust));
    debug(rust, &body)
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

fn own_name(rust: &str) -> &str {
    rust.rsplit("::").next().unwrap_or(rust)
}

fn enumeration(it: &Enum) -> String {
    let values = it.values.iter();
    let values: Vec<_> = values.map(|(name, number)| format!("({name:?}, {number})")).collect();
    format!(
        "
pub static {}: Enum = Enum {{
    name: {:?},
    values: {},
}};
",
        it.names.table,
        it.full_name,
        slice(&values, 1)
    )
}
