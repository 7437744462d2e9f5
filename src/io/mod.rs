//! The world that a run sees: its streams, its clock, its signals. Only this file uses the process's own; a host or a
//! test passes something else.

#![expect(clippy::disallowed_methods, reason = "this is where the clock comes from")]

mod terminal;

#[cfg(unix)]
use std::fs::File;
use std::io::{self, IoSlice, IsTerminal, LineWriter, Read, Write};
#[cfg(unix)]
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio_util::sync::CancellationToken;

pub use terminal::{Size, Terminal, Waiting};

/// What a run reads from and writes to. One value serves one run at a time. Made by [`Io::std`] or [`Io::buffers`], then
/// changed member by member.
#[non_exhaustive]
pub struct Io {
    /// Standard input: passwords, config files given as `-`, the input of `exec -i`.
    pub input: Box<dyn Read + Send>,
    /// Results, and nothing else.
    pub out: Box<dyn Write + Send>,
    /// Log lines and errors.
    pub err: Box<dyn Write + Send>,
    /// Whether [`Io::input`] is a terminal.
    pub input_is_terminal: bool,
    /// Whether [`Io::out`] is a terminal; if it is not, no control code is written.
    pub out_is_terminal: bool,
    /// Whether [`Io::err`] is a terminal; it decides how log lines look.
    pub err_is_terminal: bool,
    /// Whether [`Io::out`] and [`Io::err`] go to the same place, such as a terminal, so that their relative order is
    /// visible.
    pub streams_are_one: bool,
    /// The terminal behind input and output, for `exec -it` and `attach -it`.
    pub terminal: Option<Arc<dyn Terminal>>,
    /// The clock.
    pub clock: Clock,
    /// The program's own path: a `crictl.yaml` beside it is the second config file to be tried.
    pub executable: Option<PathBuf>,
    /// Where on the machine the run looks for what is not configured.
    pub machine: Machine,
    /// Whether the process's SIGINT and SIGTERM are meant for this run. A host with its own handlers sets this to
    /// false.
    pub signals: bool,
    /// Ends the run as an interrupt does. A run that is in the middle of reading or writing one of its streams ends when
    /// that has come back.
    pub cancellation: CancellationToken,
}

/// A stream that keeps what is written to it. Clones are the same one, so that a host has one left to read.
#[derive(Clone, Debug, Default)]
pub struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    /// What has been written so far.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A clock, asked for the time whenever it matters.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Clock {
    /// A clock that shows what the function returns.
    pub fn new(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        (self.0)()
    }
}

/// The streams of a run, but for that of log lines, which the logger has. The members are those of [`Io`].
pub(crate) struct Streams<'io> {
    pub(crate) input: &'io mut Box<dyn Read + Send>,
    /// The stream behind what a command prints, for one that passes it to a thread while streaming.
    pub(crate) out: &'io mut Box<dyn Write + Send>,
    pub(crate) input_is_terminal: bool,
    pub(crate) out_is_terminal: bool,
    pub(crate) err_is_terminal: bool,
    pub(crate) streams_are_one: bool,
    pub(crate) terminal: &'io Option<Arc<dyn Terminal>>,
    pub(crate) signals: bool,
    pub(crate) cancellation: CancellationToken,
}

impl Io {
    /// Shows what clap says of a command line, help or what is wrong with it, and returns clap's exit status.
    pub(crate) fn refuse(&mut self, error: &clap::Error) -> u8 {
        let stream = if error.use_stderr() { &mut self.err } else { &mut self.out };
        // A stream that can't be written to leaves nobody to tell.
        let _ = write!(stream, "{}", error.render()).and_then(|()| stream.flush());
        u8::try_from(error.exit_code()).unwrap_or(1)
    }

    /// The streams of a run, and that of its log lines.
    pub(crate) fn streams(&mut self) -> (Streams<'_>, &mut Box<dyn Write + Send>) {
        let streams = Streams {
            input: &mut self.input,
            out: &mut self.out,
            input_is_terminal: self.input_is_terminal,
            out_is_terminal: self.out_is_terminal,
            err_is_terminal: self.err_is_terminal,
            streams_are_one: self.streams_are_one,
            terminal: &self.terminal,
            signals: self.signals,
            cancellation: self.cancellation.clone(),
        };
        (streams, &mut self.err)
    }
}

