//! The script of a far end, as a case has it.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What the far end does.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Script {
    /// Whether the client is to open standard input.
    pub(crate) stdin: bool,
    /// Whether the client has a terminal.
    pub(crate) tty: bool,
    /// What to send first.
    pub(crate) chunks: Vec<Chunk>,
    /// Whether to send the input back on standard output.
    pub(crate) echo: bool,
    /// What to wait for then.
    pub(crate) until: Option<Until>,
    /// What to send last.
    pub(crate) after: Vec<Chunk>,
    /// The exit status to end with.
    pub(crate) exit: i32,
    /// The message of another failure to end with.
    pub(crate) error: String,
    /// Whether to close the connection without a status.
    pub(crate) drop: bool,
    /// The protocols that are understood, the best first; all if absent.
    pub(crate) protocols: Option<Vec<String>>,
    /// A refusal of the upgrade.
    pub(crate) http: Option<Refusal>,
    pub(crate) tls: Tls,
    /// Forwarded ports; those not mentioned echo.
    pub(crate) ports: BTreeMap<String, Port>,
}

/// A stream, a text to send there, and how many milliseconds to wait before.
#[derive(Clone, Deserialize)]
pub(crate) struct Chunk(pub(crate) String, pub(crate) String, #[serde(default)] pub(crate) u64);

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Until {
    /// The end of the input.
    Eof,
    /// A line of input, or its end.
    Line,
    /// The client has left.
    Gone,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) body: String,
    #[serde(default = "plain", rename = "type")]
    pub(crate) content_type: String,
}

fn plain() -> String {
    "text/plain".to_owned()
}

/// `true`, or `"client"` to ask the client for its certificate.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Tls {
    Server(bool),
    Both(Client),
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Client {
    Client,
}

impl Default for Tls {
    fn default() -> Self {
        Self::Server(false)
    }
}

/// What answers at a forwarded port.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Port {
    /// Whether to send back what comes in.
    pub(crate) echo: bool,
    /// What to send once all has come in.
    pub(crate) reply: String,
    /// The failure to report at once instead.
    pub(crate) error: Option<String>,
}
