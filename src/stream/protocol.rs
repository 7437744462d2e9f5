//! The versions of the protocol that separates a command's streams. Pure.

/// A version that both sides support.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Protocol {
    V1,
    V2,
    V3,
    V4,
    V5,
}

/// The versions offered over SPDY, the best first.
pub(crate) const CHANNELS: [&str; 5] =
    ["v5.channel.k8s.io", "v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"];
/// The version offered over SPDY for the connections of port-forward.
pub(crate) const PORT_FORWARD: &str = "portforward.k8s.io";
/// The version offered over WebSocket for them: all of SPDY in binary messages.
pub(crate) const TUNNEL: &str = "SPDY/3.1+portforward.k8s.io";

impl Protocol {
    /// The version with this name; a server that names none uses the first.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "" | "channel.k8s.io" => Some(Self::V1),
            "v2.channel.k8s.io" => Some(Self::V2),
            "v3.channel.k8s.io" => Some(Self::V3),
            "v4.channel.k8s.io" => Some(Self::V4),
            "v5.channel.k8s.io" => Some(Self::V5),
            _ => None,
        }
    }

    /// The error stream carries a status object, not just words.
    pub(crate) fn has_status(self) -> bool {
        self >= Self::V4
    }

    /// The size of the terminal is sent.
    pub(crate) fn has_resize(self) -> bool {
        self >= Self::V3
    }

    /// The end of the input is sent over SPDY.
    pub(crate) fn has_half_close(self) -> bool {
        self >= Self::V2
    }
}
