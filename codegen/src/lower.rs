//! From descriptors to the model. Every decision and every refusal is made here, and a refusal names the element of the
//! proto that it is about.

mod deadline;
mod flags;
mod unique;

use std::collections::HashSet;

use prost_reflect::{
    DescriptorPool, EnumDescriptor, FieldDescriptor, FileDescriptor, Kind as Proto, MessageDescriptor,
    MethodDescriptor, OneofDescriptor, ServiceDescriptor, Syntax, Value,
};

use crate::{
    Error,
    docs::{Prose, relative},
    load::{Protos, WELL_KNOWN},
    model::{Enum, Field, Flow, Kind, Label, Message, Method, Model, Service, Type},
    name,
};

/// What decides about names and words, for all that is lowered together.
pub(crate) struct Lower<'a> {
    prose: &'a Prose<'a>,
    /// The package that names do without.
    package: String,
    words: Words<'a>,
}

/// What a method is called on the command line.
#[derive(Clone, Copy)]
pub(crate) enum Words<'a> {
    /// By its own name: `list-containers`. No two services may share one.
    Method,
    /// By its service's too, after this word if there is one: `containerd tasks list`.
    Service(&'a str),
}

/// What to emit for the descriptors: all that the files that were asked for declare, and what else that needs.
pub(crate) fn model(protos: &Protos, prose: &Prose<'_>, words: Words<'_>) -> Result<Model, Error> {
    let lower = Lower { prose, package: protos.package(), words };
    let own = own(protos);
    let services: Vec<_> = own.iter().flat_map(|file| file.services().collect::<Vec<_>>()).collect();
    let needed = needed(&own, &services);
    check(&own, &needed)?;
    let messages = messages(&protos.pool, &needed);
    let model = Model {
        services: services.iter().map(|it| lower.service(it)).collect::<Result<_, _>>()?,
        messages: messages.iter().map(|it| lower.message(it)).collect(),
        enums: enums(&protos.pool, &messages, &needed).iter().map(|it| lower.enumeration(it)).collect(),
        package: lower.package,
    };
    unique::check(&model)?;
    Ok(model)
}

/// Whether two services have a method of the same name.
pub(crate) fn is_shared(protos: &Protos) -> bool {
    let mut names = HashSet::new();
    let own = own(protos);
    let mut methods = own.iter().flat_map(FileDescriptor::services).flat_map(|it| it.methods().collect::<Vec<_>>());
    methods.any(|method| !names.insert(method.name().to_owned()))
}

/// The files that were asked for, and the others of their packages.
fn own(protos: &Protos) -> Vec<FileDescriptor> {
    let roots = protos.roots.iter().filter_map(|name| protos.pool.get_file_by_name(name));
    let packages: HashSet<_> = roots.map(|file| file.package_name().to_owned()).collect();
    protos.pool.files().filter(|file| packages.contains(file.package_name())).collect()
}

/// The full names of everything that is declared in these files, and of the types that it refers to.
fn needed(own: &[FileDescriptor], services: &[ServiceDescriptor]) -> HashSet<String> {
    let mut needed: HashSet<_> =
        own.iter().flat_map(FileDescriptor::enums).map(|it| it.full_name().to_owned()).collect();
    let methods = services.iter().flat_map(ServiceDescriptor::methods);
    let mut waiting: Vec<_> = methods.flat_map(|method| [method.input(), method.output()]).collect();
    waiting.extend(own.iter().flat_map(FileDescriptor::messages));
    while let Some(message) = waiting.pop() {
        if !needed.insert(message.full_name().to_owned()) {
            continue;
        }
        if own.contains(&message.parent_file()) {
            waiting.extend(message.child_messages());
            needed.extend(message.child_enums().map(|it| it.full_name().to_owned()));
        }
        for field in message.fields() {
            match field.kind() {
                Proto::Message(inner) => waiting.push(inner),
                Proto::Enum(it) => drop(needed.insert(it.full_name().to_owned())),
                _ => {}
            }
        }
    }
    needed
}

/// Refuses files whose declarations can't be expressed. A file that is imported for its options alone may be anything.
fn check(own: &[FileDescriptor], needed: &HashSet<String>) -> Result<(), Error> {
    let Some(pool) = own.first().map(|file| file.parent_pool().clone()) else { return Ok(()) };
    for file in pool.files() {
        let name = file.name().to_owned();
        if !own.contains(&file) && !file.messages().any(|it| needed.contains(it.full_name())) {
            continue;
        }
        if file.package_name().is_empty() {
            return Err(Error::NoPackage { file: name });
        }
        if file.syntax() != Syntax::Proto3 {
            return Err(Error::Syntax { file: name });
        }
    }
    Ok(())
}

