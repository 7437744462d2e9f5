//! Finds places in a log file without reading all of it.

use std::io::{self, Read, Seek, SeekFrom};

use memchr::{memchr, memchr_iter, memrchr};
use tokio::task::yield_now;

use crate::logs::docker::Scratch;
use crate::logs::format::Format;
use crate::logs::time::Moment;

/// How much is read at a place.
const BLOCK: usize = 64 << 10;

/// How many blocks a line may be away from where its timestamp belongs. A runtime has one writer for each stream, so
/// lines of the two streams change places, but not over such a distance.
const DISORDER: usize = 4;

/// How many blocks are searched for the start of a line that ends within that distance.
const LONGEST: usize = 64;

/// How many blocks are read between checks for signals.
const BATCH: usize = 32;

/// Where the last lines start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tail {
    pub(crate) start: u64,
    /// How many lines follow; fewer than requested if the file has no more.
    pub(crate) lines: u64,
}

/// Finds the last `count` lines. A last line without its newline is not counted, but is included.
pub(crate) async fn tail(file: &mut (impl Read + Seek), count: u64) -> io::Result<Tail> {
    let mut block = vec![0; BLOCK];
    let mut right = file.seek(SeekFrom::End(0))?;
    let (mut newlines, mut blocks) = (0, 0);
    while right > 0 {
        blocks += 1;
        if blocks % BATCH == 0 {
            yield_now().await;
        }
        let left = right.saturating_sub(BLOCK as u64);
        let block = &mut block[..(right - left) as usize];
        file.seek(SeekFrom::Start(left))?;
        file.read_exact(block)?;
        let mut end = block.len();
        while let Some(at) = memrchr(b'\n', &block[..end]) {
            if newlines == count {
                return Ok(Tail { start: left + at as u64 + 1, lines: count });
            }
            newlines += 1;
            end = at;
        }
        right = left;
    }
    Ok(Tail { start: 0, lines: newlines })
}

/// Finds, by bisection, a place before which every line is older than `since`. Lines after it may also be older. If the
/// timestamps are in no order, that place is the start of the file.
pub(crate) fn since(file: &mut (impl Read + Seek), since: Moment) -> io::Result<u64> {
    bisect(file, since, BLOCK)
}

/// As [`since`], with another block size.
pub(crate) fn bisect(file: &mut (impl Read + Seek), since: Moment, size: usize) -> io::Result<u64> {
    let mut search = Search { file, size, format: Format::Cri, block: Vec::new(), scratch: Scratch::default() };
    search.read(0, size)?;
    let first = memchr(b'\n', &search.block).map_or(&[][..], |at| &search.block[..=at]);
    // The reader reports a file of unknown format.
    let Some(format) = Format::of(first, &mut search.scratch) else {
        return Ok(0);
    };
    search.format = format;
    let found = match search.bisect(since)? {
        Some(found) => search.verify(found, since)?,
        None => None,
    };
    Ok(found.unwrap_or_default())
}

struct Search<'f, F> {
    file: &'f mut F,
    size: usize,
    format: Format,
    block: Vec<u8>,
    scratch: Scratch,
}

