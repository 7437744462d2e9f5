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

use bytes::BytesMut;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::unix::pipe;
use tokio::sync::watch;

use crate::stream::Wanted;
use crate::stream::local::{Feed, Inputs};

/// As much as a FIFO holds.
const CHUNK: usize = 64 << 10;

/// How long nothing comes of a command that has ended before what it left running is no longer listened to. A shim
/// waits as long (`waitTimeout` in `cmd/containerd-shim-runc-v2/process/exec.go`).
const QUIET: Duration = Duration::from_secs(2);

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

/// Our ends of them, for input, output and errors, and the other ends.
pub(super) type Ends = (Option<Input>, Output, Option<Output>, Held);

/// The other ends. They keep ours open until a shim has opened its own; nothing is read from or written to them.
#[derive(Default)]
pub(super) struct Held(Vec<pipe::Sender>, Vec<pipe::Receiver>);

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

    /// Opens our ends.
    ///
    /// # Errors
    /// The system can't open them.
    pub(super) fn open(&self) -> io::Result<Ends> {
        let mut held = Held::default();
        let mut output = |path: PathBuf| {
            let receiver = pipe::OpenOptions::new().open_receiver(&path)?;
            held.0.push(pipe::OpenOptions::new().open_sender(&path)?);
            Ok::<_, io::Error>(Output(receiver))
        };
        let (stdout, stderr) = (output(self.stdout())?, self.stderr().map(output).transpose()?);
        let stdin = match self.stdin() {
            Some(path) => {
                // Nobody can open an end to write to before there is one to read from.
                held.1.push(pipe::OpenOptions::new().open_receiver(&path)?);
                Some(Input(pipe::OpenOptions::new().open_sender(&path)?))
            }
            None => None,
        };
        Ok((stdin, stdout, stderr, held))
    }
}

/// The end that a command's input is written to.
pub(super) struct Input(pipe::Sender);

impl Input {
    /// Writes all of the input, for as long as anybody reads it.
    pub(super) async fn take(mut self, mut inputs: Inputs) {
        while let Some(bytes) = inputs.next().await {
            if self.0.write_all(&bytes).await.is_err() {
                return;
            }
        }
    }
}

/// The end that a command's output is read from.
pub(super) struct Output(pipe::Receiver);

impl Output {
    /// Passes on all of the output: to its end, which comes when all processes that have it have ended, or have
    /// been silent for a while since the first one did.
    pub(super) async fn feed(mut self, feed: Feed, ended: watch::Receiver<bool>) {
        loop {
            let mut bytes = BytesMut::with_capacity(CHUNK);
            let mut ended = ended.clone();
            let quiet = async {
                let _ = ended.wait_for(|ended| *ended).await;
                tokio::time::sleep(QUIET).await;
            };
            let read = tokio::select! {
                biased;
                read = self.0.read_buf(&mut bytes) => read,
                () = quiet => break,
            };
            if !matches!(read, Ok(1..)) || !feed.send(bytes.freeze()).await {
                break;
            }
        }
        feed.end().await;
    }
}
