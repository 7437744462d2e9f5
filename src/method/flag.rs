//! The flag of a field: `--filter.state.state container-running`. The generator's lowering decides its name and its
//! values; here it becomes a flag of clap's.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, TypedValueParser, ValueParser};
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, ArgAction, Command, value_parser};

use super::Given;
use crate::schema::{self, Kind, Label};

/// The command of a method that is not in the generated code.
#[derive(Debug)]
pub struct Table {
    /// The first line of the command's help.
    pub about: &'static str,
    /// The names of a call's own flags that a field also has.
    pub yields: Vec<&'static str>,
    /// A flag for each field of the request.
    pub flags: Vec<Flag>,
}

/// The flag of a field, as data.
#[derive(Debug)]
pub struct Flag {
    /// The field's path in the request, `filter.label_selector`.
    pub path: &'static str,
    /// Its name on the command line, `filter.label-selector`.
    pub long: &'static str,
    /// Other spellings of the name.
    pub aliases: Vec<&'static str>,
    /// How often it may be given.
    pub label: Label,
    /// The kind of a map's keys.
    pub key: Option<Kind>,
    /// The kind of one value in a document; for a map, the kind of a key's value.
    pub kind: Kind,
    /// The placeholder for a value in the help.
    pub value_name: &'static str,
    /// The paths of the other members of its oneof.
    pub rivals: Vec<&'static str>,
    /// Its value is a secret, or contains one.
    pub secret: bool,
    /// The field is a bool, which needs no value.
    pub switch: bool,
    /// What the help says about it.
    pub help: &'static str,
}

impl Table {
    /// As the generated `command`.
    pub fn command(&self, name: &'static str, request: &str, call: Command) -> Command {
        let call = self.yields.iter().fold(call, |call, name| yields(call, name));
        let command = call.name(name).about(self.about).next_help_heading(format!("Fields of {request}"));
        self.flags.iter().fold(command, |command, flag| command.arg(flag.arg()))
    }

    /// As the generated `request`.
    ///
    /// # Errors
    /// A flag has an invalid value; the error names the flag.
    pub fn request(&self, given: &mut Given<'_>) -> Result<(), String> {
        self.flags.iter().try_for_each(|flag| match flag.label {
            _ if flag.switch => given.switch(flag.path),
            Label::Map => given.map(flag.path),
            Label::Repeated => given.list(flag.path),
            Label::Single | Label::Optional => given.one(flag.path),
        })
    }
}

impl Flag {
    fn arg(&self) -> Arg {
        let Self { path, long, kind, value_name, help, .. } = *self;
        let typed = Typed { key: self.key, kind, secret: self.secret };
        let arg = match self.label {
            _ if self.switch => switch(path, long, value_name, help),
            Label::Repeated | Label::Map => arg(path, long, value_name, help, typed).action(ArgAction::Append),
            Label::Single | Label::Optional => arg(path, long, value_name, help, typed),
        };
        let aliases = self.aliases.iter().filter(|alias| **alias != path).copied();
        arg.aliases(aliases).conflicts_with_all(self.rivals.iter().map(|rival| id(rival)))
    }
}

/// The flag of a field that has one value.
pub fn one(path: &'static str, long: &'static str, kind: Kind, value_name: &'static str, help: &'static str) -> Arg {
    arg(path, long, value_name, help, Typed { key: None, kind, secret: false })
}

/// The flag of a list, which may be repeated.
pub fn list(path: &'static str, long: &'static str, kind: Kind, value_name: &'static str, help: &'static str) -> Arg {
    one(path, long, kind, value_name, help).action(ArgAction::Append)
}

/// The flag of a map, which may be repeated.
pub fn map(
    path: &'static str,
    long: &'static str,
    key: Kind,
    kind: Kind,
    value_name: &'static str,
    help: &'static str,
) -> Arg {
    let typed = Typed { key: Some(key), kind, secret: false };
    arg(path, long, value_name, help, typed).action(ArgAction::Append)
}

