//! The console of Windows: how it passes on what is typed and shows what is printed, as a number of flags.

use std::io;

use crossterm_winapi::{ConsoleMode, Handle, HandleType};

/// Flags of a console's input.
pub(crate) const PROCESSED_INPUT: u32 = 0x1;
pub(crate) const LINE_INPUT: u32 = 0x2;
pub(crate) const ECHO_INPUT: u32 = 0x4;
pub(crate) const VIRTUAL_TERMINAL_INPUT: u32 = 0x200;
/// Flags of a console's output.
pub(crate) const VIRTUAL_TERMINAL_PROCESSING: u32 = 0x4;
pub(crate) const DISABLE_NEWLINE_AUTO_RETURN: u32 = 0x8;

/// A mode of the console. Dropping it restores the one before.
#[derive(Debug)]
pub(crate) struct Mode {
    console: ConsoleMode,
    before: u32,
}

impl Mode {
    /// Changes the flags of the standard input or output.
    ///
    /// # Errors
    /// It is no console, or one that is too old for a flag.
    pub(crate) fn set(handle: HandleType, change: impl FnOnce(u32) -> u32) -> io::Result<Self> {
        let console = ConsoleMode::from(Handle::new(handle)?);
        let before = console.mode()?;
        console.set_mode(change(before))?;
        Ok(Self { console, before })
    }
}

impl Drop for Mode {
    fn drop(&mut self) {
        // A console that has gone need not be restored.
        let _ = self.console.set_mode(self.before);
    }
}
