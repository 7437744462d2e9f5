//! A message's fields as flags: `--filter.state.state running` and what it becomes.
//!
//! Flags are made from the tables of the one message that is asked for, so that built-in descriptors and ones that
//! are loaded at run time take the same way. Nothing here knows a message by name.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::args::parse::boolean;
use crate::error::Error;
use crate::schema::{self, Field, Kind, Label, Message, Value};

/// Adds a flag for every field of the message, nested ones by dotted path.
pub(crate) fn flags(command: Command, message: &'static Message) -> Command {
    leaves(message).into_iter().fold(command, |command, leaf| command.arg(leaf.arg()))
}

/// The long names of the flags that [`flags`] adds, in every spelling.
pub(crate) fn names(message: &'static Message) -> Vec<String> {
    leaves(message).into_iter().flat_map(|leaf| [leaf.path.replace('_', "-"), leaf.path]).collect()
}

/// The document that the flags make, for [`crate::schema::encode`], whose errors then name the flags by their paths.
///
/// # Errors
/// A map's entry without `=`, a file that can't be read, text that is not JSON.
pub(crate) fn document(message: &'static Message, matches: &ArgMatches, source: &Source<'_>) -> Result<Value, Error> {
    let mut document = Value::object::<&str>([]);
    for leaf in leaves(message) {
        let id = leaf.id();
        let value = match leaf.is_switch() {
            true => matches.get_one::<bool>(&id).map(|value| Value::Bool(*value)),
            false => {
                let words = matches.get_many::<String>(&id);
                words.map(|words| leaf.value(&words.collect::<Vec<_>>(), source)).transpose()?
            }
        };
        if let Some(value) = value {
            set(&mut document, &leaf.path, value);
        }
    }
    Ok(document)
}

/// What the words of a flag may lead to.
pub(crate) struct Source<'a> {
    /// The content of a file.
    pub(crate) file: &'a dyn Fn(&str) -> Result<Vec<u8>, Error>,
    /// What a document says, JSON or YAML.
    pub(crate) document: &'a dyn Fn(&[u8]) -> Result<Value, String>,
}

/// How bytes are given on the command line. In documents they are base64, as in protobuf's JSON.
pub(crate) const BYTES: &str = "[base64:]BASE64|text:TEXT|@FILE";

impl Source<'_> {
    /// One value of a kind, from the word that is given for it. Scalars stay text; whoever encodes them knows more.
    ///
    /// # Errors
    /// In words: a file that can't be read, or what is no document.
    pub(crate) fn value(&self, kind: Kind, word: &str) -> Result<Value, String> {
        let read = |path| (self.file)(path).map_err(|error| error.line());
        match (kind, word.strip_prefix('@')) {
            (Kind::Message(_), Some(path)) => (self.document)(&read(path)?),
            (Kind::Message(_), None) => (self.document)(word.as_bytes()).map_err(|error| format!("not JSON: {error}")),
            (Kind::Bytes, Some(path)) => Ok(Value::from(STANDARD.encode(read(path)?))),
            (Kind::Bytes, None) => Ok(match word.strip_prefix("text:") {
                Some(text) => Value::from(STANDARD.encode(text)),
                None => Value::from(word.strip_prefix("base64:").unwrap_or(word)),
            }),
            _ => Ok(Value::from(word)),
        }
    }
}

/// A field that has a flag of its own.
struct Leaf {
    /// `filter.state.state`.
    path: String,
    field: &'static Field,
    /// What a value of it is in a document.
    kind: Kind,
    /// The ids of other flags that are members of the same oneof.
    rivals: Vec<String>,
}

/// The fields of a message, those of message fields in their place. A message that is within itself, that has no
/// fields, one of a list or of a oneof is a flag of its own, which takes JSON.
fn leaves(message: &'static Message) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    collect(message, "", &mut vec![message.name], &mut leaves);
    leaves
}

fn collect(message: &'static Message, prefix: &str, within: &mut Vec<&'static str>, leaves: &mut Vec<Leaf>) {
    for field in message.fields {
        let path = format!("{prefix}{}", field.name);
        match (field.kind, field.label, field.oneof) {
            (Kind::Message(inner), Label::Single | Label::Optional, None)
                if !within.contains(&inner.name) && !inner.fields.is_empty() =>
            {
                within.push(inner.name);
                collect(inner, &format!("{path}."), within, leaves);
                within.pop();
            }
            _ => {
                let rival =
                    |other: &&Field| field.oneof.is_some() && other.oneof == field.oneof && other.name != field.name;
                let rivals = message.fields.iter().filter(rival);
                let rivals = rivals.map(|other| id(&format!("{prefix}{}", other.name))).collect();
                leaves.push(Leaf { path, field, kind: message.kind(field), rivals });
            }
        }
    }
}

