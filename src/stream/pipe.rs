//! The command's ends of streams. The task that owns the socket holds the other ends; between them are short queues, so
//! that the faster side waits for the slower.

use std::io::IoSlice;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::error::Error;

/// How many pieces wait between the socket and a reader. A piece is at most one read of the socket, 256 KiB.
const QUEUE: usize = 8;

/// Why a connection ended, once it has.
pub(crate) type Cause = Arc<OnceLock<String>>;

/// What can be sent on a stream.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) stream: u32,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    Data(Bytes),
    /// Our side ends.
    End,
    /// Both sides end.
    Reset,
}

/// What arrives on a stream: bytes, or nothing for its end.
pub(super) type Piece = Option<Bytes>;

/// The writing end of a stream.
#[derive(Clone, Debug)]
pub(crate) struct Outlet {
    stream: u32,
    orders: mpsc::Sender<Order>,
}

impl Outlet {
    pub(super) fn new(stream: u32, orders: mpsc::Sender<Order>) -> Self {
        Self { stream, orders }
    }

    /// Sends bytes, and waits while too many are in transit. A broken connection is noticed only by reading.
    pub(crate) async fn send(&self, bytes: Bytes) {
        self.order(What::Data(bytes)).await;
    }

    /// Ends this side of the stream.
    pub(crate) async fn end(&self) {
        self.order(What::End).await;
    }

    /// Ends both sides of the stream.
    pub(crate) async fn reset(&self) {
        self.order(What::Reset).await;
    }

    async fn order(&self, what: What) {
        let _ = self.orders.send(Order { stream: self.stream, what }).await;
    }
}

/// The reading end of a stream.
#[derive(Debug)]
pub(crate) struct Inlet {
    pieces: mpsc::Receiver<Piece>,
    ended: bool,
    cause: Cause,
}

impl Inlet {
    /// A reading end, and the sender that the task feeds it with.
    pub(super) fn new(cause: Cause) -> (mpsc::Sender<Piece>, Self) {
        let (feed, pieces) = mpsc::channel(QUEUE);
        (feed, Self { pieces, ended: false, cause })
    }

    /// The next bytes, or nothing at the stream's end.
    ///
    /// # Errors
    /// The connection ended before the stream did.
    pub(crate) async fn next(&mut self) -> Result<Piece, Error> {
        let piece = if self.ended { Some(None) } else { self.pieces.recv().await };
        let piece = piece.ok_or_else(|| lost(&self.cause))?;
        self.ended = piece.is_none();
        Ok(piece)
    }

    /// Waits until something has arrived, and takes all of it: taking single pieces would wake the socket's task for
    /// each. Returns whether more may come.
    ///
    /// # Errors
    /// As [`Inlet::next`].
    pub(crate) async fn take(&mut self, taken: &mut Vec<Piece>) -> Result<bool, Error> {
        let count = if self.ended { 1 } else { self.pieces.recv_many(taken, QUEUE).await };
        self.taken(count, taken)
    }

    /// As [`Inlet::take`], for use on a thread of its own.
    ///
    /// # Errors
    /// As [`Inlet::next`].
    pub(crate) fn blocking_take(&mut self, taken: &mut Vec<Piece>) -> Result<bool, Error> {
        let count = if self.ended { 1 } else { self.pieces.blocking_recv_many(taken, QUEUE) };
        self.taken(count, taken)
    }

    fn taken(&mut self, count: usize, taken: &[Piece]) -> Result<bool, Error> {
        self.ended |= taken.iter().any(Option::is_none);
        if count == 0 { Err(lost(&self.cause)) } else { Ok(!self.ended) }
    }

    /// Whether nothing more is waiting: then what was written should be flushed.
    pub(crate) fn is_idle(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Everything up to the end, and whether the end came; anything beyond `limit` bytes is dropped.
    pub(crate) async fn rest(&mut self, limit: usize) -> (Vec<u8>, Result<(), Error>) {
        let mut text = Vec::new();
        loop {
            match self.next().await {
                Ok(Some(bytes)) => text.extend(bytes.iter().take(limit.saturating_sub(text.len()))),
                Ok(None) => return (text, Ok(())),
                Err(lost) => return (text, Err(lost)),
            }
        }
    }
}

/// How many pieces one write takes.
pub(crate) fn slices(pieces: &[Piece]) -> Vec<IoSlice<'_>> {
    pieces.iter().flatten().map(|bytes| IoSlice::new(bytes)).collect()
}

/// The error of a connection that ended too early.
pub(super) fn lost(cause: &Cause) -> Error {
    let cause = cause.get().map_or("it was closed", String::as_str);
    Error::failure(format!("the streaming connection broke: {cause}"))
}

/// A task that ends when its owner is dropped.
#[derive(Debug)]
pub(crate) struct Task(tokio::task::JoinHandle<()>);

impl Task {
    pub(super) fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(future))
    }

    /// Waits until the task has ended by itself.
    pub(super) async fn ended(&mut self) {
        let _ = (&mut self.0).await;
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