/// The flag of a bool: alone it means true.
pub fn switch(path: &'static str, long: &'static str, value_name: &'static str, help: &'static str) -> Arg {
    named(path, long, value_name, help).value_parser(value_parser!(bool))
}

/// Flags whose values are never shown in errors.
pub mod secret {
    use super::{Arg, ArgAction, Kind, Typed, arg};

    /// As [`super::one`].
    pub fn one(path: &'static str, long: &'static str, kind: Kind, value: &'static str, help: &'static str) -> Arg {
        arg(path, long, value, help, Typed { key: None, kind, secret: true })
    }

    /// As [`super::list`].
    pub fn list(path: &'static str, long: &'static str, kind: Kind, value: &'static str, help: &'static str) -> Arg {
        one(path, long, kind, value, help).action(ArgAction::Append)
    }

    /// As [`super::map`].
    pub fn map(
        path: &'static str,
        long: &'static str,
        key: Kind,
        kind: Kind,
        value: &'static str,
        help: &'static str,
    ) -> Arg {
        arg(path, long, value, help, Typed { key: Some(key), kind, secret: true }).action(ArgAction::Append)
    }
}

/// clap's id of the flag: the flags of a call may have the same names.
pub fn id(path: &str) -> String {
    format!("field {path}")
}

fn named(path: &'static str, long: &'static str, value_name: &'static str, help: &'static str) -> Arg {
    // The proto's own spelling is accepted too, if it differs.
    let alias = (path != long && path != "help").then_some(path);
    let arg = Arg::new(id(path)).long(long).aliases(alias).value_name(value_name).help(help);
    // The help shows only as many as there is room for.
    arg.hide_possible_values(true)
}

fn arg(path: &'static str, long: &'static str, value_name: &'static str, help: &'static str, typed: Typed) -> Arg {
    named(path, long, value_name, help).value_parser(ValueParser::new(typed))
}

/// Gives a name of a call's own flags to a field: the call's flag is then `--call-NAME`, and has no short form.
pub fn yields(call: Command, name: &str) -> Command {
    call.mut_args(|arg| match (arg.get_long(), arg.get_short()) {
        (Some(long), _) if long == name => arg.long(format!("call-{name}")),
        (_, Some(short)) if name.chars().eq([short]) => arg.short(None),
        _ => arg,
    })
}

/// Checks that a word is valid for its kind.
#[derive(Clone, Copy)]
struct Typed {
    key: Option<Kind>,
    kind: Kind,
    secret: bool,
}

/// A word that is valid for its kind, or that leads to a value through a file or a document.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) key: Option<String>,
    pub(super) text: String,
    pub(super) kind: Kind,
    pub(super) secret: bool,
}

impl Typed {
    fn word(self, text: &str) -> Result<Word, String> {
        let Self { kind, secret, .. } = self;
        let (key, text) = match self.key {
            None => (None, text),
            Some(key) => {
                let (name, text) = text.split_once('=').ok_or("expected KEY=VALUE")?;
                schema::check(key, name).map_err(|reason| format!("the key: {reason}"))?;
                (Some(name.to_owned()), text)
            }
        };
        match kind {
            // These are documents and files, which are checked when the flag is read.
            Kind::Message(_) => {}
            Kind::Bytes if text.starts_with('@') || text.starts_with("text:") => {}
            Kind::Bytes => schema::check(kind, text.strip_prefix("base64:").unwrap_or(text))?,
            kind => schema::check(kind, text)?,
        }
        Ok(Word { key, text: text.to_owned(), kind, secret })
    }
}

impl TypedValueParser for Typed {
    type Value = Word;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<Word, clap::Error> {
        let typed = *self;
        let word = (move |text: &str| typed.word(text)).parse_ref(command, arg, value);
        word.map_err(|mut error| {
            if typed.secret {
                error.insert(ContextKind::InvalidValue, ContextValue::String("***".to_owned()));
            }
            error
        })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        match (self.kind, self.key) {
            (Kind::Enum(it), None) => Some(Box::new(it.values.iter().map(|(name, _)| PossibleValue::new(*name)))),
            _ => None,
        }
    }
}
