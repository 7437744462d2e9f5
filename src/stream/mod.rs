//! exec, attach and port-forward, given the URL that the runtime answers with.
//!
//! A command sees a [`Session`] or a [`spdy::Connection`], whose ends it reads and writes; only this module knows which
//! transport carries them, through which proxy and over which TLS. Nothing here knows of arguments, calls or output.

mod channel;
pub(crate) mod console;
mod detach;
mod dial;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
pub(crate) mod local;
pub(crate) mod pipe;
pub(crate) mod portforward;
mod protocol;
mod proxy;
pub(crate) mod socket;
pub(crate) mod spdy;
pub(crate) mod status;
pub(crate) mod stdio;
mod target;
mod terminal;
pub(crate) mod tls;
mod tunnel;
mod upgrade;
mod websocket;

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::LocalBoxFuture;

use crate::error::{Error, either};
use local::Place;
use pipe::{Inlet, Outlet};
use protocol::{CHANNELS, PORT_FORWARD, Protocol, TUNNEL};
use status::Failed;
use target::Target;
use tls::Tls;
use upgrade::Refusal;

/// How often a SPDY connection is pinged.
const PING: Duration = Duration::from_secs(5);
/// How often a tunnelled one is pinged, as in upstream.
const TUNNEL_PING: Duration = Duration::from_secs(10);
/// How much of the error stream is kept at most.
const MAX_STATUS: usize = 1 << 20;

/// How streams are opened.
#[derive(Clone, Debug)]
pub(crate) struct Dialer {
    pub(crate) transport: Transport,
    pub(crate) tls: Tls,
    /// The environment, which may name proxies.
    pub(crate) env: BTreeMap<String, String>,
    /// The host on which the runtime was called, if that was by TCP.
    pub(crate) runtime: Option<String>,
}

/// Which streams of a command are wanted. Its output always is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) stdin: bool,
    /// With a terminal there is no separate stderr, and the terminal has a size.
    pub(crate) tty: bool,
}

/// The streams of one command in a container. Dropping it ends the connection.
pub(crate) struct Session<'io> {
    pub(crate) stdin: Option<Outlet>,
    pub(crate) stdout: Option<Inlet>,
    pub(crate) stderr: Option<Inlet>,
    pub(crate) resize: Option<Outlet>,
    /// The server can be told that the input has ended.
    pub(crate) half_close: bool,
    /// The end was reported, so the result is known whatever happened to the rest.
    pub(crate) reported: bool,
    report: Report<'io>,
    connection: Connection,
}

/// Who says how the command ended.
enum Report<'io> {
    /// The error stream, in a protocol's words.
    Stream(Inlet, Protocol),
    /// Whoever serves the streams here.
    Local(LocalBoxFuture<'io, Result<(), Failed>>),
}

enum Connection {
    Spdy(spdy::Connection),
    WebSocket(websocket::Closer),
    /// None.
    Local,
}

/// The words for `--transport`.
pub(crate) const TRANSPORTS: &[&str] = &["spdy", "websocket", "auto"];

/// How streams are carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Spdy,
    WebSocket,
    /// The first, and the second if the server refuses it.
    Auto,
    /// A word that names none. It is refused only once the runtime has given a URL, as recorded runs of upstream show.
    Unknown(String),
}

impl From<&str> for Transport {
    fn from(word: &str) -> Self {
        match word {
            "spdy" => Self::Spdy,
            "websocket" => Self::WebSocket,
            "auto" => Self::Auto,
            word => Self::Unknown(word.to_owned()),
        }
    }
}

/// One of the two that [`Transport`] chooses from.
#[derive(Clone, Copy, Debug)]
enum Carrier {
    Spdy,
    WebSocket,
}

