//! A model with the names of its proto, used to compare two releases.

use std::collections::{HashMap, HashSet};

use super::wire::Shape;
use crate::{
    docs::relative,
    model::{self, Flow, Kind, Label, Model},
};

/// What a release declares. Names are without the package.
pub(super) struct Api {
    pub(super) calls: Vec<Call>,
    /// Without map entries, which are in the shapes of the maps.
    pub(super) messages: Vec<(String, Vec<Field>)>,
    pub(super) enums: Vec<(String, Vec<(String, i32)>)>,
}

/// A method.
pub(super) struct Call {
    pub(super) service: String,
    pub(super) name: String,
    pub(super) path: String,
    pub(super) flow: Flow,
    pub(super) request: String,
    pub(super) response: String,
}

pub(super) struct Field {
    pub(super) name: String,
    pub(super) number: u32,
    pub(super) shape: Shape,
    pub(super) secret: bool,
}

impl Api {
    pub(super) fn new(model: &Model) -> Self {
        let tables = Tables::new(model);
        let message = |it: &model::Message| {
            let fields = it.fields.iter().map(|field| tables.field(field));
            (tables.name(&it.names.table), fields.collect())
        };
        let calls = model.services.iter().flat_map(|service| {
            service.methods.iter().map(|method| Call {
                service: service.name.clone(),
                name: method.name.clone(),
                path: method.path.clone(),
                flow: method.flow,
                request: tables.name(&method.request.table),
                response: tables.name(&method.response.table),
            })
        });
        let enums = model.enums.iter().map(|it| (tables.name(&it.names.table), it.values.clone()));
        Self {
            calls: calls.collect(),
            messages: model.messages.iter().filter(|it| !it.map_entry).map(message).collect(),
            enums: enums.collect(),
        }
    }

    pub(super) fn message(&self, name: &str) -> Option<&[Field]> {
        self.messages.iter().find(|(it, _)| it == name).map(|(_, fields)| fields.as_slice())
    }

    pub(super) fn call(&self, path: &str) -> Option<&Call> {
        self.calls.iter().find(|call| call.path == path)
    }

    /// Whether a message or an enum has the name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.message(name).is_some() || self.enums.iter().any(|(it, _)| it == name)
    }

    /// The messages and enums in a message, at any depth, and the message itself.
    pub(super) fn within<'a>(&'a self, name: &'a str) -> HashSet<&'a str> {
        let mut found = HashSet::new();
        let mut waiting = vec![name];
        while let Some(name) = waiting.pop() {
            if found.insert(name) {
                let fields = self.message(name).unwrap_or_default();
                waiting.extend(fields.iter().filter_map(|field| field.shape.declared()));
            }
        }
        found
    }

    /// The types that were renamed: the old type is gone, and a new one is in its place.
    pub(super) fn renames(&self, new: &Self) -> HashMap<String, String> {
        let mut renames = HashMap::new();
        let mut pairs: Vec<_> = self.messages.iter().map(|(name, _)| (name.as_str(), name.as_str())).collect();
        for (call, other) in self.calls.iter().filter_map(|call| Some((call, new.call(&call.path)?))) {
            pairs.push((&call.request, &other.request));
            pairs.push((&call.response, &other.response));
        }
        while let Some((from, to)) = pairs.pop() {
            if from != to {
                if new.has(from) || self.has(to) || renames.contains_key(from) {
                    continue;
                }
                renames.insert(from.to_owned(), to.to_owned());
            }
            let fields = new.message(to).unwrap_or_default();
            for field in self.message(from).unwrap_or_default() {
                let other = fields.iter().find(|it| it.number == field.number);
                let types = other.and_then(|it| Some((field.shape.declared()?, it.shape.declared()?)));
                pairs.extend(types.filter(|(from, to)| from != to));
            }
        }
        renames
    }

    /// The same with other names for some types.
    pub(super) fn renamed(mut self, names: &HashMap<String, String>) -> Self {
        let rename = |name: &mut String| {
            if let Some(new) = names.get(name) {
                name.clone_from(new);
            }
        };
        for call in &mut self.calls {
            rename(&mut call.request);
            rename(&mut call.response);
        }
        for (name, fields) in &mut self.messages {
            rename(name);
            for field in fields {
                if let Kind::Enum(name) | Kind::Message(name) = &mut field.shape.kind {
                    rename(name);
                }
            }
        }
        self.enums.iter_mut().for_each(|(name, _)| rename(name));
        self
    }
}

/// From the names of tables, which the model's fields use, to the names of the proto.
struct Tables<'a> {
    names: HashMap<&'a str, &'a str>,
    entries: HashMap<&'a str, &'a model::Message>,
}

impl<'a> Tables<'a> {
    fn new(model: &'a Model) -> Self {
        let name = |full_name: &'a String| relative(full_name, &model.package);
        let messages = model.messages.iter().map(|it| (it.names.table.as_str(), name(&it.full_name)));
        let enums = model.enums.iter().map(|it| (it.names.table.as_str(), name(&it.full_name)));
        let entries = model.messages.iter().filter(|it| it.map_entry);
        Self {
            names: messages.chain(enums).collect(),
            entries: entries.map(|it| (it.names.table.as_str(), it)).collect(),
        }
    }

    fn name(&self, table: &str) -> String {
        self.names.get(table).copied().unwrap_or(table).to_owned()
    }

    fn field(&self, field: &model::Field) -> Field {
        let entry = match &field.kind {
            Kind::Message(table) if field.label == Label::Map => self.entries.get(table.as_str()),
            _ => None,
        };
        let part = |number: u32| entry.and_then(|it| it.fields.iter().find(|field| field.number == number));
        let shape = Shape {
            label: field.label,
            kind: self.kind(&part(2).unwrap_or(field).kind),
            key: part(1).map(|key| self.kind(&key.kind)),
            oneof: field.oneof.clone(),
        };
        Field { name: field.name.clone(), number: field.number, shape, secret: field.redact }
    }

    fn kind(&self, kind: &Kind) -> Kind {
        match kind {
            Kind::Scalar(scalar) => Kind::Scalar(scalar),
            Kind::Enum(table) => Kind::Enum(self.name(table)),
            Kind::Message(table) => Kind::Message(self.name(table)),
        }
    }
}
