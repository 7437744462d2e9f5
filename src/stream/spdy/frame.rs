//! SPDY/3.1 frames and their bytes. It knows neither sockets nor the purpose of streams.

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// The largest control frame that is accepted. Header blocks of the streaming protocol have a few hundred bytes.
const MAX_CONTROL: usize = 64 << 10;
const VERSION: u16 = 3;
const CONTROL: u16 = 0x8000;
const FIN: u8 = 1;
const STREAM: u32 = 0x7fff_ffff;

const SYN_STREAM: u16 = 1;
const SYN_REPLY: u16 = 2;
const RST_STREAM: u16 = 3;
const PING: u16 = 6;
const GOAWAY: u16 = 7;
const HEADERS: u16 = 8;

/// The reason for refusing a stream: we did not ask for it.
pub(crate) const REFUSED_STREAM: u32 = 3;
/// The reason for ending a stream early.
pub(crate) const CANCEL: u32 = 5;

/// A frame as it was received. Header blocks are still compressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// A piece of a data frame; `last` is set on the last piece of a stream's last frame.
    Data {
        stream: u32,
        bytes: Bytes,
        last: bool,
    },
    /// The server opens a stream.
    Open {
        stream: u32,
        block: Bytes,
    },
    /// The server accepts a stream that we opened.
    Reply {
        stream: u32,
        block: Bytes,
        last: bool,
    },
    /// The server ends a stream.
    Reset {
        stream: u32,
        status: u32,
    },
    Ping {
        id: u32,
    },
    GoAway,
    /// More headers for a stream.
    Headers {
        stream: u32,
        block: Bytes,
        last: bool,
    },
    /// SETTINGS, WINDOW_UPDATE and others that need no reaction: no runtime uses flow control.
    Other,
}

/// Why bytes are not frames.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameError {
    #[error("a SPDY frame of version {0}, not 3")]
    Version(u16),
    #[error("a SPDY control frame of {0} bytes")]
    TooLarge(usize),
    #[error("a SPDY frame of type {kind} with only {length} bytes")]
    TooShort { kind: u16, length: usize },
}

/// Cuts received bytes into frames.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    /// What was received and is not cut yet. The owner of the socket reads into it.
    pub(crate) buffer: BytesMut,
    /// The data frame being received.
    data: Option<DataFrame>,
}

#[derive(Debug)]
struct DataFrame {
    stream: u32,
    left: usize,
    fin: bool,
}

impl Decoder {
    /// The next frame, or nothing until more has been received. A data frame is returned in pieces as they arrive: it
    /// may have 16 MiB.
    pub(crate) fn next(&mut self) -> Result<Option<Frame>, FrameError> {
        if let Some(frame) = self.data.take() {
            return Ok(self.piece(frame));
        }
        let Some((mut head, _)) = self.buffer.split_first_chunk::<8>().map(|(head, rest)| (head.as_slice(), rest))
        else {
            return Ok(None);
        };
        let (first, second) = (head.get_u32(), head.get_u32());
        let (flags, length) = (second.to_be_bytes()[0], (second & 0x00ff_ffff) as usize);
        if first & !STREAM == 0 {
            self.buffer.advance(8);
            return Ok(self.piece(DataFrame { stream: first, left: length, fin: flags & FIN != 0 }));
        }
        let (version, kind) = ((first >> 16) as u16 & !CONTROL, first as u16);
        if version != VERSION {
            return Err(FrameError::Version(version));
        }
        if length > MAX_CONTROL {
            return Err(FrameError::TooLarge(length));
        }
        if self.buffer.len() < 8 + length {
            return Ok(None);
        }
        self.buffer.advance(8);
        control(kind, flags, self.buffer.split_to(length).freeze()).map(Some)
    }

    fn piece(&mut self, mut frame: DataFrame) -> Option<Frame> {
        if frame.left > 0 && self.buffer.is_empty() {
            self.data = Some(frame);
            return None;
        }
        let bytes = self.buffer.split_to(frame.left.min(self.buffer.len())).freeze();
        frame.left -= bytes.len();
        let (stream, last) = (frame.stream, frame.left == 0 && frame.fin);
        if frame.left > 0 {
            self.data = Some(frame);
        }
        Some(Frame::Data { stream, bytes, last })
    }
}

fn control(kind: u16, flags: u8, mut payload: Bytes) -> Result<Frame, FrameError> {
    let length = payload.len();
    let needed = match kind {
        SYN_STREAM => 10,
        RST_STREAM | GOAWAY => 8,
        SYN_REPLY | PING | HEADERS => 4,
        _ => 0,
    };
    if length < needed {
        return Err(FrameError::TooShort { kind, length });
    }
    let last = flags & FIN != 0;
    Ok(match kind {
        SYN_STREAM => Frame::Open { stream: payload.get_u32() & STREAM, block: payload.slice(6..) },
        SYN_REPLY => Frame::Reply { stream: payload.get_u32() & STREAM, block: payload, last },
        RST_STREAM => Frame::Reset { stream: payload.get_u32() & STREAM, status: payload.get_u32() },
        PING => Frame::Ping { id: payload.get_u32() },
        GOAWAY => Frame::GoAway,
        HEADERS => Frame::Headers { stream: payload.get_u32() & STREAM, block: payload, last },
        _ => Frame::Other,
    })
}

