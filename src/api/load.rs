//! Descriptors that are read at run time: what `crictl rpc --proto` knows instead of the CRI it was built from.
//!
//! The way to the model is the build script's, with all that it refuses; from there on it is tables instead of code.
//! Tables are `'static`, as those in the program are, so that whoever works with them needs no second form. The ones
//! that are made here are never freed: that happens once in a run, for the file that it names, and ends with the run.
//! For the CRI of 1.37 it is about 90 KB, counted from its 205 messages and 538 fields and without prose. The way to
//! the model takes 6 ms of CPU there (median of 15 processes that went it five times each, optimised).

use std::collections::HashMap;
use std::path::Path;
use std::sync::OnceLock;

use clap::Arg;
use crictl_codegen::{Input, model};

use crate::api::Api;
use crate::error::Error;
use crate::method::{Flow, Method};
use crate::schema::{Enum, Field, Fields, Kind, Label, Message};

const FLAG: &str = "proto";

/// The flag that names the file. It stands before or after the method, whose own flags it decides: so it is looked up
/// by [`named`] before the others are read.
pub(crate) fn flag() -> Arg {
    Arg::new(FLAG)
        .long(FLAG)
        .value_name("FILE")
        .help("The API as this .proto or descriptor set has it, instead of the one crictl was built from")
}

/// The file that the flag names among these words.
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
/// It can't be read, does not compile, or has what no table can express.
pub(crate) fn load(path: &str) -> Result<Api, Error> {
    let input = Input { proto: Path::new(path), docs: None };
    let model = crictl_codegen::model(input)
        .map_err(|error| Error::failure(format!("--proto: {}", error.to_string().trim_end())))?;
    let tables = Tables::of(&model);
    let methods = model.services.iter().flat_map(|service| {
        let tables = &tables;
        service.methods.iter().filter_map(move |method| tables.method(text(&service.name), method))
    });
    Ok(Api { methods: Vec::leak(methods.collect()) })
}

/// The tables of a model by the names that it refers to them with.
struct Tables<'a> {
    enums: HashMap<&'a str, &'static Enum>,
    messages: HashMap<&'a str, &'static Message>,
    /// The messages that the program was built with, by their full names.
    built_in: HashMap<&'static str, &'static Message>,
}

impl<'a> Tables<'a> {
    fn of(model: &'a model::Model) -> Self {
        let enums = model.enums.iter().map(|it| (it.names.table.as_str(), enumeration(it)));
        let built_in = Api::BUILT_IN.messages().into_iter().map(|message| (message.name, message));
        let mut tables = Self { enums: enums.collect(), messages: HashMap::new(), built_in: built_in.collect() };
        let places: Vec<&OnceLock<_>> = model.messages.iter().map(|_| &*Box::leak(Box::default())).collect();
        for (it, place) in model.messages.iter().zip(&places) {
            let built_in = tables.built_in.get(it.full_name.as_str());
            let doc = prose(&it.doc, built_in.map(|message| message.doc));
            let message = Message { name: text(&it.full_name), doc, fields: Fields::Late(place) };
            tables.messages.insert(&it.names.table, Box::leak(Box::new(message)));
        }
        for (it, place) in model.messages.iter().zip(places) {
            place.get_or_init(|| it.fields.iter().filter_map(|field| tables.field(&it.full_name, field)).collect());
        }
        tables
    }

    /// A method; none only if the model lacks what it refers to.
    fn method(&self, service: &'static str, it: &model::Method) -> Option<&'static Method> {
        let built_in = Api::BUILT_IN.methods.iter().find(|method| method.path == it.path);
        Some(Box::leak(Box::new(Method {
            service,
            name: text(&it.name),
            path: text(&it.path),
            command: text(&it.command),
            doc: prose(&it.doc, built_in.map(|method| method.doc)),
            flow: match it.flow {
                model::Flow::Unary => Flow::Unary,
                model::Flow::ServerStream => Flow::ServerStream,
            },
            request: self.messages.get(it.request.table.as_str())?,
            response: self.messages.get(it.response.table.as_str())?,
        })))
    }

    fn field(&self, owner: &str, it: &model::Field) -> Option<Field> {
        let built_in = self.built_in.get(owner).and_then(|message| message.field(&it.name));
        Some(Field {
            name: text(&it.name),
            json: text(&it.json),
            number: it.number,
            label: match it.label {
                model::Label::Single => Label::Single,
                model::Label::Optional => Label::Optional,
                model::Label::Repeated => Label::Repeated,
                model::Label::Map => Label::Map,
            },
            kind: match &it.kind {
                model::Kind::Enum(table) => Kind::Enum(self.enums.get(table.as_str())?),
                model::Kind::Message(table) => Kind::Message(self.messages.get(table.as_str())?),
                model::Kind::Scalar(name) => scalar(name)?,
            },
            oneof: it.oneof.as_deref().map(text),
            redact: it.redact,
            doc: prose(&it.doc, built_in.map(|field| field.doc)),
        })
    }
}

fn enumeration(it: &model::Enum) -> &'static Enum {
    let values = it.values.iter().map(|(name, number)| (text(name), *number)).collect();
    Box::leak(Box::new(Enum { name: text(&it.full_name), values: Vec::leak(values) }))
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

/// What the file says; where it says nothing, what we say of the element that has the same name.
fn prose(own: &str, built_in: Option<&'static str>) -> &'static str {
    match own {
        "" => built_in.unwrap_or_default(),
        own => text(own),
    }
}

fn text(text: &str) -> &'static str {
    match text {
        "" => "",
        text => text.to_owned().leak(),
    }
}
