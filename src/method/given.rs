//! Makes the document of a request from the flags of a method's fields.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::ArgMatches;

use super::flag::{Word, id};
use crate::schema::{Kind, Value};

/// The given flags, and the document that they have made so far. Errors of [`encode`](crate::schema::encode) then name
/// the flags by their paths.
pub struct Given<'a> {
    matches: &'a ArgMatches,
    source: &'a Source<'a>,
    document: Value,
}

/// What a flag's word may refer to.
pub struct Source<'a> {
    /// The content of a file.
    pub file: &'a dyn Fn(&str) -> Result<Vec<u8>, String>,
    /// The value of a document, JSON or YAML.
    pub document: &'a dyn Fn(&[u8]) -> Result<Value, String>,
}

impl Source<'_> {
    /// One value of a kind, from its word. Scalars stay text; the encoder knows more about them.
    ///
    /// # Errors
    /// In words: a file can't be read, or a text is not a document.
    pub fn value(&self, kind: Kind, word: &str) -> Result<Value, String> {
        match (kind, word.strip_prefix('@')) {
            (Kind::Message(_), Some(path)) => (self.document)(&(self.file)(path)?),
            (Kind::Message(_), None) => (self.document)(word.as_bytes()).map_err(|error| format!("not JSON: {error}")),
            (Kind::Bytes, Some(path)) => Ok(Value::from(STANDARD.encode((self.file)(path)?))),
            (Kind::Bytes, None) => Ok(match word.strip_prefix("text:") {
                Some(text) => Value::from(STANDARD.encode(text)),
                None => Value::from(word.strip_prefix("base64:").unwrap_or(word)),
            }),
            _ => Ok(Value::from(word)),
        }
    }
}

impl<'a> Given<'a> {
    /// The given flags, none of them read yet.
    pub fn new(matches: &'a ArgMatches, source: &'a Source<'a>) -> Self {
        Self { matches, source, document: Value::object::<&str>([]) }
    }

    /// The document made by the flags that were read.
    pub fn document(self) -> Value {
        self.document
    }

    /// Reads the flag of a bool.
    ///
    /// # Errors
    /// None; the other readers have errors.
    pub fn switch(&mut self, path: &str) -> Result<(), String> {
        if let Some(value) = self.matches.get_one::<bool>(&id(path)) {
            set(&mut self.document, path, Value::Bool(*value));
        }
        Ok(())
    }

    /// Reads the flag of a field that has one value.
    ///
    /// # Errors
    /// The word leads to no value; the error names the flag.
    pub fn one(&mut self, path: &str) -> Result<(), String> {
        match self.matches.get_one::<Word>(&id(path)) {
            Some(word) => self.value(path, word).map(|value| set(&mut self.document, path, value)),
            None => Ok(()),
        }
    }

    /// Reads the flag of a list. For messages, a word may also be a whole list.
    ///
    /// # Errors
    /// As [`Given::one`].
    pub fn list(&mut self, path: &str) -> Result<(), String> {
        let Some(words) = self.matches.get_many::<Word>(&id(path)) else { return Ok(()) };
        let mut items = Vec::new();
        for word in words {
            match self.value(path, word)? {
                Value::List(several) => items.extend(several),
                item => items.push(item),
            }
        }
        set(&mut self.document, path, Value::List(items));
        Ok(())
    }

    /// Reads the flag of a map.
    ///
    /// # Errors
    /// As [`Given::one`].
    pub fn map(&mut self, path: &str) -> Result<(), String> {
        let Some(words) = self.matches.get_many::<Word>(&id(path)) else { return Ok(()) };
        let mut map = Value::object::<&str>([]);
        for word in words {
            map.set(word.key.as_deref().unwrap_or_default(), self.value(path, word)?);
        }
        set(&mut self.document, path, map);
        Ok(())
    }

    fn value(&self, path: &str, word: &Word) -> Result<Value, String> {
        let shown = if word.secret { "***" } else { &word.text };
        let wrong = |reason| format!("invalid value {shown:?} for flag -{path}: {reason}");
        self.source.value(word.kind, &word.text).map_err(wrong)
    }
}

/// Sets the value at a dotted path; missing objects on the way are made.
fn set(value: &mut Value, path: &str, new: Value) {
    match path.split_once('.') {
        None => value.set(path, new),
        Some((name, rest)) => value.change(name, |inner| set(inner, rest, new)),
    }
}
