//! The format of a log's lines, which its first line shows.

use crate::error::Error;
use crate::gotext::quote;
use crate::logs::docker::{self, Scratch};
use crate::logs::record::{Malformed, Record, cri, plain};

/// How much of a line that is not a record is shown.
const SHOWN: usize = 200;

/// A format of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// `TIME STREAM TAGS CONTENT`, the format of the CRI.
    Cri,
    /// A JSON object, as Docker's json-file driver writes it.
    Docker,
    /// What the container wrote. No line can show this: whoever knows has to say it.
    Plain,
}

impl Format {
    /// The format of a log that starts with this line.
    pub(crate) fn of(line: &[u8], scratch: &mut Scratch) -> Option<Self> {
        if cri(line).is_some() {
            return Some(Self::Cri);
        }
        // An unknown stream is an error in the line, not another format.
        match docker::parse(line, scratch) {
            Err(Malformed::Line) => None,
            _ => Some(Self::Docker),
        }
    }

    /// Parses a line.
    ///
    /// # Errors
    /// The line is not a record of this format.
    #[inline(always)]
    pub(crate) fn parse<'a>(self, line: &'a [u8], scratch: &'a mut Scratch) -> Result<Record<'a>, Malformed> {
        match self {
            Self::Cri => cri(line).ok_or(Malformed::Line),
            Self::Docker => docker::parse(line, scratch),
            Self::Plain => Ok(plain(line)),
        }
    }
}

/// The error of a log whose first line has no known format.
pub(crate) fn unsupported(line: &[u8]) -> Error {
    Error::failure(format!("unsupported log format: {}", shown(line)))
        .hint("a line must be TIME STREAM TAGS TEXT, as in the CRI, or a JSON object, as in Docker")
}

/// The start of a line, made readable.
pub(crate) fn shown(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    quote(&String::from_utf8_lossy(&line[..line.len().min(SHOWN)]))
}
