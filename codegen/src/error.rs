//! Why code could not be generated: the element of the proto, the reason, and what to do about it.

use std::{io, path::PathBuf};

/// Why the generator stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The proto does not compile.
    #[error("cannot compile {}: {reason}", path.display())]
    Proto {
        /// The file that was asked for.
        path: PathBuf,
        /// What the compiler said, with file and line.
        reason: String,
    },
    /// The file's name is not that of a proto, and it is not a descriptor set either.
    #[error("{} is not a descriptor set with all its imports: {reason}; the name of a proto ends in .proto", path.display())]
    DescriptorSet {
        /// The file that was asked for.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file that is not proto3.
    #[error(
        "{file} is not proto3: required fields, groups and defaults can't be expressed; \
         start the file with syntax = \"proto3\""
    )]
    Syntax {
        /// The name of the file.
        file: String,
    },
    /// A file without a package.
    #[error("{file} has no package: the names of its messages need one, as in runtime.v1")]
    NoPackage {
        /// The name of the file.
        file: String,
    },
    /// An import from another package.
    #[error(
        "{file} is of package {package:?}, but only {expected:?} is generated: \
         copy the messages that are used into the proto, or drop the import"
    )]
    ForeignPackage {
        /// The name of the imported file.
        file: String,
        /// Its package.
        package: String,
        /// The package of the proto that is built.
        expected: String,
    },
    /// A method whose requests are a stream.
    #[error("{method} takes a stream of requests: client streams are not supported")]
    ClientStreaming {
        /// Full name of the method.
        method: String,
    },
    /// Two elements that would have the same name in Rust or on the command line.
    #[error("{first} and {second} would both be named {name}: leave one out or rename it")]
    NameClash {
        /// Full name of the first element.
        first: String,
        /// Full name of the second element.
        second: String,
        /// The name that both would have.
        name: String,
    },
    /// The file with the prose does not parse.
    #[error("cannot read {}: {reason}", path.display())]
    Docs {
        /// The file.
        path: PathBuf,
        /// What the parser said, with the line.
        reason: String,
    },
    /// The requested release does not exist.
    #[error("no proto of release {wanted}: choose one of {}", existing.join(", "))]
    UnknownRelease {
        /// The requested release.
        wanted: String,
        /// The existing releases, oldest first.
        existing: Vec<String>,
    },
    /// The given release name is invalid.
    #[error("{name:?} is not a release: expected two numbers, as in 1.37")]
    BadRelease {
        /// What was given.
        name: String,
    },
    /// The release of a proto can't be determined from its path.
    #[error(
        "which release is {}? its path {}: give it with --release 1.37",
        path.display(),
        if names.is_empty() { "does not say".to_owned() } else { format!("says {}", names.join(", ")) }
    )]
    UnnamedRelease {
        /// The proto.
        path: PathBuf,
        /// The releases that the path contains.
        names: Vec<String>,
    },
    /// There are no releases at all.
    #[error("no <release>/api.proto under {}", path.display())]
    NoRelease {
        /// The folder that was searched.
        path: PathBuf,
    },
    /// The list of overlays does not match their folder.
    #[error("{} does not list the files beside it: run `cargo regen`", path.display())]
    StaleOverlayIndex {
        /// The list.
        path: PathBuf,
    },
    /// The messages could not be written.
    #[error("cannot generate the messages of {package}: {source}")]
    Messages {
        /// The package.
        package: String,
        /// What prost-build said.
        source: io::Error,
    },
    /// The emitted code is not valid Rust.
    #[cfg(feature = "emit")]
    #[error("the code for {} is not valid Rust: {source}", path.display())]
    Code {
        /// The file that the code was for.
        path: PathBuf,
        /// What is wrong with it.
        source: syn::Error,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}
