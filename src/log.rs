//! How a log line looks: logrus's text form, which scripts around crictl know. The two forms are pure; a [`Logger`]
//! writes them.

use std::cell::{Cell, RefCell, RefMut};
use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use jiff::tz::TimeZone;

use crate::error::Error;
use crate::gotext::quote;
use crate::io::Clock;
use crate::view::human::rfc3339;
use crate::visible::visible;

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Debug,
    Info,
    Warning,
    Error,
    Fatal,
}

/// A line for a file or a pipe, with a newline.
pub(crate) fn plain(level: Level, message: &str, now: SystemTime, zone: &TimeZone) -> String {
    let seconds = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let time = rfc3339(i64::try_from(seconds).unwrap_or_default().saturating_mul(1_000_000_000), zone);
    let name = match level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warning => "warning",
        Level::Error => "error",
        Level::Fatal => "fatal",
    };
    let bare = !message.is_empty() && message.chars().all(|c| c.is_ascii_alphanumeric() || "-._/@^+".contains(c));
    let message = if bare { message.to_owned() } else { quote(message) };
    format!("time={} level={name} msg={message}\n", quote(&time))
}

/// A line for a person, with a newline: colour, whole seconds since the start, the message.
pub(crate) fn coloured(level: Level, message: &str, elapsed: Duration) -> String {
    let (colour, name) = match level {
        Level::Debug => (37, "DEBU"),
        Level::Info => (36, "INFO"),
        Level::Warning => (33, "WARN"),
        Level::Error => (31, "ERRO"),
        Level::Fatal => (31, "FATA"),
    };
    format!("\x1b[{colour}m{name}\x1b[0m[{:04}] {:<44} \n", elapsed.as_secs(), visible(message))
}

/// Where log lines go. Shared by everything in a run that logs.
pub(crate) struct Logger<'io> {
    err: RefCell<&'io mut Box<dyn Write + Send>>,
    terminal: bool,
    zone: TimeZone,
    clock: Clock,
    started: SystemTime,
    debug: Cell<bool>,
}

impl<'io> Logger<'io> {
    pub(crate) fn new(err: &'io mut Box<dyn Write + Send>, terminal: bool, clock: Clock, zone: TimeZone) -> Self {
        let started = clock.now();
        Self { err: RefCell::new(err), terminal, zone, clock, started, debug: Cell::new(false) }
    }

    /// Turns debug lines on or off.
    pub(crate) fn set_debug(&self, debug: bool) {
        self.debug.set(debug);
    }

    /// Whether debug lines are written.
    pub(crate) fn is_debug(&self) -> bool {
        self.debug.get()
    }

    /// Whether a person reads the lines: at a terminal, or because all lines were asked for.
    pub(crate) fn is_watched(&self) -> bool {
        self.terminal || self.debug.get()
    }

    /// The time, as shown in lines.
    pub(crate) fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// Writes a line; `message` is called only if the line is wanted. A log that can't be written is no reason to stop.
    pub(crate) fn write(&self, level: Level, message: impl FnOnce() -> String) {
        if level == Level::Debug && !self.debug.get() {
            return;
        }
        let now = self.clock.now();
        let line = match self.terminal && !cfg!(windows) {
            true => coloured(level, &message(), now.duration_since(self.started).unwrap_or_default()),
            false => plain(level, &message(), now, &self.zone),
        };
        let _ = self.bytes(line.as_bytes());
    }

    /// Writes an error; at debug level, writes the whole of a cut error first.
    pub(crate) fn failed(&self, level: Level, error: &Error) {
        if let Some(whole) = error.whole() {
            self.write(Level::Debug, || whole);
        }
        self.write(level, || error.line());
    }

    /// Writes a line without level and time. If it can't be written, that is no reason to stop.
    pub(crate) fn line(&self, line: &str) {
        let _ = self.bytes(format!("{}\n", visible(line)).as_bytes());
    }

    /// The stream that lines are written to, for a command that copies a container's standard error to it.
    pub(crate) fn stream(&self) -> RefMut<'_, &'io mut Box<dyn Write + Send>> {
        self.err.borrow_mut()
    }

    /// Writes a container's output as it is.
    ///
    /// # Errors
    /// The stream can't be written.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> io::Result<()> {
        let mut err = self.err.borrow_mut();
        err.write_all(bytes)?;
        err.flush()
    }
}