/// Where a run looks for what is not configured. The default is nowhere: the run then takes no setting, endpoint or
/// time zone from the machine it runs on.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    /// The config file if neither flag nor variable names one.
    pub config: Option<PathBuf>,
    /// The endpoints to try, in this order, if none is configured.
    pub endpoints: Vec<String>,
    /// The folder of the time zones that `TZ` names.
    pub zoneinfo: Option<PathBuf>,
    /// The time zone if `TZ` names none.
    pub localtime: Option<PathBuf>,
}

impl Machine {
    /// The machine that the process runs on, with the usual paths of its system.
    pub fn this() -> Self {
        let endpoints = if cfg!(windows) {
            &["npipe:////./pipe/containerd-containerd", "npipe:////./pipe/cri-dockerd"][..]
        } else if cfg!(target_os = "freebsd") {
            &[
                "unix:///var/run/containerd/containerd.sock",
                "unix:///var/run/crio/crio.sock",
                "unix:///var/run/cri-dockerd.sock",
            ]
        } else {
            &[
                "unix:///run/containerd/containerd.sock",
                "unix:///run/crio/crio.sock",
                "unix:///var/run/cri-dockerd.sock",
            ]
        };
        Self {
            config: config(),
            endpoints: endpoints.iter().map(ToString::to_string).collect(),
            zoneinfo: Some(PathBuf::from("/usr/share/zoneinfo")),
            localtime: Some(PathBuf::from("/etc/localtime")),
        }
    }
}

/// The system's config file, which is in the home directory on Windows.
fn config() -> Option<PathBuf> {
    if cfg!(windows) {
        let home = std::env::var_os("USERPROFILE")?;
        Some(PathBuf::from(home).join(".crictl").join("crictl.yaml"))
    } else if cfg!(target_os = "freebsd") {
        Some(PathBuf::from("/usr/local/etc/crictl.yaml"))
    } else {
        Some(PathBuf::from("/etc/crictl.yaml"))
    }
}

impl Io {
    /// The process's own streams, clock and signals.
    pub fn std() -> Self {
        Self {
            input: Box::new(io::stdin()),
            out: Box::new(ByLine(LineWriter::new(stdout()))),
            err: Box::new(io::stderr()),
            input_is_terminal: io::stdin().is_terminal(),
            out_is_terminal: io::stdout().is_terminal(),
            err_is_terminal: io::stderr().is_terminal(),
            streams_are_one: streams_are_one(),
            terminal: Some(Arc::new(terminal::Own::default())),
            clock: Clock::new(SystemTime::now),
            executable: std::env::current_exe().ok(),
            machine: Machine::this(),
            signals: true,
            cancellation: CancellationToken::new(),
        }
    }

    /// The caller's streams, no terminal, no signals, and nothing from the machine; to use its config file or its
    /// endpoints, set [`Io::machine`].
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
            terminal: None,
            clock: Clock::new(SystemTime::now),
            executable: None,
            machine: Machine::default(),
            signals: false,
            cancellation: CancellationToken::new(),
        }
    }
}

/// Collects small writes into lines. Large writes are passed on as they are: searching them for the last line end costs
/// as much as copying them.
struct ByLine<W: Write>(LineWriter<W>);

/// From this size on, a write is large.
const LARGE: usize = 4 << 10;

impl<W: Write> Write for ByLine<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() < LARGE {
            return self.0.write(bytes);
        }
        self.0.flush()?;
        self.0.get_mut().write(bytes)
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        if pieces.iter().map(|piece| piece.len()).sum::<usize>() < LARGE {
            return self.0.write_vectored(pieces);
        }
        self.0.flush()?;
        self.0.get_mut().write_vectored(pieces)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The process's standard output, without the line buffer that std adds.
#[cfg(unix)]
fn stdout() -> Box<dyn Write + Send> {
    match io::stdout().as_fd().try_clone_to_owned() {
        Ok(stdout) => Box::new(File::from(stdout)),
        // It is closed; std's own type would pretend that writing succeeded.
        Err(_) => Box::new(io::stdout()),
    }
}

/// A console takes characters instead of bytes, which std takes care of.
#[cfg(not(unix))]
fn stdout() -> io::Stdout {
    io::stdout()
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
