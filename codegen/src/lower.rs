//! From descriptors to the model. Every decision and every refusal is made here, and a refusal names the element of the
//! proto that it is about.

mod deadline;
mod flags;
mod unique;

use prost_reflect::{
    DescriptorPool, EnumDescriptor, FieldDescriptor, Kind as Proto, MessageDescriptor, MethodDescriptor,
    OneofDescriptor, ServiceDescriptor, Syntax, Value,
};

use crate::{
    Error,
    docs::{Prose, relative},
    model::{Enum, Field, Flow, Kind, Label, Message, Method, Model, Service, Type},
    name,
};

/// What to emit for the descriptors.
pub(crate) fn model(pool: &DescriptorPool, prose: &Prose<'_>) -> Result<Model, Error> {
    let package = package(pool)?;
    let messages = messages(pool);
    let services = pool.services().map(|it| service(&it, prose));
    let model = Model {
        package,
        services: services.collect::<Result<_, _>>()?,
        messages: messages.iter().map(|it| message(it, prose)).collect(),
        enums: enums(pool, &messages).iter().map(enumeration).collect(),
    };
    unique::check(&model)?;
    Ok(model)
}

/// The package that all files must share. prost would put a second one into a module of its own, and the well-known
/// types have JSON forms that the tables can't express.
fn package(pool: &DescriptorPool) -> Result<String, Error> {
    // Imports come before the file that has them, so the last file is the requested one.
    let root = pool.files().last();
    let expected = root.map(|file| file.package_name().to_owned());
    let expected = expected.unwrap_or_default();
    for file in pool.files() {
        let name = file.name().to_owned();
        if file.package_name().is_empty() {
            return Err(Error::NoPackage { file: name });
        }
        if file.package_name() != expected {
            let package = file.package_name().to_owned();
            return Err(Error::ForeignPackage { file: name, package, expected });
        }
        if file.syntax() != Syntax::Proto3 {
            return Err(Error::Syntax { file: name });
        }
    }
    Ok(expected)
}

fn service(service: &ServiceDescriptor, prose: &Prose<'_>) -> Result<Service, Error> {
    let methods = service.methods().map(|it| method(&it, prose));
    Ok(Service {
        name: service.name().to_owned(),
        client: name::camel(service.name()),
        methods: methods.collect::<Result<_, _>>()?,
    })
}

fn method(method: &MethodDescriptor, prose: &Prose<'_>) -> Result<Method, Error> {
    let flow = match (method.is_client_streaming(), method.is_server_streaming()) {
        (false, false) => Flow::Unary,
        (false, true) => Flow::ServerStream,
        (true, _) => {
            let method = method.full_name().to_owned();
            return Err(Error::ClientStreaming { method });
        }
    };
    let service = method.parent_service().full_name();
    let doc = prose.method(method);
    let flags = flags::of(method, prose);
    Ok(Method {
        full_name: method.full_name().to_owned(),
        name: method.name().to_owned(),
        path: format!("/{service}/{}", method.name()),
        command: name::command(method.name()),
        about: about(&doc, flow),
        table: name::table(method.name()),
        function: name::snake(method.name()),
        doc,
        flow,
        request: message_names(&method.input()),
        request_name: method.input().full_name().to_owned(),
        response: message_names(&method.output()),
        deadline: deadline::of(method),
        yields: flags::yields(method, &flags)?,
        flags,
    })
}

/// What a method does, and how it answers.
fn about(doc: &str, flow: Flow) -> String {
    match flow {
        Flow::Unary => doc.to_owned(),
        Flow::ServerStream => {
            format!("{doc}\n\nAnswers with a stream: one line of JSON per message, until it ends or is interrupted.")
        }
    }
}

/// The messages of all files, each followed by those declared inside it.
fn messages(pool: &DescriptorPool) -> Vec<MessageDescriptor> {
    fn collect(message: MessageDescriptor, all: &mut Vec<MessageDescriptor>) {
        let children: Vec<_> = message.child_messages().collect();
        all.push(message);
        for child in children {
            collect(child, all);
        }
    }
    let mut all = Vec::new();
    for message in pool.files().flat_map(|file| file.messages().collect::<Vec<_>>()) {
        collect(message, &mut all);
    }
    all
}

/// The enums of all files, then those declared inside messages.
fn enums(pool: &DescriptorPool, messages: &[MessageDescriptor]) -> Vec<EnumDescriptor> {
    let files = pool.files();
    let outer = files.flat_map(|file| file.enums().collect::<Vec<_>>());
    let inner = messages.iter().flat_map(MessageDescriptor::child_enums);
    outer.chain(inner).collect()
}

