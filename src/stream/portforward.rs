//! One forwarded connection: a local socket and a pair of streams.

use std::io::{self, IoSlice};

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use crate::error::Error;
use crate::stream::pipe::{Inlet, Outlet, Piece, slices};
use crate::stream::spdy::Connection;

/// How much of a local socket is read at once.
const CHUNK: usize = 32 << 10;
/// How much is kept at most of what the runtime says about a failed connection.
const MAX_ERROR: usize = 64 << 10;

/// Carries a connection's bytes until both sides are done.
///
/// # Errors
/// The runtime can't reach the port, or the connection to it is gone.
pub(crate) async fn forward(connection: &Connection, socket: TcpStream, port: u16, request: u64) -> Result<(), Error> {
    let headers = |kind: &str| {
        vec![("streamtype", kind.to_owned()), ("port", port.to_string()), ("requestid", request.to_string())]
    };
    let (outlet, mut failure) = connection.open(headers("error")).await?;
    // We never write to this stream.
    outlet.end().await;
    let (outlet, inlet) = connection.open(headers("data")).await?;
    let (reader, writer) = socket.into_split();
    let copy = async {
        tokio::select! {
            // The remote side is done, so nobody would receive what the local side still sends.
            ended = down(inlet, writer) => ended,
            () = up(reader, &outlet) => Ok(()),
        }
    };
    // Both at once: the runtime's error must not wait behind data that nobody takes.
    let (copied, (said, _)) = tokio::join!(
        async {
            let copied = copy.await;
            outlet.reset().await;
            copied
        },
        failure.rest(MAX_ERROR)
    );
    match said.is_empty() {
        true => copied,
        false => Err(Error::failure(String::from_utf8_lossy(&said).trim().to_owned())),
    }
}

/// Copies to the local socket until the stream ends.
async fn down(mut inlet: Inlet, mut socket: OwnedWriteHalf) -> Result<(), Error> {
    let mut taken = Vec::new();
    loop {
        let more = inlet.take(&mut taken).await?;
        // If the local side has gone, that is not an error.
        if write_all(&mut socket, &taken).await.is_err() || !more {
            break;
        }
        taken.clear();
    }
    let _ = socket.shutdown().await;
    Ok(())
}

/// Writes everything with as few calls as the socket allows.
async fn write_all(socket: &mut OwnedWriteHalf, pieces: &[Piece]) -> io::Result<()> {
    let mut slices = slices(pieces);
    let mut rest = slices.as_mut_slice();
    while !rest.is_empty() {
        match socket.write_vectored(rest).await? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            count => IoSlice::advance_slices(&mut rest, count),
        }
    }
    Ok(())
}

/// Copies from the local socket. When the input ends, the other direction goes on; only a broken one ends this.
async fn up(mut socket: OwnedReadHalf, outlet: &Outlet) {
    let mut buffer = BytesMut::new();
    loop {
        buffer.reserve(CHUNK);
        match socket.read_buf(&mut buffer).await {
            Ok(0) => {
                outlet.end().await;
                break;
            }
            Ok(_) => outlet.send(buffer.split().freeze()).await,
            Err(_) => return,
        }
    }
    std::future::pending::<()>().await;
}
