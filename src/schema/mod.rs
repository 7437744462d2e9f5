//! The CRI's messages as data: what the generator emits, and the code that walks over it.
//!
//! A message is described by a `static` table instead of a descriptor pool, because decoding a pool at start-up takes
//! longer (1.9 ms) than a whole `crictl ps` (1.5 ms). The code here knows nothing of containers or pods: every rule is
//! one of protobuf's JSON mapping.

mod decode;
mod encode;
mod extent;
mod foreign;
mod json_schema;
mod known;
mod redact;
mod text;
mod unknown;
mod value;
mod wire;

use std::ops::Deref;
use std::slice;
use std::sync::OnceLock;

pub use decode::{Form, decode, decode_as};
pub use encode::{Error as EncodeError, LENIENT, check, encode};
pub use extent::has_more_values;
pub use json_schema::json_schema;
pub use redact::{has_secrets, redact};
pub use text::text;
pub use unknown::{Unknown, nearest};
pub use value::Value;
pub use wire::Error as DecodeError;

/// One protobuf message.
#[derive(Debug)]
pub struct Message {
    /// Full protobuf name, `runtime.v1.ContainerFilter`.
    pub name: &'static str,
    /// One line of prose, empty if there is none.
    pub doc: &'static str,
    /// The fields in the order in which the proto declares them, which is not always by number.
    pub fields: Fields,
}

/// The fields of a [`Message`]: readers see a slice.
#[derive(Clone, Copy, Debug)]
pub enum Fields {
    /// The generator's form.
    Known(&'static [Field]),
    /// For a table that is made at run time. Messages contain each other in circles, so all of them have to exist
    /// before the first one gets its fields.
    Late(&'static OnceLock<Late>),
}

/// What a table that is made at run time gets when all of them exist.
#[derive(Debug)]
pub struct Late {
    /// The fields, as in any other table.
    pub fields: Vec<Field>,
    /// The messages that an `Any` may contain, if this is the table of one.
    pub types: Vec<&'static Message>,
}

/// One field of a [`Message`].
#[derive(Debug)]
pub struct Field {
    /// The proto's own name, `pod_sandbox_id`.
    pub name: &'static str,
    /// The name in the JSON mapping, `podSandboxId`.
    pub json: &'static str,
    /// The number on the wire.
    pub number: u32,
    /// How often the field may occur.
    pub label: Label,
    /// What a value of it is.
    pub kind: Kind,
    /// The oneof that the field is a member of.
    pub oneof: Option<&'static str>,
    /// The value is a secret (`debug_redact` in the proto) and never reaches a log.
    pub redact: bool,
    /// The value is bytes that hold text, and documents show the text. All other bytes are base64.
    pub text: bool,
    /// One line of prose, empty if there is none.
    pub doc: &'static str,
}

/// How often a field may occur, and whether an absent field differs from one with the default value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// A proto3 field: a scalar always has a value, a message may be unset.
    Single,
    /// Declared `optional`, or a member of a oneof: unset differs from the default.
    Optional,
    /// A list.
    Repeated,
    /// A map; the kind is [`Kind::Message`] with the entry, whose fields are `key` (1) and `value` (2).
    Map,
}

/// The kind of a field's values.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)] // The variants are protobuf's own type names.
pub enum Kind {
    Bool,
    Int32,
    Sint32,
    Sfixed32,
    Uint32,
    Fixed32,
    Int64,
    Sint64,
    Sfixed64,
    Uint64,
    Fixed64,
    Float,
    Double,
    String,
    Bytes,
    Enum(&'static Enum),
    Message(&'static Message),
}

/// One protobuf enum.
#[derive(Debug)]
pub struct Enum {
    /// Full protobuf name, `runtime.v1.ContainerState`.
    pub name: &'static str,
    /// The name and number of each value, in the order in which the proto declares them.
    pub values: &'static [(&'static str, i32)],
}

impl Message {
    /// The field called `name`, in either of its two spellings and in any case, as Go matches names.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        let exact = self.fields.iter().find(|field| field.name == name || field.json == name);
        exact.or_else(|| {
            self.fields
                .iter()
                .find(|field| field.name.eq_ignore_ascii_case(name) || field.json.eq_ignore_ascii_case(name))
        })
    }
}

impl Message {
    /// Whether its document has a form of its own, and is not made of its fields: a time is a text.
    pub fn has_own_form(&self) -> bool {
        known::of(self).is_some()
    }

