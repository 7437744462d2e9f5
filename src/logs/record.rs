//! One line of a log, parsed in place. The content is bytes, because it need not be text.

use memchr::memchr;

use crate::logs::time::{Moment, Time};

/// One of a container's two outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

impl Stream {
    /// The name that logs and flags use.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }

    pub(crate) fn named(name: &[u8]) -> Option<Self> {
        match name {
            b"stdout" => Some(Self::Stdout),
            b"stderr" => Some(Self::Stderr),
            _ => None,
        }
    }
}

/// The parts of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    /// When it was written. A plain log says neither this nor to which stream, which is stdout then.
    pub(crate) time: Option<Time<'a>>,
    pub(crate) stream: Stream,
    /// The line continues in another record.
    pub(crate) partial: bool,
    /// What the container wrote, including the newline if there is one.
    pub(crate) content: &'a [u8],
}

/// Why a line is not a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// It does not have the log's format.
    Line,
    /// It has the format, but names a stream that containers do not have. Like upstream, we stop there.
    Stream(String),
}

/// Parses a line of the CRI. It may lack its end, but not what comes before the content.
#[inline(always)]
pub(crate) fn cri(line: &[u8]) -> Option<Record<'_>> {
    let (time, rest) = Time::split(line)?;
    let (stream, rest) = match rest {
        [b' ', b's', b't', b'd', b'o', b'u', b't', b' ', rest @ ..] => (Stream::Stdout, rest),
        [b' ', b's', b't', b'd', b'e', b'r', b'r', b' ', rest @ ..] => (Stream::Stderr, rest),
        _ => return None,
    };
    let (tags, content) = rest.split_at(memchr(b' ', rest)?);
    // Only the first tag has a meaning so far: P for partial or F for full.
    let partial = matches!(tags, [b'P'] | [b'P', b':', ..]);
    Some(Record { time: Some(time), stream, partial, content: content.get(1..)? })
}

/// A line, or a part of one, of a log that has what the container wrote and nothing else.
pub(crate) fn plain(line: &[u8]) -> Record<'_> {
    Record { time: None, stream: Stream::Stdout, partial: !line.ends_with(b"\n"), content: line }
}

impl Record<'_> {
    /// When it was written, as far as is known.
    pub(crate) fn moment(&self) -> Option<Moment> {
        self.time.map(|time| time.moment())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Option<(Stream, bool, &str)> {
        cri(line.as_bytes()).map(|it| (it.stream, it.partial, std::str::from_utf8(it.content).expect("text")))
    }

    #[test]
    fn a_line_of_the_cri_has_a_time_a_stream_tags_and_content() {
        assert_eq!(parsed("2023-01-01T00:00:00Z stdout F a b\n"), Some((Stream::Stdout, false, "a b\n")));
        assert_eq!(parsed("2023-01-01T00:00:00.1+02:00 stderr P a"), Some((Stream::Stderr, true, "a")));
        assert_eq!(parsed("2023-01-01T00:00:00Z stdout P:x \n"), Some((Stream::Stdout, true, "\n")));
        assert_eq!(parsed("2023-01-01T00:00:00Z stdout F:P:z  \r\n"), Some((Stream::Stdout, false, " \r\n")));
        assert_eq!(parsed("2023-01-01T00:00:00Z stdout  b\n"), Some((Stream::Stdout, false, "b\n")));
    }

    #[test]
    fn what_lacks_a_part_is_no_line_of_the_cri() {
        for line in [
            "",
            "\n",
            "bad line here\n",
            "2023-01-01T00:00:00Z",
            "2023-01-01T00:00:00Z stdout",
            "2023-01-01T00:00:00Z stdout F",
            "2023-01-01T00:00:00Z stdout F\n",
            "2023-01-01T00:00:00Z weird F nope\n",
            "2023-01-01T00:00:00Z  stdout F two blanks\n",
            " 2023-01-01T00:00:00Z stdout F blank\n",
        ] {
            assert_eq!(parsed(line), None, "{line:?}");
        }
    }
}
