//! The two halves of a connection's socket: how much is read at once, and the sending of what is queued. What the bytes
//! mean is known elsewhere.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::time::Instant;

use crate::error::lower;
use crate::stream::socket::Stream;

/// How much is read at once.
const READ: usize = 256 << 10;
/// A server that neither sends nor answers pings for this long is taken to be gone.
const SILENCE: Duration = Duration::from_secs(61);

/// Both halves.
pub(super) fn split(socket: Box<dyn Stream>) -> (Reader, Writer) {
    let (reader, writer) = tokio::io::split(socket);
    let reader = Reader { socket: reader, heard: Instant::now() };
    (reader, Writer { socket: writer, unflushed: false, mute: false })
}

pub(super) struct Reader {
    socket: ReadHalf<Box<dyn Stream>>,
    /// When something was last received.
    heard: Instant,
}

impl Reader {
    /// Receives what is available. The readers of streams get parts of its buffer. May be dropped at any await.
    pub(super) async fn receive(&mut self, incoming: &mut BytesMut) -> Result<(), String> {
        if incoming.capacity() - incoming.len() < READ / 4 {
            incoming.reserve(READ);
        }
        let count = self.socket.read_buf(incoming).await.map_err(|error| lower(&error))?;
        if count == 0 {
            return Err("the server closed it".to_owned());
        }
        self.heard = Instant::now();
        Ok(())
    }

    /// Whether the server has given signs of life. While we don't read because readers are slow, `held_up`, it can't.
    pub(super) fn check(&mut self, held_up: bool) -> Result<(), String> {
        if held_up {
            self.heard = Instant::now();
        }
        match self.heard.elapsed() > SILENCE {
            true => Err(format!("no sign of life from the server for {SILENCE:?}")),
            false => Ok(()),
        }
    }
}

pub(super) struct Writer {
    socket: WriteHalf<Box<dyn Stream>>,
    /// Something was written and may not have been flushed.
    unflushed: bool,
    /// The server accepts no more.
    mute: bool,
}

impl Writer {
    /// Whether [`Writer::send`] has something to do.
    pub(super) fn is_due(&self, outgoing: &BytesMut) -> bool {
        self.unflushed || !outgoing.is_empty()
    }

    /// Sends everything. May be dropped at any await: what was sent is no longer in `outgoing`. A server that accepts
    /// no more may already have said how the command ended, so this is not an error: what is left is dropped.
    pub(super) async fn send(&mut self, outgoing: &mut BytesMut) {
        if self.mute || self.try_send(outgoing).await.is_err() {
            self.mute = true;
            outgoing.clear();
        }
        self.unflushed = false;
    }

    async fn try_send(&mut self, outgoing: &mut BytesMut) -> io::Result<()> {
        self.unflushed = true;
        while !outgoing.is_empty() {
            self.socket.write_buf(outgoing).await?;
        }
        self.socket.flush().await
    }

    /// Sends everything and closes the socket.
    pub(super) async fn close(&mut self, outgoing: &mut BytesMut) {
        self.send(outgoing).await;
        let _ = self.socket.shutdown().await;
    }
}
