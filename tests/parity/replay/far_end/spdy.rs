//! SPDY/3.1, as much of it as clients of the CRI use.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use super::Stream;

/// What header blocks are compressed with (SPDY/3, 2.6.10.1).
const DICTIONARY: &[u8] = include_bytes!("dictionary.bin");

const SYN_STREAM: u16 = 1;
const SYN_REPLY: u16 = 2;
const RST_STREAM: u16 = 3;
const PING: u16 = 6;
const GOAWAY: u16 = 7;

const FIN: u8 = 1;

/// The largest payload sent in one frame.
const CHUNK: usize = 60_000;

pub(crate) type Headers = BTreeMap<String, String>;

/// What the client did.
pub(crate) enum Event {
    Opened { id: u32, headers: Headers },
    Data { id: u32, data: Vec<u8>, fin: bool },
}

/// A connection; the client's events come in through a channel that closes when the client leaves.
pub(crate) struct Connection {
    pub(crate) events: mpsc::UnboundedReceiver<Event>,
    writer: Arc<Mutex<Writer>>,
    _reader: JoinSet<io::Result<()>>,
}

impl Connection {
    pub(crate) fn new(stream: Stream) -> Self {
        let (input, output) = tokio::io::split(stream);
        let (sender, events) = mpsc::unbounded_channel();
        let writer = Arc::new(Mutex::new(Writer::new(output)));
        let reader = Reader { input, inflate: Decompress::new(true) };
        let mut task = JoinSet::new();
        task.spawn(read(reader, writer.clone(), sender));
        Self { events, writer, _reader: task }
    }

    /// Sends data on a stream; `fin` closes this side of it.
    pub(crate) async fn send(&self, id: u32, data: &[u8], fin: bool) -> io::Result<()> {
        self.writer.lock().await.data(id, data, fin).await
    }
}

async fn read(mut reader: Reader, writer: Arc<Mutex<Writer>>, events: mpsc::UnboundedSender<Event>) -> io::Result<()> {
    loop {
        // Nobody wants to hear more once the other end of the channel is gone.
        match reader.frame().await? {
            Frame::Open { id, headers, fin } => {
                writer.lock().await.reply(id).await?;
                let _ = events.send(Event::Opened { id, headers });
                if fin {
                    let _ = events.send(Event::Data { id, data: Vec::new(), fin });
                }
            }
            Frame::Data { id, data, fin } => {
                let _ = events.send(Event::Data { id, data, fin });
            }
            Frame::Ping(payload) => writer.lock().await.control(PING, &payload).await?,
            Frame::GoAway => return Ok(()),
            Frame::Other => {}
        }
    }
}

enum Frame {
    Open { id: u32, headers: Headers, fin: bool },
    Data { id: u32, data: Vec<u8>, fin: bool },
    Ping(Vec<u8>),
    GoAway,
    Other,
}

struct Reader {
    input: ReadHalf<Stream>,
    inflate: Decompress,
}

impl Reader {
    async fn frame(&mut self) -> io::Result<Frame> {
        let word = self.input.read_u32().await?;
        let flags_and_length = self.input.read_u32().await?;
        let fin = (flags_and_length >> 24) as u8 & FIN != 0;
        let mut payload = vec![0; flags_and_length as usize & 0x00FF_FFFF];
        self.input.read_exact(&mut payload).await?;
        if word >> 31 == 0 {
            return Ok(Frame::Data { id: word, data: payload, fin });
        }
        Ok(match word as u16 {
            SYN_STREAM => Frame::Open {
                id: number(&payload, 0)? & 0x7FFF_FFFF,
                headers: self.headers(payload.get(10..).ok_or(io::ErrorKind::InvalidData)?)?,
                fin,
            },
            RST_STREAM => Frame::Data { id: number(&payload, 0)? & 0x7FFF_FFFF, data: Vec::new(), fin: true },
            PING => Frame::Ping(payload),
            GOAWAY => Frame::GoAway,
            _ => Frame::Other,
        })
    }

    fn headers(&mut self, block: &[u8]) -> io::Result<Headers> {
        let block = self.inflated(block)?;
        let mut at = 4;
        let mut text = || {
            let length = number(&block, at)? as usize;
            let text = block.get(at + 4..at + 4 + length);
            at += 4 + length;
            let text = text.ok_or(io::ErrorKind::InvalidData)?;
            Ok::<_, io::Error>(String::from_utf8_lossy(text).into_owned())
        };
        (0..number(&block, 0)?).map(|_| Ok((text()?.to_ascii_lowercase(), text()?))).collect()
    }

    fn inflated(&mut self, mut block: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Vec::with_capacity(0x1000);
        loop {
            let before = self.inflate.total_in();
            let result = self.inflate.decompress_vec(block, &mut out, FlushDecompress::Sync);
            block = &block[(self.inflate.total_in() - before) as usize..];
            match result {
                Err(error) if error.needs_dictionary().is_some() => {
                    self.inflate.set_dictionary(DICTIONARY)?;
                }
                Err(error) => return Err(error.into()),
                Ok(_) if block.is_empty() && out.len() < out.capacity() => return Ok(out),
                Ok(_) => out.reserve(0x1000),
            }
        }
    }
}

fn number(bytes: &[u8], at: usize) -> io::Result<u32> {
    let bytes = bytes.get(at..at + 4).and_then(|four| four.try_into().ok());
    Ok(u32::from_be_bytes(bytes.ok_or(io::ErrorKind::InvalidData)?))
}

struct Writer {
    output: WriteHalf<Stream>,
    deflate: Option<Compress>,
}

impl Writer {
    fn new(output: WriteHalf<Stream>) -> Self {
        Self { output, deflate: None }
    }

    /// Accepts a stream, without headers.
    async fn reply(&mut self, id: u32) -> io::Result<()> {
        let mut payload = id.to_be_bytes().to_vec();
        payload.reserve(0x100);
        let mut deflate = match self.deflate.take() {
            Some(deflate) => deflate,
            None => {
                let mut deflate = Compress::new(Compression::default(), true);
                deflate.set_dictionary(DICTIONARY)?;
                deflate
            }
        };
        deflate.compress_vec(&0_u32.to_be_bytes(), &mut payload, FlushCompress::Sync)?;
        self.deflate = Some(deflate);
        self.control(SYN_REPLY, &payload).await
    }

    async fn control(&mut self, kind: u16, payload: &[u8]) -> io::Result<()> {
        let head = [0x8003_0000 | u32::from(kind), payload.len() as u32];
        self.frame(head, payload).await
    }

    async fn data(&mut self, id: u32, data: &[u8], fin: bool) -> io::Result<()> {
        for part in data.chunks(CHUNK) {
            self.frame([id, part.len() as u32], part).await?;
        }
        if fin {
            self.frame([id, u32::from(FIN) << 24], &[]).await?;
        }
        Ok(())
    }

    async fn frame(&mut self, head: [u32; 2], payload: &[u8]) -> io::Result<()> {
        let mut frame = head.map(u32::to_be_bytes).concat();
        frame.extend_from_slice(payload);
        self.output.write_all(&frame).await?;
        self.output.flush().await
    }
}