impl Lower<'_> {
    fn service(&self, service: &ServiceDescriptor) -> Result<Service, Error> {
        let methods = service.methods().map(|it| self.method(&it));
        Ok(Service {
            name: service.name().to_owned(),
            file: service.parent_file().name().to_owned(),
            client: name::camel(service.name()),
            methods: methods.collect::<Result<_, _>>()?,
        })
    }

    fn method(&self, method: &MethodDescriptor) -> Result<Method, Error> {
        let flow = match (method.is_client_streaming(), method.is_server_streaming()) {
            (false, false) => Flow::Unary,
            (false, true) => Flow::ServerStream,
            (true, false) => Flow::ClientStream,
            (true, true) => Flow::Duplex,
        };
        let service = method.parent_service();
        let doc = self.prose.method(method);
        let flags = self.flags(method);
        let name = match self.words {
            Words::Method => method.name().to_owned(),
            Words::Service(_) => format!("{}.{}", service.name(), method.name()),
        };
        Ok(Method {
            full_name: method.full_name().to_owned(),
            path: format!("/{}/{}", service.full_name(), method.name()),
            command: self.command(method),
            about: about(&doc, flow),
            table: name::table(&name),
            function: name::snake(&name),
            name,
            doc,
            flow,
            request: self.message_names(&method.input()),
            request_name: method.input().full_name().to_owned(),
            response: self.message_names(&method.output()),
            deadline: deadline::of(method),
            yields: flags::yields(method, &flags)?,
            flags,
        })
    }

    fn command(&self, method: &MethodDescriptor) -> String {
        let own = name::command(method.name());
        match self.words {
            Words::Method => own,
            Words::Service(first) => {
                let service = name::command(method.parent_service().name());
                [first, &service, &own].join(" ").trim_start().to_owned()
            }
        }
    }

    fn message(&self, message: &MessageDescriptor) -> Message {
        Message {
            full_name: message.full_name().to_owned(),
            names: self.message_names(message),
            doc: self.prose.message(message),
            map_entry: message.is_map_entry(),
            opaque: is_opaque(message),
            fields: declared(message).map(|it| self.field(&it)).collect(),
        }
    }

    fn field(&self, field: &FieldDescriptor) -> Field {
        Field {
            name: field.name().to_owned(),
            json: field.json_name().to_owned(),
            number: field.number(),
            label: label(field),
            kind: self.kind(field.kind()),
            oneof: oneof(field).map(|oneof| oneof.name().to_owned()),
            redact: is_secret(field),
            text: is_text(field),
            doc: self.prose.field(field),
        }
    }

    fn kind(&self, kind: Proto) -> Kind {
        Kind::Scalar(match kind {
            Proto::Message(message) => return Kind::Message(self.message_names(&message).table),
            Proto::Enum(it) => return Kind::Enum(self.enum_names(&it).table),
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

    fn enumeration(&self, it: &EnumDescriptor) -> Enum {
        let declared = it.enum_descriptor_proto().value.iter();
        Enum {
            full_name: it.full_name().to_owned(),
            names: self.enum_names(it),
            opaque: it.parent_message().as_ref().is_some_and(is_opaque),
            values: declared.map(|value| (value.name().to_owned(), value.number())).collect(),
        }
    }

    fn message_names(&self, message: &MessageDescriptor) -> Type {
        self.names(message.full_name(), message.package_name())
    }

    fn enum_names(&self, it: &EnumDescriptor) -> Type {
        self.names(it.full_name(), it.package_name())
    }

    /// The names without the package, or with it if it is another one.
    fn names(&self, full_name: &str, package: &str) -> Type {
        let own = relative(full_name, package);
        let name = if package == self.package { own } else { full_name };
        let rust = match (package, own) {
            // These are what prost generates code for.
            (WELL_KNOWN, "Empty") => "()".to_owned(),
            (WELL_KNOWN, own) => format!("::prost_types::{}", name::path(own)),
            _ => name::path(name),
        };
        Type { rust, table: name::table(name) }
    }
}

/// What a method does, and how it answers.
fn about(doc: &str, flow: Flow) -> String {
    let sent = "Takes a stream: each document of --data is a message of it.";
    let answered = "Answers with a stream: one line of JSON per message, until it ends or is interrupted.";
    let paragraphs = match flow {
        Flow::Unary => vec![doc],
        Flow::ServerStream => vec![doc, answered],
        Flow::ClientStream => vec![doc, sent],
        Flow::Duplex => vec![doc, sent, answered],
    };
    paragraphs.join("\n\n")
}

/// The messages that are needed, each followed by those declared inside it.
fn messages(pool: &DescriptorPool, needed: &HashSet<String>) -> Vec<MessageDescriptor> {
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
    all.retain(|message| needed.contains(message.full_name()));
    all
}

/// The enums that are needed: those of files, then those declared inside messages.
fn enums(pool: &DescriptorPool, messages: &[MessageDescriptor], needed: &HashSet<String>) -> Vec<EnumDescriptor> {
    let outer = pool.files().flat_map(|file| file.enums().collect::<Vec<_>>());
    let inner = messages.iter().flat_map(MessageDescriptor::child_enums);
    outer.chain(inner).filter(|it| needed.contains(it.full_name())).collect()
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

/// Secrets that their proto does not mark: message, field. containerd's API marks none.
const SECRETS: &[(&str, &str)] =
    &[("containerd.types.transfer.RegistryResolver", "headers"), ("containerd.types.transfer.AuthResponse", "secret")];

fn is_secret(field: &FieldDescriptor) -> bool {
    is_marked(field) || SECRETS.contains(&(field.parent_message().full_name(), field.name()))
}

/// Whether the proto says that it is a secret. The options struct in prost-types does not know this option.
pub(crate) fn is_marked(field: &FieldDescriptor) -> bool {
    let options = field.options();
    let value = options.get_field_by_name("debug_redact");
    value.is_some_and(|value| matches!(*value, Value::Bool(true)))
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
