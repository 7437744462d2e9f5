//! One side of a SPDY/3.1 connection without its socket: what to send, and what received bytes mean. It knows nothing
//! of time.

use std::collections::HashMap;

use bytes::{Bytes, BytesMut};

use crate::stream::spdy::frame::{self, Frame, FrameError};
use crate::stream::spdy::header::{Deflater, HeaderError, Inflater};

/// Data frames carry no more than this, as in upstream: larger data is split.
const MAX_DATA: usize = 32 << 10;

/// What received bytes mean to the connection's owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The server accepted a stream.
    Opened { stream: u32 },
    /// Bytes arrived on a stream.
    Data { stream: u32, bytes: Bytes },
    /// No more bytes will arrive on a stream.
    End { stream: u32 },
    /// The server ended a stream in both directions.
    Reset { stream: u32, status: u32 },
    /// The server is about to close the connection.
    GoAway,
}

/// An error that makes a connection useless.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    #[error("the server sent {0}")]
    Frame(#[from] FrameError),
    #[error("the server sent {0}")]
    Header(#[from] HeaderError),
}

/// A connection's state.
#[derive(Debug)]
pub(crate) struct Session {
    /// The bytes to send.
    pub(crate) outgoing: BytesMut,
    /// The bytes received.
    pub(crate) incoming: frame::Decoder,
    deflater: Deflater,
    inflater: Inflater,
    /// The streams of which at least one side is open.
    open: HashMap<u32, Sides>,
    /// The end of the stream whose last bytes were just handed out.
    ended: Option<u32>,
    next_stream: u32,
    next_ping: u32,
}

/// Which sides of a stream are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sides {
    ours: bool,
    theirs: bool,
}

impl Session {
    /// The client's side of a new connection.
    pub(crate) fn new() -> Result<Self, Broken> {
        Ok(Self {
            outgoing: BytesMut::new(),
            incoming: frame::Decoder::default(),
            deflater: Deflater::new()?,
            inflater: Inflater::new(),
            open: HashMap::new(),
            ended: None,
            next_stream: 1,
            next_ping: 1,
        })
    }

    /// Opens a stream and returns its number.
    pub(crate) fn open(&mut self, headers: &[(&str, &str)]) -> Result<u32, Broken> {
        let stream = self.next_stream;
        self.next_stream += 2;
        let block = self.deflater.block(headers)?;
        frame::syn_stream(&mut self.outgoing, stream, &block);
        self.open.insert(stream, Sides { ours: true, theirs: true });
        Ok(stream)
    }

    /// Sends bytes, unless the stream has ended: the other side may end it while we still have data.
    pub(crate) fn data(&mut self, stream: u32, bytes: &[u8]) {
        if self.open.get(&stream).is_some_and(|sides| sides.ours) {
            for piece in bytes.chunks(MAX_DATA) {
                frame::data(&mut self.outgoing, stream, piece, false);
            }
        }
    }

    /// Ends our side of a stream.
    pub(crate) fn end(&mut self, stream: u32) {
        if self.close(stream, |sides| &mut sides.ours) {
            frame::data(&mut self.outgoing, stream, &[], true);
        }
    }

    /// Ends both sides of a stream, unless it has ended already.
    pub(crate) fn reset(&mut self, stream: u32) {
        if self.open.remove(&stream).is_some() {
            frame::rst_stream(&mut self.outgoing, stream, frame::CANCEL);
        }
    }

    /// Closes one side of a stream, and returns whether it was open.
    fn close(&mut self, stream: u32, side: impl Fn(&mut Sides) -> &mut bool) -> bool {
        let Some(sides) = self.open.get_mut(&stream) else { return false };
        let was_open = std::mem::take(side(sides));
        if !sides.ours && !sides.theirs {
            self.open.remove(&stream);
        }
        was_open
    }

    /// Asks the server for a sign of life.
    pub(crate) fn ping(&mut self) {
        frame::ping(&mut self.outgoing, self.next_ping);
        self.next_ping = self.next_ping.wrapping_add(2);
    }

    /// Says goodbye.
    pub(crate) fn go_away(&mut self) {
        frame::goaway(&mut self.outgoing, 0);
    }

