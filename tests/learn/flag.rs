//! Every flag that a proto makes, against what prost-reflect says that it should send.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Value, json};

use crate::learn::{NEXT, SHAPES, pool};
use crate::support::raw::mirror::Mirror;

#[test]
fn every_flag_of_every_shape_sends_its_field_and_nothing_else() {
    assert!(each_flag(SHAPES, &["echo", "watch", "move", "list-everything-that-has-a-very-long-name"]) > 80);
}

#[test]
fn every_flag_of_the_next_release_sends_its_field_and_nothing_else() {
    assert!(each_flag(NEXT, &["checkpoint-pod", "restore-pod"]) > 10);
}

/// Calls each method with one flag after another, and counts the flags.
fn each_flag(proto: &str, commands: &[&str]) -> usize {
    let server = Mirror::answering(|_, _| Some(Vec::new()));
    let pool = pool(proto);
    let methods: Vec<_> = pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()).collect();
    let mut count = 0;
    for command in commands {
        let (path, _) = server.call(["rpc", "--proto", proto, command]);
        let name = path.rsplit('/').next().unwrap();
        let request = methods.iter().find(|method| method.name() == name).unwrap().input();
        let mut flags = Vec::new();
        collect(&request, "", &mut vec![request.clone()], &mut flags);
        for (flag, word, document) in flags {
            let flag = format!("--{}={word}", flag.replace('_', "-"));
            let (_, bytes) = server.call(["rpc", "--proto", proto, command, &flag]);
            let sent = DynamicMessage::decode(request.clone(), bytes.as_slice()).unwrap();
            let expected = DynamicMessage::deserialize(request.clone(), &document).unwrap();
            let [sent_json, expected] = [&sent, &expected].map(|message| serde_json::to_value(message).unwrap());
            assert_eq!(sent_json, expected, "{command} {flag}");
            assert!(sent.fields().count() == 1, "{command} {flag}");
            count += 1;
        }
    }
    count
}

/// A flag, a word for it, and the document that is sent then.
type Flag = (String, String, Value);

fn collect(message: &MessageDescriptor, prefix: &str, within: &mut Vec<MessageDescriptor>, flags: &mut Vec<Flag>) {
    for field in message.fields() {
        let path = format!("{prefix}{}", field.name());
        let is_alone = !field.is_list() && !field.is_map();
        let is_member = field.containing_oneof().is_some_and(|oneof| !oneof.is_synthetic());
        match field.kind() {
            Kind::Message(inner) if is_alone && !is_member && inner.fields().len() > 0 && !within.contains(&inner) => {
                within.push(inner.clone());
                collect(&inner, &format!("{path}."), within, flags);
                within.pop();
            }
            _ => {
                let (word, value) = sample(&field);
                let document = path.rsplit('.').fold(value, |value, name| json!({ name: value }));
                flags.push((path, word, document));
            }
        }
    }
}

/// A word for a field, and the field's value then.
fn sample(field: &FieldDescriptor) -> (String, Value) {
    match field.kind() {
        Kind::Message(entry) if field.is_map() => {
            // A key ends at the first equals sign.
            let key = match entry.map_entry_key_field().kind() {
                Kind::String => "k.1".to_owned(),
                kind => one(&kind).0,
            };
            let (word, value) = one(&entry.map_entry_value_field().kind());
            (format!("{key}={word}"), json!({ key: value }))
        }
        kind if field.is_list() => {
            let (word, value) = one(&kind);
            (word, json!([value]))
        }
        kind => one(&kind),
    }
}

fn one(kind: &Kind) -> (String, Value) {
    let (word, value) = match kind {
        Kind::Bool => ("true", json!(true)),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 | Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => ("-7", json!(-7)),
        Kind::Uint32 | Kind::Fixed32 | Kind::Uint64 | Kind::Fixed64 => ("7", json!(7)),
        Kind::Float | Kind::Double => ("1.5", json!(1.5)),
        Kind::String => ("a=b, c", json!("a=b, c")),
        Kind::Bytes => ("text:hi", json!("aGk=")),
        Kind::Enum(it) => {
            let name = it.values().last().map(|value| value.name().to_owned()).unwrap();
            return (name.to_lowercase().replace('_', "-"), json!(name));
        }
        Kind::Message(_) => ("{}", json!({})),
    };
    (word.to_owned(), value)
}
