//! The messages that carry a command's streams over WebSocket: a channel number, then bytes. Pure.

use bytes::{BufMut, Bytes, BytesMut};

use crate::stream::pipe::{Piece, What};

/// The numbers of the channels.
pub(super) const STDIN: u8 = 0;
/// The first channel that is read; stderr and the error channel follow it.
pub(super) const STDOUT: u8 = 1;
pub(super) const RESIZE: u8 = 4;
/// The second byte of its message names a channel that ends. Since v5.
const CLOSE: u8 = 255;

/// Which channel a message is for, and its content. An empty message is legal and means nothing.
pub(super) fn decode(mut message: Bytes) -> Option<(u8, Piece)> {
    if message.len() < 2 {
        return None;
    }
    match message.split_to(1)[0] {
        CLOSE => Some((message[0], None)),
        channel => Some((channel, Some(message))),
    }
}

/// The message that sends something on a channel.
pub(super) fn encode(channel: u8, what: &What) -> Bytes {
    match what {
        What::Data(bytes) => {
            let mut message = BytesMut::with_capacity(1 + bytes.len());
            message.put_u8(channel);
            message.put_slice(bytes);
            message.freeze()
        }
        What::End | What::Reset => Bytes::copy_from_slice(&[CLOSE, channel]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(message: &'static [u8]) -> Option<(u8, Piece)> {
        decode(Bytes::from_static(message))
    }

    #[test]
    fn the_first_byte_is_the_channel() {
        assert_eq!(decoded(b"\x01out"), Some((STDOUT, Some(Bytes::from_static(b"out")))));
        assert_eq!(decoded(b"\x09what"), Some((9, Some(Bytes::from_static(b"what")))));
    }

    #[test]
    fn messages_without_bytes_say_nothing() {
        assert_eq!(decoded(b""), None);
        assert_eq!(decoded(b"\x01"), None);
        assert_eq!(decoded(b"\xff"), None);
    }

    #[test]
    fn the_end_of_a_channel_has_a_channel_of_its_own() {
        assert_eq!(decoded(b"\xff\x02"), Some((2, None)));
        assert_eq!(encode(STDIN, &What::End), b"\xff\x00".as_slice());
        assert_eq!(encode(STDIN, &What::Data(Bytes::from_static(b"in"))), b"\x00in".as_slice());
    }
}
