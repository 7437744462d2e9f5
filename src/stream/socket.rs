//! The trait of every connection, to a runtime and to a streaming server. It uses no other module.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Any two-way stream of bytes.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Opens a TCP connection that sends keys as they are typed, and files in large pieces.
pub(super) async fn tcp(host: &str, port: u16) -> io::Result<Unhurried> {
    let socket = TcpStream::connect((host, port)).await?;
    socket.set_nodelay(true)?;
    Ok(Unhurried(socket))
}

/// A socket that lets its server run ahead a little when it sends much. The server sends frames of 32 KiB, and waking
/// up for each of them would cost twice as much processor time as everything else done with it.
pub(super) struct Unhurried(TcpStream);

/// A read of this size is one of many: nobody types that fast.
const MUCH: usize = 16 << 10;
/// How long the pause is. The thread sleeps: a sleeping task would be woken by every segment, and the pause would be
/// useless.
const PAUSE: Duration = Duration::from_micros(300);

impl AsyncRead for Unhurried {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let room = buffer.remaining();
        let polled = Pin::new(&mut self.0).poll_read(cx, buffer);
        // A full buffer means that there is more to read already.
        if (MUCH..room).contains(&(room - buffer.remaining())) {
            thread::sleep(PAUSE);
        }
        polled
    }
}

impl AsyncWrite for Unhurried {
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
