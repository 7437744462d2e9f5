//! The CRI's messages as data: what the generator emits, and the walkers over it.
//!
//! A message is described by a `static` table instead of a descriptor pool,
//! because decoding a pool at start-up costs more (1.9 ms) than a whole
//! `crictl ps` (1.5 ms). The walkers know nothing of containers or pods: every
//! rule here is one of protobuf's JSON mapping.

/// One protobuf message.
#[derive(Debug)]
pub struct Message {
    /// Full protobuf name, `runtime.v1.ContainerFilter`.
    pub name: &'static str,
    /// One line of prose, empty where nobody wrote one.
    pub doc: &'static str,
    /// The fields in the order the proto declares them, which is not always by number.
    pub fields: &'static [Field],
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
    /// One line of prose, empty where nobody wrote one.
    pub doc: &'static str,
}

/// How often a field may occur, and whether its absence can be told from its default.
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

/// What one value of a field is.
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
    /// Name and number of each value, in the order the proto declares them.
    pub values: &'static [(&'static str, i32)],
}

/// A message type that has a table.
pub trait Described: prost::Message + Default {
    /// The table.
    const SCHEMA: &'static Message;
}
