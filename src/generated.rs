//! What the build script generates from `api.proto` and from containerd's protos: only this file includes it.
//!
//! Generated code uses two hand-written modules, `schema` and `method`.

#![allow(
    missing_docs,        // The proto's names say it all.
    unreachable_pub,     // Written for any crate.
    dead_code,           // All methods are generated, but not all are called by name.
    unused_imports,      // A proto without enums does not need them.
    deprecated,          // Deprecated fields are still on the wire.
    clippy::all
)]

/// The messages.
pub mod cri {
    include!(concat!(env!("OUT_DIR"), "/cri.rs"));
}

// The messages of containerd's own API: `containerd`, `google` and `io`, and in each its packages.
include!(concat!(env!("OUT_DIR"), "/containerd.rs"));

/// The methods of containerd's own API, without tables.
pub mod containerd_methods {
    include!(concat!(env!("OUT_DIR"), "/containerd_methods.rs"));
}

/// The descriptors of containerd's own API, of which tables are made when somebody asks: as statics these would be as
/// large as all of the CRI's, and hardly anybody needs them.
pub(crate) const CONTAINERD: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/containerd.binpb"));

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
