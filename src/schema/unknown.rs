//! A member of a document that no table knows, and the field that was probably meant.

use std::fmt;

use super::{Enum, Message};

/// A member that the table of its message does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// Where it stands, from the root of the document: `linux.resource.cpu_quota`.
    pub path: String,
    /// The field with the nearest name, if it is near enough to be meant.
    pub nearest: Option<&'static str>,
}

impl fmt::Display for Unknown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "unknown field {}", self.path)?;
        match self.nearest {
            Some(name) => write!(formatter, ", did you mean {name}?"),
            None => Ok(()),
        }
    }
}

/// Longer names are not typing errors, and comparing them would take time.
const LONGEST: usize = 64;

impl Message {
    /// The field whose name is nearest to an unknown one.
    pub fn nearest(&self, name: &str) -> Option<&'static str> {
        nearest(name, self.fields.iter().map(|field| field.name))
    }
}

impl Enum {
    /// The name nearest to an unknown one, with or without the prefix that all names share.
    pub fn nearest(&self, name: &str) -> Option<&'static str> {
        let all = || self.values.iter().map(|(name, _)| *name);
        let short = nearest(name, all().map(|name| &name[self.prefix()..]));
        let short = short.and_then(|short| all().find(|name| name[self.prefix()..] == *short));
        nearest(name, all()).or(short)
    }
}

/// The name nearest to an unknown one, if it differs in at most a third of its letters.
pub fn nearest(name: &str, names: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let wanted = letters(name);
    if wanted.len() > LONGEST {
        return None;
    }
    let candidates = names.map(|name| (distance(&wanted, &letters(name)), name));
    let (distance, name) = candidates.min_by_key(|(distance, _)| *distance)?;
    (distance <= (wanted.len() / 3).max(1)).then_some(name)
}

/// A name without the differences that don't matter: case and underscores.
fn letters(name: &str) -> Vec<char> {
    name.chars().filter(|c| *c != '_' && *c != '-').flat_map(char::to_lowercase).collect()
}

/// The Levenshtein distance: how many letters have to be added, removed or changed.
fn distance(from: &[char], to: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, a) in from.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (column, b) in to.iter().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::super::{Field, Fields, Kind, Label, Message};

    const fn field(name: &'static str) -> Field {
        let (label, kind) = (Label::Single, Kind::String);
        Field { name, json: name, number: 1, label, kind, oneof: None, redact: false, text: false, doc: "" }
    }

    static POD: Message = Message {
        name: "Pod",
        doc: "",
        fields: Fields::Known(&[
            field("hostname"),
            field("log_directory"),
            field("dns_config"),
            field("port_mappings"),
            field("envs"),
        ]),
    };

    #[test]
    fn a_typing_error_finds_its_field() {
        let cases = [
            ("log_directry", Some("log_directory")),
            ("port_mapping", Some("port_mappings")),
            ("hostName2", Some("hostname")),
            ("env", Some("envs")),
            ("dns", None),
            ("environment", None),
        ];
        for (typed, meant) in cases {
            assert_eq!(POD.nearest(typed), meant, "{typed}");
        }
        assert_eq!(POD.nearest(&"a".repeat(10_000)), None);
    }
}