impl Dialer {
    /// Opens the streams of a command. `place` makes the call that says where they are; a URL is good for one attempt.
    ///
    /// # Errors
    /// The call fails, nobody answers at the URL, or the server refuses or supports none of our protocols.
    pub(crate) async fn session<'io>(
        &self,
        place: impl AsyncFn() -> Result<Place<'io>, Error>,
        wanted: Wanted,
    ) -> Result<Session<'io>, Error> {
        let url = match place().await? {
            Place::At(url) => url,
            Place::Here(open) => return Ok(open(wanted)),
        };
        let open = async |carrier, target: &Target| match carrier {
            Carrier::Spdy => self.spdy(target, wanted).await,
            Carrier::WebSocket => self.websocket(target, wanted).await,
        };
        self.attempt(url, async || place().await?.url(), open).await
    }

    /// Opens a connection for port-forward.
    ///
    /// # Errors
    /// As [`Dialer::session`].
    pub(crate) async fn forward(
        &self,
        url: impl AsyncFn() -> Result<String, Error>,
    ) -> Result<spdy::Connection, Error> {
        let open = async |carrier, target: &Target| match carrier {
            Carrier::Spdy => {
                let upgraded = upgrade::upgrade(target, &self.tls, &self.env, &[PORT_FORWARD]).await?;
                agreed(&upgraded.protocol, PORT_FORWARD)?;
                Ok(spdy::Connection::new(upgraded.socket, &upgraded.early, PING)?)
            }
            Carrier::WebSocket => {
                let (socket, protocol) = websocket::connect(target, &self.tls, &self.env, TUNNEL).await?;
                agreed(&protocol, TUNNEL)?;
                Ok(spdy::Connection::new(Box::new(tunnel::Tunnel::new(socket)), &[], TUNNEL_PING)?)
            }
        };
        self.attempt(url().await?, url, open).await
    }

    /// Tries the transports in turn, the second one with another URL.
    async fn attempt<T>(
        &self,
        first: String,
        another: impl AsyncFn() -> Result<String, Error>,
        open: impl AsyncFn(Carrier, &Target) -> Result<T, Refusal>,
    ) -> Result<T, Error> {
        let (mut target, moved) = self.target(&first)?;
        let (carrier, fallback) = match &self.transport {
            Transport::Spdy => (Carrier::Spdy, None),
            Transport::WebSocket => (Carrier::WebSocket, None),
            Transport::Auto => (Carrier::Spdy, Some(Carrier::WebSocket)),
            Transport::Unknown(word) => {
                let hint = format!("use {}", either(TRANSPORTS));
                return Err(Error::failure(format!("unknown transport: {word}")).hint(hint));
            }
        };
        let result = match (open(carrier, &target).await, fallback) {
            (Err(Refusal::Refused(_)), Some(fallback)) => {
                target = self.target(&another().await?)?.0;
                open(fallback, &target).await
            }
            (result, _) => result,
        };
        result.map_err(|refusal| match refusal {
            Refusal::Refused(error) => error,
            Refusal::Failed(error) if moved => error.hint(
                "the runtime serves streams on its own loopback, which can't be reached from here \
                 unless it is told to serve them on another address",
            ),
            Refusal::Failed(error) => error,
        })
    }

    /// Where a URL leads, and whether that is a host other than the URL's.
    fn target(&self, url: &str) -> Result<(Target, bool), Error> {
        let mut target = Target::parse(url)?;
        let moved = target.reach(self.runtime.as_deref());
        Ok((target, moved))
    }

    async fn spdy<'io>(&self, target: &Target, wanted: Wanted) -> Result<Session<'io>, Refusal> {
        let upgraded = upgrade::upgrade(target, &self.tls, &self.env, &CHANNELS).await?;
        let protocol = chosen(&upgraded.protocol)?;
        let connection = spdy::Connection::new(upgraded.socket, &upgraded.early, PING)?;
        let open = async |kind: &str| connection.open(vec![("streamtype", kind.to_owned())]).await;
        // Servers wait for the streams in this order.
        let (_, error) = open("error").await?;
        let stdin = if wanted.stdin { Some(open("stdin").await?.0) } else { None };
        let (_, stdout) = open("stdout").await?;
        let stderr = if wanted.tty { None } else { Some(open("stderr").await?.1) };
        let resize = if wanted.tty && protocol.has_resize() { Some(open("resize").await?.0) } else { None };
        Ok(Session {
            stdin,
            stdout: Some(stdout),
            stderr,
            resize,
            half_close: protocol.has_half_close(),
            reported: false,
            report: Report::Stream(error, protocol),
            connection: Connection::Spdy(connection),
        })
    }

    async fn websocket<'io>(&self, target: &Target, wanted: Wanted) -> Result<Session<'io>, Refusal> {
        // v5 is v4 plus an end of the input; containerd up to 2.1 knows only v4.
        let offered = CHANNELS[..2].join(", ");
        let (socket, protocol) = websocket::connect(target, &self.tls, &self.env, &offered).await?;
        let protocol = chosen(&protocol)?;
        let connection = websocket::Connection::new(socket);
        let outlet = |is_wanted: bool, channel| is_wanted.then(|| connection.outlet(channel));
        let stdin = outlet(wanted.stdin, channel::STDIN);
        let resize = outlet(wanted.tty, channel::RESIZE);
        let (stdout, stderr, error, closer) = connection.split();
        Ok(Session {
            stdin,
            stdout: Some(stdout),
            stderr: Some(stderr),
            resize,
            half_close: protocol == Protocol::V5,
            reported: false,
            report: Report::Stream(error, protocol),
            connection: Connection::WebSocket(closer),
        })
    }
}

impl Session<'_> {
    /// The warning for a user whose input is not a terminal and ends, if the server can't be told.
    pub(crate) fn deaf_to_end(&self, terminal: bool) -> Option<&'static str> {
        (self.stdin.is_some() && !self.half_close && !terminal).then_some(
            "the runtime's version of the protocol can't signal the end of the input: a command that waits for it will not \
             end by itself",
        )
    }

    /// Waits for the end of the error stream, and says how the command ended.
    ///
    /// # Errors
    /// The command failed, or the connection broke before the result was known.
    pub(crate) async fn status(&mut self) -> Result<(), Failed> {
        let (error, protocol) = match &mut self.report {
            Report::Stream(error, protocol) => (error, *protocol),
            Report::Local(served) => {
                let ended = served.await;
                self.reported = true;
                return ended;
            }
        };
        let (text, end) = error.rest(MAX_STATUS).await;
        self.reported = !text.is_empty();
        match end {
            Err(lost) if text.is_empty() => Err(Failed::Lost(lost.cause().to_owned())),
            _ => status::decode(protocol, &text),
        }
    }

    /// Says goodbye and closes the connection.
    pub(crate) async fn close(self) {
        match self.connection {
            Connection::Spdy(connection) => connection.close().await,
            Connection::WebSocket(closer) => closer.close().await,
            Connection::Local => {}
        }
    }
}

fn chosen(name: &str) -> Result<Protocol, Error> {
    Protocol::parse(name).ok_or_else(|| Error::failure(format!("the server chose {name:?}, which was not offered")))
}

fn agreed(chosen: &str, offered: &str) -> Result<(), Error> {
    match chosen == offered {
        true => Ok(()),
        false => Err(Error::failure(format!("the server chose {chosen:?} where only {offered:?} was offered"))),
    }
}
