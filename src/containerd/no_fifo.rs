//! The FIFOs of a command, on a system that no containerd with FIFOs runs on: there are none.

use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};

use crate::stream::Wanted;

/// A folder, which is never made.
pub(super) enum Folder {}

impl Folder {
    /// # Errors
    /// Always.
    pub(super) fn beside(_: &Path, _: &str) -> io::Result<Self> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "only on Linux are there FIFOs that containerd opens"))
    }
}

/// FIFOs in it, which are never made.
pub(super) enum Fifos {}

impl Fifos {
    /// # Errors
    /// Never: there is no folder.
    #[expect(clippy::needless_pass_by_value, reason = "those of Linux keep the folder")]
    pub(super) fn new(folder: Folder, _: Wanted) -> io::Result<Self> {
        match folder {}
    }

    pub(super) fn stdin(&self) -> Option<PathBuf> {
        match *self {}
    }

    pub(super) fn stdout(&self) -> PathBuf {
        match *self {}
    }

    pub(super) fn stderr(&self) -> Option<PathBuf> {
        match *self {}
    }

    /// # Errors
    /// Never.
    pub(super) fn outputs(&self) -> io::Result<Outputs> {
        match *self {}
    }

    /// # Errors
    /// Never.
    pub(super) async fn input(&self) -> io::Result<Option<tokio::io::Sink>> {
        match *self {}
    }
}

/// The ends of outputs, and those that are only held.
pub(super) type Outputs = (tokio::io::Empty, Option<tokio::io::Empty>, Held);

pub(super) type Held = Vec<Infallible>;
