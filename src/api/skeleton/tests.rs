//! Every message of the CRI, and every shape that a message can have, with random values: as a skeleton, as the
//! document read back from it, and as the request.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::{complete, skeleton};
use crate::api::{Api, load};
use crate::document;
use crate::method::{Deadline, Flags, Flow, Method};
use crate::print;
use crate::schema::{self, Field, Form, Kind, Label, Message, Value};

/// Methods that no server has: one for each message, which is its whole request.
static METHODS: LazyLock<Vec<&'static Method>> = LazyLock::new(|| {
    let releases = ["shapes/shapes.proto", "proto/1.37/api.proto"];
    let loaded = releases.map(|path| load::load(format!("codegen/tests/{path}"), Vec::new()).unwrap());
    let messages = loaded.iter().chain([&Api::BUILT_IN]).flat_map(Api::messages);
    messages.map(|message| &*Box::leak(Box::new(method(message)))).collect()
});

fn method(request: &'static Message) -> Method {
    let (name, service, path, command, doc) = ("Send", "Service", "/Service/Send", "send", "");
    Method {
        service,
        name,
        path,
        command,
        doc,
        flow: Flow::Unary,
        request,
        response: request,
        deadline: Deadline::Timeout,
        flags: Flags::Code,
    }
}

/// Choices for a random message. Fewer and smaller numbers make a smaller message, so that proptest can shrink it.
struct Choices<'a>(std::slice::Iter<'a, u32>);

impl Choices<'_> {
    fn below(&mut self, limit: usize) -> usize {
        self.0.next().map_or(0, |number| *number as usize) % limit
    }

    fn text(&mut self) -> &'static str {
        const TEXTS: [&str; 14] = [
            "",
            "a",
            "yes",
            "5",
            "null",
            "~",
            "1:30",
            "x: y # z",
            "ünï ⚓",
            "\"\\\n\t\u{1}",
            "- a",
            "{}",
            " a ",
            "a\n\n",
        ];
        TEXTS[self.below(TEXTS.len())]
    }

    fn message(&mut self, message: &'static Message, depth: usize) -> Value {
        let mut value = Value::object::<&str>([]);
        for field in message.fields {
            let rival = |other: &Field| field.oneof.is_some() && other.oneof == field.oneof;
            let is_taken = message.fields.iter().any(|other| rival(other) && value.get(other.json).is_some());
            if depth < 6 && !is_taken && self.below(2) == 1 {
                let new = self.field(field, depth);
                value.set(field.json, new);
            }
        }
        value
    }

    fn field(&mut self, field: &'static Field, depth: usize) -> Value {
        match (field.label, field.kind) {
            (Label::Map, Kind::Message(entry)) => {
                let [key, value] = ["key", "value"].map(|name| entry.field(name).unwrap().kind);
                let mut map = Value::object::<&str>([]);
                for _ in 0..self.below(3) {
                    let key = match self.one(key, depth) {
                        Value::String(text) => text,
                        Value::Bool(value) => value.to_string(),
                        Value::Int(number) => number.to_string(),
                        other => panic!("{other:?} is no key"),
                    };
                    map.set(&key, self.one(value, depth));
                }
                map
            }
            (Label::Repeated, kind) => Value::List((0..self.below(3)).map(|_| self.one(kind, depth)).collect()),
            _ => self.one(field.document_kind(), depth),
        }
    }

    fn one(&mut self, kind: Kind, depth: usize) -> Value {
        let pick = |choices: &mut Self, values: [i64; 5]| values[choices.below(5)];
        match kind {
            Kind::Bool => Value::Bool(self.below(2) == 1),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
                Value::Int(pick(self, [0, 1, -1, i32::MIN.into(), i32::MAX.into()]))
            }
            Kind::Uint32 | Kind::Fixed32 => Value::Int(pick(self, [0, 1, 2, 1 << 31, u32::MAX.into()])),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
                Value::from(pick(self, [0, 1, -1, i64::MIN, i64::MAX]).to_string())
            }
            Kind::Uint64 | Kind::Fixed64 => {
                Value::from(["0", "1", "9007199254740993", "18446744073709551615"][self.below(4)])
            }
            Kind::Float => Value::from(["0", "-0", "1.1", "Infinity", "NaN", "3.4028235e38", "1e-45"][self.below(7)]),
            Kind::Double => {
                Value::from(["0", "-0", "0.1", "-Infinity", "NaN", "1e300", "5e-324", "1e21"][self.below(8)])
            }
            Kind::String => Value::from(self.text()),
            Kind::Bytes => Value::from(["", "AA==", "/+8=", "dGV4dA=="][self.below(4)]),
            // A number without a name too.
            Kind::Enum(it) => match self.below(it.values.len() + 1) {
                index if index < it.values.len() => Value::from(it.values[index].0),
                _ => Value::Int(77),
            },
            Kind::Message(inner) => self.message(inner, depth + 1),
        }
    }
}