fn message(message: &MessageDescriptor, prose: &Prose<'_>) -> Message {
    Message {
        full_name: message.full_name().to_owned(),
        names: message_names(message),
        doc: prose.message(message),
        map_entry: message.is_map_entry(),
        opaque: is_opaque(message),
        fields: declared(message).map(|it| field(&it, prose)).collect(),
    }
}

/// The fields in the proto's own order, which output follows; the pool sorts them by number.
pub(crate) fn declared(message: &MessageDescriptor) -> impl Iterator<Item = FieldDescriptor> {
    let declared = message.descriptor_proto().field.iter();
    let numbers = declared.filter_map(|field| u32::try_from(field.number()).ok());
    numbers.filter_map(|number| message.get_field(number))
}

/// prost's `skip_debug` applies to everything declared inside a message too.
fn is_opaque(message: &MessageDescriptor) -> bool {
    has_secret(message) || message.parent_message().as_ref().is_some_and(is_opaque)
}

fn has_secret(message: &MessageDescriptor) -> bool {
    message.fields().any(|field| is_secret(&field))
}

/// The options struct in prost-types does not know this option.
pub(crate) fn is_secret(field: &FieldDescriptor) -> bool {
    let options = field.options();
    let value = options.get_field_by_name("debug_redact");
    value.is_some_and(|value| matches!(*value, Value::Bool(true)))
}

fn field(field: &FieldDescriptor, prose: &Prose<'_>) -> Field {
    Field {
        name: field.name().to_owned(),
        json: field.json_name().to_owned(),
        number: field.number(),
        label: label(field),
        kind: kind(field.kind()),
        oneof: oneof(field).map(|oneof| oneof.name().to_owned()),
        redact: is_secret(field),
        text: is_text(field),
        doc: prose.field(field),
    }
}

fn label(field: &FieldDescriptor) -> Label {
    match () {
        () if field.is_map() => Label::Map,
        () if field.is_list() => Label::Repeated,
        () if field.containing_oneof().is_some() => Label::Optional,
        () => Label::Single,
    }
}

/// The oneof that a field is a member of. Each `optional` field has an implicit oneof, which does not count.
pub(crate) fn oneof(field: &FieldDescriptor) -> Option<OneofDescriptor> {
    field.containing_oneof().filter(|oneof| !oneof.is_synthetic())
}

/// Bytes fields whose documents hold plain text: message, field. All other bytes are base64.
///
/// The value of an environment variable is a string up to the CRI of 1.36, and bytes from 1.37 on, so that it may
/// contain text that is not UTF-8. The wire form is the same, and in files people write the text itself.
const TEXT: &[(&str, &str)] = &[("runtime.v1.KeyValue", "value")];

fn is_text(field: &FieldDescriptor) -> bool {
    field.kind() == Proto::Bytes && TEXT.contains(&(field.parent_message().full_name(), field.name()))
}

fn kind(kind: Proto) -> Kind {
    Kind::Scalar(match kind {
        Proto::Message(message) => return Kind::Message(message_names(&message).table),
        Proto::Enum(it) => return Kind::Enum(enum_names(&it).table),
        Proto::Bool => "Bool",
        Proto::Int32 => "Int32",
        Proto::Sint32 => "Sint32",
        Proto::Sfixed32 => "Sfixed32",
        Proto::Uint32 => "Uint32",
        Proto::Fixed32 => "Fixed32",
        Proto::Int64 => "Int64",
        Proto::Sint64 => "Sint64",
        Proto::Sfixed64 => "Sfixed64",
        Proto::Uint64 => "Uint64",
        Proto::Fixed64 => "Fixed64",
        Proto::Float => "Float",
        Proto::Double => "Double",
        Proto::String => "String",
        Proto::Bytes => "Bytes",
    })
}

fn enumeration(it: &EnumDescriptor) -> Enum {
    let declared = it.enum_descriptor_proto().value.iter();
    Enum {
        full_name: it.full_name().to_owned(),
        names: enum_names(it),
        opaque: it.parent_message().as_ref().is_some_and(is_opaque),
        values: declared.map(|value| (value.name().to_owned(), value.number())).collect(),
    }
}

fn message_names(message: &MessageDescriptor) -> Type {
    names(relative(message.full_name(), message.package_name()))
}

fn enum_names(it: &EnumDescriptor) -> Type {
    names(relative(it.full_name(), it.package_name()))
}

fn names(relative: &str) -> Type {
    Type { rust: name::path(relative), table: name::table(relative) }
}
