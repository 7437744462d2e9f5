//! WebSocket frames (RFC 6455), the server's side.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::Stream;

const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// The status code of a normal closure.
const NORMAL: [u8; 2] = 1000_u16.to_be_bytes();

/// The largest message a tunnel sends.
const CHUNK: usize = 0x8000;

/// A frame, with the mask taken off.
struct Frame {
    last: bool,
    opcode: u8,
    payload: Vec<u8>,
}

/// What is to be done about a frame.
pub(crate) enum Incoming {
    Message(Vec<u8>),
    /// A ping, to be answered with this.
    Ping(Vec<u8>),
}

/// Reads up to the next message or ping; `None` when the client closes.
pub(crate) async fn read(input: &mut (impl AsyncRead + Unpin), partial: &mut Vec<u8>) -> io::Result<Option<Incoming>> {
    loop {
        let frame = read_frame(input).await?;
        match frame.opcode {
            CLOSE => return Ok(None),
            PING => return Ok(Some(Incoming::Ping(frame.payload))),
            PONG => {}
            _ => {
                partial.extend_from_slice(&frame.payload);
                if frame.last {
                    return Ok(Some(Incoming::Message(std::mem::take(partial))));
                }
            }
        }
    }
}

async fn read_frame(input: &mut (impl AsyncRead + Unpin)) -> io::Result<Frame> {
    let first = input.read_u8().await?;
    let second = input.read_u8().await?;
    let length = match second & 0x7F {
        126 => input.read_u16().await?.into(),
        127 => input.read_u64().await?,
        short => short.into(),
    };
    let mut mask = [0; 4];
    if second & 0x80 != 0 {
        input.read_exact(&mut mask).await?;
    }
    let length = usize::try_from(length).map_err(|_| io::ErrorKind::InvalidData)?;
    let mut payload = vec![0; length];
    input.read_exact(&mut payload).await?;
    for (byte, mask) in payload.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
    Ok(Frame { last: first & 0x80 != 0, opcode: first & 0x0F, payload })
}

/// Sends a message.
pub(crate) async fn send(output: &mut (impl AsyncWrite + Unpin), data: &[u8]) -> io::Result<()> {
    write_frame(output, BINARY, data).await
}

/// Answers a ping.
pub(crate) async fn pong(output: &mut (impl AsyncWrite + Unpin), data: &[u8]) -> io::Result<()> {
    write_frame(output, PONG, data).await
}

/// Says goodbye.
pub(crate) async fn close(output: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    write_frame(output, CLOSE, &NORMAL).await
}

async fn write_frame(output: &mut (impl AsyncWrite + Unpin), opcode: u8, payload: &[u8]) -> io::Result<()> {
    let mut frame = vec![0x80 | opcode];
    match payload.len() {
        short @ 0..126 => frame.push(short as u8),
        medium @ 126..0x1_0000 => {
            frame.push(126);
            frame.extend_from_slice(&(medium as u16).to_be_bytes());
        }
        long => {
            frame.push(127);
            frame.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    output.write_all(&frame).await?;
    output.flush().await
}

/// The stream of bytes that the messages carry.
pub(crate) fn tunnel(stream: Stream) -> Stream {
    let (near, far) = tokio::io::duplex(CHUNK);
    tokio::spawn(async move {
        let (mut input, mut output) = tokio::io::split(stream);
        let (mut received, mut sent) = tokio::io::split(far);
        let inward = async {
            let mut partial = Vec::new();
            // Pings are not answered here: clients of tunnels do without.
            while let Some(incoming) = read(&mut input, &mut partial).await? {
                if let Incoming::Message(data) = incoming {
                    sent.write_all(&data).await?;
                }
            }
            Ok::<_, io::Error>(())
        };
        let outward = async {
            let mut buffer = vec![0; CHUNK];
            loop {
                match received.read(&mut buffer).await? {
                    0 => return close(&mut output).await,
                    count => send(&mut output, &buffer[..count]).await?,
                }
            }
        };
        // When one direction ends, so does the other, with the connection.
        tokio::select! {
            result = inward => result,
            result = outward => result,
        }
    });
    Box::new(near)
}