/// What clap calls the flag: flags of the call have the same names in places.
fn id(path: &str) -> String {
    format!("field {path}")
}

impl Leaf {
    fn id(&self) -> String {
        id(&self.path)
    }

    fn arg(&self) -> Arg {
        let action = match self.field.label {
            Label::Repeated | Label::Map => ArgAction::Append,
            Label::Single | Label::Optional => ArgAction::Set,
        };
        let arg = Arg::new(self.id());
        let arg = if self.is_switch() { arg.value_parser(boolean) } else { arg };
        // The proto's own spelling serves too, where it is another one.
        let long = self.path.replace('_', "-");
        let arg = arg.aliases((long != self.path).then(|| self.path.clone()));
        arg.long(long).value_name(self.value_name()).action(action).help(self.help()).conflicts_with_all(&self.rivals)
    }

    /// One bool: `--verbose` alone means true.
    fn is_switch(&self) -> bool {
        matches!((self.field.label, self.kind), (Label::Single | Label::Optional, Kind::Bool))
    }

    fn is_secret(&self) -> bool {
        self.field.redact || matches!(self.kind, Kind::Message(message) if schema::has_secrets(message))
    }

    fn value_name(&self) -> &'static str {
        match (self.field.label, self.kind) {
            (Label::Map, _) => "KEY=VALUE",
            (_, Kind::Message(_)) => "JSON|@FILE",
            (_, Kind::Bool) => "BOOL",
            (_, Kind::String) => "TEXT",
            (_, Kind::Bytes) => BYTES,
            (_, Kind::Enum(_)) => "NAME",
            (_, Kind::Float | Kind::Double) => "NUMBER",
            _ => "INTEGER",
        }
    }

    /// The prose, what the values are, and that the flag may be repeated.
    fn help(&self) -> String {
        let values = match self.kind {
            Kind::Enum(kind) => {
                let names: Vec<_> = kind.values.iter().map(|(name, _)| *name).take(8).collect();
                let more = if kind.values.len() > names.len() { ", ..." } else { "" };
                format!("[{}{more}]", names.join(", "))
            }
            _ => String::new(),
        };
        let repeated = matches!(self.field.label, Label::Repeated | Label::Map);
        let parts = [self.field.doc, &values, if repeated { "(may be repeated)" } else { "" }];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// The field's value from the words given for it.
    fn value(&self, words: &[&String], source: &Source<'_>) -> Result<Value, Error> {
        let one = |kind, word: &str| {
            let shown = if self.is_secret() { "***" } else { word };
            let wrong = |reason| Error::usage(format!("invalid value {shown:?} for flag -{}: {reason}", self.path));
            source.value(kind, word).map_err(wrong)
        };
        match (self.field.label, self.kind) {
            (Label::Map, Kind::Message(entry)) => {
                let kind = entry.field("value").map_or(Kind::String, |value| entry.kind(value));
                let mut map = Value::object::<&str>([]);
                for word in words {
                    let (key, text) = word.split_once('=').ok_or_else(|| {
                        Error::usage(format!("invalid value {word:?} for flag -{}: expected KEY=VALUE", self.path))
                    })?;
                    map.set(key, one(kind, text)?);
                }
                Ok(map)
            }
            (Label::Repeated, kind) => {
                let items: Result<Vec<Value>, Error> = words.iter().map(|word| one(kind, word)).collect();
                // A message may also be given as a list of them.
                let flat = items?.into_iter().flat_map(|item| match item {
                    Value::List(items) => items,
                    item => vec![item],
                });
                Ok(Value::List(flat.collect()))
            }
            (_, kind) => one(kind, words.last().map_or("", |word| word)),
        }
    }
}

/// Sets the value at a dotted path; what is on the way is made.
fn set(value: &mut Value, path: &str, new: Value) {
    match path.split_once('.') {
        None => value.set(path, new),
        Some((name, rest)) => value.change(name, |inner| set(inner, rest, new)),
    }
}
