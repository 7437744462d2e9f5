//! This side's standard streams, on threads of their own: reading and writing them blocks, while a connection has to be
//! served and signals noticed.

use std::io::{self, IoSlice, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use crate::stream::pipe::{Cause, Inlet, Piece, slices};

/// How much of the input is read at once, as in upstream.
const CHUNK: usize = 32 << 10;

/// The input, as its thread reads it.
#[derive(Debug)]
pub(crate) struct Input(mpsc::Receiver<Bytes>);

impl Input {
    /// Takes the input and starts to read. The thread ends with the input; a waiting read can't be interrupted.
    pub(crate) fn take(input: &mut Box<dyn Read + Send>) -> io::Result<Self> {
        let mut input = std::mem::replace(input, Box::new(io::empty()));
        let (chunks, read) = mpsc::channel(2);
        thread::Builder::new().name("input".to_owned()).spawn(move || {
            let mut buffer = vec![0; CHUNK];
            loop {
                match input.read(&mut buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Ok(0) | Err(_) => break,
                    Ok(length) => {
                        if chunks.blocking_send(Bytes::copy_from_slice(&buffer[..length])).is_err() {
                            break;
                        }
                    }
                }
            }
        })?;
        Ok(Self(read))
    }

    /// The next piece that was read, or nothing at the end.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        self.0.recv().await
    }
}

/// An output, shared by everything that writes to it.
#[derive(Clone)]
pub(crate) struct Output(Arc<Mutex<Box<dyn Write + Send>>>);

/// How copying a stream to the output ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Copied {
    /// Because the stream ended.
    All,
    /// Because the connection ended before the stream did.
    Part,
}

impl Output {
    /// Shares an output until it is given back. Others that write to the stream itself meanwhile take turns.
    pub(crate) fn share(stream: &mut Box<dyn Write + Send>) -> Self {
        let shared = Self(Arc::new(Mutex::new(Box::new(io::sink()))));
        let stream = std::mem::replace(stream, Box::new(shared.clone()));
        *shared.lock() = stream;
        shared
    }

    /// Gives the output back.
    pub(crate) fn give_back(&self, stream: &mut Box<dyn Write + Send>) {
        let own = std::mem::replace(&mut *self.lock(), Box::new(io::sink()));
        *stream = own;
    }

    fn lock(&self) -> MutexGuard<'_, Box<dyn Write + Send>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes bytes, and flushes them.
    ///
    /// # Errors
    /// Errors of the output.
    pub(crate) fn show(&self, bytes: &[u8]) -> io::Result<()> {
        let mut out = self.lock();
        out.write_all(bytes)?;
        out.flush()
    }

    /// Copies a stream to the output, straight from the queue that the socket's task fills to the writer.
    ///
    /// # Errors
    /// The output can't be written to.
    pub(crate) async fn copy(&self, mut inlet: Inlet) -> io::Result<Copied> {
        let (ended, end) = oneshot::channel();
        let out = self.clone();
        thread::Builder::new().name("output".to_owned()).spawn(move || {
            let _ = ended.send(out.drain(&mut inlet));
        })?;
        end.await.unwrap_or_else(|_| Err(io::Error::other("the output's thread is gone")))
    }

    /// A sender of lines, and a future that writes them while it is polled: only the task that sends a line waits for a
    /// slow reader.
    pub(crate) fn lines(&self) -> (Lines, impl Future<Output = io::Result<Copied>>) {
        let (feed, inlet) = Inlet::new(Cause::default());
        (Lines(feed), self.copy(inlet))
    }

    fn drain(&self, inlet: &mut Inlet) -> io::Result<Copied> {
        let mut taken = Vec::new();
        loop {
            let more = inlet.blocking_take(&mut taken);
            let mut out = self.lock();
            write_all(&mut **out, &taken)?;
            taken.clear();
            if inlet.is_idle() {
                out.flush()?;
            }
            match more {
                Ok(true) => {}
                Ok(false) => return Ok(Copied::All),
                Err(_) => return Ok(Copied::Part),
            }
        }
    }
}

/// The sending end of lines that are written to an output.
#[derive(Clone)]
pub(crate) struct Lines(mpsc::Sender<Piece>);

impl Lines {
    /// Sends a line, and waits while too many are unwritten.
    pub(crate) async fn say(&self, line: String) {
        // If nobody receives the lines, the future that writes them has reported an error already.
        let _ = self.0.send(Some(Bytes::from(line + "\n"))).await;
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.lock().flush()
    }
}

/// Writes everything with as few calls as the output allows.
fn write_all(out: &mut dyn Write, pieces: &[Piece]) -> io::Result<()> {
    let mut slices = slices(pieces);
    let mut rest = slices.as_mut_slice();
    while !rest.is_empty() {
        match out.write_vectored(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => IoSlice::advance_slices(&mut rest, count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
