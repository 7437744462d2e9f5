//! A named pipe of Windows as the place where the runtime listens.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::windows::named_pipe::{NamedPipeServer, ServerOptions};
use tokio_stream::Stream;
use tonic::transport::server::Connected;

/// A connection: an instance of the pipe that a client has opened.
pub struct Connection(NamedPipeServer);

/// The connections that are made at a pipe. It exists from now on; between two clients it is busy for a moment.
pub fn connections(name: &str) -> io::Result<impl Stream<Item = io::Result<Connection>> + use<>> {
    let name = name.to_owned();
    let first = ServerOptions::new().create(&name)?;
    Ok(stream::try_unfold(first, move |server| {
        let name = name.clone();
        async move {
            server.connect().await?;
            let next = ServerOptions::new().create(&name)?;
            Ok(Some((Connection(server), next)))
        }
    }))
}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
