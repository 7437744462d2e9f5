//! The far end of exec, attach and port-forward: a server that speaks SPDY/3.1 and WebSocket, over TCP or
//! TLS, and plays a script.
//!
//! It needs nothing of the harness but [`super::text`], so that tests of the streaming code can use it.

mod http;
mod port;
mod record;
mod script;
mod session;
mod spdy;
mod tls;
mod websocket;
mod wire;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use record::Records;
pub(crate) use script::Script;

/// A connection, whatever it runs over.
type Stream = Box<dyn Duplex>;

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A running server.
pub(crate) struct FarEnd {
    address: String,
    records: Arc<Records>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl FarEnd {
    /// Listens on the loopback; `keys` is the directory of the TLS keys.
    pub(crate) async fn start(script: Script, keys: &Path) -> super::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let acceptor = tls::acceptor(&script, keys)?;
        let scheme = acceptor.as_ref().map_or("http", |_| "https");
        let address = format!("{scheme}://{}", listener.local_addr()?);
        let records = Arc::<Records>::default();
        let (stop, stopped) = oneshot::channel();
        let host = Host { script: Arc::new(script), acceptor, records: records.clone() };
        let serving = tokio::spawn(serve(listener, host, stopped));
        Ok(Self { address, records, stop, serving })
    }

    /// The URL at which clients find it.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// What the clients did, one record a connection; they must have left.
    pub(crate) async fn stop(self) -> Vec<Value> {
        // If nobody hears, the server has ended already.
        let _ = self.stop.send(());
        let _ = self.serving.await;
        self.records.take()
    }
}

#[derive(Clone)]
struct Host {
    script: Arc<Script>,
    acceptor: Option<TlsAcceptor>,
    records: Arc<Records>,
}

async fn serve(listener: TcpListener, host: Host, mut stopped: oneshot::Receiver<()>) {
    let mut sessions = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = &mut stopped => break,
        };
        if let Ok((stream, _)) = accepted {
            // A client may break off at any point; the record tells how far it came.
            sessions.spawn(serve_one(stream, host.clone()));
        }
    }
    // The sessions find by themselves that their clients have left.
    let _ = timeout(Duration::from_secs(1), async { while sessions.join_next().await.is_some() {} }).await;
}

async fn serve_one(stream: TcpStream, host: Host) -> io::Result<()> {
    let Host { script, acceptor, records } = host;
    let stream: Stream = match acceptor {
        Some(acceptor) => Box::new(acceptor.accept(stream).await?),
        None => Box::new(stream),
    };
    http::serve(stream, &script, &records).await
}
