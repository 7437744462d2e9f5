//! Protobuf's rules on how a field may change while peers of both releases still understand each other.

use crate::model::{Kind, Label};

/// A field's form on the wire. Types have their names from the proto.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) label: Label,
    /// For a map, the kind of its values.
    pub(super) kind: Kind,
    /// The kind of a map's keys.
    pub(super) key: Option<Kind>,
    pub(super) oneof: Option<String>,
}

/// The encoding of one value. Kinds with the same encoding can read each other's values, if not always as the same
/// number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Varint,
    Zigzag,
    Fixed32,
    Fixed64,
    Float,
    Double,
    Text,
    Bytes,
    Message,
}

impl Shape {
    /// The name of its message or enum type.
    pub(super) fn declared(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(_) => None,
            Kind::Enum(name) | Kind::Message(name) => Some(name),
        }
    }

    /// In proto notation: `repeated string`.
    pub(super) fn text(&self) -> String {
        let kind = word(&self.kind);
        let text = match (self.label, &self.key) {
            (_, Some(key)) => format!("map<{}, {kind}>", word(key)),
            (Label::Repeated, _) => format!("repeated {kind}"),
            (Label::Optional, _) if self.oneof.is_none() => format!("optional {kind}"),
            _ => kind,
        };
        self.oneof.iter().fold(text, |text, oneof| format!("{text} of oneof {oneof}"))
    }
}

/// Why peers misread a field that has changed like this.
pub(super) fn misread(old: &Shape, new: &Shape) -> Option<&'static str> {
    match (&old.key, &new.key) {
        (Some(from), Some(to)) => return incompatible(from, to).or_else(|| incompatible(&old.kind, &new.kind)),
        (None, None) => {}
        _ => return Some("no other type is written like a map"),
    }
    let list = |shape: &Shape| shape.label == Label::Repeated;
    // Lists of numbers are packed; for all other kinds, a single value is a list of one.
    let delimited = matches!(encoding(&old.kind), Encoding::Text | Encoding::Bytes | Encoding::Message);
    let relabelled = list(old) != list(new) && !delimited;
    let repacked = relabelled.then_some("a packed list and a single number don't read as each other");
    incompatible(&old.kind, &new.kind).or(repacked)
}

fn incompatible(old: &Kind, new: &Kind) -> Option<&'static str> {
    match (encoding(old), encoding(new)) {
        (Encoding::Message, Encoding::Message) if old != new => Some("another message under the same number"),
        (from, to) if from == to => None,
        (Encoding::Text | Encoding::Message, Encoding::Bytes) => None,
        (Encoding::Bytes, Encoding::Text | Encoding::Message) => None,
        _ => Some("neither release reads the other's values"),
    }
}

/// What to know about a field that can still be read.
pub(super) fn caveat(old: &Shape, new: &Shape) -> &'static str {
    let (from, to) = (encoding(&old.kind), encoding(&new.kind));
    match (from, to) {
        _ if old.label == Label::Repeated && new.label != Label::Repeated => {
            "if there are several values, the last one is read"
        }
        (Encoding::Text, Encoding::Bytes) => "answers may not be UTF-8",
        (Encoding::Bytes, Encoding::Text) => "text that is not UTF-8 is refused",
        (Encoding::Varint | Encoding::Zigzag | Encoding::Fixed32 | Encoding::Fixed64, _) if old.kind != new.kind => {
            "a number out of range is read as another number"
        }
        _ => "",
    }
}

fn encoding(kind: &Kind) -> Encoding {
    match kind {
        Kind::Scalar("Sint32" | "Sint64") => Encoding::Zigzag,
        Kind::Scalar("Fixed32" | "Sfixed32") => Encoding::Fixed32,
        Kind::Scalar("Fixed64" | "Sfixed64") => Encoding::Fixed64,
        Kind::Scalar("Float") => Encoding::Float,
        Kind::Scalar("Double") => Encoding::Double,
        Kind::Scalar("String") => Encoding::Text,
        Kind::Scalar("Bytes") => Encoding::Bytes,
        Kind::Scalar(_) | Kind::Enum(_) => Encoding::Varint,
        Kind::Message(_) => Encoding::Message,
    }
}

