//! The CRI as `crictl rpc` sees it: methods, requests and answers. Nothing here knows a method by name: commands, flags
//! and output come from the tables.

pub(crate) mod answer;
pub(crate) mod call;
pub(crate) mod describe;
mod dry_run;
mod exchange;
mod flag;
mod format;
pub(crate) mod list;
pub(crate) mod load;
pub(crate) mod probe;
mod report;
pub(crate) mod request;
mod set;
pub(crate) mod skeleton;
mod terms;

use std::path::PathBuf;

use clap::Command;

use crate::args::go::{self, Outcome, Parsed, Rules};
use crate::error::Error;
use crate::generated::methods::METHODS;
use crate::method::Method;
use crate::schema::{Enum, Kind, Label, Message};
use crate::tables::{self, Made};

/// The methods that can be called, and everything that they send and receive.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    /// In the order of the proto, service by service.
    pub(crate) methods: &'static [&'static Method],
    /// Where it is from.
    pub(crate) origin: Origin,
}

/// Where an API is from.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// The CRI that this program was built from.
    BuiltIn,
    /// containerd's own.
    Containerd(Made),
    /// A file, and the folders of what it imports.
    File(String, Vec<PathBuf>),
}

impl Api {
    /// The CRI that this program was built from.
    pub(crate) const BUILT_IN: Self = Self { methods: METHODS, origin: Origin::BuiltIn };

    /// The API of containerd that this program knows.
    ///
    /// # Errors
    /// It can't be read, which no program is built with.
    pub(crate) fn containerd() -> Result<Self, Error> {
        let made = tables::containerd().map_err(Error::failure)?;
        Ok(Self { methods: made.methods, origin: Origin::Containerd(made) })
    }

    /// The method with this name, spelled as in the proto or as on the command line.
    pub(crate) fn method(&self, name: &str) -> Option<&'static Method> {
        // `tasks list` is one of containerd's too where it is clear that containerd is meant.
        let is_tail = |method: &Method| name.contains(' ') && method.command.ends_with(&format!(" {name}"));
        let is_called = |method: &&Method| method.command == name || method.name == name || is_tail(method);
        self.methods.iter().copied().find(is_called)
    }

    /// The method whose name these words begin with, and the words after it.
    pub(crate) fn find<'a>(&self, words: &'a [String]) -> Option<(&'static Method, &'a [String])> {
        let counts = 1..=words.len().min(2);
        let mut found = counts.filter_map(|count| Some((self.method(&words[..count].join(" "))?, &words[count..])));
        found.next()
    }

    /// The methods of one service, where they are called after it.
    pub(crate) fn service(&self, name: &str) -> Option<Self> {
        let is_of_it = |method: &&&Method| method.command.rsplit(' ').nth(1) == Some(name);
        let first = self.methods.iter().position(|method| is_of_it(&method))?;
        let methods = &self.methods[first..];
        let count = methods.iter().take_while(|method| is_of_it(method)).count();
        Some(Self { methods: &methods[..count], origin: self.origin.clone() })
    }

    /// Every message that a method sends or receives, and every message nested in these, without map entries.
    pub(crate) fn messages(&self) -> Vec<&'static Message> {
        fn reach(message: &'static Message, label: Label, reached: &mut Vec<(&'static Message, Label)>) {
            if reached.iter().any(|(known, _)| known.name == message.name) {
                return;
            }
            reached.push((message, label));
            for field in message.fields {
                if let Kind::Message(inner) = field.kind {
                    reach(inner, field.label, reached);
                }
            }
        }
        let mut reached = Vec::new();
        for message in self.methods.iter().flat_map(|method| [method.request, method.response]) {
            reach(message, Label::Single, &mut reached);
        }
        reached.into_iter().filter(|(_, label)| *label != Label::Map).map(|(message, _)| message).collect()
    }

    /// Every enum in these messages.
    pub(crate) fn enums(&self) -> Vec<&'static Enum> {
        let mut enums: Vec<&'static Enum> = Vec::new();
        for field in self.messages().into_iter().flat_map(|message| message.fields) {
            let kind = field.value_kind();
            match kind {
                Kind::Enum(it) if !enums.iter().any(|known| known.name == it.name) => enums.push(it),
                _ => {}
            }
        }
        enums
    }
}

/// Reads the arguments that follow one of the commands made here.
pub(crate) fn parse(command: Command, words: &[String]) -> Result<Parsed, Error> {
    let rules = Rules { grouping: false, interspersed: true, whole_lists: true, variables: &[] };
    match go::parse(command, words, &rules, &|_| None).map_err(|error| Error::usage(error.0))? {
        Outcome::Help => Err(Error::help()),
        Outcome::Run(parsed) => Ok(parsed),
    }
}
