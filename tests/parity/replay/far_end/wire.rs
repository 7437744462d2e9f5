//! The streams of exec and attach, carried by SPDY or by WebSocket.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use tokio::io::WriteHalf;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use super::websocket::Incoming;
use super::{Stream, spdy, websocket};

/// The streams in the order of their WebSocket channels.
const CHANNELS: [&str; 5] = ["stdin", "stdout", "stderr", "error", "resize"];

/// What starts a WebSocket message that says that a channel has ended (v5).
const END_OF_CHANNEL: u8 = 255;

/// The largest piece of a stream sent in one message.
const CHUNK: usize = 30_000;

/// What the client did with a stream.
pub(crate) enum Event {
    Opened(String),
    Data { stream: String, data: Vec<u8>, fin: bool },
}

pub(crate) enum Wire {
    Spdy {
        connection: spdy::Connection,
        ids: BTreeMap<String, u32>,
    },
    WebSocket {
        events: mpsc::UnboundedReceiver<Event>,
        output: Arc<Mutex<WriteHalf<Stream>>>,
        _reader: JoinSet<io::Result<()>>,
    },
}

impl Wire {
    pub(crate) fn spdy(stream: Stream) -> Self {
        Self::Spdy { connection: spdy::Connection::new(stream), ids: BTreeMap::new() }
    }

    pub(crate) fn websocket(stream: Stream) -> Self {
        let (mut input, output) = tokio::io::split(stream);
        let output = Arc::new(Mutex::new(output));
        let (sender, events) = mpsc::unbounded_channel();
        let pongs = output.clone();
        let mut reader = JoinSet::new();
        reader.spawn(async move {
            let mut partial = Vec::new();
            while let Some(incoming) = websocket::read(&mut input, &mut partial).await? {
                match incoming {
                    Incoming::Ping(data) => {
                        websocket::pong(&mut *pongs.lock().await, &data).await?;
                    }
                    // Nobody wants to hear more once the other end of the channel is gone.
                    Incoming::Message(message) => drop(event(&message).map(|e| sender.send(e))),
                }
            }
            Ok(())
        });
        Self::WebSocket { events, output, _reader: reader }
    }

    /// Whether the client opens each stream by itself.
    pub(crate) fn opens_streams(&self) -> bool {
        matches!(self, Self::Spdy { .. })
    }

    /// The next thing the client does; `None` when it has left.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        let (connection, ids) = match self {
            Self::Spdy { connection, ids } => (connection, ids),
            Self::WebSocket { events, .. } => return events.recv().await,
        };
        loop {
            match connection.events.recv().await? {
                spdy::Event::Opened { id, mut headers } => {
                    let stream = headers.remove("streamtype").unwrap_or_default();
                    ids.insert(stream.clone(), id);
                    return Some(Event::Opened(stream));
                }
                spdy::Event::Data { id, data, fin } => {
                    let stream = ids.iter().find(|(_, known)| **known == id);
                    if let Some((stream, _)) = stream {
                        let stream = stream.clone();
                        return Some(Event::Data { stream, data, fin });
                    }
                }
            }
        }
    }

    /// Sends to a stream, if the client has it.
    pub(crate) async fn send(&mut self, stream: &str, data: &[u8]) -> io::Result<()> {
        match self {
            Self::Spdy { connection, ids } => match ids.get(stream) {
                Some(id) => connection.send(*id, data, false).await,
                None => Ok(()),
            },
            Self::WebSocket { output, .. } => {
                let channel = CHANNELS.iter().zip(0..).find(|(name, _)| **name == stream);
                let channel = channel.map(|(_, number)| number);
                let channel: u8 = channel.ok_or(io::ErrorKind::InvalidInput)?;
                let mut output = output.lock().await;
                for part in data.chunks(CHUNK) {
                    websocket::send(&mut *output, &[&[channel], part].concat()).await?;
                }
                Ok(())
            }
        }
    }

    /// Ends all streams, with the status on that for errors.
    pub(crate) async fn finish(&mut self, status: &[u8]) -> io::Result<()> {
        if let Self::Spdy { connection, ids } = self {
            for (stream, status) in [("stdout", &b""[..]), ("stderr", b""), ("error", status)] {
                if let Some(id) = ids.get(stream) {
                    connection.send(*id, status, true).await?;
                }
            }
            return Ok(());
        }
        self.send("error", status).await?;
        if let Self::WebSocket { output, .. } = self {
            websocket::close(&mut *output.lock().await).await?;
        }
        Ok(())
    }
}

fn event(message: &[u8]) -> Option<Event> {
    let (data, fin) = match message {
        [END_OF_CHANNEL, rest @ ..] => (rest, true),
        other => (other, false),
    };
    let (channel, data) = data.split_first()?;
    Some(Event::Data { stream: (*CHANNELS.get(usize::from(*channel))?).to_owned(), data: data.to_vec(), fin })
}