fn word(kind: &Kind) -> String {
    match kind {
        Kind::Scalar(name) => name.to_lowercase(),
        Kind::Enum(name) | Kind::Message(name) => name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn single(kind: &'static str) -> Shape {
        Shape { label: Label::Single, kind: Kind::Scalar(kind), key: None, oneof: None }
    }

    fn breaks(from: &str, to: &str) -> bool {
        misread(&shape(from), &shape(to)).is_some()
    }

    /// `repeated Int32`, `{Empty}` for a message, `<State>` for an enum.
    fn shape(text: &str) -> Shape {
        let (label, name) = match text.split_once(' ') {
            Some(("optional", name)) => (Label::Optional, name),
            Some((_, name)) => (Label::Repeated, name),
            None => (Label::Single, text),
        };
        let kind = match name.as_bytes() {
            [b'{', ..] => Kind::Message(name.to_owned()),
            [b'<', ..] => Kind::Enum(name.to_owned()),
            _ => Kind::Scalar(name.to_owned().leak()),
        };
        Shape { label, kind, ..single("Bool") }
    }

    #[test]
    fn kinds_of_one_encoding_read_each_other_and_no_others_do() {
        let groups: [&[&str]; 6] = [
            &["Int32", "Uint32", "Int64", "Uint64", "Bool", "<State>", "<Other>"],
            &["Sint32", "Sint64"],
            &["Fixed32", "Sfixed32"],
            &["Fixed64", "Sfixed64"],
            &["Float"],
            &["Double"],
        ];
        for (at, from) in groups.iter().enumerate().flat_map(|(at, group)| group.iter().map(move |it| (at, it))) {
            for (place, to) in groups.iter().enumerate().flat_map(|(at, group)| group.iter().map(move |it| (at, it))) {
                assert_eq!(breaks(from, to), at != place, "{from} -> {to}");
            }
            assert!(breaks(from, "String") && breaks("{Empty}", from), "{from}");
        }
    }

    #[test]
    fn bytes_read_text_and_messages_which_do_not_read_each_other() {
        assert!(!breaks("String", "Bytes") && !breaks("Bytes", "String"));
        assert!(!breaks("{Empty}", "Bytes") && !breaks("Bytes", "{Empty}"));
        assert!(breaks("String", "{Empty}") && breaks("{Empty}", "String"));
        assert!(breaks("{Empty}", "{Other}"));
    }

    #[test]
    fn a_list_and_a_single_one_read_each_other_unless_they_are_numbers() {
        for name in ["String", "Bytes", "{Empty}"] {
            let list = format!("repeated {name}");
            assert!(!breaks(name, &list) && !breaks(&list, name), "{name}");
        }
        for name in ["Int32", "Bool", "<State>", "Double"] {
            let list = format!("repeated {name}");
            assert!(breaks(name, &list) && breaks(&list, name), "{name}");
            assert!(!breaks(name, &format!("optional {name}")), "{name}");
        }
    }

    #[test]
    fn a_map_is_read_by_its_keys_and_its_values() {
        let map = |key, kind| Shape { label: Label::Map, key: Some(Kind::Scalar(key)), ..single(kind) };
        assert_eq!(misread(&map("Int32", "String"), &map("Uint64", "Bytes")), None);
        assert!(misread(&map("Int32", "String"), &map("String", "String")).is_some());
        assert!(misread(&map("Int32", "String"), &map("Int32", "Double")).is_some());
        assert!(misread(&map("Int32", "String"), &shape("repeated {Entry}")).is_some());
        assert_eq!(map("Int32", "String").text(), "map<int32, string>");
    }
}