impl<F: Read + Seek> Search<'_, F> {
    /// The start of the last line known to be older than `since`; nothing if the lines are not in order.
    fn bisect(&mut self, since: Moment) -> io::Result<Option<u64>> {
        let (mut low, mut high) = (0, self.file.seek(SeekFrom::End(0))?);
        let (mut oldest, mut youngest) = (None, None);
        while high - low > self.size as u64 {
            let middle = low + (high - low) / 2;
            // If no line is found, all the rest is read, which is correct but slow.
            let Some((at, moment)) = self.first(middle, high)? else {
                break;
            };
            if oldest.is_some_and(|oldest| moment < oldest) || youngest.is_some_and(|youngest| moment > youngest) {
                return Ok(None);
            }
            if moment < since {
                (low, oldest) = (at, Some(moment));
            } else {
                (high, youngest) = (middle, Some(moment));
            }
        }
        Ok(Some(low))
    }

    /// Looks for lines that are young enough just before a place. A few are normal and are included; many or distant
    /// ones mean that the file is in no order.
    fn verify(&mut self, place: u64, since: Moment) -> io::Result<Option<u64>> {
        let near = place.saturating_sub((self.size * DISORDER) as u64);
        let Some(from) = self.read_lines(near, place)? else {
            return Ok(None);
        };
        let Self { block, format, scratch, .. } = self;
        let mut at = from;
        for line in block.split_inclusive(|byte| *byte == b'\n') {
            let end = at + line.len() as u64;
            if format.parse(line, scratch).is_ok_and(|record| record.moment() >= Some(since)) {
                let distant = near > 0 && end < near + (place - near) / 2;
                return Ok((!distant).then_some(at));
            }
            at = end;
        }
        Ok(Some(place))
    }

    /// Reads the lines that end between two places, and returns where the first of them starts; nothing if that is too
    /// far away.
    fn read_lines(&mut self, near: u64, to: u64) -> io::Result<Option<u64>> {
        let mut back = self.size as u64;
        loop {
            let from = near.saturating_sub(back);
            self.read(from, (to - from) as usize)?;
            if from == 0 {
                return Ok(Some(0));
            }
            if let Some(end) = memchr(b'\n', &self.block).filter(|end| from + (*end as u64) < near) {
                self.block.drain(..=end);
                return Ok(Some(from + end as u64 + 1));
            }
            if back > (self.size * LONGEST) as u64 {
                return Ok(None);
            }
            back *= 4;
        }
    }

    /// The first whole record that starts after one place and before another.
    fn first(&mut self, place: u64, before: u64) -> io::Result<Option<(u64, Moment)>> {
        self.read(place, self.size)?;
        let Self { block, format, scratch, .. } = self;
        let ends: Vec<_> = memchr_iter(b'\n', block).collect();
        for pair in ends.windows(2) {
            let at = place + pair[0] as u64 + 1;
            if at >= before {
                break;
            }
            let record = format.parse(&block[pair[0] + 1..=pair[1]], scratch);
            if let Some(moment) = record.ok().and_then(|record| record.moment()) {
                return Ok(Some((at, moment)));
            }
        }
        Ok(None)
    }

    fn read(&mut self, place: u64, count: usize) -> io::Result<()> {
        self.block.clear();
        self.file.seek(SeekFrom::Start(place))?;
        self.file.take(count as u64).read_to_end(&mut self.block)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use futures_util::FutureExt;
    use proptest::prelude::*;

    use super::*;

    /// A file that counts how much of it is read.
    struct Counting<'a>(Cursor<&'a [u8]>, usize);

    impl Read for Counting<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.read(buffer)?;
            self.1 += count;
            Ok(count)
        }
    }

    impl Seek for Counting<'_> {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }

    fn log(seconds: &[u32]) -> String {
        let line =
            |at: &u32| format!("2024-03-01T{:02}:{:02}:{:02}Z stdout F {at}\n", at / 3600, at / 60 % 60, at % 60);
        seconds.iter().map(line).collect()
    }

    fn moment(second: u32) -> Moment {
        Moment { seconds: 1_709_251_200 + i64::from(second), nanos: 0 }
    }

    /// Where the lines start, and when each was written.
    fn starts(seconds: &[u32]) -> Vec<(usize, u32)> {
        let lengths = seconds.iter().map(|at| log(&[*at]).len());
        let starts = lengths.scan(0, |sum, length| Some(std::mem::replace(sum, *sum + length)));
        starts.zip(seconds.iter().copied()).collect()
    }

    #[test]
    fn a_tail_ends_with_the_last_newline() {
        let tail = |text: &'static str, count| {
            let tail = tail(&mut Cursor::new(text), count).now_or_never();
            let tail = tail.expect("a short text").expect("memory can be read");
            (&text[tail.start as usize..], tail.lines)
        };
        assert_eq!(tail("a\nb\nc\n", 2), ("b\nc\n", 2));
        assert_eq!(tail("a\nb\nc", 1), ("b\nc", 1));
        assert_eq!(tail("a\nb\n", 0), ("", 0));
        assert_eq!(tail("a\nb", 0), ("b", 0));
        assert_eq!(tail("a\n\n", 9), ("a\n\n", 2));
        assert_eq!(tail("", 3), ("", 0));
    }

    #[test]
    fn a_place_in_a_large_file_is_found_with_few_reads() {
        let seconds: Vec<_> = (0..80_000).collect();
        let text = log(&seconds);
        let mut file = Counting(Cursor::new(text.as_bytes()), 0);
        let place = bisect(&mut file, moment(70_000), 256).expect("memory can be read");
        assert!(text[place as usize..].starts_with("2024-03-01T19:26:"), "{}", &text[place as usize..][..40]);
        assert!(file.1 < 256 * 40, "{} bytes read", file.1);
    }

    #[test]
    fn a_long_line_before_the_place_is_not_lost() {
        // The young line ends just before an old one, and starts far from it.
        for length in [200, 1000, 1100, 5000, 20_000, 70_000] {
            let line = |at: u32, length| format!("2024-03-01T00:00:{at:02}Z stdout F {}\n", "x".repeat(length));
            let old: String = (0..9).map(|at| line(at, 100)).collect();
            let text = format!("{old}{}{}{}", line(20, length), line(19, 9), line(21, 9).repeat(40));
            let place = bisect(&mut Cursor::new(&text), moment(20), 256).expect("memory can be read") as usize;
            assert!(place <= old.len(), "{length}: {place}");
        }
    }

    #[test]
    fn a_file_in_no_order_is_read_from_its_start() {
        let seconds: Vec<_> = (0..2000).rev().collect();
        let text = log(&seconds);
        assert_eq!(bisect(&mut Cursor::new(text), moment(1000), 256).ok(), Some(0));
    }

    proptest! {
        #[test]
        fn a_tail_is_what_a_split_leaves(text in "[ab\n]{0,300}", count in 0u64..20, times in 1usize..400) {
            // At times long enough to fill several blocks.
            let text = text.repeat(times);
            let lines: Vec<&str> = text.split_inclusive('\n').filter(|line| line.ends_with('\n')).collect();
            let first = lines.len().saturating_sub(count as usize);
            let start = lines[..first].iter().map(|line| line.len()).sum::<usize>() as u64;
            let expected = Tail { start, lines: (lines.len() - first) as u64 };
            prop_assert_eq!(tail(&mut Cursor::new(text), count).now_or_never().expect("a short text").ok(), Some(expected));
        }

        #[test]
        fn no_line_before_the_place_is_wanted(
            mut seconds in proptest::collection::vec(0u32..3000, 0..300),
            swaps in proptest::collection::vec(0usize..300, 0..40),
            since in 0u32..3000,
        ) {
            seconds.sort_unstable();
            // Neighbours change places, as lines of two streams do.
            for at in swaps {
                if at + 1 < seconds.len() {
                    seconds.swap(at, at + 1);
                }
            }
            let text = log(&seconds);
            let place = bisect(&mut Cursor::new(text.as_str()), moment(since), 256).expect("memory can be read") as usize;
            let starts = starts(&seconds);
            prop_assert!(place == text.len() || starts.iter().any(|(start, _)| *start == place), "{} starts no line", place);
            let lost = starts.iter().find(|(start, at)| *start < place && *at >= since);
            prop_assert_eq!(lost, None);
        }
    }
}
