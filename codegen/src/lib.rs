//! Writes the code that depends on the CRI's `api.proto`, for the build script of `crictl`.
//!
//! The stages run in one direction: load, lower, emit. Loading compiles protos, lowering makes every decision and
//! refuses what can't be expressed, emitting turns plain data into Rust. Nothing here knows what a container is. `bump`
//! stands beside them: it adopts a release, and compares two releases by their models.
//!
//! Without the feature `emit`, only the first two stages are built; `crictl rpc --proto` reads a proto with them at run
//! time.

#[cfg(feature = "bump")]
pub mod bump;
#[cfg(feature = "emit")]
mod containerd;
mod docs;
#[cfg(feature = "emit")]
mod emit;
mod error;
pub mod file;
mod load;
mod lower;
#[cfg(feature = "emit")]
mod messages;
pub mod model;
mod name;
pub mod overlay_index;
pub mod release;

use std::path::{Path, PathBuf};

#[cfg(feature = "emit")]
pub use containerd::containerd;
use docs::Prose;
pub use docs::{Docs, Known, MessageDocs};
pub use error::Error;
use load::Protos;
use lower::Words;
use model::Model;

/// What the code is generated from.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The proto, whose imports are searched for beside it, or a descriptor set, which contains them.
    pub proto: &'a Path,
    /// The prose of the help texts. Without it the comments of the proto are used.
    pub docs: Option<&'a Path>,
}

/// Writes `cri.rs`, `server.rs`, `schema.rs`, `methods.rs`, `client.rs` and `commands.rs` to `out_dir`.
///
/// The same input gives the same bytes.
///
/// # Errors
///
/// When the proto cannot be read or compiled, or has something that cannot be expressed: streams of requests, and types
/// of another package that is not protobuf's own.
#[cfg(feature = "emit")]
pub fn generate(input: Input<'_>, out_dir: &Path) -> Result<(), Error> {
    let protos = load::descriptors(input.proto, &[])?;
    let model = lower::model(&protos, &Prose::new(&docs(input)?, &protos.pool, &|_| None), Words::Method)?;
    messages::check(&protos, &model)?;
    messages::write(&protos.pool, &model, out_dir)?;
    emit::write(&model, out_dir)
}

/// The model that is emitted: every decision about a proto, as plain data.
///
/// # Errors
///
/// When the proto cannot be read or compiled, or has something that cannot be expressed.
pub fn model(input: Input<'_>) -> Result<Model, Error> {
    let protos = load::descriptors(input.proto, &[])?;
    lower::model(&protos, &Prose::new(&docs(input)?, &protos.pool, &|_| None), Words::Method)
}

/// As [`model`], without our prose: an element without a comment gets the words that are known for it. Imports are looked
/// for in the folders, then beside the proto. Where two services have a method of the same name, all methods have the
/// names of their services before their own.
///
/// # Errors
///
/// As [`model`].
pub fn model_knowing(proto: &Path, folders: &[PathBuf], known: &Known<'_>) -> Result<Model, Error> {
    let protos = load::descriptors(proto, folders)?;
    let words = if lower::is_shared(&protos) { Words::Service("") } else { Words::Method };
    lower::model(&protos, &Prose::new(&Docs::default(), &protos.pool, known), words)
}

/// The model of containerd's API, from the bytes that [`containerd`] wrote. On the command line its methods are
/// `containerd tasks list` and the like.
///
/// # Errors
///
/// When these are something else.
pub fn model_of_containerd(descriptors: &[u8]) -> Result<Model, Error> {
    let failed = |reason| Error::DescriptorSet { path: PathBuf::from("containerd"), reason };
    of_containerd(&load::encoded(descriptors).map_err(failed)?)
}

/// The model of containerd's API as the protos below a folder have it.
///
/// # Errors
///
/// When these cannot be read or compiled, or have something that cannot be expressed.
#[cfg(feature = "emit")]
pub fn model_of_tree(root: &Path) -> Result<Model, Error> {
    of_containerd(&load::tree(root)?)
}

fn of_containerd(protos: &Protos) -> Result<Model, Error> {
    lower::model(protos, &Prose::new(&Docs::default(), &protos.pool, &|_| None), Words::Service("containerd"))
}

fn docs(input: Input<'_>) -> Result<Docs, Error> {
    input.docs.map_or_else(|| Ok(Docs::default()), Docs::read)
}
