//! The command line of a method: a flag for each field of its request.

use prost_reflect::{FieldDescriptor, Kind as Proto, MessageDescriptor, MethodDescriptor};

use super::{Lower, declared, is_secret, is_text, label, oneof};
use crate::{
    Error,
    load::WELL_KNOWN,
    model::{CALL, Flag, Kind, Label},
    name,
};

/// How many of an enum's names fit into a help text.
const NAMES: usize = 8;

impl Lower<'_> {
    /// The fields of the request; a message field is replaced by its own fields. A message that contains itself, that has
    /// no fields or a document of its own form, or that is in a list or a oneof has a single flag, which takes JSON.
    pub(super) fn flags(&self, method: &MethodDescriptor) -> Vec<Flag> {
        let request = method.input();
        let mut flags = Vec::new();
        // A stream's requests differ from each other: they are documents.
        if !method.is_client_streaming() && !is_well_known(&request) {
            self.collect(&request, "", &mut vec![request.clone()], &mut flags);
        }
        flags
    }

    fn collect(
        &self,
        message: &MessageDescriptor,
        prefix: &str,
        within: &mut Vec<MessageDescriptor>,
        flags: &mut Vec<Flag>,
    ) {
        for field in declared(message) {
            let path = format!("{prefix}{}", field.name());
            match part(&field).filter(|inner| !within.contains(inner)) {
                Some(inner) => {
                    within.push(inner.clone());
                    self.collect(&inner, &format!("{path}."), within, flags);
                    within.pop();
                }
                None => {
                    let rivals = rivals(message, &field).map(|rival| format!("{prefix}{rival}"));
                    flags.push(Flag { rivals: rivals.collect(), ..self.flag(path, &field) });
                }
            }
        }
    }

    fn flag(&self, path: String, field: &FieldDescriptor) -> Flag {
        let (key, value) = match field.kind() {
            Proto::Message(entry) if field.is_map() => {
                let (key, value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
                (Some(self.kind(key.kind())), self.kind(value.kind()))
            }
            _ if is_text(field) => (None, Kind::Scalar("String")),
            value => (None, self.kind(value)),
        };
        let (label, long) = (label(field), long(&path));
        // Users who read the proto may write the name as it is there, or the same with dashes.
        let mut aliases = vec![path.clone(), path.replace('_', "-")];
        aliases.dedup();
        // A field called `help` must not take the `--help` that every command has.
        aliases.retain(|alias| *alias != long && alias != HELP);
        Flag {
            value_name: value_name(field, label, &value),
            help: self.help(field, label),
            secret: is_secret(field) || matches!(field.kind(), Proto::Message(inner) if may_have_secrets(&inner)),
            path,
            long,
            aliases,
            label,
            key,
            kind: value,
            rivals: Vec::new(),
        }
    }

    /// The prose, the possible values, and whether the flag may be repeated.
    fn help(&self, field: &FieldDescriptor, label: Label) -> String {
        let values = match field.kind() {
            Proto::Enum(it) => {
                let values = &it.enum_descriptor_proto().value;
                let names: Vec<_> = values.iter().map(|value| value.name()).take(NAMES).collect();
                let more = if values.len() > names.len() { ", ..." } else { "" };
                format!("[{}{more}]", names.join(", "))
            }
            _ => String::new(),
        };
        let repeated = matches!(label, Label::Repeated | Label::Map);
        let repeated = if repeated { "(may be repeated)".to_owned() } else { String::new() };
        let parts = [self.prose.field(field), values, repeated];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

/// The message whose fields replace a field.
fn part(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    match field.kind() {
        Proto::Message(inner) if !field.is_list() && !field.is_map() && oneof(field).is_none() => {
            Some(inner).filter(|inner| inner.fields().len() > 0 && !is_well_known(inner))
        }
        _ => None,
    }
}

/// A type of protobuf's own, which most documents have as a text.
fn is_well_known(message: &MessageDescriptor) -> bool {
    message.package_name() == WELL_KNOWN
}

/// The other members of a field's oneof.
fn rivals(message: &MessageDescriptor, field: &FieldDescriptor) -> impl Iterator<Item = String> {
    let (own, number) = (oneof(field), field.number());
    let others = declared(message).filter(move |it| own.is_some() && oneof(it) == own && it.number() != number);
    others.map(|it| it.name().to_owned())
}

/// The `--help` flag of every command.
const HELP: &str = "help";

fn long(path: &str) -> String {
    match path {
        HELP => format!("field-{HELP}"),
        path => path.split('.').map(name::command).collect::<Vec<_>>().join("."),
    }
}

/// Whether a message, or one nested in it, has secrets.
fn may_have_secrets(message: &MessageDescriptor) -> bool {
    let mut seen = vec![message.clone()];
    let mut at = 0;
    while let Some(message) = seen.get(at).cloned() {
        for field in message.fields() {
            match field.kind() {
                _ if is_secret(&field) => return true,
                Proto::Message(inner) if !seen.contains(&inner) => seen.push(inner),
                _ => {}
            }
        }
        at += 1;
    }
    false
}

fn value_name(field: &FieldDescriptor, label: Label, kind: &Kind) -> &'static str {
    let known = match field.kind() {
        Proto::Message(message) if is_well_known(&message) => message.name().to_owned(),
        _ => String::new(),
    };
    match (label, kind) {
        (Label::Map, _) => "KEY=VALUE",
        _ if known == "Timestamp" => "TIME",
        _ if known == "Duration" => "DURATION",
        _ if known == "FieldMask" => "PATH,...",
        (_, Kind::Message(_)) => "JSON|@FILE",
        (_, Kind::Enum(_)) => "NAME",
        (_, Kind::Scalar("Bool")) => "BOOL",
        (_, Kind::Scalar("String")) => "TEXT",
        // In documents they are base64, as in protobuf's JSON.
        (_, Kind::Scalar("Bytes")) => "[base64:]BASE64|text:TEXT|@FILE",
        (_, Kind::Scalar("Float" | "Double")) => "NUMBER",
        _ => "INTEGER",
    }
}

/// The flags of a call whose names fields take. A flag with a name from the proto sets the field of that name, so the
/// call's own flag needs another name.
pub(super) fn yields(method: &MethodDescriptor, flags: &[Flag]) -> Result<Vec<&'static str>, Error> {
    let named = |name: &str| flags.iter().find(|flag| flag.long == name || flag.aliases.iter().any(|it| it == name));
    let taken: Vec<_> = CALL.iter().copied().filter(|name| named(name).is_some()).collect();
    let crowded = taken.iter().find_map(|name| Some((name, named(&format!("call-{name}"))?)));
    match crowded {
        None => Ok(taken),
        Some((name, flag)) => Err(Error::NameClash {
            first: format!("{}.{}", method.input().full_name(), flag.path),
            second: format!("crictl's own --{name} beside {}.{name}", method.input().full_name()),
            name: format!("--call-{name}"),
        }),
    }
}
