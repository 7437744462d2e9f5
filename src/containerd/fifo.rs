//! The FIFOs that carry a command's streams between containerd's shim and us, in a folder that nobody else may enter and
//! that is gone when they are.
//!
//! The folder is beside containerd's socket: a place that both sides see, under the same name as a rule, even where one
//! of them is in a container or has a `/tmp` of its own.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::io::Errno;
use tokio::net::unix::pipe;

use crate::stream::Wanted;

/// The end that a command's input is written to.
pub(super) type Input = pipe::Sender;

/// The end that a command's output is read from. It comes to an end when all processes have ended that write there.
pub(super) type Output = pipe::Receiver;

/// How long to wait before looking again for whoever reads the input.
const PAUSE: Duration = Duration::from_millis(2);

/// A private folder. Dropping it removes it.
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Makes a folder beside a socket.
    ///
    /// # Errors
    /// There is no such socket, or we may not make folders there.
    pub(super) fn beside(socket: &Path, name: &str) -> io::Result<Self> {
        // containerd has a working directory of its own.
        let path = socket.canonicalize()?.with_file_name(name);
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What can't be removed now can't be later either; the run has an end of its own to report.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The FIFOs of one command.
pub(super) struct Fifos {
    folder: Folder,
    wanted: Wanted,
}

/// Our ends of the outputs, and the other ends.
pub(super) type Outputs = (Output, Option<Output>, Held);

/// The other ends. They keep ours open until a shim has opened its own; nothing is written to them.
#[derive(Default)]
pub(super) struct Held(Vec<pipe::Sender>);

impl Fifos {
    /// Makes the FIFOs for the streams that are wanted.
    ///
    /// # Errors
    /// The system can't make them.
    pub(super) fn new(folder: Folder, wanted: Wanted) -> io::Result<Self> {
        let fifos = Self { folder, wanted };
        for path in [fifos.stdin(), Some(fifos.stdout()), fifos.stderr()].into_iter().flatten() {
            mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?;
        }
        Ok(fifos)
    }

    pub(super) fn stdin(&self) -> Option<PathBuf> {
        self.wanted.stdin.then(|| self.folder.0.join("stdin"))
    }

    pub(super) fn stdout(&self) -> PathBuf {
        self.folder.0.join("stdout")
    }

    /// A terminal carries both outputs in one stream.
    pub(super) fn stderr(&self) -> Option<PathBuf> {
        (!self.wanted.tty).then(|| self.folder.0.join("stderr"))
    }

    /// Opens our ends of the outputs. A shim that has started a process has opened its own.
    ///
    /// # Errors
    /// The system can't open them.
    pub(super) fn outputs(&self) -> io::Result<Outputs> {
        let mut held = Held::default();
        let mut output = |path: PathBuf| {
            let receiver = pipe::OpenOptions::new().open_receiver(&path)?;
            held.0.push(pipe::OpenOptions::new().open_sender(&path)?);
            Ok::<_, io::Error>(receiver)
        };
        let (stdout, stderr) = (output(self.stdout())?, self.stderr().map(output).transpose()?);
        Ok((stdout, stderr, held))
    }

    /// Opens our end of the input, if there is one, as soon as a shim has opened its own: it does so in its own time (with
    /// `O_NONBLOCK`, in `cmd/containerd-shim-runc-v2/process/io.go`), and would wait for ever for a writer that has left.
    ///
    /// # Errors
    /// The system can't open it.
    pub(super) async fn input(&self) -> io::Result<Option<Input>> {
        let Some(path) = self.stdin() else { return Ok(None) };
        loop {
            match pipe::OpenOptions::new().open_sender(&path) {
                // Nobody is there to read.
                Err(error) if Errno::from_io_error(&error) == Some(Errno::NXIO) => tokio::time::sleep(PAUSE).await,
                opened => return opened.map(Some),
            }
        }
    }
}
