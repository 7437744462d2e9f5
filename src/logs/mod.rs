//! Container logs: files in which a runtime records, line by line, when something was written, to which stream, and
//! what.
//!
//! This module reads them, finds places in a file, follows it through rotations, and formats the records. It knows
//! neither commands nor the CRI: files come in as paths, bytes go out to a [`Sink`].

pub(crate) mod ahead;
pub(crate) mod docker;
pub(crate) mod follow;
pub(crate) mod format;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
pub(crate) mod head;
pub(crate) mod input;
pub(crate) mod lines;
pub(crate) mod page;
pub(crate) mod print;
pub(crate) mod record;
pub(crate) mod rotation;
pub(crate) mod seek;
pub(crate) mod since;
pub(crate) mod source;
#[cfg(test)]
mod tests;
pub(crate) mod time;
mod turn;
mod watch;

use crate::error::Error;
use crate::logs::record::Stream;
use crate::logs::time::Moment;

/// The annotation of a container, and its value, by which whoever answers for the container says that its log is plain:
/// what the container wrote, without times and names of streams.
pub(crate) const PLAIN: (&str, &str) = ("io.containerd/log", "plain");

/// The annotation that says why a container has no log.
pub(crate) const NONE: &str = "io.containerd/no-log";

/// Which part of a log is wanted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Part {
    /// The last lines, this many.
    pub(crate) tail: Option<u64>,
    /// Nothing older than this.
    pub(crate) since: Option<Moment>,
    /// Read the rotated files first.
    pub(crate) rotated: bool,
    /// The log is still being written: wait for more at its end.
    pub(crate) follow: bool,
    /// The log is plain: nothing in it is older or younger.
    pub(crate) plain: bool,
}

/// Where output goes.
pub(crate) trait Sink {
    /// Takes bytes of a container's stream.
    ///
    /// # Errors
    /// They can't be written.
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), Error>;

    /// Takes a remark about the log itself, for the reader's information.
    fn remark(&mut self, remark: String);
}
