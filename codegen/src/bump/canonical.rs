//! The form in which protos are kept: names, numbers and types, in one layout and without comments, so that two
//! releases differ only where the API does.
//!
//! Only the options that the generated code depends on are kept. Services come first, then enums, then messages.

use std::collections::BTreeSet;

use prost_reflect::{
    DescriptorPool, EnumDescriptor, FieldDescriptor, FileDescriptor, Kind, MessageDescriptor, ServiceDescriptor,
};

use crate::{docs::relative, lower, name};

/// The text of the CRI, whose files are all of one package.
pub(crate) fn text(pool: &DescriptorPool, package: &str, release: &str) -> String {
    let own: Vec<_> = pool.files().filter(|file| file.package_name() == package).collect();
    let head = format!("Kubernetes Container Runtime Interface, {package}, as of release {release}");
    document(&head, package, &own)
}

/// The text of one file of containerd's API.
pub(crate) fn file(file: &FileDescriptor) -> String {
    let package = file.package_name();
    document(&format!("{package}, of containerd's API"), package, std::slice::from_ref(file))
}

/// Files as one.
fn document(head: &str, package: &str, files: &[FileDescriptor]) -> String {
    let mut blocks = vec![format!("// {head}.\nsyntax = \"proto3\";\n"), format!("package {package};\n")];
    let imports: String = imports(files).iter().map(|name| format!("import {name:?};\n")).collect();
    blocks.extend(Some(imports).filter(|imports| !imports.is_empty()));
    blocks.extend(files.iter().flat_map(FileDescriptor::services).map(|it| service(&it)));
    blocks.extend(files.iter().flat_map(FileDescriptor::enums).map(|it| enumeration(&it, "")));
    blocks.extend(files.iter().flat_map(FileDescriptor::messages).map(|it| message(&it, "")));
    blocks.join("\n")
}

/// The other files that have types of these: an import for options alone is none.
fn imports(files: &[FileDescriptor]) -> BTreeSet<String> {
    let methods = files.iter().flat_map(FileDescriptor::services).flat_map(|it| it.methods().collect::<Vec<_>>());
    let mut used: Vec<_> = methods.flat_map(|it| [it.input().parent_file(), it.output().parent_file()]).collect();
    let mut messages: Vec<_> = files.iter().flat_map(FileDescriptor::messages).collect();
    while let Some(message) = messages.pop() {
        messages.extend(message.child_messages());
        used.extend(message.fields().filter_map(|field| match field.kind() {
            Kind::Message(it) => Some(it.parent_file()),
            Kind::Enum(it) => Some(it.parent_file()),
            _ => None,
        }));
    }
    used.into_iter().filter(|file| !files.contains(file)).map(|file| file.name().to_owned()).collect()
}

fn service(service: &ServiceDescriptor) -> String {
    let methods = service.methods().map(|method| {
        let stream = |streams| if streams { "stream " } else { "" };
        let name = |it: MessageDescriptor| outside(it.full_name(), it.package_name(), service.package_name());
        format!(
            "  rpc {}({}{}) returns ({}{});\n",
            method.name(),
            stream(method.is_client_streaming()),
            name(method.input()),
            stream(method.is_server_streaming()),
            name(method.output()),
        )
    });
    block("", &format!("service {}", service.name()), &methods.collect::<String>())
}

fn enumeration(it: &EnumDescriptor, indent: &str) -> String {
    let declared = it.enum_descriptor_proto();
    let aliases = declared.options.as_ref().is_some_and(|options| options.allow_alias());
    let mut body = if aliases { format!("{indent}  option allow_alias = true;\n") } else { String::new() };
    for value in &declared.value {
        body += &format!("{indent}  {} = {};\n", value.name(), value.number());
    }
    block(indent, &format!("enum {}", it.name()), &body)
}

