//! One line of prose for a method, a message or a field: ours if there is one, else the first sentence of the proto's
//! comment.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs,
    path::Path,
};

use prost_reflect::{DescriptorPool, FieldDescriptor, MessageDescriptor, MethodDescriptor};
use serde::Deserialize;

use crate::{Error, model::Model};

/// Our prose, by the names of the proto without the package.
///
/// A name that the current proto does not have is ignored, because one file serves all releases; [`Docs::unknown`]
/// finds the names that no release has.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Docs {
    /// A line for each method, `ListContainers`, or `Tasks.List` where several services have one of its name.
    pub methods: BTreeMap<String, String>,
    /// The lines for each message.
    pub messages: BTreeMap<String, MessageDocs>,
}

/// The prose about one message.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MessageDocs {
    /// What the message is.
    pub doc: String,
    /// A line for each field.
    pub fields: BTreeMap<String, String>,
}

impl Docs {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is not of this form.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let failed = |reason| Error::Docs { path: path.to_owned(), reason };
        let text = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
        serde_yaml::from_str(&text).map_err(|error| failed(error.to_string()))
    }

    /// The entries that none of the models has, as `Message.field`.
    #[must_use]
    pub fn unknown(&self, models: &[Model]) -> Vec<String> {
        let known: HashSet<String> = models.iter().flat_map(entries).collect();
        let methods = self.methods.keys().cloned();
        let messages = self.messages.iter().flat_map(|(message, docs)| {
            let fields = docs.fields.keys();
            let fields = fields.map(move |field| format!("{message}.{field}"));
            std::iter::once(message.clone()).chain(fields)
        });
        let entries = methods.chain(messages);
        entries.filter(|entry| !known.contains(entry)).collect()
    }
}

/// Every name of a model that prose can be about.
fn entries(model: &Model) -> Vec<String> {
    let methods = model.services.iter().flat_map(|service| &service.methods);
    let mut entries: Vec<_> = methods.map(|method| method.name.clone()).collect();
    for message in &model.messages {
        let name = relative(&message.full_name, &model.package);
        let fields = message.fields.iter();
        entries.extend(fields.map(|field| format!("{name}.{}", field.name)));
        entries.push(name.to_owned());
    }
    entries
}

/// A full name without the package.
pub(crate) fn relative<'a>(full_name: &'a str, package: &str) -> &'a str {
    let rest = full_name.strip_prefix(package).unwrap_or(full_name);
    rest.trim_start_matches('.')
}

/// Our prose, the comments of one proto, and what else may be known.
pub(crate) struct Prose<'a> {
    docs: &'a Docs,
    comments: HashMap<(String, Vec<i32>), String>,
    known: &'a Known<'a>,
}

/// What is known about an element, by its full name, if neither our prose nor its proto describes it.
pub type Known<'a> = dyn Fn(&str) -> Option<String> + 'a;

impl<'a> Prose<'a> {
    pub(crate) fn new(docs: &'a Docs, pool: &DescriptorPool, known: &'a Known<'a>) -> Self {
        let mut comments = HashMap::new();
        for file in pool.files() {
            let info = file.file_descriptor_proto().source_code_info.as_ref();
            for location in info.iter().flat_map(|info| &info.location) {
                if let Some(comment) = &location.leading_comments {
                    let place = (file.name().to_owned(), location.path.clone());
                    comments.insert(place, first_sentence(comment));
                }
            }
        }
        Self { docs, comments, known }
    }

    pub(crate) fn method(&self, method: &MethodDescriptor) -> String {
        let ours = self.docs.methods.get(method.name());
        self.choose(ours, method.parent_file().name(), method.path(), method.full_name())
    }

    pub(crate) fn message(&self, message: &MessageDescriptor) -> String {
        let ours = self.of(message).map(|docs| &docs.doc);
        self.choose(ours, message.parent_file().name(), message.path(), message.full_name())
    }

    pub(crate) fn field(&self, field: &FieldDescriptor) -> String {
        let docs = self.of(field.parent_message());
        let ours = docs.and_then(|docs| docs.fields.get(field.name()));
        self.choose(ours, field.parent_file().name(), field.path(), field.full_name())
    }

    fn of(&self, message: &MessageDescriptor) -> Option<&MessageDocs> {
        let name = relative(message.full_name(), message.package_name());
        self.docs.messages.get(name)
    }

    fn choose(&self, ours: Option<&String>, file: &str, path: &[i32], full_name: &str) -> String {
        if let Some(ours) = ours.filter(|ours| !ours.is_empty()) {
            return ours.clone();
        }
        let place = (file.to_owned(), path.to_vec());
        let comment = self.comments.get(&place).filter(|comment| !comment.is_empty()).cloned();
        comment.or_else(|| (self.known)(full_name)).unwrap_or_default()
    }
}

/// The first sentence of a comment on one line, without the full stop.
fn first_sentence(comment: &str) -> String {
    let lines = comment.trim().lines().map(str::trim);
    let paragraph: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    let text = paragraph.join(" ");
    let sentence = text.split(". ").next().unwrap_or_default();
    sentence.trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sentence_of_a_comment_serves() {
        assert_eq!(first_sentence(" Stops it.\n Or kills it.\n"), "Stops it");
        assert_eq!(first_sentence(" Stops\n the pod. More"), "Stops the pod");
        assert_eq!(first_sentence(" Stops it\n\n Details"), "Stops it");
        assert_eq!(first_sentence("\n"), "");
    }
}
