//! Tables that are made at run time, of the model that the build script's own code makes of descriptors, with the same
//! checks: `crictl rpc --proto` calls what a file has, and containerd's own API is in the program as descriptors.
//!
//! Tables are `'static`, like those in the program, so that the code that uses them needs no second form. The tables made
//! here are never freed: they are made once in a run. For the CRI of 1.37 they take about 200 KB, counted from its 205
//! messages, 538 fields and 450 flags. Making the model takes 6 ms of CPU time (median of 15 optimised processes that each
//! made it five times).

use std::collections::HashMap;
use std::sync::OnceLock;

use crictl_codegen::model;

use crate::generated;
use crate::method::flag::Table;
use crate::method::{Deadline, Flag, Flags, Flow, Method};
use crate::schema::{Enum, Field, Fields, Kind, Label, Late, Message};

/// What was made of a model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Made {
    /// The methods, in the order of the model.
    pub(crate) methods: &'static [&'static Method],
    /// The file that declares each of them.
    files: &'static [&'static str],
}

impl Made {
    /// The file that declares a method, as other files import it.
    pub(crate) fn file(&self, method: &Method) -> &'static str {
        let named = self.methods.iter().zip(self.files).find(|(it, _)| it.path == method.path);
        named.map_or("", |(_, file)| file)
    }
}

/// Makes the tables of a model.
pub(crate) fn of(model: &model::Model) -> Made {
    let tables = Tables::of(model);
    let (mut methods, mut files) = (Vec::new(), Vec::new());
    for service in &model.services {
        let (name, file) = (text(&service.name), text(&service.file));
        for method in service.methods.iter().filter_map(|method| tables.method(name, method)) {
            methods.push(method);
            files.push(file);
        }
    }
    Made { methods: methods.leak(), files: files.leak() }
}

/// containerd's own API.
///
/// # Errors
/// In words; a test makes it sure that there is none.
pub(crate) fn containerd() -> Result<Made, String> {
    static MADE: OnceLock<Result<Made, String>> = OnceLock::new();
    let make = || {
        let model = crictl_codegen::model_of_containerd(generated::CONTAINERD);
        model.map(|model| of(&model)).map_err(|error| error.to_string())
    };
    MADE.get_or_init(make).clone()
}

/// The method with the tables of what it sends and receives.
pub(crate) fn whole(method: &'static Method) -> &'static Method {
    let found = match method.flags {
        Flags::Later => containerd().ok().and_then(|made| made.methods.iter().find(|it| it.path == method.path)),
        Flags::Code | Flags::Table(_) => None,
    };
    found.copied().unwrap_or(method)
}

/// The message that contains any other.
const ANY: &str = "google.protobuf.Any";

/// The tables of a model, by the names with which it refers to them.
struct Tables<'a> {
    enums: HashMap<&'a str, &'static Enum>,
    messages: HashMap<&'a str, &'static Message>,
}

impl<'a> Tables<'a> {
    fn of(model: &'a model::Model) -> Self {
        let enums = model.enums.iter().map(|it| (it.names.table.as_str(), enumeration(it)));
        let mut tables = Self { enums: enums.collect(), messages: HashMap::new() };
        let places: Vec<&OnceLock<_>> = model.messages.iter().map(|_| &*Box::leak(Box::default())).collect();
        let mut types: Vec<&'static Message> = Vec::new();
        for (it, place) in model.messages.iter().zip(&places) {
            let message = Message { name: text(&it.full_name), doc: text(&it.doc), fields: Fields::Late(place) };
            let message = &*Box::leak(Box::new(message));
            types.extend((!it.map_entry).then_some(message));
            tables.messages.insert(&it.names.table, message);
        }
        for (it, place) in model.messages.iter().zip(places) {
            let types = if it.full_name == ANY { types.clone() } else { Vec::new() };
            let fields = it.fields.iter().filter_map(|field| tables.field(field)).collect();
            place.get_or_init(|| Late { fields, types });
        }
        tables
    }

