//! SPDY/3.1 over a socket, which one task owns: it alone reads, writes and pings.
//! [`frame`], [`header`] and [`session`] are the protocol and know no socket.

pub(crate) mod frame;
pub(crate) mod header;
pub(crate) mod session;

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, interval_at};

use crate::error::{Error, lower};
use crate::stream::dial::Stream;
use crate::stream::pipe::{Cause, Inlet, Order, Outlet, Piece, Task, What, lost};
use session::{Event, Session};

/// How much is read from the socket at once.
const READ: usize = 64 << 10;
/// Nothing more is taken from the commands while so much waits to be sent.
const HIGH_WATER: usize = 128 << 10;
/// How long a server may take to accept a stream.
const OPENING: Duration = Duration::from_secs(30);
/// A server that neither sends nor answers pings for so long is gone.
const SILENCE: Duration = Duration::from_secs(61);

/// A connection, and the task that drives it. Dropping it closes the socket.
#[derive(Debug)]
pub(crate) struct Connection {
    requests: mpsc::Sender<Request>,
    orders: mpsc::Sender<Order>,
    cause: Cause,
    task: Task,
}

/// What is asked of the task, other than to send something.
#[derive(Debug)]
enum Request {
    Open { headers: Vec<(&'static str, String)>, feed: mpsc::Sender<Piece>, opened: oneshot::Sender<u32> },
    Close,
}

impl Connection {
    /// Starts the protocol on a socket. `early` was received already, after the upgrade; pings go every `ping`.
    pub(crate) fn new(socket: Box<dyn Stream>, early: &[u8], ping: Duration) -> Result<Self, Error> {
        let (requests, requested) = mpsc::channel(1);
        let (orders, ordered) = mpsc::channel(4);
        let cause = Cause::default();
        let mut session = Session::new().map_err(|broken| Error::failure(broken.to_string()))?;
        session.incoming.buffer.extend_from_slice(early);
        let driver = Driver { session, streams: HashMap::new(), opening: HashMap::new(), blocked: None };
        let end = Cause::clone(&cause);
        let task = Task::spawn(async move {
            if let Err(reason) = driver.run(socket, requested, ordered, ping, &end).await {
                let _ = end.set(reason);
            }
        });
        Ok(Self { requests, orders, cause, task })
    }

    /// Opens a stream, and waits until the server has taken it.
    ///
    /// # Errors
    /// The connection is gone, or the server refuses or doesn't answer.
    pub(crate) async fn open(&self, headers: Vec<(&'static str, String)>) -> Result<(Outlet, Inlet), Error> {
        let (feed, inlet) = Inlet::new(Cause::clone(&self.cause));
        let (opened, opening) = oneshot::channel();
        let _ = self.requests.send(Request::Open { headers, feed, opened }).await;
        match tokio::time::timeout(OPENING, opening).await {
            Ok(Ok(stream)) => Ok((Outlet::new(stream, self.orders.clone()), inlet)),
            Ok(Err(_)) if self.cause.get().is_none() => Err(Error::failure("the server refused a stream")),
            Ok(Err(_)) => Err(lost(&self.cause)),
            Err(_) => Err(Error::failure(format!("the server did not accept a stream within {OPENING:?}"))),
        }
    }

    /// Waits for the connection's end, and says why it came.
    pub(crate) async fn lost(&self) -> Error {
        self.requests.closed().await;
        lost(&self.cause)
    }

    /// Says goodbye and closes the connection.
    pub(crate) async fn close(mut self) {
        let _ = self.requests.send(Request::Close).await;
        // A server that takes nothing any more is not waited for.
        let _ = tokio::time::timeout(Duration::from_secs(1), self.task.ended()).await;
    }
}

/// What the task knows.
struct Driver {
    session: Session,
    /// Where the bytes of each stream go.
    streams: HashMap<u32, mpsc::Sender<Piece>>,
    opening: HashMap<u32, oneshot::Sender<u32>>,
    /// A piece whose reader's queue is full. Nothing more is read from the socket until it has room.
    blocked: Option<(mpsc::Sender<Piece>, Piece)>,
}

impl Driver {
    async fn run(
        mut self,
        socket: Box<dyn Stream>,
        mut requests: mpsc::Receiver<Request>,
        mut orders: mpsc::Receiver<Order>,
        ping: Duration,
        cause: &Cause,
    ) -> Result<(), String> {
        let (mut reader, mut writer) = tokio::io::split(socket);
        let mut ticks = interval_at(Instant::now() + ping, ping);
        let mut heard = Instant::now();
        let (mut unsent, mut mute) = (false, false);
        loop {
            self.deliver()?;
            if mute {
                self.session.outgoing.clear();
            }
            unsent |= !self.session.outgoing.is_empty();
            let Self { session, blocked, .. } = &mut self;
            tokio::select! {
                room = reserve(blocked.as_ref()), if blocked.is_some() => {
                    if let (Some((_, piece)), Ok(room)) = (blocked.take(), room) {
                        room.send(piece);
                    }
                }
                sent = send(&mut writer, &mut session.outgoing), if unsent => {
                    unsent = false;
                    // A server that takes no more may still have said how the command ended: that is read first.
                    mute |= sent.is_err();
                }
                read = receive(&mut reader, &mut session.incoming.buffer), if blocked.is_none() => {
                    if read.map_err(|error| lower(&error))? == 0 {
                        return Err("the server closed it".to_owned());
                    }
                    heard = Instant::now();
                }
                Some(order) = orders.recv(), if session.outgoing.len() < HIGH_WATER => self.send(&order),
                request = requests.recv() => match request {
                    Some(Request::Open { headers, feed, opened }) => self.open(&headers, feed, opened)?,
                    Some(Request::Close) | None => {
                        let _ = cause.set("it was closed".to_owned());
                        session.go_away();
                        let _ = send(&mut writer, &mut session.outgoing).await;
                        let _ = writer.shutdown().await;
                        return Ok(());
                    }
                },
                _ = ticks.tick() => {
                    if blocked.is_some() {
                        heard = Instant::now();
                    } else if heard.elapsed() > SILENCE {
                        return Err(format!("no sign of the server for {SILENCE:?}"));
                    }
                    session.ping();
                }
            }
        }
    }

    /// Hands out what was received, until a reader has no room for it.
    fn deliver(&mut self) -> Result<(), String> {
        while self.blocked.is_none() {
            match self.session.next().map_err(|broken| broken.to_string())? {
                None => break,
                Some(Event::Opened { stream }) => {
                    if let Some(opened) = self.opening.remove(&stream) {
                        let _ = opened.send(stream);
                    }
                }
                Some(Event::Data { stream, bytes }) => self.feed(stream, Some(bytes)),
                Some(Event::End { stream } | Event::Reset { stream, .. }) => {
                    self.opening.remove(&stream);
                    self.feed(stream, None);
                    self.streams.remove(&stream);
                }
                // It closes the socket next, and the streams that it left open then are the broken ones.
                Some(Event::GoAway) => {}
            }
        }
        Ok(())
    }

    fn feed(&mut self, stream: u32, piece: Piece) {
        if let Some(feed) = self.streams.get(&stream)
            && let Err(mpsc::error::TrySendError::Full(piece)) = feed.try_send(piece)
        {
            self.blocked = Some((feed.clone(), piece));
        }
    }

    fn open(
        &mut self,
        headers: &[(&'static str, String)],
        feed: mpsc::Sender<Piece>,
        opened: oneshot::Sender<u32>,
    ) -> Result<(), String> {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let stream = self.session.open(&headers).map_err(|broken| broken.to_string())?;
        self.streams.insert(stream, feed);
        self.opening.insert(stream, opened);
        Ok(())
    }

    fn send(&mut self, order: &Order) {
        match &order.what {
            What::Data(bytes) => self.session.data(order.stream, bytes),
            What::End => self.session.end(order.stream),
            What::Reset => {
                self.session.reset(order.stream);
                self.streams.remove(&order.stream);
            }
        }
    }
}

/// Room for a piece with its reader, once there is some. Nothing if the reader is gone.
async fn reserve(blocked: Option<&(mpsc::Sender<Piece>, Piece)>) -> Result<mpsc::OwnedPermit<Piece>, ()> {
    match blocked {
        Some((feed, _)) => feed.clone().reserve_owned().await.map_err(drop),
        None => Err(()),
    }
}

/// Sends everything. May be dropped at any await: what was sent is no longer in `outgoing`.
async fn send(writer: &mut (impl AsyncWrite + Unpin), outgoing: &mut BytesMut) -> io::Result<()> {
    while !outgoing.is_empty() {
        writer.write_buf(outgoing).await?;
    }
    writer.flush().await
}

/// Receives what there is, at most [`READ`]. Its buffer is the one that the readers get parts of.
async fn receive(reader: &mut (impl AsyncRead + Unpin), incoming: &mut BytesMut) -> io::Result<usize> {
    if incoming.capacity() - incoming.len() < READ / 4 {
        incoming.reserve(READ);
    }
    reader.read_buf(incoming).await
}

#[cfg(test)]
mod tests;
