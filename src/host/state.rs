//! What a `serve` tells of itself, in a file of the data directory: others read it to say who serves and how it goes. It
//! counts only while the lock is held, since a killed `serve` leaves it behind.

use std::fs;
use std::io;

use serde::{Deserialize, Serialize};

use crate::host::paths::Paths;

/// A `serve`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct State {
    /// Its process.
    pub(super) pid: u32,
}

impl State {
    /// What the last `serve` wrote, or none if there is nothing that can be read.
    pub(super) fn read(paths: &Paths) -> Option<Self> {
        serde_json::from_slice(&fs::read(paths.state()).ok()?).ok()
    }

    /// Replaces the file, which is whole at any time.
    ///
    /// # Errors
    /// It can't be written.
    pub(super) fn write(&self, paths: &Paths) -> io::Result<()> {
        let (path, new) = (paths.state(), paths.state().with_extension("json.new"));
        fs::write(&new, format!("{}\n", serde_json::to_string_pretty(self)?))?;
        fs::rename(&new, &path)
    }
}
