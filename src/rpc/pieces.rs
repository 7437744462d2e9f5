//! Streams of pieces that each begin with a head of fixed size, which gives the length of the rest: HTTP/2's frames,
//! and gRPC's messages within them. They may be cut anywhere.

/// The position in a stream.
#[derive(Debug)]
pub(super) struct Pieces<const N: usize> {
    /// The part of the head that has arrived.
    head: [u8; N],
    have: usize,
    /// How much of the rest has yet to arrive.
    left: usize,
    length: fn(&[u8; N]) -> usize,
}

/// What comes next in a stream.
#[derive(Debug, PartialEq)]
pub(super) enum Part<'a, const N: usize> {
    Head([u8; N]),
    /// Part of what follows a head.
    Rest(&'a [u8]),
}

/// The frames of HTTP/2, after the first bytes, which are not a frame.
pub(super) fn frames(before: usize) -> Pieces<9> {
    Pieces::new(before, |head| u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize)
}

/// The messages of an answer, in gRPC.
pub(super) fn messages() -> Pieces<5> {
    Pieces::new(0, |head| u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize)
}

impl<const N: usize> Pieces<N> {
    fn new(before: usize, length: fn(&[u8; N]) -> usize) -> Self {
        Self { head: [0; N], have: 0, left: before, length }
    }

    /// Whether the stream is between two pieces.
    pub(super) fn is_whole(&self) -> bool {
        self.have == 0 && self.left == 0
    }

    /// Takes received bytes. A head is reported once it is complete.
    pub(super) fn take<'a>(&mut self, mut bytes: &'a [u8], mut each: impl FnMut(Part<'a, N>)) {
        while !bytes.is_empty() {
            if self.left > 0 {
                let (rest, after) = bytes.split_at(self.left.min(bytes.len()));
                self.left -= rest.len();
                bytes = after;
                each(Part::Rest(rest));
                continue;
            }
            let (some, after) = bytes.split_at((N - self.have).min(bytes.len()));
            self.head[self.have..self.have + some.len()].copy_from_slice(some);
            self.have += some.len();
            bytes = after;
            if self.have == N {
                self.have = 0;
                self.left = (self.length)(&self.head);
                each(Part::Head(self.head));
            }
        }
    }

    /// The beginning of a head that was never completed.
    pub(super) fn cut(&self) -> &[u8] {
        &self.head[..self.have]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wherever_a_stream_is_cut_its_pieces_are_the_same() {
        let stream = b"PRI\0\0\x02\x04\0\0\0\0\0ab\0\0\0\x04\x01\0\0\0\0\0\0\x01\0\0\0\0\0\x01c";
        let all = |cuts: &[usize]| {
            let (mut pieces, mut heads, mut rest, mut from) = (frames(3), Vec::new(), Vec::new(), 0);
            for to in cuts.iter().copied().chain([stream.len()]) {
                pieces.take(&stream[from..to], |part| match part {
                    Part::Head(head) => heads.push(head),
                    Part::Rest(bytes) => rest.extend_from_slice(bytes),
                });
                from = to;
            }
            (heads, rest, pieces.is_whole())
        };
        let whole = all(&[]);
        assert_eq!((whole.0.len(), whole.1.as_slice(), whole.2), (3, b"PRIabc".as_slice(), true));
        for first in 0..stream.len() {
            for second in first..stream.len() {
                assert_eq!(all(&[first, second]), whole, "{first} {second}");
            }
        }
    }

    #[test]
    fn what_is_cut_is_not_whole() {
        for cut in 1..8 {
            let mut pieces = messages();
            pieces.take(&b"\0\0\0\0\x03abc"[..cut], |_| ());
            assert!(!pieces.is_whole(), "{cut}");
        }
    }
}
