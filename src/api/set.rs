//! `--set` and `--set-file`: one value at a path of a request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::method::Source;
use crate::schema::{Field, Kind, Label, Message, Unknown, Value};

/// What is at a path.
#[derive(Clone, Copy)]
enum Spot {
    One(Kind),
    List(Kind),
    /// The entry.
    Map(&'static Message),
}

/// Applies `PATH=WORD` to a document whose members have their JSON names. With `from_file` the word is a file name, and
/// the file's content is the value.
///
/// # Errors
/// The path, if it could be parsed, and what is wrong.
pub(crate) fn set(
    message: &'static Message,
    document: &mut Value,
    assignment: &str,
    from_file: bool,
    source: &Source<'_>,
) -> Result<(), (String, String)> {
    let (path, segments, word) = split(assignment).map_err(|reason| {
        // The value may be a secret.
        (assignment.split('=').next().unwrap_or_default().to_owned(), reason)
    })?;
    let value = |spot| if from_file { content(spot, word, source) } else { read(spot, word, source) };
    let walk = Walk { segments: &segments, done: 0, value: &value };
    walk.go(Spot::One(Kind::Message(message)), document).map_err(|reason| (path.to_owned(), reason))
}

struct Walk<'a> {
    segments: &'a [String],
    /// How many segments have been passed.
    done: usize,
    value: &'a dyn Fn(Spot) -> Result<Value, String>,
}

impl Walk<'_> {
    fn go(&self, spot: Spot, value: &mut Value) -> Result<(), String> {
        let Some(segment) = self.segments.get(self.done) else {
            *value = (self.value)(spot)?;
            return Ok(());
        };
        let next = Walk { done: self.done + 1, ..*self };
        match spot {
            Spot::One(Kind::Message(message)) => {
                let field = message.field(segment).ok_or_else(|| self.unknown(message, segment))?;
                leave(message, field, value);
                value.change(field.json, |member| next.go(Spot::of(field), member))
            }
            Spot::One(_) => Err(format!("{} has no fields", self.behind())),
            Spot::List(kind) => next.item(segment, kind, value),
            Spot::Map(entry) => {
                let field = entry.field("value").ok_or("not a map")?;
                value.change(segment, |member| next.go(Spot::One(field.document_kind()), member))
            }
        }
    }

    fn item(&self, index: &str, kind: Kind, value: &mut Value) -> Result<(), String> {
        let mut items = match std::mem::take(value) {
            Value::List(items) => items,
            _ => Vec::new(),
        };
        let index: usize = index.parse().map_err(|_| format!("{index:?} is not an index of a list"))?;
        if index > items.len() {
            return Err(format!("the list has {} items, so the next index is {0}", items.len()));
        }
        if index == items.len() {
            items.push(Value::Null);
        }
        let set = self.go(Spot::One(kind), &mut items[index]);
        *value = Value::List(items);
        set
    }

    fn unknown(&self, message: &'static Message, segment: &str) -> String {
        let path = self.segments[..=self.done].join(".");
        Unknown { path, nearest: message.nearest(segment) }.to_string()
    }

    /// The path so far.
    fn behind(&self) -> String {
        self.segments[..self.done].join(".")
    }
}

impl Spot {
    fn of(field: &Field) -> Self {
        match (field.label, field.document_kind()) {
            (Label::Map, Kind::Message(entry)) => Self::Map(entry),
            (Label::Repeated | Label::Map, kind) => Self::List(kind),
            (Label::Single | Label::Optional, kind) => Self::One(kind),
        }
    }
}

/// Unsets the other members of a field's oneof.
fn leave(message: &Message, field: &Field, value: &mut Value) {
    if let (Some(oneof), Value::Object(members)) = (field.oneof, value) {
        members.retain(|(name, _)| {
            message.field(name).is_none_or(|other| other.oneof != Some(oneof) || other.number == field.number)
        });
    }
}

fn read(spot: Spot, word: &str, source: &Source<'_>) -> Result<Value, String> {
    match spot {
        Spot::One(kind) => source.value(kind, word),
        Spot::List(_) | Spot::Map(_) => (source.document)(word.as_bytes()),
    }
}

fn content(spot: Spot, path: &str, source: &Source<'_>) -> Result<Value, String> {
    let bytes = || (source.file)(path);
    match spot {
        Spot::One(Kind::Bytes) => Ok(Value::from(STANDARD.encode(bytes()?))),
        Spot::One(Kind::String) => {
            let text =
                String::from_utf8(bytes()?).map_err(|_| format!("{path} is not UTF-8, but the field is text"))?;
            Ok(Value::from(text))
        }
        _ => Err("the field is neither text nor bytes".to_owned()),
    }
}

/// The path, its segments, and what follows the `=`. A dot, bracket, backslash or `=` after a backslash is part of a
/// name, and so is everything between brackets.
fn split(assignment: &str) -> Result<(&str, Vec<String>, &str), String> {
    let mut segments = Vec::new();
    let mut segment = String::new();
    let mut chars = assignment.char_indices();
    let mut before = '.';
    while let Some((at, c)) = chars.next() {
        match c {
            // The segment was already ended by a closing bracket.
            '.' | '=' | '[' if before != ']' => {
                // `[` may come at the beginning or after a dot.
                if c != '[' || before != '.' {
                    segments.push(std::mem::take(&mut segment));
                }
            }
            '.' | '=' | '[' => {}
            ']' => return Err("a closing bracket has no opening one".to_owned()),
            _ if before == ']' => return Err("expected a dot, a bracket or = after a bracket".to_owned()),
            '\\' => segment.extend(chars.next().map(|(_, next)| next)),
            c => segment.push(c),
        }
        before = c;
        match c {
            '=' if segments.iter().any(String::is_empty) => return Err("a part of the path is empty".to_owned()),
            '=' => return Ok((&assignment[..at], segments, &assignment[at + 1..])),
            '[' => {
                let (inside, _) =
                    assignment[at + 1..].split_once(']').ok_or("an opening bracket has no closing one")?;
                chars.by_ref().take(inside.chars().count() + 1).for_each(drop);
                segments.push(inside.to_owned());
                before = ']';
            }
            _ => {}
        }
    }
    Err("expected PATH=VALUE".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_dots_brackets_and_backslashes() {
        for (assignment, segments, word) in [
            ("a=x=y", &["a"][..], "x=y"),
            ("a.b_c.0=", &["a", "b_c", "0"], ""),
            ("a[0].b=x", &["a", "0", "b"], "x"),
            ("a[x.y=z][1]=v", &["a", "x.y=z", "1"], "v"),
            (r"labels.app\.kubernetes\.io/name=x", &["labels", "app.kubernetes.io/name"], "x"),
            (r"a.b\=c=x", &["a", "b=c"], "x"),
        ] {
            let (_, found, value) = split(assignment).expect("it is an assignment");
            assert_eq!(
                (found.as_slice(), value),
                (segments.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>().as_slice(), word)
            );
        }
        for wrong in ["", "a", "=x", "a..b=x", ".a=x", "a[0=x", "a[0]b=x", "a[]=x", "a]=x", "a\\"] {
            assert!(split(wrong).is_err(), "{wrong}");
        }
    }
}
