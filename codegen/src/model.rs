//! What to emit, as plain data: all decisions have been made, all names are final.

/// Everything that one proto declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// The package, `runtime.v1`; empty if there are several.
    pub package: String,
    /// The services in the order of the proto.
    pub services: Vec<Service>,
    /// The messages in the order of the proto, nested ones and map entries after their parent.
    pub messages: Vec<Message>,
    /// The enums, in the same order.
    pub enums: Vec<Enum>,
}

/// One service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Name in the proto, `RuntimeService`.
    pub name: String,
    /// The file that declares it, as others import it.
    pub file: String,
    /// Name of the client struct.
    pub client: String,
    /// The methods in the order of the proto.
    pub methods: Vec<Method>,
}

/// One method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Method {
    /// Full name, for errors.
    pub full_name: String,
    /// Name in the proto, `ListContainers`; with its service's where several services have methods of a name.
    pub name: String,
    /// Path of the HTTP/2 request.
    pub path: String,
    /// Name on the command line, `list-containers`, or several words, `containerd tasks list`.
    pub command: String,
    /// The first line of the command's help.
    pub about: String,
    /// Name of the static, `LIST_CONTAINERS`.
    pub table: String,
    /// Name of the client's function, `list_containers`.
    pub function: String,
    /// One line of prose.
    pub doc: String,
    /// Who sends how many messages.
    pub flow: Flow,
    /// What is sent.
    pub request: Type,
    /// Its full name, for the help.
    pub request_name: String,
    /// What comes back.
    pub response: Type,
    /// What the timeout of a call means for it.
    pub deadline: Deadline,
    /// A flag for each field of the request; message fields are replaced by their own fields.
    pub flags: Vec<Flag>,
    /// The names of a call's own flags that a field also has: in this command, those flags are only called
    /// `--call-NAME`.
    pub yields: Vec<&'static str>,
}

/// How long a call may take. The variants are those of `method::Deadline`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// As long as the timeout says.
    Timeout,
    /// Twice as long.
    Twice,
    /// The field with this number holds seconds to add to the timeout, or to subtract if negative.
    Grace(u32),
    /// As [`Deadline::Grace`], but unlimited if the field holds no positive number of seconds.
    Limit(u32),
    /// Unlimited.
    None,
}

/// The names of the flags that every call has in `crictl rpc`. A test there checks that the list is complete.
pub const CALL: &[&str] = &[
    "data",
    "set",
    "set-file",
    "keep-going",
    "dry-run",
    "show-secrets",
    "output",
    "o",
    "template",
    "emit-defaults",
    "enrich",
    "verbose",
    "v",
    "max-messages",
    "for",
    "header",
    "timeout",
    "connect-timeout",
    "max-msg-size",
    "authority",
    "skeleton",
    "proto",
    "proto-path",
    "I",
];

/// The flag of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// The field's path in the request, `filter.label_selector`.
    pub path: String,
    /// Its name on the command line, `filter.label-selector`.
    pub long: String,
    /// Other spellings of the name.
    pub aliases: Vec<String>,
    /// How often it may be given.
    pub label: Label,
    /// The kind of a map's keys.
    pub key: Option<Kind>,
    /// The kind of one value in a document; for a map, the kind of a key's value.
    pub kind: Kind,
    /// The placeholder for a value in the help.
    pub value_name: &'static str,
    /// The paths of the other members of its oneof.
    pub rivals: Vec<String>,
    /// Its value is a secret, or contains one.
    pub secret: bool,
    /// What the help says about it.
    pub help: String,
}

impl Flag {
    /// The field is a bool, which needs no value.
    #[must_use]
    pub fn is_switch(&self) -> bool {
        matches!(self.label, Label::Single | Label::Optional) && self.kind == Kind::Scalar("Bool")
    }
}

/// Who sends how many messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// One request, one response.
    Unary,
    /// One request, a stream of responses.
    ServerStream,
    /// A stream of requests, one response.
    ClientStream,
    /// Streams both ways.
    Duplex,
}

/// The two names of a message or an enum in the generated code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Type {
    /// Path of prost's type below the module of the messages, `security_profile::ProfileType`; in full for a type of
    /// protobuf's own.
    pub rust: String,
    /// Name of the static table, `SECURITY_PROFILE_PROFILE_TYPE`.
    pub table: String,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Full name, `runtime.v1.ContainerFilter`.
    pub full_name: String,
    /// Names in the generated code.
    pub names: Type,
    /// One line of prose.
    pub doc: String,
    /// A map's entry, which has no struct of its own.
    pub map_entry: bool,
    /// It has a secret, or is declared inside a message that has one: its `Debug` shows only the name.
    pub opaque: bool,
    /// The fields in the order of the proto.
    pub fields: Vec<Field>,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Name in the proto.
    pub name: String,
    /// Name in the JSON mapping.
    pub json: String,
    /// Number on the wire.
    pub number: u32,
    /// How often it may occur.
    pub label: Label,
    /// The kind of one value.
    pub kind: Kind,
    /// The oneof it is a member of.
    pub oneof: Option<String>,
    /// It is a secret.
    pub redact: bool,
    /// It is bytes that hold text, and documents show the text.
    pub text: bool,
    /// One line of prose.
    pub doc: String,
}

/// How often a field may occur. The variants are those of `schema::Label`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Label {
    Single,
    Optional,
    Repeated,
    Map,
}

/// The kind of one value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The variant of `schema::Kind` for a scalar, `Sint32`.
    Scalar(&'static str),
    /// The table of an enum.
    Enum(String),
    /// The table of a message.
    Message(String),
}

/// One enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enum {
    /// Full name, `runtime.v1.ContainerState`.
    pub full_name: String,
    /// Names in the generated code.
    pub names: Type,
    /// It is declared inside a message with a secret, see [`Message::opaque`].
    pub opaque: bool,
    /// Names and numbers in the order of the proto, aliases included.
    pub values: Vec<(String, i32)>,
}
