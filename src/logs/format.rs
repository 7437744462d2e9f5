//! How the lines of a log are laid out, which its first line tells.

use crate::logs::docker::{self, Scratch};
use crate::logs::record::{Malformed, Record, cri};

/// A layout of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// `TIME STREAM TAGS CONTENT`, the format of the CRI.
    Cri,
    /// A JSON object, as Docker's json-file driver writes it.
    Docker,
}

impl Format {
    /// The format of a log that starts with this line.
    pub(crate) fn of(line: &[u8], scratch: &mut Scratch) -> Option<Self> {
        if cri(line).is_some() {
            return Some(Self::Cri);
        }
        // An unknown stream is a fault of the line, not of the format.
        match docker::parse(line, scratch) {
            Err(Malformed::Line) => None,
            _ => Some(Self::Docker),
        }
    }

    /// Takes a line apart.
    ///
    /// # Errors
    /// It is no record of this format.
    #[inline(always)]
    pub(crate) fn parse<'a>(self, line: &'a [u8], scratch: &'a mut Scratch) -> Result<Record<'a>, Malformed> {
        match self {
            Self::Cri => cri(line).ok_or(Malformed::Line),
            Self::Docker => docker::parse(line, scratch),
        }
    }
}
