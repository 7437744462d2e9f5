//! A command's streams over WebSocket. One task owns the socket; [`channel`] knows what
//! the messages mean.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http::HeaderValue;
use http::header::SEC_WEBSOCKET_PROTOCOL;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, interval_at, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{self, Message};

use crate::error::Error;
use crate::stream::channel::{self, STDOUT};
use crate::stream::dial::dial;
use crate::stream::pipe::{Cause, Inlet, Order, Outlet, Piece, Task};
use crate::stream::socket::Stream;
use crate::stream::target::Target;
use crate::stream::tls::Tls;
use crate::stream::upgrade::{Refusal, reason};

/// A WebSocket over any kind of connection.
pub(super) type Socket = WebSocketStream<Box<dyn Stream>>;

const PING: Duration = Duration::from_secs(5);
/// A server that neither sends nor answers pings for this long is taken to be gone.
const SILENCE: Duration = Duration::from_secs(61);

/// Connects to a target and upgrades to WebSocket. Returns the protocol that the server chose too.
pub(super) async fn connect(
    target: &Target,
    tls: &Tls,
    env: &BTreeMap<String, String>,
    protocols: &str,
) -> Result<(Socket, String), Refusal> {
    let scheme = match target.scheme.as_str() {
        "http" => "ws",
        "https" => "wss",
        other => return Err(Error::failure(format!("a WebSocket needs an http or https URL, not {other}")).into()),
    };
    let wrong = |error: &dyn std::fmt::Display| Error::failure(format!("no WebSocket at {target}: {error}"));
    let mut request = target.uri(scheme).into_client_request().map_err(|error| wrong(&error))?;
    let offered = HeaderValue::from_str(protocols).map_err(|error| wrong(&error))?;
    request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, offered);
    let socket = dial(target, tls, env).await?;
    match tokio_tungstenite::client_async(request, socket).await {
        Ok((socket, response)) => {
            let chosen = response.headers().get(SEC_WEBSOCKET_PROTOCOL).and_then(|value| value.to_str().ok());
            Ok((socket, chosen.unwrap_or_default().to_owned()))
        }
        Err(tungstenite::Error::Http(response)) => {
            let body = response.body().as_deref().unwrap_or_default();
            let context = format!("{target} refused to upgrade to WebSocket with status {}", response.status());
            let refused = Error::failure(reason(body)).context(context);
            Err(Refusal::Refused(refused.hint("use --transport spdy, which every runtime supports")))
        }
        Err(error) => Err(Refusal::Refused(wrong(&error))),
    }
}

/// An open WebSocket, with the ends of its channels. Dropping it closes the socket.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) stdout: Inlet,
    pub(super) stderr: Inlet,
    pub(super) error: Inlet,
    orders: mpsc::Sender<Order>,
    close: oneshot::Sender<()>,
    task: Task,
}

impl Connection {
    pub(super) fn new(socket: Socket) -> Self {
        let (orders, ordered) = mpsc::channel(4);
        let (close, closing) = oneshot::channel();
        let cause = Cause::default();
        let [(out, stdout), (err, stderr), (end, error)] = [(); 3].map(|()| Inlet::new(Cause::clone(&cause)));
        let task = Task::spawn(async move {
            if let Err(reason) = run(socket, Feeds([out, err, end]), ordered, closing).await {
                let _ = cause.set(reason);
            }
        });
        Self { stdout, stderr, error, orders, close, task }
    }

    /// The writing end of a channel.
    pub(super) fn outlet(&self, channel: u8) -> Outlet {
        Outlet::new(channel.into(), self.orders.clone())
    }

    /// The sender that closes the connection.
    pub(super) fn split(self) -> (Inlet, Inlet, Inlet, Closer) {
        let Self { stdout, stderr, error, close, task, .. } = self;
        (stdout, stderr, error, Closer { close, task })
    }
}

/// Keeps a connection open until it is closed or dropped.
#[derive(Debug)]
pub(super) struct Closer {
    close: oneshot::Sender<()>,
    task: Task,
}

impl Closer {
    /// Says goodbye and closes the connection.
    pub(super) async fn close(mut self) {
        let _ = self.close.send(());
        // A server that doesn't say goodbye is not waited for.
        let _ = timeout(Duration::from_secs(1), self.task.ended()).await;
    }
}

/// Where the messages of stdout, stderr and the error channel go.
struct Feeds([mpsc::Sender<Piece>; 3]);

impl Feeds {
    /// Hands out a message and waits until there is room for it.
    async fn message(&self, message: Bytes) {
        if let Some((channel, piece)) = channel::decode(message) {
            self.feed(channel, piece).await;
        }
    }

    async fn feed(&self, channel: u8, piece: Piece) {
        // Other channels are not ours, and a reader that has gone needs nothing.
        if let Some(feed) = usize::from(channel).checked_sub(STDOUT.into()).and_then(|index| self.0.get(index)) {
            let _ = feed.send(piece).await;
        }
    }

    async fn end(&self) {
        for feed in &self.0 {
            let _ = feed.send(None).await;
        }
    }
}

/// Drives a socket until the server or `closing` ends it.
async fn run(
    socket: Socket,
    feeds: Feeds,
    orders: mpsc::Receiver<Order>,
    closing: oneshot::Receiver<()>,
) -> Result<(), String> {
    let (mut sink, mut source) = socket.split();
    // Both directions share one task: waiting in one must not stop the other.
    let ended = tokio::select! {
        ended = receive(&mut source, &feeds) => ended,
        never = send(&mut sink, orders) => match never {},
        _ = closing => Err("it was closed".to_owned()),
    };
    let _ = sink.close().await;
    ended
}

async fn receive(
    source: &mut (impl StreamExt<Item = Result<Message, tungstenite::Error>> + Unpin),
    feeds: &Feeds,
) -> Result<(), String> {
    loop {
        let message = timeout(SILENCE, source.next()).await;
        match message.map_err(|_| format!("no sign of life from the server for {SILENCE:?}"))? {
            Some(Ok(Message::Binary(message))) => feeds.message(message).await,
            Some(Ok(Message::Close(Some(close)))) if close.code != CloseCode::Normal => {
                return Err(format!("the server closed it with code {}: {}", close.code, close.reason));
            }
            Some(Ok(Message::Close(_))) => {
                feeds.end().await;
                return Ok(());
            }
            Some(Ok(Message::Text(_))) => return Err("the server sent text instead of bytes".to_owned()),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            Some(Err(error)) => return Err(error.to_string()),
            None => return Err("the server closed it".to_owned()),
        }
    }
}

/// Sends what is queued, and pings. Never returns: a server that accepts no more may still have something to say.
async fn send(
    sink: &mut (impl SinkExt<Message> + Unpin),
    mut orders: mpsc::Receiver<Order>,
) -> std::convert::Infallible {
    let mut ticks = interval_at(Instant::now() + PING, PING);
    loop {
        let message = tokio::select! {
            Some(order) = orders.recv() => Message::Binary(channel::encode(order.stream as u8, &order.what)),
            _ = ticks.tick() => Message::Ping(Bytes::new()),
        };
        if sink.send(message).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
