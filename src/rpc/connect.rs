//! From an endpoint to a channel. This differs between systems.

use std::io;
use std::time::Duration;

use http::Uri;
use hyper_util::rt::TokioIo;
use tonic::transport::Channel;

use crate::rpc::endpoint::Endpoint;
use crate::rpc::live::Live;
use crate::rpc::owed::Owed;
use crate::stream::socket::Stream;

/// The connection itself failed: no byte of gRPC was exchanged.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Dial(#[source] pub(crate) io::Error);

/// How a channel connects, if not in the default way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connection {
    /// `http://` and the authority to send to the server.
    pub(crate) origin: Option<Uri>,
    /// How much of the call's time connecting may take.
    pub(crate) limit: Option<Duration>,
}

/// A channel that connects when it is first used. What its server owes is recorded in `owed`.
pub(crate) fn channel(endpoint: &Endpoint, connection: &Connection, owed: &Owed) -> Channel {
    let (endpoint, owed) = (endpoint.clone(), owed.clone());
    let limit = connection.limit;
    let connector = tower::service_fn(move |_| {
        let (endpoint, owed) = (endpoint.clone(), owed.clone());
        async move {
            let greeting = owed.debt();
            let socket = limited(limit, dial(&endpoint)).await.map_err(Dial)?;
            Ok::<_, Dial>(TokioIo::new(Live::new(socket, &owed, greeting)))
        }
    });
    // Go's client sends this authority for a unix socket, so every runtime accepts it.
    let transport = tonic::transport::Endpoint::from_static("http://localhost");
    let transport = match &connection.origin {
        Some(origin) => transport.origin(origin.clone()),
        None => transport,
    };
    transport.connect_with_connector_lazy(connector)
}

async fn limited<T>(limit: Option<Duration>, dial: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let Some(limit) = limit else { return dial.await };
    match tokio::time::timeout(limit, dial).await {
        Ok(dialed) => dialed,
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, format!("no connection within {limit:?}"))),
    }
}

/// Checks that somebody listens, without a call. A pipe that is busy, or a host that does not answer, has this long.
///
/// # Errors
/// The system's error: no such socket, no permission, nobody listening. The time is over.
pub(crate) async fn reach(endpoint: &Endpoint, limit: Duration) -> io::Result<()> {
    limited(Some(limit), dial(endpoint)).await.map(drop)
}

/// Opens a connection.
async fn dial(endpoint: &Endpoint) -> io::Result<Box<dyn Stream>> {
    match endpoint {
        Endpoint::Unix(path) => system::unix(path).await,
        Endpoint::Tcp(address) => {
            let stream = tokio::net::TcpStream::connect(address.as_str()).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream))
        }
        Endpoint::Pipe(path) => system::pipe(path).await,
    }
}

#[cfg(unix)]
mod system {
    use std::io;
    use std::path::Path;

    use crate::stream::socket::Stream;

    pub(super) async fn unix(path: &Path) -> io::Result<Box<dyn Stream>> {
        Ok(Box::new(tokio::net::UnixStream::connect(path).await?))
    }

    pub(super) async fn pipe(_: &str) -> io::Result<Box<dyn Stream>> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "named pipes exist only on Windows"))
    }
}

#[cfg(windows)]
mod system {
    use std::io;
    use std::path::Path;
    use std::time::Duration;

    use tokio::net::windows::named_pipe::ClientOptions;

    use crate::stream::socket::Stream;

    /// std and tokio lack unix sockets on Windows, and no runtime there listens at one.
    pub(super) async fn unix(_: &Path) -> io::Result<Box<dyn Stream>> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "unix sockets can't be used on Windows"))
    }

    /// A pipe's server takes one client at a time, and the pipe is busy until the server is ready for the next.
    pub(super) async fn pipe(path: &str) -> io::Result<Box<dyn Stream>> {
        const ERROR_PIPE_BUSY: i32 = 231;
        let name = path.replace('/', "\\");
        loop {
            match ClientOptions::new().open(&name) {
                Ok(pipe) => return Ok(Box::new(pipe)),
                Err(error) if error.raw_os_error() == Some(ERROR_PIPE_BUSY) => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(error) => return Err(error),
            }
        }
    }
}
