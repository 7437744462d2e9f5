//! Places in a log file that are found without reading all of it.

use std::io::{self, Read, Seek, SeekFrom};

use memchr::{memchr, memchr_iter, memrchr};

use crate::logs::docker::Scratch;
use crate::logs::record::Format;
use crate::logs::time::Moment;

/// How much is read at a place.
const BLOCK: usize = 64 << 10;

/// How far lines may be from where their timestamps belong. A runtime has one writer for each stream, so lines
/// of the two trade places, but not over such a distance.
const DISORDER: u64 = 256 << 10;

/// Where the last lines start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tail {
    pub(crate) start: u64,
    /// How many lines follow; fewer than asked for where the file has no more.
    pub(crate) lines: u64,
}

/// Finds the last `count` lines. A last line without its newline is not counted, but it follows all the same.
pub(crate) fn tail(file: &mut (impl Read + Seek), count: u64) -> io::Result<Tail> {
    let mut block = vec![0; BLOCK];
    let mut right = file.seek(SeekFrom::End(0))?;
    let mut newlines = 0;
    while right > 0 {
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

/// Finds a place before which no line is as young as `since`, by bisection. Lines behind it may be older all the
/// same. Where the timestamps turn out to be in no order, that is the start of the file.
pub(crate) fn since(file: &mut (impl Read + Seek), since: Moment) -> io::Result<u64> {
    let mut search = Search { file, format: Format::Cri, block: Vec::new(), scratch: Scratch::default() };
    search.read(0, BLOCK)?;
    let first = memchr(b'\n', &search.block).map_or(&[][..], |at| &search.block[..=at]);
    // Whoever reads a file of no known format says so.
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
    format: Format,
    block: Vec<u8>,
    scratch: Scratch,
}

impl<F: Read + Seek> Search<'_, F> {
    /// The start of the last line known to be older than `since`; nothing if the lines are not in order.
    fn bisect(&mut self, since: Moment) -> io::Result<Option<u64>> {
        let (mut low, mut high) = (0, self.file.seek(SeekFrom::End(0))?);
        let (mut oldest, mut youngest) = (None, None);
        while high - low > BLOCK as u64 {
            let middle = low + (high - low) / 2;
            // Without a line to be found the rest is read, which is right, only slow.
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

    /// Looks for lines that are young enough just before a place. A few belong there and are taken along, many or
    /// distant ones mean that the file is in no order.
    fn verify(&mut self, place: u64, since: Moment) -> io::Result<Option<u64>> {
        let from = place.saturating_sub(DISORDER);
        self.read(from, DISORDER.min(place) as usize)?;
        let start = if from == 0 { 0 } else { memchr(b'\n', &self.block).map_or(self.block.len(), |at| at + 1) };
        let Self { block, format, scratch, .. } = self;
        let mut at = start;
        for line in block[start..].split_inclusive(|byte| *byte == b'\n') {
            if format.parse(line, scratch).is_ok_and(|record| record.time.moment() >= since) {
                let distant = from > 0 && at < block.len() / 2;
                return Ok((!distant).then_some(from + at as u64));
            }
            at += line.len();
        }
        Ok(Some(place))
    }

    /// The first whole record that starts behind a place and before another.
    fn first(&mut self, place: u64, before: u64) -> io::Result<Option<(u64, Moment)>> {
        self.read(place, BLOCK)?;
        let Self { block, format, scratch, .. } = self;
        let ends: Vec<_> = memchr_iter(b'\n', block).collect();
        for pair in ends.windows(2) {
            let at = place + pair[0] as u64 + 1;
            if at >= before {
                break;
            }
            if let Ok(record) = format.parse(&block[pair[0] + 1..=pair[1]], scratch) {
                return Ok(Some((at, record.time.moment())));
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
