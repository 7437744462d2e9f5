//! The tables against prost-reflect: random messages, through the descriptors.

use std::sync::LazyLock;

use crictl::generated::cri::{ContainerConfig, PodSandboxConfig};
use crictl::generated::methods::METHODS;
use crictl::schema::{Described, Message, Unknown, Value, decode, encode};
use proptest::prelude::*;
use prost_reflect::prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, SerializeOptions,
};

/// The descriptors that the tables were made of.
static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let proto = concat!("proto/", env!("CRI_RELEASE"), "/api.proto");
    let files = protox::compile([proto], ["."]).expect("the build compiled it too");
    DescriptorPool::from_file_descriptor_set(files).expect("protox checked it")
});

fn descriptor(table: &Message) -> MessageDescriptor {
    POOL.get_message_by_name(table.name).expect("the table is of this proto")
}

/// Choices for a random message. Fewer and smaller numbers make a smaller message, so that proptest can shrink it.
struct Choices<'a>(std::slice::Iter<'a, u32>);

impl Choices<'_> {
    /// A number; zero where no choices are left.
    fn next(&mut self) -> u32 {
        self.0.next().copied().unwrap_or_default()
    }

    fn below(&mut self, limit: u32) -> u32 {
        self.next() % limit
    }

    fn text(&mut self) -> String {
        const TEXTS: [&str; 12] =
            ["", "a", "yes", "5", "null", "1.5", "x=y z", "ünï ⚓ 😀", "\"\\\n\t\u{1}", "<&>", "aGk=", "-"];
        TEXTS[self.below(12) as usize].to_owned()
    }

    fn wide(&mut self) -> u64 {
        match self.below(4) {
            0 => u64::MAX - u64::from(self.below(3)),
            1 => i64::MAX as u64 + u64::from(self.below(3)),
            _ => u64::from(self.next()),
        }
    }

    fn message(&mut self, descriptor: &MessageDescriptor, depth: u32) -> DynamicMessage {
        let mut message = DynamicMessage::new(descriptor.clone());
        for field in descriptor.fields() {
            // Bytes are text in some places, see below.
            if self.below(2) == 1 && depth < 8 && field.kind() != Kind::Bytes {
                let value = self.field(&field, depth);
                message.set_field(&field, value);
            }
        }
        message
    }

    fn field(&mut self, field: &FieldDescriptor, depth: u32) -> prost_reflect::Value {
        match field.kind() {
            Kind::Message(entry) if field.is_map() => {
                let value = entry.map_entry_value_field();
                let pairs = (0..self.below(3)).map(|_| (MapKey::String(self.text()), self.one(&value, depth)));
                prost_reflect::Value::Map(pairs.collect())
            }
            _ if field.is_list() => {
                let items = (0..self.below(3)).map(|_| self.one(field, depth));
                prost_reflect::Value::List(items.collect())
            }
            _ => self.one(field, depth),
        }
    }

    fn one(&mut self, field: &FieldDescriptor, depth: u32) -> prost_reflect::Value {
        use prost_reflect::Value;
        match field.kind() {
            Kind::Bool => Value::Bool(self.below(2) == 1),
            Kind::String => Value::String(self.text()),
            Kind::Int32 => Value::I32(self.wide() as i32),
            Kind::Int64 => Value::I64(self.wide() as i64),
            Kind::Uint32 => Value::U32(self.wide() as u32),
            Kind::Uint64 => Value::U64(self.wide()),
            // One more than there are names.
            // Only what is the same with and without a fraction: our JSON has `1` where the oracle's has `1.0`.
            Kind::Double => Value::F64(f64::from(self.below(1000)) + 0.5),
            Kind::Enum(kind) => Value::EnumNumber(self.below(kind.values().len() as u32 + 1) as i32),
            Kind::Message(inner) => Value::Message(self.message(&inner, depth + 1)),
            other => panic!("no message has a field of the kind {other:?}"),
        }
    }
}

/// The JSON of a message as the oracle writes it.
fn json(message: &DynamicMessage, options: &SerializeOptions) -> Value {
    let json = message.serialize_with_options(serde_json::value::Serializer, options).expect("a message is JSON");
    serde_json::from_value(json).expect("JSON is a value")
}

