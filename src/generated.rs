//! What the build script generates from `api.proto` and from containerd's protos: the only `include!` of its output.
//!
//! Generated code knows two hand-written modules, `schema` and `method`.

#![allow(
    missing_docs,        // The proto's names say it all.
    unreachable_pub,     // Written for any crate.
    dead_code,           // All methods are there, not all are called by name.
    unused_imports,      // A proto without enums needs no enums.
    deprecated,          // Deprecated fields are on the wire all the same.
    clippy::all
)]

/// The messages.
pub mod cri {
    include!(concat!(env!("OUT_DIR"), "/cri.rs"));
}

// The messages of containerd's own API: `containerd`, `google` and `io`, and in each its packages.
include!(concat!(env!("OUT_DIR"), "/containerd.rs"));

/// The tables of the messages.
pub mod schema {
    include!(concat!(env!("OUT_DIR"), "/schema.rs"));
}

/// The table of the methods.
pub mod methods {
    include!(concat!(env!("OUT_DIR"), "/methods.rs"));
}

/// The commands of the methods.
pub mod commands {
    include!(concat!(env!("OUT_DIR"), "/commands.rs"));
}

/// The typed clients.
pub mod client {
    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}