    /// The messages that an `Any` may contain.
    fn types(&self) -> &'static [&'static Message] {
        match self.fields {
            Fields::Late(late) if known::of(self) == Some(known::Known::Any) => {
                late.get().map_or(&[], |late| &late.types)
            }
            _ => &[],
        }
    }

    /// The table of what is in an `Any`, by the type that it says.
    fn content(&self, url: &str) -> Option<&'static Message> {
        let name = url.rsplit('/').next().unwrap_or(url);
        self.types().iter().copied().find(|message| message.name == name)
    }
}

impl Fields {
    /// The fields, one after another.
    pub fn iter(self) -> slice::Iter<'static, Field> {
        self.slice().iter()
    }

    fn slice(self) -> &'static [Field] {
        match self {
            Self::Known(fields) => fields,
            Self::Late(late) => late.get().map_or(&[], |late| &late.fields),
        }
    }
}

impl Deref for Fields {
    type Target = [Field];

    fn deref(&self) -> &[Field] {
        self.slice()
    }
}

impl IntoIterator for Fields {
    type Item = &'static Field;
    type IntoIter = slice::Iter<'static, Field>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Field {
    /// The kind of a value in a document: its own, or [`Kind::String`] for bytes that hold text.
    pub fn document_kind(&self) -> Kind {
        if self.text { Kind::String } else { self.kind }
    }

    /// The kind of one value; for a map, that of an entry's value.
    pub fn value_kind(&self) -> Kind {
        match self.kind {
            Kind::Message(entry) if self.label == Label::Map => {
                entry.field("value").map_or(self.kind, |value| value.kind)
            }
            kind => kind,
        }
    }
}

impl Kind {
    /// The name in the proto: a type's own without its package, or protobuf's for a scalar.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int32 => "int32",
            Self::Sint32 => "sint32",
            Self::Sfixed32 => "sfixed32",
            Self::Uint32 => "uint32",
            Self::Fixed32 => "fixed32",
            Self::Int64 => "int64",
            Self::Sint64 => "sint64",
            Self::Sfixed64 => "sfixed64",
            Self::Uint64 => "uint64",
            Self::Fixed64 => "fixed64",
            Self::Float => "float",
            Self::Double => "double",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Enum(it) => relative(it.name),
            Self::Message(it) => relative(it.name),
        }
    }
}

/// A full name without its package, whose parts begin with a small letter, unlike those of a type.
pub fn relative(name: &'static str) -> &'static str {
    let starts = name.match_indices('.').map(|(at, _)| at + 1);
    let mut types = std::iter::once(0).chain(starts).map(|at| &name[at..]);
    types.find(|rest| rest.starts_with(char::is_uppercase)).or_else(|| name.rsplit('.').next()).unwrap_or(name)
}

impl Enum {
    /// The name of a number, if it has one.
    pub fn name_of(&self, number: i32) -> Option<&'static str> {
        self.values.iter().find(|(_, value)| *value == number).map(|(name, _)| *name)
    }

    /// The number of a name in any case and with either kind of dash, also without the prefix that all names share, or
    /// of a number in digits.
    pub fn number_of(&self, text: &str) -> Option<i32> {
        let wanted = text.replace('-', "_");
        let find = |start: usize| {
            let mut names = self.values.iter().map(|(name, number)| (&name[start..], *number));
            names.find(|(name, _)| name.eq_ignore_ascii_case(&wanted)).map(|(_, number)| number)
        };
        find(0).or_else(|| find(self.prefix())).or_else(|| text.parse().ok())
    }

    /// The length of the words with which all names begin: `CONTAINER_`.
    fn prefix(&self) -> usize {
        let [(first, _), rest @ ..] = self.values else { return 0 };
        let ends = first.match_indices('_').map(|(at, _)| at + 1);
        let shared = |end: &usize| rest.iter().all(|(name, _)| name.len() > *end && name.starts_with(&first[..*end]));
        ends.take_while(|end| first.len() > *end && shared(end)).last().filter(|_| !rest.is_empty()).unwrap_or(0)
    }
}

/// The JSON mapping of a typed message.
///
/// The table of a type can always read what prost encoded for it, so the null for a failure never occurs.
pub fn view<M: Described>(message: &M) -> Value {
    decode(M::SCHEMA, &message.encode_to_vec()).unwrap_or_default()
}

/// The message in a field, looked up by name: some releases of the CRI lack the field, and a Rust field access would
/// not compile with those.
pub fn part<M: Described, P: Described>(message: &M, field: &str) -> Option<P> {
    let value = view(message);
    let value = value.get(M::SCHEMA.field(field)?.json)?;
    let bytes = encode(P::SCHEMA, value, &mut Vec::new()).ok()?;
    P::decode(bytes.as_slice()).ok()
}

/// A message type that has a table.
pub trait Described: prost::Message + Default {
    /// The table.
    const SCHEMA: &'static Message;
}
