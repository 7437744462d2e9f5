//! Descriptors that are read at run time: `crictl rpc --proto` uses them instead of the CRI that it was built from.
//!
//! A file is turned into the model by the build script's own code, with the same checks; after that, tables are made
//! instead of code. Tables are `'static`, like those in the program, so that the code that uses them needs no second
//! form. The tables made here are never freed: they are made once in a run, for the file that the run names. For the
//! CRI of 1.37 they take about 200 KB, counted from its 205 messages, 538 fields and 450 flags. Making the model takes
//! 6 ms of CPU time (median of 15 optimised processes that each made it five times).

use std::collections::HashMap;
use std::path::Path;
use std::sync::OnceLock;

use clap::Arg;
use crictl_codegen::model;

use crate::api::Api;
use crate::error::Error;
use crate::method::flag::Table;
use crate::method::{Deadline, Flag, Flags, Flow, Method};
use crate::schema::{Enum, Field, Fields, Kind, Label, Message};

const FLAG: &str = "proto";

/// The flag that names the file. It may stand before or after the method, and it decides which flags the method has: so
/// [`named`] looks it up before the others are read.
pub(crate) fn flag() -> Arg {
    Arg::new(FLAG)
        .long(FLAG)
        .value_name("FILE")
        .help("The API as this .proto or descriptor set has it, instead of the one crictl was built from")
}

/// The file that the flag names in these arguments.
pub(crate) fn named(words: &[String]) -> Option<&str> {
    let mut words = words.iter().take_while(|word| *word != "--");
    while let Some(word) = words.next() {
        let name = word.strip_prefix("--").or_else(|| word.strip_prefix('-')).and_then(|name| name.strip_prefix(FLAG));
        match name {
            Some("") => return words.next().map(String::as_str),
            Some(rest) if rest.starts_with('=') => return rest.strip_prefix('='),
            _ => {}
        }
    }
    None
}

/// Reads a proto, or a descriptor set.
///
/// # Errors
/// It can't be read, does not compile, or has something that no table can express.
pub(crate) fn load(path: &str) -> Result<Api, Error> {
    let words = words();
    let known = |name: &str| words.get(name).map(|words| (*words).to_owned());
    let model = crictl_codegen::model_knowing(Path::new(path), &known)
        .map_err(|error| Error::failure(format!("--proto: {}", error.to_string().trim_end())))?;
    let tables = Tables::of(&model);
    let methods = model.services.iter().flat_map(|service| {
        let tables = &tables;
        service.methods.iter().filter_map(move |method| tables.method(text(&service.name), method))
    });
    Ok(Api { methods: Vec::leak(methods.collect()) })
}

/// Our prose for the elements that the program was built with, by their full names.
fn words() -> HashMap<String, &'static str> {
    let mut words = HashMap::new();
    for method in Api::BUILT_IN.methods {
        words.insert(method.path.trim_start_matches('/').replace('/', "."), method.doc);
    }
    for message in Api::BUILT_IN.messages() {
        words.insert(message.name.to_owned(), message.doc);
        words.extend(message.fields.into_iter().map(|field| (format!("{}.{}", message.name, field.name), field.doc)));
    }
    words
}

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
        for (it, place) in model.messages.iter().zip(&places) {
            let message = Message { name: text(&it.full_name), doc: text(&it.doc), fields: Fields::Late(place) };
            tables.messages.insert(&it.names.table, Box::leak(Box::new(message)));
        }
        for (it, place) in model.messages.iter().zip(places) {
            place.get_or_init(|| it.fields.iter().filter_map(|field| tables.field(field)).collect());
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
