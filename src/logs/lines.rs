//! Lines of a file, found in one buffer that is filled with large reads. A line longer than the buffer comes in pieces,
//! so memory use does not depend on what the container wrote.

use std::io::{self, Read};
use std::ops::Range;

use memchr::memchr;

/// How much is read at once: enough that the calls cost nothing, little enough for the processor's cache.
const CHUNK: usize = 256 << 10;

/// How large the buffer grows for a reader that needs whole lines.
const WHOLE: usize = 4 << 20;

/// How much of the last bytes read is remembered: at least a line's time, which is unique to the line.
const RECENT: usize = 256;

/// Whether an input still holds what was read before its last so many bytes; if not, it is put back before these.
type Check<R> = fn(&mut R, before: &[u8], count: usize) -> io::Result<bool>;

/// The lines of an input.
pub(crate) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    /// What has been read and not consumed yet.
    unread: Range<usize>,
    /// How much of it is known to contain no newline.
    searched: usize,
    most: usize,
    /// The bytes that were read last, consumed or not.
    recent: Vec<u8>,
    check: Option<Check<R>>,
    /// The check has failed: what comes next in the input is not what followed.
    broken: bool,
}

/// What comes next, with its length in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The rest of a line, newline included.
    Line(usize),
    /// A part of a line that is longer than the buffer.
    Piece(usize),
    /// The input has ended; this many bytes without a newline are left.
    End(usize),
}

impl<R: Read> Lines<R> {
    pub(crate) fn new(input: R) -> Self {
        Self {
            input,
            buffer: vec![0; CHUNK],
            unread: 0..0,
            searched: 0,
            most: CHUNK,
            recent: Vec::new(),
            check: None,
            broken: false,
        }
    }

    /// Keeps lines in one piece, up to a length that no runtime writes.
    pub(crate) fn keep_whole(&mut self) {
        self.most = WHOLE;
    }

    /// Reads an input that others may truncate: nothing more is found in it once what was read before is gone.
    pub(crate) fn keep_checking(&mut self, check: Check<R>) {
        self.check = Some(check);
    }

    /// Whether reading ended at a place that the input no longer has.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }

    /// Looks for what comes next; at the end of the input, the next call looks again.
    #[inline]
    pub(crate) fn find(&mut self) -> io::Result<Found> {
        loop {
            let unseen = &self.buffer[self.unread.start + self.searched..self.unread.end];
            if let Some(at) = memchr(b'\n', unseen) {
                return Ok(Found::Line(self.searched + at + 1));
            }
            self.searched = self.unread.len();
            if self.searched >= self.most {
                return Ok(Found::Piece(self.searched));
            }
            if self.fill()? == 0 {
                return Ok(Found::End(self.searched));
            }
        }
    }

    /// The next so many bytes.
    #[inline]
    pub(crate) fn bytes(&self, count: usize) -> &[u8] {
        &self.buffer[self.unread.start..self.unread.start + count]
    }

    /// Skips the next bytes.
    #[inline]
    pub(crate) fn consume(&mut self, count: usize) {
        self.unread.start += count;
        self.searched = 0;
    }

    pub(crate) fn input(&mut self) -> &mut R {
        &mut self.input
    }

    /// The input, and what was last read from it.
    pub(crate) fn recent(&mut self) -> (&mut R, &[u8]) {
        (&mut self.input, &self.recent)
    }

    /// Changes to another input; what was not consumed is dropped.
    pub(crate) fn turn_to(&mut self, input: R) {
        self.input = input;
        self.forget();
    }

    /// Changes to another input that continues where this one was read to; what was not consumed stays. Returns the old
    /// input.
    pub(crate) fn go_on_in(&mut self, input: R) -> R {
        self.broken = false;
        std::mem::replace(&mut self.input, input)
    }

    /// Drops what was read and not consumed.
    pub(crate) fn forget(&mut self) {
        self.unread = 0..0;
        self.searched = 0;
        self.recent.clear();
        self.broken = false;
    }

    fn fill(&mut self) -> io::Result<usize> {
        self.buffer.copy_within(self.unread.clone(), 0);
        self.unread = 0..self.unread.len();
        if self.unread.end == self.buffer.len() {
            self.buffer.resize((self.buffer.len() * 2).min(self.most), 0);
        }
        let count = loop {
            match self.input.read(&mut self.buffer[self.unread.end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        if let Some(check) = self.check.filter(|_| count > 0) {
            self.broken = !check(&mut self.input, &self.recent, count)?;
            if self.broken {
                return Ok(0);
            }
        }
        let read = &self.buffer[self.unread.end..self.unread.end + count];
        self.recent.extend_from_slice(&read[read.len().saturating_sub(RECENT)..]);
        self.recent.drain(..self.recent.len().saturating_sub(RECENT));
        self.unread.end += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An input that gives a few bytes at a time.
    struct Drops<'a>(&'a [u8], usize);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(buffer.len()).min(self.0.len());
            let (now, later) = self.0.split_at(count);
            buffer[..count].copy_from_slice(now);
            self.0 = later;
            Ok(count)
        }
    }

    fn all(lines: &mut Lines<impl Read>) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        let mut line = Vec::new();
        loop {
            let found = lines.find().expect("memory can be read");
            let (Found::Line(count) | Found::Piece(count) | Found::End(count)) = found;
            line.extend_from_slice(lines.bytes(count));
            lines.consume(count);
            if !matches!(found, Found::Piece(_)) && !line.is_empty() {
                all.push(std::mem::take(&mut line));
            }
            if matches!(found, Found::End(_)) {
                return all;
            }
        }
    }

    #[test]
    fn a_line_longer_than_the_buffer_comes_in_pieces() {
        let text = [vec![b'x'; 3 * CHUNK + 7], b"\nend".to_vec()].concat();
        let mut lines = Lines::new(text.as_slice());
        assert_eq!(lines.find().ok(), Some(Found::Piece(CHUNK)));
        assert_eq!(all(&mut lines), [&text[..3 * CHUNK + 8], b"end"]);
        assert_eq!(lines.buffer.len(), CHUNK);

        let mut lines = Lines::new(text.as_slice());
        lines.keep_whole();
        assert_eq!(lines.find().ok(), Some(Found::Line(3 * CHUNK + 8)));
    }

    #[test]
    fn what_is_written_later_completes_the_last_line() {
        let mut lines = Lines::new(Drops(b"a\nhal", 9));
        assert_eq!(lines.find().ok(), Some(Found::Line(2)));
        lines.consume(2);
        assert_eq!(lines.find().ok(), Some(Found::End(3)));
        lines.input = Drops(b"f\n", 9);
        assert_eq!(lines.find().ok(), Some(Found::Line(5)));
        assert_eq!(lines.bytes(5), b"half\n");
    }

    proptest! {
        #[test]
        fn the_lines_are_those_of_a_split(text in "[a\n]{0,60}", step in 1usize..9) {
            let expected: Vec<Vec<u8>> = text.as_bytes().split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
            prop_assert_eq!(all(&mut Lines::new(Drops(text.as_bytes(), step))), expected);
        }
    }
}
