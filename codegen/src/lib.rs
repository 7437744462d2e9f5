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

use std::path::Path;

#[cfg(feature = "emit")]
pub use containerd::containerd;
use docs::Prose;
pub use docs::{Docs, Known, MessageDocs};
pub use error::Error;
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
/// When the proto cannot be read or compiled, or has something that cannot be expressed.
#[cfg(feature = "emit")]
pub fn generate(input: Input<'_>, out_dir: &Path) -> Result<(), Error> {
    let pool = load::descriptors(input.proto)?;
    let model = lower::model(&pool, &Prose::new(&docs(input)?, &pool, &|_| None))?;
    messages::write(&pool, &model, out_dir)?;
    emit::write(&model, out_dir)
}

/// The model that is emitted: every decision about a proto, as plain data.
///
/// # Errors
///
/// When the proto cannot be read or compiled, or has something that cannot be expressed.
pub fn model(input: Input<'_>) -> Result<Model, Error> {
    let pool = load::descriptors(input.proto)?;
    lower::model(&pool, &Prose::new(&docs(input)?, &pool, &|_| None))
}

/// As [`model`], without our prose: an element without a comment gets the words that are known for it.
///
/// # Errors
///
/// As [`model`].
pub fn model_knowing(proto: &Path, known: &Known<'_>) -> Result<Model, Error> {
    let pool = load::descriptors(proto)?;
    lower::model(&pool, &Prose::new(&Docs::default(), &pool, known))
}

fn docs(input: Input<'_>) -> Result<Docs, Error> {
    input.docs.map_or_else(|| Ok(Docs::default()), Docs::read)
}