fn encoded(table: &'static Message, value: &Value) -> Vec<u8> {
    let mut unknown: Vec<Unknown> = Vec::new();
    let bytes = encode(table, value, &mut unknown).expect("every value fits");
    assert_eq!(unknown, []);
    bytes
}

fn check(table: &'static Message, choices: &[u32]) {
    let message = Choices(choices.iter()).message(&descriptor(table), 0);
    let bytes = message.encode_to_vec();

    // Decoding gives the oracle's JSON, but for the order of keys: a map of the oracle's has none.
    let value = decode(table, &bytes).expect("the oracle wrote it");
    let emitted = json(&message, &SerializeOptions::new().skip_default_fields(false));
    assert_eq!(value.clone().sorted(), emitted.sorted());

    // Encoding takes both spellings of names and of enums, and numbers as text and not.
    let camel = SerializeOptions::new();
    let snake = SerializeOptions::new()
        .use_proto_field_name(true)
        .use_enum_numbers(true)
        .stringify_64_bit_integers(false)
        .skip_default_fields(false);
    for document in [value.clone(), json(&message, &camel), json(&message, &snake)] {
        let bytes = encoded(table, &document);
        let read = DynamicMessage::decode(descriptor(table), bytes.as_slice()).expect("it is a message");
        // Not the messages themselves: a default that is written down differs there from one that is not.
        assert_eq!(json(&read, &camel).sorted(), json(&message, &camel).sorted());
        assert_eq!(decode(table, &bytes).expect("we wrote it"), value);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn pod_configs_are_encoded_and_decoded_as_by_prost_reflect(choices in prop::collection::vec(any::<u32>(), 0..250)) {
        check(PodSandboxConfig::SCHEMA, &choices);
    }

    #[test]
    fn container_configs_are_encoded_and_decoded_as_by_prost_reflect(
        choices in prop::collection::vec(any::<u32>(), 0..400),
    ) {
        check(ContainerConfig::SCHEMA, &choices);
    }

    /// In these are all messages that there are.
    #[test]
    fn requests_and_responses_are_encoded_and_decoded_as_by_prost_reflect(
        method in prop::sample::select(METHODS),
        choices in prop::collection::vec(any::<u32>(), 0..250),
    ) {
        check(method.request, &choices);
        check(method.response, &choices);
    }

    #[test]
    fn no_bytes_make_the_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(ContainerConfig::SCHEMA, &bytes);
    }
}

#[test]
fn the_value_of_an_environment_variable_is_text_also_where_it_is_bytes() {
    use crictl::schema::{Field, Fields, Kind, Label};
    const fn field(name: &'static str, number: u32, kind: Kind) -> Field {
        Field { name, json: name, number, label: Label::Single, kind, oneof: None, redact: false, text: false, doc: "" }
    }
    static KEY_VALUE: Message = Message {
        name: "runtime.v1.KeyValue",
        doc: "",
        fields: Fields::Known(&[field("key", 1, Kind::String), Field { text: true, ..field("value", 2, Kind::Bytes) }]),
    };
    static OTHER: Message =
        Message { name: "runtime.v1.Other", doc: "", fields: Fields::Known(&[field("value", 2, Kind::Bytes)]) };
    let document = Value::object([("key", Value::from("K")), ("value", Value::from("aGk= ü"))]);
    let bytes = encode(&KEY_VALUE, &document, &mut Vec::new()).expect("text is text");
    assert_eq!(decode(&KEY_VALUE, &bytes), Ok(document));

    // Bytes are base64 anywhere else.
    let base64 = Value::object([("value", Value::from("aGk="))]);
    let bytes = encode(&OTHER, &base64, &mut Vec::new()).expect("it is base64");
    assert_eq!(bytes, b"\x12\x02hi");
    assert_eq!(decode(&OTHER, &bytes), Ok(base64));
    assert!(encode(&OTHER, &Value::object([("value", Value::from("ü"))]), &mut Vec::new()).is_err());
}
