//! Every flag of every method, against what prost-reflect says that it should send: a word that is right, each name of
//! an enum, and a word that is wrong, which is refused by the flag's name before anything is sent.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Value, json};

use crate::learn::{NEXT, SHAPES, pool};
use crate::support::raw::mirror::Mirror;

#[test]
fn every_flag_of_every_method_sends_its_field_and_nothing_else() {
    let proto = concat!("proto/", env!("CRI_RELEASE"), "/api.proto");
    let tried = each_flag(proto, &[], |_| true);
    let flags = crictl::generated::methods::METHODS.iter().map(|method| {
        let help = crate::learn::output(&["rpc", method.command, "--help"]);
        let (_, fields) = help.split_once("\nFields of ").unwrap_or_default();
        fields.lines().filter(|line| line.trim_start().starts_with("--")).count()
    });
    assert_eq!(tried, flags.sum::<usize>());
}

#[test]
fn every_flag_of_every_shape_sends_its_field_and_nothing_else() {
    assert!(each_flag(SHAPES, &["--proto", SHAPES], |_| true) > 80);
}

#[test]
fn every_flag_of_the_next_release_sends_its_field_and_nothing_else() {
    let is_new = |name: &str| ["CheckpointPod", "RestorePod"].contains(&name);
    assert!(each_flag(NEXT, &["--proto", NEXT], is_new) > 10);
}

/// Calls each method with one flag after another, and counts the flags.
fn each_flag(proto: &str, before: &[&str], wanted: fn(&str) -> bool) -> usize {
    let server = Mirror::answering(|_, _| Some(Vec::new()));
    let pool = pool(proto);
    let methods = pool.services().flat_map(|service| service.methods().collect::<Vec<_>>());
    let mut count = 0;
    for method in methods.filter(|method| wanted(method.name())) {
        let request = method.input();
        let mut flags = Vec::new();
        collect(&request, "", &mut vec![request.clone()], &mut flags);
        for Flag { path, mut words, mut wrong } in flags {
            if !before.is_empty() {
                // A proto is read again for every word.
                words.drain(..words.len() - 1);
                wrong.truncate(1);
            }
            let name = path.replace('_', "-");
            let args = |word: &str| {
                [&["rpc"], before, &[method.name()]]
                    .concat()
                    .into_iter()
                    .map(str::to_owned)
                    .chain([format!("--{name}={word}")])
                    .collect::<Vec<_>>()
            };
            for (word, document) in words {
                let args = args(&word);
                let (_, bytes) = server.call(args.iter().map(String::as_str));
                let sent = DynamicMessage::decode(request.clone(), bytes.as_slice()).unwrap();
                let expected = DynamicMessage::deserialize(request.clone(), &document).unwrap();
                let [sent_json, expected] = [&sent, &expected].map(|message| serde_json::to_value(message).unwrap());
                assert_eq!(sent_json, expected, "{args:?}");
            }
            for word in wrong {
                let args = args(word);
                let output = server.run(args.iter().map(String::as_str));
                let named =
                    [&path, &name].into_iter().any(|name| output.message().contains(&format!("flag -{name}: ")));
                let named = named || output.message().contains(&format!(" for -{name}: "));
                assert!(named && output.status == 1, "{args:?}: {output:?}");
                assert!(output.stdout.starts_with("Incorrect Usage: "), "{args:?}: {output:?}");
            }
            assert_eq!(server.take(), [], "{path}");
            count += 1;
        }
    }
    count
}

/// A flag, words for it, each with the document that is sent then, and words that it does not take.
struct Flag {
    path: String,
    words: Vec<(String, Value)>,
    wrong: Vec<&'static str>,
}

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
                let document = |value| path.rsplit('.').fold(value, |value, name| json!({ name: value }));
                let words = samples(&field).into_iter().map(|(word, value)| (word, document(value))).collect();
                flags.push(Flag { words, wrong: wrong(&field), path });
            }
        }
    }
}

/// Words for a field, and the field's value then.
fn samples(field: &FieldDescriptor) -> Vec<(String, Value)> {
    match field.kind() {
        Kind::Message(entry) if field.is_map() => {
            // A key ends at the first equals sign.
            let key = match entry.map_entry_key_field().kind() {
                Kind::String => "k.1".to_owned(),
                kind => some(&kind).remove(0).0,
            };
            let values = some(&entry.map_entry_value_field().kind()).into_iter();
            values.map(|(word, value)| (format!("{key}={word}"), json!({ &key: value }))).collect()
        }
        kind if field.is_list() => some(&kind).into_iter().map(|(word, value)| (word, json!([value]))).collect(),
        kind => some(&kind),
    }
}

fn some(kind: &Kind) -> Vec<(String, Value)> {
    let (word, value) = match kind {
        Kind::Bool => ("true", json!(true)),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 | Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
            // As a grace period it leaves the call some time.
            ("-1", json!(-1))
        }
        Kind::Uint32 | Kind::Fixed32 | Kind::Uint64 | Kind::Fixed64 => ("7", json!(7)),
        Kind::Float | Kind::Double => ("1.5", json!(1.5)),
        Kind::String => ("a=b, c", json!("a=b, c")),
        Kind::Bytes => ("text:hi", json!("aGk=")),
        Kind::Enum(it) => {
            let names = it.values().map(|value| value.name().to_owned());
            return names.map(|name| (name.to_lowercase().replace('_', "-"), json!(name))).collect();
        }
        Kind::Message(_) => ("{}", json!({})),
    };
    vec![(word.to_owned(), value)]
}

/// Words that are no value of a field.
fn wrong(field: &FieldDescriptor) -> Vec<&'static str> {
    match field.kind() {
        Kind::Message(_) if field.is_map() => vec!["no pair"],
        Kind::Message(_) => vec!["{", "@/no/such/file"],
        Kind::Bool => vec!["perhaps", "2"],
        Kind::Uint32 | Kind::Fixed32 | Kind::Uint64 | Kind::Fixed64 => vec!["x", "-1", "1.5", "18446744073709551616"],
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => vec!["x", "", "2147483648"],
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => vec!["x", "0x1", "9223372036854775808"],
        Kind::Float | Kind::Double => vec!["x", "1,5"],
        Kind::Bytes => vec!["*", "base64:*", "@/no/such/file"],
        Kind::Enum(_) => vec!["no-such-name", "1.5"],
        // Every word is text.
        Kind::String => vec![],
    }
}
