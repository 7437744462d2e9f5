//! What is sent about this side's terminal, and its raw mode.

use std::io;

use serde::Deserialize;

use crate::io::{Size, Terminal};

/// A size, as it is sent.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sent {
    width: u16,
    height: u16,
}

/// A message of the resize stream.
pub(super) fn message(size: Size) -> String {
    format!("{{\"Width\":{},\"Height\":{}}}\n", size.width, size.height)
}

/// The size in a message.
pub(super) fn read(message: &[u8]) -> Option<Size> {
    let Sent { width, height } = serde_json::from_slice(message).ok()?;
    Some(Size { width, height })
}

/// Keeps a terminal raw. Dropping it restores the terminal.
pub(super) struct Raw<'a>(&'a dyn Terminal);

impl<'a> Raw<'a> {
    pub(super) fn enter(terminal: &'a dyn Terminal) -> io::Result<Self> {
        terminal.make_raw()?;
        Ok(Self(terminal))
    }
}

impl Drop for Raw<'_> {
    fn drop(&mut self) {
        self.0.restore();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_sent_as_a_line() {
        let size = Size { width: 77, height: 33 };
        assert_eq!(message(size), "{\"Width\":77,\"Height\":33}\n");
        assert_eq!(read(message(size).as_bytes()), Some(size));
    }
}
