//! The tables and their walkers against prost-reflect, on messages of every shape.

use std::sync::LazyLock;

use proptest::{collection, option, prelude::*};
use prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, SerializeOptions, Value,
};
use serde_json::value::Serializer;

use crate::{
    generated::cri,
    schema::{self, Described},
};

proptest! {
    #[test]
    fn decoding_gives_the_json_of_prost_reflect(bytes in everything()) {
        let value = schema::decode(cri::Everything::SCHEMA, &bytes).expect("it is valid");
        let value = serde_json::to_value(&value).expect("it is JSON");
        prop_assert_eq!(numbers_alike(value), json(&bytes));
    }

    #[test]
    fn encoding_gives_the_message_back(bytes in everything()) {
        let table = cri::Everything::SCHEMA;
        let value = schema::decode(table, &bytes).expect("it is valid");
        let mut unknown = Vec::new();
        let again = schema::encode(table, &value, &mut unknown).expect("it is what decoding gave");
        prop_assert_eq!(json(&again), json(&bytes));
        prop_assert!(unknown.is_empty());
    }

    #[test]
    fn prost_reads_what_prost_reflect_wrote(bytes in everything()) {
        let typed = cri::Everything::decode(bytes.as_slice()).expect("it is valid");
        prop_assert_eq!(json(&typed.encode_to_vec()), json(&bytes));
    }
}

/// The message's JSON form according to prost-reflect.
fn json(bytes: &[u8]) -> serde_json::Value {
    let message = DynamicMessage::decode(descriptor(), bytes).expect("it is valid");
    let options = SerializeOptions::new().skip_default_fields(false);
    numbers_alike(message.serialize_with_options(Serializer, &options).expect("it has a JSON form"))
}

/// A double without a fraction is `0` in Go and here, and `0.0` in prost-reflect.
fn numbers_alike(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Number(number) => number.as_f64().into(),
        Value::Array(items) => items.into_iter().map(numbers_alike).collect(),
        Value::Object(members) => members.into_iter().map(|(key, value)| (key, numbers_alike(value))).collect(),
        other => other,
    }
}

fn descriptor() -> MessageDescriptor {
    static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
        let mut compiler = protox::Compiler::new(["."]).expect("the crate's folder");
        compiler.open_file("shapes.proto").expect("it compiles").descriptor_pool()
    });
    POOL.get_message_by_name("shapes.v1.Everything").expect("it is in the proto")
}

/// Encoded, because the `Debug` of a descriptor follows recursive messages for ever.
fn everything() -> impl Strategy<Value = Vec<u8>> {
    let bytes = message(&descriptor(), 3).prop_map(|message| message.encode_to_vec());
    // Messages one after another are also a message: later values win, lists grow.
    collection::vec(bytes, 1..3).prop_map(|parts| parts.concat())
}

/// A message with some of its fields set, and nested messages up to a depth.
fn message(descriptor: &MessageDescriptor, depth: u32) -> BoxedStrategy<DynamicMessage> {
    let fields: Vec<_> = descriptor.fields().filter_map(|it| Some((it.clone(), field(&it, depth)?))).collect();
    let (fields, values): (Vec<_>, Vec<_>) = fields.into_iter().unzip();
    let values: Vec<_> = values.into_iter().map(option::of).collect();
    let descriptor = descriptor.clone();
    let build = move |values: Vec<Option<Value>>| {
        let mut message = DynamicMessage::new(descriptor.clone());
        for (field, value) in fields.iter().zip(values) {
            if let Some(value) = value {
                message.set_field(field, value);
            }
        }
        message
    };
    values.prop_map(build).boxed()
}

/// Values for a field; none if only deeper messages would do.
fn field(field: &FieldDescriptor, depth: u32) -> Option<BoxedStrategy<Value>> {
    if field.is_map() {
        let Kind::Message(entry) = field.kind() else { return None };
        let keys = one(&entry.map_entry_key_field().kind(), depth)?;
        let values = one(&entry.map_entry_value_field().kind(), depth)?;
        let entries = collection::vec((keys.prop_map(key), values), 0..3);
        return Some(entries.prop_map(|it| Value::Map(it.into_iter().collect())).boxed());
    }
    let one = one(&field.kind(), depth)?;
    Some(if field.is_list() { collection::vec(one, 0..3).prop_map(Value::List).boxed() } else { one })
}

fn key(value: Value) -> MapKey {
    match value {
        Value::Bool(it) => MapKey::Bool(it),
        Value::I32(it) => MapKey::I32(it),
        Value::I64(it) => MapKey::I64(it),
        Value::U32(it) => MapKey::U32(it),
        Value::U64(it) => MapKey::U64(it),
        Value::String(it) => MapKey::String(it),
        other => panic!("{other:?} cannot be a key"),
    }
}

fn one(kind: &Kind, depth: u32) -> Option<BoxedStrategy<Value>> {
    Some(match kind {
        Kind::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => any::<i32>().prop_map(Value::I32).boxed(),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => any::<i64>().prop_map(Value::I64).boxed(),
        Kind::Uint32 | Kind::Fixed32 => any::<u32>().prop_map(Value::U32).boxed(),
        Kind::Uint64 | Kind::Fixed64 => any::<u64>().prop_map(Value::U64).boxed(),
        // Eighths: serde_json widens a float, and only these look the same as a double.
        Kind::Float => any::<i16>().prop_map(|it| Value::F32(f32::from(it) / 8.0)).boxed(),
        Kind::Double => any::<i32>().prop_map(|it| Value::F64(f64::from(it) / 8.0)).boxed(),
        Kind::String => ".{0,4}".prop_map(Value::String).boxed(),
        Kind::Bytes => collection::vec(any::<u8>(), 0..4).prop_map(|it| Value::Bytes(it.into())).boxed(),
        // Small numbers have names, some of the others have none.
        Kind::Enum(_) => (-2..4).prop_map(Value::EnumNumber).boxed(),
        Kind::Message(_) if depth == 0 => return None,
        Kind::Message(inner) => message(inner, depth - 1).prop_map(Value::Message).boxed(),
    })
}
