//! What a `serve` tells of itself, in a file of the data directory: others read it to say who serves and how it goes. It
//! counts only while the lock is held, since a killed `serve` leaves it behind.

use std::fs;
use std::io;

use serde::{Deserialize, Serialize};

use crate::host::paths::Paths;

/// A `serve`. Times are RFC 3339, in UTC.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct State {
    /// Its process.
    pub(super) pid: u32,
    pub(super) since: String,
    pub(super) phase: Phase,
    /// The newest containerd; none before the first.
    pub(super) containerd: Option<Running>,
    /// How many containerds have ended and were followed by another.
    pub(super) restarts: u64,
    /// How the last one ended.
    pub(super) last_end: Option<LastEnd>,
}

/// How it goes.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Phase {
    /// Containerd does not answer yet.
    #[default]
    Starting,
    /// It answers.
    Up,
    /// It is told to end.
    Stopping,
}

/// A containerd.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Running {
    pub(super) pid: u32,
    /// Since when it is watched.
    pub(super) since: String,
    /// A `serve` that was killed had left it behind.
    pub(super) adopted: bool,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LastEnd {
    /// `was killed by signal 9`
    pub(super) how: String,
    pub(super) at: String,
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

    /// What a command that finds nobody who answers can tell of it.
    pub(super) fn words(&self) -> String {
        match (self.phase, &self.last_end) {
            (Phase::Starting, Some(end)) => format!("is starting containerd again, which {} at {}", end.how, end.at),
            (Phase::Starting, None) => "is starting containerd".to_owned(),
            (Phase::Up, _) => "has seen containerd answer".to_owned(),
            (Phase::Stopping, _) => "is ending containerd".to_owned(),
        }
    }
}
