//! A message's fields as flags: `--filter.state.state running` and what it becomes.
//!
//! Flags are made from the tables of the one message that is asked for, so that built-in descriptors and ones that
//! are loaded at run time take the same way. Nothing here knows a message by name.

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::args::parse::boolean;
use crate::error::Error;
use crate::schema::{Field, Kind, Label, Message, Value};

/// Adds a flag for every field of the message, nested ones by dotted path.
pub(crate) fn flags(command: Command, message: &'static Message) -> Command {
    leaves(message).into_iter().fold(command, |command, leaf| command.arg(leaf.arg()))
}

/// The document that the flags make, for [`crate::schema::encode`], whose errors then name the flags by their paths.
///
/// `read` gives the text of a file that is named as `@file`.
///
/// # Errors
/// A map's entry without `=`, a file that can't be read, text that is not JSON.
pub(crate) fn document(message: &'static Message, matches: &ArgMatches, read: &Read<'_>) -> Result<Value, Error> {
    let mut document = Value::object::<&str>([]);
    for leaf in leaves(message) {
        let value = match leaf.is_switch() {
            true => matches.get_one::<bool>(&leaf.path).map(|value| Value::Bool(*value)),
            false => {
                let words = matches.get_many::<String>(&leaf.path);
                words.map(|words| leaf.value(&words.collect::<Vec<_>>(), read)).transpose()?
            }
        };
        if let Some(value) = value {
            set(&mut document, &leaf.path, value);
        }
    }
    Ok(document)
}

/// Reads a file that a flag names.
pub(crate) type Read<'a> = dyn Fn(&str) -> Result<String, Error> + 'a;

/// A field that has a flag of its own.
struct Leaf {
    /// `filter.state.state`.
    path: String,
    field: &'static Field,
    /// Other flags that are members of the same oneof.
    rivals: Vec<String>,
}

/// The fields of a message, those of message fields in their place. A message that is within itself, one of a list
/// or of a oneof is a flag of its own, which takes JSON.
fn leaves(message: &'static Message) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    collect(message, "", &mut vec![message.name], &mut leaves);
    leaves
}

fn collect(message: &'static Message, prefix: &str, within: &mut Vec<&'static str>, leaves: &mut Vec<Leaf>) {
    for field in message.fields {
        let path = format!("{prefix}{}", field.name);
        match (field.kind, field.label, field.oneof) {
            (Kind::Message(inner), Label::Single | Label::Optional, None) if !within.contains(&inner.name) => {
                within.push(inner.name);
                collect(inner, &format!("{path}."), within, leaves);
                within.pop();
            }
            _ => {
                let rival =
                    |other: &&Field| field.oneof.is_some() && other.oneof == field.oneof && other.name != field.name;
                let rivals =
                    message.fields.iter().filter(rival).map(|other| format!("{prefix}{}", other.name)).collect();
                leaves.push(Leaf { path, field, rivals });
            }
        }
    }
}

impl Leaf {
    fn arg(&self) -> Arg {
        let action = match self.field.label {
            Label::Repeated | Label::Map => ArgAction::Append,
            Label::Single | Label::Optional => ArgAction::Set,
        };
        let arg = Arg::new(self.path.clone());
        let arg = if self.is_switch() { arg.value_parser(boolean) } else { arg };
        // The proto's own spelling serves too, where it is another one.
        let long = self.path.replace('_', "-");
        let arg = arg.aliases((long != self.path).then(|| self.path.clone()));
        arg.long(long).value_name(self.value_name()).action(action).help(self.help()).conflicts_with_all(&self.rivals)
    }

    /// One bool: `--verbose` alone means true.
    fn is_switch(&self) -> bool {
        matches!((self.field.label, self.field.kind), (Label::Single | Label::Optional, Kind::Bool))
    }

    fn value_name(&self) -> &'static str {
        match (self.field.label, self.field.kind) {
            (Label::Map, _) => "KEY=VALUE",
            (_, Kind::Message(_)) => "JSON|@FILE",
            (_, Kind::Bool) => "BOOL",
            (_, Kind::String) => "TEXT",
            (_, Kind::Bytes) => "BASE64",
            (_, Kind::Enum(_)) => "NAME",
            (_, Kind::Float | Kind::Double) => "NUMBER",
            _ => "INTEGER",
        }
    }

    /// The prose, what the values are, and that the flag may be repeated.
    fn help(&self) -> String {
        let values = match self.field.kind {
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
    fn value(&self, words: &[&String], read: &Read<'_>) -> Result<Value, Error> {
        match (self.field.label, self.field.kind) {
            (Label::Map, Kind::Message(entry)) => self.map(entry, words, read),
            (Label::Repeated, Kind::Message(_)) => {
                let items: Result<Vec<Value>, Error> = words.iter().map(|word| self.json(word, read)).collect();
                let flat = items?.into_iter().flat_map(|item| match item {
                    Value::List(items) => items,
                    item => vec![item],
                });
                Ok(Value::List(flat.collect()))
            }
            (Label::Repeated, _) => Ok(Value::List(words.iter().map(|word| Value::from(word.as_str())).collect())),
            (_, Kind::Message(_)) => self.json(words.last().map_or("", |word| word), read),
            _ => Ok(Value::from(words.last().map_or("", |word| word))),
        }
    }

    fn map(&self, entry: &'static Message, words: &[&String], read: &Read<'_>) -> Result<Value, Error> {
        let nested = matches!(entry.field("value").map(|value| value.kind), Some(Kind::Message(_)));
        let mut map = Value::object::<&str>([]);
        for word in words {
            let (key, text) = word.split_once('=').ok_or_else(|| {
                Error::usage(format!("invalid value {word:?} for flag -{}: expected KEY=VALUE", self.path))
            })?;
            map.set(key, if nested { self.json(text, read)? } else { Value::from(text) });
        }
        Ok(map)
    }

    /// A document given as text, or as `@file`.
    fn json(&self, word: &str, read: &Read<'_>) -> Result<Value, Error> {
        let text = match word.strip_prefix('@') {
            Some(path) => read(path)?,
            None => word.to_owned(),
        };
        let wrong = |error| Error::usage(format!("invalid value {word:?} for flag -{}: not JSON: {error}", self.path));
        serde_yaml::from_str(&text).map_err(wrong)
    }
}

/// Sets the value at a dotted path; what is on the way is made.
fn set(value: &mut Value, path: &str, new: Value) {
    match path.split_once('.') {
        None => value.set(path, new),
        Some((name, rest)) => {
            let mut inner = value.get(name).cloned().unwrap_or_default();
            set(&mut inner, rest, new);
            value.set(name, inner);
        }
    }
}