fn encoded(message: &'static Message, document: &Value) -> Vec<u8> {
    let mut unknown = Vec::new();
    let bytes = schema::encode(message, document, &mut unknown).unwrap();
    assert_eq!(unknown, []);
    bytes
}

/// What is sent of a document: everything that is not at its default.
fn sent(message: &'static Message, document: &Value) -> Vec<u8> {
    let bytes = encoded(message, document);
    encoded(message, &schema::decode_as(message, &bytes, Form::SPARSE).unwrap())
}

/// The document that a skeleton is read back as.
fn read(method: &'static Method, bytes: &[u8], form: &str) -> (String, Value) {
    let text = print::render(&skeleton(method, bytes, form).unwrap(), false).unwrap();
    let values = document::values(text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    (text, values.into_iter().next().unwrap_or_default())
}

fn check(method: &'static Method, choices: &[u32]) {
    let message = method.request;
    let request = sent(message, &Choices(choices.iter()).message(message, 0));
    let json = schema::decode(message, &request).unwrap();
    for form in ["json", "yaml"] {
        let (text, document) = read(method, &request, form);
        let again = sent(message, &document);
        assert_eq!(schema::decode(message, &again).unwrap(), json, "{}\n{text}", message.name);
        assert_eq!(again, request, "{}\n{text}", message.name);
    }
}

#[test]
fn a_skeleton_that_nobody_edits_sends_what_none_does() {
    assert!(METHODS.len() > 250, "{} messages", METHODS.len());
    METHODS.iter().for_each(|method| check(method, &[]));
}

#[test]
fn a_skeleton_names_every_field() {
    for method in METHODS.iter() {
        let (text, _) = read(method, &[], "yaml");
        let document = complete(method.request, &Value::Null);
        for field in method.request.fields {
            let named = |line: &str| line.starts_with(&format!("{}:", field.json));
            assert!(text.lines().any(named), "{}.{}\n{text}", method.request.name, field.name);
            assert!(document.get(field.json).is_some(), "{}.{}", method.request.name, field.name);
        }
    }
}

#[test]
fn what_is_commented_out_is_read_too_once_it_is_not() {
    for method in METHODS.iter() {
        let (mut text, _) = read(method, &[], "yaml");
        // The two lines at the top are a comment for people.
        let is_commented = |line: &str| line.starts_with('#') && !line.starts_with("# ");
        while text.lines().any(is_commented) {
            let lines = text.lines().map(|line| if is_commented(line) { &line[1..] } else { line });
            text = lines.map(|line| format!("{line}\n")).collect();
            let values = document::values(text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"));
            sent(method.request, &values[0]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_skeleton_of_random_values_is_read_back_as_these(choices in prop::collection::vec(any::<u32>(), 0..300)) {
        METHODS.iter().for_each(|method| check(method, &choices));
    }
}
