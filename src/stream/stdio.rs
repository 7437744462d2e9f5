//! This side's standard streams, on threads of their own: reading and writing them
//! blocks, and a connection has to be served and a signal noticed all the while.

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use crate::stream::pipe::Inlet;

/// How much of the input is read at once, as upstream.
const CHUNK: usize = 32 << 10;

/// The input, as its thread reads it.
#[derive(Debug)]
pub(crate) struct Input(mpsc::Receiver<Bytes>);

impl Input {
    /// Takes the input and starts to read. The thread ends with the input; until then a read that waits can't be ended.
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

    /// What was read next, or nothing at the end.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        self.0.recv().await
    }
}

/// The output, shared by everything that writes to it.
#[derive(Clone)]
pub(crate) struct Output(Arc<Mutex<Box<dyn Write + Send>>>);

/// How the copying of a stream to the output ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Copied {
    /// With the stream.
    All,
    /// With the connection, before the stream's end.
    Part,
}

impl Output {
    /// Takes the output until it is given back.
    pub(crate) fn take(out: &mut Box<dyn Write + Send>) -> Self {
        Self(Arc::new(Mutex::new(std::mem::replace(out, Box::new(io::sink())))))
    }

    /// Gives the output back.
    pub(crate) fn give_back(&self, out: &mut Box<dyn Write + Send>) {
        std::mem::swap(out, &mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Writes bytes, and shows them.
    ///
    /// # Errors
    /// The output's own.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        out.write_all(bytes)?;
        out.flush()
    }

    /// Copies a stream to the output, from the queue that the socket's task fills straight to the writer.
    ///
    /// # Errors
    /// The output can't be written.
    pub(crate) async fn copy(&self, mut inlet: Inlet) -> io::Result<Copied> {
        let (ended, end) = oneshot::channel();
        let out = self.clone();
        thread::Builder::new().name("output".to_owned()).spawn(move || {
            let _ = ended.send(out.drain(&mut inlet));
        })?;
        end.await.unwrap_or_else(|_| Err(io::Error::other("the output's thread is gone")))
    }

    fn drain(&self, inlet: &mut Inlet) -> io::Result<Copied> {
        let mut taken = Vec::new();
        loop {
            let more = inlet.blocking_take(&mut taken);
            let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            for bytes in taken.drain(..).flatten() {
                out.write_all(&bytes)?;
            }
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