    /// A method; none only if the model lacks something that it refers to.
    fn method(&self, service: &'static str, it: &model::Method) -> Option<&'static Method> {
        Some(Box::leak(Box::new(Method {
            service,
            name: text(&it.name),
            path: text(&it.path),
            command: text(&it.command),
            doc: text(&it.doc),
            flow: match it.flow {
                model::Flow::Unary => Flow::Unary,
                model::Flow::ServerStream => Flow::ServerStream,
                model::Flow::ClientStream => Flow::ClientStream,
                model::Flow::Duplex => Flow::Duplex,
            },
            request: self.messages.get(it.request.table.as_str())?,
            response: self.messages.get(it.response.table.as_str())?,
            deadline: match it.deadline {
                model::Deadline::Timeout => Deadline::Timeout,
                model::Deadline::Twice => Deadline::Twice,
                model::Deadline::Grace(field) => Deadline::Grace(field),
                model::Deadline::Limit(field) => Deadline::Limit(field),
                model::Deadline::None => Deadline::None,
            },
            flags: Flags::Table(Box::leak(Box::new(Table {
                about: text(&it.about),
                yields: it.yields.clone(),
                flags: it.flags.iter().map(|flag| self.flag(flag)).collect::<Option<_>>()?,
            }))),
        })))
    }

    fn flag(&self, it: &model::Flag) -> Option<Flag> {
        Some(Flag {
            path: text(&it.path),
            long: text(&it.long),
            aliases: it.aliases.iter().map(|alias| text(alias)).collect(),
            label: label(it.label),
            key: it.key.as_ref().and_then(|key| self.kind(key)),
            kind: self.kind(&it.kind)?,
            value_name: it.value_name,
            rivals: it.rivals.iter().map(|rival| text(rival)).collect(),
            secret: it.secret,
            switch: it.is_switch(),
            help: text(&it.help),
        })
    }

    fn kind(&self, it: &model::Kind) -> Option<Kind> {
        Some(match it {
            model::Kind::Enum(table) => Kind::Enum(self.enums.get(table.as_str())?),
            model::Kind::Message(table) => Kind::Message(self.messages.get(table.as_str())?),
            model::Kind::Scalar(name) => scalar(name)?,
        })
    }

    fn field(&self, it: &model::Field) -> Option<Field> {
        Some(Field {
            name: text(&it.name),
            json: text(&it.json),
            number: it.number,
            label: label(it.label),
            kind: self.kind(&it.kind)?,
            oneof: it.oneof.as_deref().map(text),
            redact: it.redact,
            text: it.text,
            doc: text(&it.doc),
        })
    }
}

fn enumeration(it: &model::Enum) -> &'static Enum {
    let values = it.values.iter().map(|(name, number)| (text(name), *number)).collect();
    Box::leak(Box::new(Enum { name: text(&it.full_name), values: Vec::leak(values) }))
}

fn label(it: model::Label) -> Label {
    match it {
        model::Label::Single => Label::Single,
        model::Label::Optional => Label::Optional,
        model::Label::Repeated => Label::Repeated,
        model::Label::Map => Label::Map,
    }
}

/// The kind with this name.
fn scalar(name: &str) -> Option<Kind> {
    Some(match name {
        "Bool" => Kind::Bool,
        "Int32" => Kind::Int32,
        "Sint32" => Kind::Sint32,
        "Sfixed32" => Kind::Sfixed32,
        "Uint32" => Kind::Uint32,
        "Fixed32" => Kind::Fixed32,
        "Int64" => Kind::Int64,
        "Sint64" => Kind::Sint64,
        "Sfixed64" => Kind::Sfixed64,
        "Uint64" => Kind::Uint64,
        "Fixed64" => Kind::Fixed64,
        "Float" => Kind::Float,
        "Double" => Kind::Double,
        "String" => Kind::String,
        "Bytes" => Kind::Bytes,
        _ => return None,
    })
}

fn text(text: &str) -> &'static str {
    match text {
        "" => "",
        text => text.to_owned().leak(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_of_containerd_has_its_tables() {
        let made = containerd().expect("the build made the same");
        assert_eq!((made.methods.len(), made.files.len()), (67, 67));
        let list = whole(&generated::containerd_methods::TASKS_LIST);
        assert_eq!(list.request.name, "containerd.services.tasks.v1.ListTasksRequest");
        assert!(list.request.field("filter").is_some());
        assert!(made.methods.iter().all(|method| !method.doc.is_empty()), "a line for each");
    }
}
