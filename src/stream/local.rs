//! Streams that are behind no URL, because whoever serves them is in this process: the ends of both sides.

use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use tokio::sync::mpsc;

use crate::error::Error;
use crate::stream::channel::{RESIZE, STDIN};
use crate::stream::pipe::{Cause, Inlet, Order, Outlet, Piece, What};
use crate::stream::status::Failed;
use crate::stream::terminal::read;
use crate::stream::{Connection, Report, Session, Wanted};

/// How many pieces of the input wait for a server.
const QUEUE: usize = 8;

/// Where the streams of a command are.
pub(crate) enum Place<'io> {
    /// At a URL, which is good for one attempt.
    At(String),
    /// Here, as soon as they are opened.
    Here(Opening<'io>),
}

/// Opens streams that are here.
pub(crate) type Opening<'io> = Box<dyn FnOnce(Wanted) -> Session<'io> + 'io>;

impl Place<'_> {
    /// The URL.
    ///
    /// # Errors
    /// The streams are here, where a URL was answered before.
    pub(super) fn url(self) -> Result<String, Error> {
        match self {
            Self::At(url) => Ok(url),
            Self::Here(_) => Err(Error::failure("the streams of one command are in two places")),
        }
    }
}

/// The command's side of the streams.
pub(crate) struct Near {
    pub(crate) stdin: Option<Outlet>,
    pub(crate) stdout: Inlet,
    pub(crate) stderr: Inlet,
    pub(crate) resize: Option<Outlet>,
}

/// The side of whoever serves them, who does so with all at once.
pub(crate) struct Far {
    pub(crate) stdin: Inputs,
    pub(crate) sizes: Sizes,
    pub(crate) stdout: Feed,
    pub(crate) stderr: Feed,
}

/// What the command is sent.
pub(crate) struct Inputs(mpsc::Receiver<Order>);

/// The sizes of the command's terminal.
pub(crate) struct Sizes(mpsc::Receiver<Order>);

/// Streams from one side to the other.
pub(crate) fn pair(wanted: Wanted) -> (Near, Far) {
    let outlet = |wanted: bool, channel: u8| {
        let (orders, taken) = mpsc::channel(QUEUE);
        (wanted.then(|| Outlet::new(channel.into(), orders)), taken)
    };
    let (stdin, input) = outlet(wanted.stdin, STDIN);
    let (resize, sizes) = outlet(wanted.tty, RESIZE);
    let (out, stdout) = Inlet::new(Cause::default());
    let (err, stderr) = Inlet::new(Cause::default());
    (
        Near { stdin, stdout, stderr, resize },
        Far { stdin: Inputs(input), sizes: Sizes(sizes), stdout: Feed(out), stderr: Feed(err) },
    )
}

impl Inputs {
    /// The next piece of the input, or nothing at its end.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        match self.0.recv().await?.what {
            What::Data(bytes) => Some(bytes),
            What::End | What::Reset => None,
        }
    }
}

impl Sizes {
    /// The next size, its width and its height; nothing where there is no terminal.
    pub(crate) async fn next(&mut self) -> Option<(u16, u16)> {
        loop {
            let What::Data(message) = self.0.recv().await?.what else { return None };
            if let Some(size) = read(&message) {
                return Some((size.width, size.height));
            }
        }
    }
}

/// Where a stream's bytes go.
pub(crate) struct Feed(mpsc::Sender<Piece>);

impl Feed {
    /// Passes bytes on, and waits while too many are unread. Returns whether anybody still reads them.
    pub(crate) async fn send(&self, bytes: Bytes) -> bool {
        self.0.send(Some(bytes)).await.is_ok()
    }

    /// Ends the stream.
    pub(crate) async fn end(&self) {
        // Whoever has left needs no end.
        let _ = self.0.send(None).await;
    }
}

impl<'io> Session<'io> {
    /// A session of streams that are here. `served` serves their far side, for as long as the session is waited for, and
    /// says how the command ended.
    pub(crate) fn local(near: Near, served: LocalBoxFuture<'io, Result<(), Failed>>) -> Self {
        Self {
            stdin: near.stdin,
            stdout: Some(near.stdout),
            stderr: Some(near.stderr),
            resize: near.resize,
            half_close: true,
            reported: false,
            report: Report::Local(served),
            connection: Connection::Local,
        }
    }
}