/// Opens a stream, with its headers compressed.
pub(crate) fn syn_stream(out: &mut BytesMut, stream: u32, block: &[u8]) {
    control_head(out, SYN_STREAM, 10 + block.len());
    out.put_u32(stream);
    // No associated stream, the highest priority, no slot.
    out.put_u32(0);
    out.put_u16(0);
    out.put_slice(block);
}

/// Sends bytes on a stream, `last` to end our side of it.
pub(crate) fn data(out: &mut BytesMut, stream: u32, bytes: &[u8], last: bool) {
    let flags = if last { u32::from(FIN) << 24 } else { 0 };
    out.put_u32(stream & STREAM);
    out.put_u32(flags | bytes.len() as u32 & 0x00ff_ffff);
    out.put_slice(bytes);
}

/// Ends a stream in both directions.
pub(crate) fn rst_stream(out: &mut BytesMut, stream: u32, status: u32) {
    control_head(out, RST_STREAM, 8);
    out.put_u32(stream);
    out.put_u32(status);
}

/// Asks for a sign of life, or gives one.
pub(crate) fn ping(out: &mut BytesMut, id: u32) {
    control_head(out, PING, 4);
    out.put_u32(id);
}

/// Announces that this connection opens and accepts no more streams.
pub(crate) fn goaway(out: &mut BytesMut, last_stream: u32) {
    control_head(out, GOAWAY, 8);
    out.put_u32(last_stream);
    out.put_u32(0);
}

fn control_head(out: &mut BytesMut, kind: u16, length: usize) {
    out.put_u16(CONTROL | VERSION);
    out.put_u16(kind);
    out.put_u32(length as u32);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8], chunk: usize) -> Result<Vec<Frame>, FrameError> {
        let mut decoder = Decoder::default();
        let mut frames = Vec::new();
        for piece in bytes.chunks(chunk) {
            decoder.buffer.put_slice(piece);
            while let Some(frame) = decoder.next()? {
                frames.push(frame);
            }
        }
        Ok(frames)
    }

    #[test]
    fn frames_survive_any_cut() {
        let mut bytes = BytesMut::new();
        syn_stream(&mut bytes, 1, b"block");
        ping(&mut bytes, 2);
        rst_stream(&mut bytes, 3, CANCEL);
        goaway(&mut bytes, 0);
        let expected = [
            Frame::Open { stream: 1, block: Bytes::from_static(b"block") },
            Frame::Ping { id: 2 },
            Frame::Reset { stream: 3, status: CANCEL },
            Frame::GoAway,
        ];
        for chunk in 1..=bytes.len() {
            assert_eq!(decode(&bytes, chunk).as_deref(), Ok(expected.as_slice()), "in pieces of {chunk}");
        }
    }

    #[test]
    fn data_comes_in_pieces_and_ends_once() {
        let mut bytes = BytesMut::new();
        data(&mut bytes, 5, b"hello", true);
        for chunk in 1..=bytes.len() {
            let frames = decode(&bytes, chunk).expect("frames");
            let (mut text, mut ends) = (Vec::new(), 0);
            for frame in frames {
                let Frame::Data { stream: 5, bytes, last } = frame else { panic!("{frame:?}") };
                text.extend_from_slice(&bytes);
                ends += usize::from(last);
            }
            assert_eq!((text.as_slice(), ends), (b"hello".as_slice(), 1));
        }
    }

    #[test]
    fn an_empty_data_frame_can_end_a_stream() {
        let mut bytes = BytesMut::new();
        data(&mut bytes, 5, b"", true);
        assert_eq!(decode(&bytes, 8), Ok(vec![Frame::Data { stream: 5, bytes: Bytes::new(), last: true }]));
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        assert_eq!(decode(&[0x80, 2, 0, 6, 0, 0, 0, 4], 8), Err(FrameError::Version(2)));
        assert_eq!(decode(&[0x80, 3, 0, 1, 0, 0xff, 0, 0], 8), Err(FrameError::TooLarge(0xff_0000)));
        let short = [0x80, 3, 0, 6, 0, 0, 0, 1, 9];
        assert_eq!(decode(&short, 9), Err(FrameError::TooShort { kind: PING, length: 1 }));
    }

    #[test]
    fn settings_and_window_updates_ask_for_nothing() {
        assert_eq!(decode(&[0x80, 3, 0, 4, 0, 0, 0, 4, 0, 0, 0, 0], 12), Ok(vec![Frame::Other]));
        assert_eq!(decode(&[0x80, 3, 0, 9, 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 9], 16), Ok(vec![Frame::Other]));
    }
}