    /// The next event, or nothing until more has been received.
    pub(crate) fn next(&mut self) -> Result<Option<Event>, Broken> {
        if let Some(stream) = self.ended.take() {
            return Ok(Some(self.ended(stream)));
        }
        while let Some(frame) = self.incoming.next()? {
            if let Some(event) = self.event(frame)? {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    fn ended(&mut self, stream: u32) -> Event {
        self.close(stream, |sides| &mut sides.theirs);
        Event::End { stream }
    }

    fn event(&mut self, frame: Frame) -> Result<Option<Event>, Broken> {
        Ok(match frame {
            Frame::Data { stream, bytes, last: true } if bytes.is_empty() => Some(self.ended(stream)),
            Frame::Data { bytes, .. } if bytes.is_empty() => None,
            Frame::Data { stream, bytes, last } => {
                self.ended = last.then_some(stream);
                Some(Event::Data { stream, bytes })
            }
            Frame::Open { stream, block } => {
                // Every block changes the zlib state, even that of a stream that we refuse.
                self.inflater.headers(&block)?;
                frame::rst_stream(&mut self.outgoing, stream, frame::REFUSED_STREAM);
                None
            }
            Frame::Reply { stream, block, last } => {
                self.inflater.headers(&block)?;
                self.ended = last.then_some(stream);
                Some(Event::Opened { stream })
            }
            Frame::Headers { stream, block, last } => {
                self.inflater.headers(&block)?;
                last.then(|| self.ended(stream))
            }
            Frame::Reset { stream, status } => {
                self.open.remove(&stream);
                Some(Event::Reset { stream, status })
            }
            Frame::Ping { id } => {
                // Even numbers are the server's pings, odd ones its answers to ours.
                if id % 2 == 0 {
                    frame::ping(&mut self.outgoing, id);
                }
                None
            }
            Frame::GoAway => Some(Event::GoAway),
            Frame::Other => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(bytes: &[u8]) -> Session {
        let mut session = Session::new().expect("session");
        session.incoming.buffer.extend_from_slice(bytes);
        session
    }

    fn events(session: &mut Session) -> Vec<Event> {
        std::iter::from_fn(|| session.next().expect("event")).collect()
    }

    #[test]
    fn streams_have_odd_numbers_from_one() {
        let mut session = received(b"");
        assert_eq!(session.open(&[("streamtype", "error")]), Ok(1));
        assert_eq!(session.open(&[("streamtype", "stdout")]), Ok(3));
    }

    #[test]
    fn the_last_bytes_come_before_the_end() {
        let mut bytes = BytesMut::new();
        frame::data(&mut bytes, 1, b"x", true);
        frame::data(&mut bytes, 3, b"", true);
        let expected = [
            Event::Data { stream: 1, bytes: Bytes::from_static(b"x") },
            Event::End { stream: 1 },
            Event::End { stream: 3 },
        ];
        assert_eq!(events(&mut received(&bytes)), expected);
    }

    #[test]
    fn only_the_servers_pings_are_answered() {
        let mut bytes = BytesMut::new();
        frame::ping(&mut bytes, 1);
        frame::ping(&mut bytes, 2);
        let mut session = received(&bytes);
        assert_eq!(events(&mut session), []);
        let mut answer = BytesMut::new();
        frame::ping(&mut answer, 2);
        assert_eq!(session.outgoing, answer);
    }

    #[test]
    fn nothing_is_sent_on_a_stream_that_the_server_reset() {
        let mut bytes = BytesMut::new();
        frame::rst_stream(&mut bytes, 1, frame::CANCEL);
        let mut session = received(&bytes);
        session.open(&[("streamtype", "stdin")]).expect("open");
        assert_eq!(events(&mut session), [Event::Reset { stream: 1, status: frame::CANCEL }]);
        session.outgoing.clear();
        session.data(1, b"late");
        session.end(1);
        assert!(session.outgoing.is_empty());
    }

    #[test]
    fn a_stream_that_ended_on_both_sides_is_not_reset() {
        let mut bytes = BytesMut::new();
        frame::data(&mut bytes, 1, b"", true);
        let mut session = received(&bytes);
        session.open(&[]).expect("open");
        session.open(&[]).expect("open");
        assert_eq!(events(&mut session), [Event::End { stream: 1 }]);
        session.end(1);
        session.outgoing.clear();
        session.reset(1);
        assert!(session.outgoing.is_empty());
        session.reset(3);
        assert!(!session.outgoing.is_empty());
    }

    #[test]
    fn large_data_is_sent_in_several_frames() {
        let mut session = received(b"");
        session.open(&[]).expect("open");
        session.outgoing.clear();
        session.data(1, &vec![7; MAX_DATA + 1]);
        assert_eq!(session.outgoing.len(), 8 + MAX_DATA + 8 + 1);
    }
}
