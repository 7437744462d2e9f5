//! What the fuzz targets of streams check, and what a test checks with bytes of its own. Whatever a server sends is
//! understood or refused, and takes no more memory than it has bytes; header blocks may take more, up to a limit.

use bytes::Bytes;

use crate::stream::channel;
use crate::stream::protocol::Protocol;
use crate::stream::spdy::header::{Inflater, MAX_BLOCK};
use crate::stream::spdy::session::{Event, Session};
use crate::stream::status;

/// Reads bytes as a SPDY connection, in pieces whose length is the first byte.
pub(crate) fn spdy(bytes: &[u8]) {
    let Some((size, bytes)) = bytes.split_first() else { return };
    let Ok(mut session) = Session::new() else { return };
    let mut received = 0;
    for piece in bytes.chunks(usize::from(*size).max(1)) {
        session.incoming.buffer.extend_from_slice(piece);
        loop {
            match session.next() {
                Ok(Some(Event::Data { bytes, .. })) => received += bytes.len(),
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(_) => return,
            }
        }
    }
    assert!(received <= bytes.len());
}

/// Reads bytes as the header blocks of one connection, each after its length.
pub(crate) fn headers(mut bytes: &[u8]) {
    let mut inflater = Inflater::new();
    while let Some((length, rest)) = bytes.split_first() {
        let (block, rest) = rest.split_at(usize::from(*length).min(rest.len()));
        let Ok(headers) = inflater.headers(block) else { return };
        assert!(headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() <= 3 * MAX_BLOCK);
        bytes = rest;
    }
}

/// Reads bytes as a message of a WebSocket's channel.
pub(crate) fn message(bytes: &[u8]) {
    if let Some((_, Some(piece))) = channel::decode(Bytes::copy_from_slice(bytes)) {
        assert_eq!(piece.len() + 1, bytes.len());
    }
}

/// Reads bytes as the content of the error stream, in each version of the protocol.
pub(crate) fn end(bytes: &[u8]) {
    for protocol in [Protocol::V2, Protocol::V4] {
        let ended = status::decode(protocol, bytes);
        assert!(protocol == Protocol::V4 || ended.is_ok() == bytes.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_understood_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            spdy(&bytes);
            headers(&bytes);
            message(&bytes);
            end(&bytes);
        }

        // Random bytes are hardly ever the head of a frame, so some heads are built in.
        #[test]
        fn frames_of_any_kind_are_understood_or_refused(
            size in any::<u8>(),
            frames in prop::collection::vec((0..12_u8, any::<u8>(), prop::collection::vec(any::<u8>(), 0..40)), 0..8),
        ) {
            let mut bytes = vec![size];
            for (kind, flags, payload) in frames {
                let head = if kind == 0 { [0, 0, 0, 1] } else { [0x80, 3, 0, kind] };
                bytes.extend(head.into_iter().chain([flags, 0, 0, payload.len() as u8]).chain(payload));
            }
            spdy(&bytes);
        }
    }
}
