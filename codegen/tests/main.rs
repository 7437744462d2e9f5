//! The tests of the generator, in one program so that it is linked once.

mod bump;
mod diff;
mod docs;
mod golden;
mod overlay_index;
mod provenance;
mod refusal;
mod support;
mod version;
