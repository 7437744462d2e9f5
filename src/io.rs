//! The world a run sees: its streams, its clock, its signals. The only place that
//! reaches for the process's own; a host or a test passes something else.

#![expect(clippy::disallowed_methods, reason = "this is where the clock comes from")]

use std::io::{self, IsTerminal, Read, Write};
use std::path::PathBuf;
use std::time::SystemTime;

/// What a run reads from and writes to. One value serves one run at a time.
pub struct Io {
    /// Standard input: passwords, config files given as `-`, the input of `exec -i`.
    pub input: Box<dyn Read + Send>,
    /// Results, and nothing else.
    pub out: Box<dyn Write + Send>,
    /// Log lines and errors.
    pub err: Box<dyn Write + Send>,
    /// Whether [`Io::input`] is a terminal.
    pub input_is_terminal: bool,
    /// Whether [`Io::out`] is a terminal; elsewhere no control code is written.
    pub out_is_terminal: bool,
    /// Whether [`Io::err`] is a terminal; it decides how log lines look.
    pub err_is_terminal: bool,
    /// Whether [`Io::out`] and [`Io::err`] end at the same place, such as a terminal, so that their order shows.
    pub streams_are_one: bool,
    /// The clock.
    pub now: fn() -> SystemTime,
    /// The program's own path: a `crictl.yaml` beside it is the second config file that is looked for.
    pub executable: Option<PathBuf>,
    /// Whether the process's SIGINT and SIGTERM mean this run. A host that has its own handlers says no.
    pub signals: bool,
}

impl Io {
    /// The process's own streams, clock and signals.
    pub fn std() -> Self {
        Self {
            input: Box::new(io::stdin()),
            out: Box::new(io::LineWriter::new(io::stdout())),
            err: Box::new(io::stderr()),
            input_is_terminal: io::stdin().is_terminal(),
            out_is_terminal: io::stdout().is_terminal(),
            err_is_terminal: io::stderr().is_terminal(),
            streams_are_one: streams_are_one(),
            now: SystemTime::now,
            executable: std::env::current_exe().ok(),
            signals: true,
        }
    }

    /// Streams of the caller's, no terminal, no signals.
    pub fn buffers(
        input: impl Read + Send + 'static,
        out: impl Write + Send + 'static,
        err: impl Write + Send + 'static,
    ) -> Self {
        Self {
            input: Box::new(input),
            out: Box::new(out),
            err: Box::new(err),
            input_is_terminal: false,
            out_is_terminal: false,
            err_is_terminal: false,
            streams_are_one: false,
            now: SystemTime::now,
            executable: None,
            signals: false,
        }
    }
}

/// Whether the process's two outputs are the same file.
#[cfg(unix)]
fn streams_are_one() -> bool {
    match (rustix::fs::fstat(io::stdout()), rustix::fs::fstat(io::stderr())) {
        (Ok(out), Ok(err)) => (out.st_dev, out.st_ino) == (err.st_dev, err.st_ino),
        _ => false,
    }
}

#[cfg(not(unix))]
fn streams_are_one() -> bool {
    io::stdout().is_terminal() && io::stderr().is_terminal()
}
