//! What the fuzz targets of logs check, and what the tests check with bytes of their own: the parser and the search for
//! places, against implementations that are slow and obvious.

use std::io::Cursor;
use std::sync::LazyLock;

use futures_util::FutureExt;
use regex::bytes::Regex;

use crate::logs::record::{Stream, cri};
use crate::logs::seek::{self, Tail};
use crate::logs::time::Moment;

/// Any bytes as a line of the CRI: the parser accepts the same lines as a regular expression and a calendar.
pub(crate) fn line(bytes: &[u8]) {
    let parsed = cri(bytes).map(|record| (record.stream, record.partial, record.content));
    assert_eq!(parsed, slowly(bytes), "{:?}", String::from_utf8_lossy(bytes));
}

/// Any bytes as a log: the last lines are those found by splitting; and in a log made of the bytes, in order of time,
/// no line before the place that is found should have come after it.
pub(crate) fn places(bytes: &[u8]) {
    let Some((first, bytes)) = bytes.split_first() else { return };
    let count = u64::from(*first);
    let newlines: Vec<u64> = (1..).zip(bytes).filter(|(_, byte)| **byte == b'\n').map(|(end, _)| end).collect();
    let kept = newlines.len().min(*first as usize);
    let before = newlines.len() - kept;
    let start = if before == 0 { 0 } else { newlines[before - 1] };
    let expected = Tail { start, lines: kept as u64 };
    assert_eq!(seek::tail(&mut Cursor::new(bytes), count).now_or_never().and_then(Result::ok), Some(expected));

    let (mut seconds, mut second, mut traded) = (Vec::new(), 0, 0);
    for (at, byte) in bytes.iter().enumerate() {
        second += u32::from(byte & 0x07);
        seconds.push(second);
        // Lines of two streams change places, each at most once.
        if byte & 0x08 > 0 && at > traded {
            seconds.swap(at - 1, at);
            traded = at + 1;
        }
    }
    let (mut log, mut lines) = (Vec::new(), Vec::new());
    for (byte, second) in bytes.iter().zip(seconds) {
        lines.push((log.len() as u64, second));
        log.extend_from_slice(stamp(second).as_bytes());
        log.extend_from_slice(b" stdout F ");
        // Some are longer than one read.
        log.extend(std::iter::repeat_n(b'x', usize::from(*byte) << (byte & 0x07)));
        log.push(b'\n');
    }
    let since = second * u32::from(*first) / 255;
    let moment = Moment { seconds: 1_709_251_200 + i64::from(since), nanos: 0 };
    let place = seek::bisect(&mut Cursor::new(&log), moment, 512).unwrap_or(u64::MAX);
    assert!(place == log.len() as u64 || lines.iter().any(|(start, _)| *start == place), "{place} starts no line");
    assert!(lines.iter().all(|(start, second)| *start >= place || *second < since), "a line before {place} is lost");
}

fn stamp(second: u32) -> String {
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("2024-03-01T{hour:02}:{minute:02}:{second:02}Z")
}

/// What a line of the CRI looks like.
const SHAPE: &str = r"(?s-u)^(\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d)([.,]\d+)?(Z|[+-]([01]\d|2[0-4]):[0-5]\d) (stdout|stderr) ([^ ]*) (.*)$";

fn slowly(line: &[u8]) -> Option<(Stream, bool, &[u8])> {
    // Compiling it takes a hundred times as long as using it.
    static REGEX: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(SHAPE).ok());
    let parts = REGEX.as_ref()?.captures(line)?;
    let civil = std::str::from_utf8(parts.get(1)?.as_bytes()).ok()?;
    civil.parse::<jiff::civil::DateTime>().ok()?;
    let stream = if parts.get(5)?.as_bytes() == b"stdout" { Stream::Stdout } else { Stream::Stderr };
    let partial = parts.get(6)?.as_bytes().split(|byte| *byte == b':').next() == Some(b"P");
    Some((stream, partial, parts.get(7)?.as_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_parser_takes_what_a_regular_expression_takes(
            bytes in prop::collection::vec(any::<u8>(), 0..60),
            text in r"[12]\d{3}-[01]\d-[0-3]\dT[0-2]\d:[0-6]\d:[0-6]\d([.,]\d{0,11})?(Z|z|[+-][0-2]\d:[0-7]\d|)[ x]std(out|err|in) [PFQ:]{0,3}[ x][a-z \n]{0,5}",
        ) {
            line(&bytes);
            line(text.as_bytes());
        }

        #[test]
        fn places_are_those_of_a_slow_search(bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'\n')], 0..600)) {
            places(&bytes);
        }
    }
}
