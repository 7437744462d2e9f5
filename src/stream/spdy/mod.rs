//! SPDY/3.1 over a socket. A single task owns the socket: only it reads, writes and pings. [`frame`], [`header`] and
//! [`session`] are the protocol and know no socket; [`socket`] knows no protocol.

pub(crate) mod frame;
pub(crate) mod header;
pub(crate) mod session;
mod socket;

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, interval_at};

use crate::error::Error;
use crate::stream::pipe::{Cause, Inlet, Order, Outlet, Piece, Task, What, lost};
use crate::stream::socket::Stream;
use session::{Event, Session};

/// Nothing more is accepted from the commands while this much waits to be sent.
const HIGH_WATER: usize = 128 << 10;
/// How long a server may take to accept a stream.
const OPENING: Duration = Duration::from_secs(30);

/// A connection, and the task that drives it. Dropping it closes the socket.
#[derive(Debug)]
pub(crate) struct Connection {
    requests: mpsc::Sender<Request>,
    orders: mpsc::Sender<Order>,
    cause: Cause,
    task: Task,
}

/// Requests to the task, other than to send something.
#[derive(Debug)]
enum Request {
    Open { headers: Vec<(&'static str, String)>, feed: mpsc::Sender<Piece>, opened: oneshot::Sender<u32> },
    Close,
}

/// The channel on which the task receives requests.
struct Asked {
    requests: mpsc::Receiver<Request>,
    orders: mpsc::Receiver<Order>,
}

impl Connection {
    /// Starts the protocol on a socket. `early` was received right after the upgrade; `ping` is the interval of pings.
    pub(crate) fn new(socket: Box<dyn Stream>, early: &[u8], ping: Duration) -> Result<Self, Error> {
        let (requests, requested) = mpsc::channel(1);
        let (orders, ordered) = mpsc::channel(4);
        let asked = Asked { requests: requested, orders: ordered };
        let cause = Cause::default();
        let mut session = Session::new().map_err(|broken| Error::failure(broken.to_string()))?;
        session.incoming.buffer.extend_from_slice(early);
        let driver = Driver { session, streams: HashMap::new(), opening: HashMap::new(), blocked: None };
        let end = Cause::clone(&cause);
        let task = Task::spawn(async move {
            if let Err(reason) = driver.run(socket, asked, ping, &end).await {
                let _ = end.set(reason);
            }
        });
        Ok(Self { requests, orders, cause, task })
    }

    /// Opens a stream, and waits until the server has accepted it.
    ///
    /// # Errors
    /// The connection has gone, or the server refuses or doesn't answer.
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
        // A server that accepts nothing any more is not waited for.
        let _ = tokio::time::timeout(Duration::from_secs(1), self.task.ended()).await;
    }
}

/// The state of the task.
struct Driver {
    session: Session,
    /// Where the bytes of each stream go.
    streams: HashMap<u32, mpsc::Sender<Piece>>,
    opening: HashMap<u32, oneshot::Sender<u32>>,
    /// A piece whose reader's queue is full. Nothing more is read from the socket until there is room.
    blocked: Option<(mpsc::Sender<Piece>, Piece)>,
}

impl Driver {
    /// Runs until the connection ends, and says why, unless we ended it ourselves.
    async fn run(
        mut self,
        socket: Box<dyn Stream>,
        mut asked: Asked,
        ping: Duration,
        cause: &Cause,
    ) -> Result<(), String> {
        let (mut reader, mut writer) = socket::split(socket);
        let mut ticks = interval_at(Instant::now() + ping, ping);
        loop {
            self.deliver()?;
            let Self { session, blocked, .. } = &mut self;
            tokio::select! {
                room = reserve(blocked.as_ref()), if blocked.is_some() => {
                    if let (Some((_, piece)), Ok(room)) = (blocked.take(), room) {
                        room.send(piece);
                    }
                }
                () = writer.send(&mut session.outgoing), if writer.is_due(&session.outgoing) => {}
                read = reader.receive(&mut session.incoming.buffer), if blocked.is_none() => read?,
                Some(order) = asked.orders.recv(), if session.outgoing.len() < HIGH_WATER => self.send(&order),
                request = asked.requests.recv() => match request {
                    Some(Request::Open { headers, feed, opened }) => self.open(&headers, feed, opened)?,
                    Some(Request::Close) | None => {
                        let _ = cause.set("it was closed".to_owned());
                        session.go_away();
                        writer.close(&mut session.outgoing).await;
                        return Ok(());
                    }
                },
                _ = ticks.tick() => {
                    reader.check(blocked.is_some())?;
                    session.ping();
                }
            }
        }
    }

    /// Hands out what was received, until a reader has no room.
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
                // The server closes the socket next; the streams that are still open then are the broken ones.
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

/// Waits for room in the queue of a piece's reader. Nothing if the reader has gone.
async fn reserve(blocked: Option<&(mpsc::Sender<Piece>, Piece)>) -> Result<mpsc::OwnedPermit<Piece>, ()> {
    match blocked {
        Some((feed, _)) => feed.clone().reserve_owned().await.map_err(drop),
        None => Err(()),
    }
}

#[cfg(test)]
mod tests;