/// Types declared inside a message come before its fields.
fn message(it: &MessageDescriptor, indent: &str) -> String {
    let inner = format!("{indent}  ");
    let enums = it.child_enums().map(|it| enumeration(&it, &inner));
    let messages = it.child_messages().filter(|it| !it.is_map_entry());
    let messages = messages.map(|it| message(&it, &inner));
    let body = enums.chain(messages).collect::<String>() + &fields(it, &inner);
    block(indent, &format!("message {}", it.name()), &body)
}

/// The fields in the order of the proto, the members of a oneof in its braces.
fn fields(message: &MessageDescriptor, indent: &str) -> String {
    let fields: Vec<_> = lower::declared(message).collect();
    let groups = fields.chunk_by(|one, next| lower::oneof(one).is_some() && lower::oneof(one) == lower::oneof(next));
    let text = groups.map(|group| match group.first().and_then(lower::oneof) {
        None => group.iter().map(|it| field(it, indent)).collect(),
        Some(oneof) => {
            let members = group.iter().map(|it| field(it, &format!("{indent}  ")));
            block(indent, &format!("oneof {}", oneof.name()), &members.collect::<String>())
        }
    });
    text.collect()
}

fn field(field: &FieldDescriptor, indent: &str) -> String {
    let (kind, parent) = (field.kind(), field.parent_message());
    let kind = match &kind {
        Kind::Message(entry) if field.is_map() => {
            let (key, value) = (entry.map_entry_key_field().kind(), entry.map_entry_value_field().kind());
            format!("map<{}, {}>", type_name(&key, parent), type_name(&value, parent))
        }
        kind => type_name(kind, parent),
    };
    let label = match () {
        () if field.is_map() => "",
        () if field.is_list() => "repeated ",
        () if field.field_descriptor_proto().proto3_optional() => "optional ",
        () => "",
    };
    format!("{indent}{label}{kind} {} = {}{};\n", field.name(), field.number(), options(field))
}

fn options(field: &FieldDescriptor) -> String {
    let declared = field.field_descriptor_proto().options.clone().unwrap_or_default();
    let mut options = Vec::new();
    if field.json_name() != name::json(field.name()) {
        options.push(format!("json_name = {:?}", field.json_name()));
    }
    if let Some(packed) = declared.packed {
        options.push(format!("packed = {packed}"));
    }
    if declared.deprecated() {
        options.push("deprecated = true".to_owned());
    }
    if lower::is_marked(field) {
        options.push("debug_redact = true".to_owned());
    }
    if options.is_empty() { String::new() } else { format!(" [{}]", options.join(", ")) }
}

/// A type as it is written inside a message: without the package, unless a nearer type has that name.
fn type_name(kind: &Kind, inside: &MessageDescriptor) -> String {
    let (full_name, package) = match kind {
        Kind::Message(it) => (it.full_name(), it.package_name()),
        Kind::Enum(it) => (it.full_name(), it.package_name()),
        scalar => return format!("{scalar:?}"),
    };
    let name = outside(full_name, package, inside.package_name());
    let first = name.split('.').next().unwrap_or_default();
    let mut scope = Some(inside.clone());
    while let Some(message) = scope {
        let mut messages = message.child_messages();
        if messages.any(|it| it.name() == first) || message.child_enums().any(|it| it.name() == first) {
            return format!(".{full_name}");
        }
        scope = message.parent_message();
    }
    name
}

/// A name as it is written in a package: in full if it is of another one, after a dot if a part of the package's own
/// name would hide the other's first.
fn outside(full_name: &str, package: &str, inside: &str) -> String {
    let first = package.split('.').next();
    match package == inside {
        true => relative(full_name, package).to_owned(),
        false if inside.split('.').skip(1).any(|part| Some(part) == first) => format!(".{full_name}"),
        false => full_name.to_owned(),
    }
}

fn block(indent: &str, head: &str, body: &str) -> String {
    match body {
        "" => format!("{indent}{head} {{}}\n"),
        body => format!("{indent}{head} {{\n{body}{indent}}}\n"),
    }
}
