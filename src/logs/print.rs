//! From records to the bytes of the two streams: prefixes, timestamps, JSON, and the limit. Output is collected in
//! large buffers, since a system call for each line would cost more than all the rest.

use std::borrow::Cow;
use std::mem;
use std::ops::ControlFlow;

use crate::error::Error;
use crate::logs::Sink;
use crate::logs::record::{Record, Stream};
use crate::logs::time::Moment;

/// How much is collected before it is written.
const BUFFER: usize = 256 << 10;

/// How records are formatted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    /// Each line starts with its time.
    pub(crate) timestamps: bool,
    /// Nothing older than this.
    pub(crate) since: Option<Moment>,
    /// Only this stream.
    pub(crate) only: Option<Stream>,
    /// At most this many bytes in all.
    pub(crate) limit: Option<u64>,
    /// Both streams go to the same place; only a single buffer keeps them in order.
    pub(crate) together: bool,
    pub(crate) names: Names,
}

/// How a line shows its origin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Names {
    /// Not at all: the content alone, unmodified.
    #[default]
    None,
    /// A prefix for each origin.
    Prefix(Vec<Vec<u8>>),
    /// Each line is a JSON object; these are the members that identify each origin, `"container":"web",`.
    Json(Vec<Vec<u8>>),
}

/// Formats records and writes them.
pub(crate) struct Printer<'s> {
    sink: &'s mut dyn Sink,
    layout: Layout,
    /// How many bytes may still be written.
    left: Option<u64>,
    /// The formatted output, for each stream.
    buffers: [Vec<u8>; 2],
    /// The origin of the line that has not ended yet, for each stream.
    open: [Option<usize>; 2],
    /// The start of a character that was cut off at the end of a piece of content.
    cut: Vec<u8>,
}

impl<'s> Printer<'s> {
    pub(crate) fn new(sink: &'s mut dyn Sink, layout: Layout) -> Self {
        let left = layout.limit;
        Self { sink, layout, left, buffers: Default::default(), open: [None; 2], cut: Vec::new() }
    }

    /// Prints a record of one of the origins; returns a break when the limit is reached.
    #[inline]
    pub(crate) fn print(&mut self, origin: usize, record: &Record<'_>) -> Result<ControlFlow<()>, Error> {
        // A plain log says neither when nor where anything was written: none of it can be left out.
        let unwanted = record.time.is_some_and(|time| {
            self.layout.since.is_some_and(|since| time.moment() < since)
                || self.layout.only.is_some_and(|only| only != record.stream)
        });
        if unwanted {
            return Ok(ControlFlow::Continue(()));
        }
        if self.layout.names != Names::None {
            self.interrupt(origin, record.stream)?;
        }
        if self.open[record.stream as usize].is_none() {
            self.begin(origin, record)?;
        }
        self.content(origin, record.stream, record.content)
    }

    /// Passes on a remark, at its place among the lines.
    pub(crate) fn remark(&mut self, remark: String) -> Result<(), Error> {
        self.flush()?;
        self.sink.remark(remark);
        Ok(())
    }

    /// Writes what has been collected.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        for stream in [Stream::Stdout, Stream::Stderr] {
            let buffer = &mut self.buffers[stream as usize];
            if !buffer.is_empty() {
                self.sink.write(stream, buffer)?;
                buffer.clear();
            }
        }
        Ok(())
    }

    /// Ends open lines, and writes everything.
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        if matches!(self.layout.names, Names::Json(_)) {
            self.end_line(Stream::Stdout)?;
            self.end_line(Stream::Stderr)?;
        }
        self.flush()
    }

    /// Ends a line of another origin or stream, which this record would otherwise continue.
    fn interrupt(&mut self, origin: usize, stream: Stream) -> Result<(), Error> {
        let other = if stream == Stream::Stdout { Stream::Stderr } else { Stream::Stdout };
        if self.open[stream as usize].is_some_and(|by| by != origin) {
            self.end_line(stream)?;
        }
        if self.open[other as usize].is_some() && self.place(stream) == self.place(other) {
            self.end_line(other)?;
        }
        Ok(())
    }

    /// What comes before the content of a line.
    fn begin(&mut self, origin: usize, record: &Record<'_>) -> Result<(), Error> {
        if !self.layout.timestamps && self.layout.names == Names::None {
            return Ok(());
        }
        let mut head = Vec::with_capacity(128);
        match &self.layout.names {
            Names::Json(members) => {
                head.push(b'{');
                if let Some(time) = record.time {
                    head.extend_from_slice(b"\"time\":\"");
                    time.write(&mut head);
                    head.extend_from_slice(b"\",\"stream\":\"");
                    head.extend_from_slice(record.stream.name().as_bytes());
                    head.extend_from_slice(b"\",");
                }
                head.extend_from_slice(members.get(origin).map_or(&[], Vec::as_slice));
                head.extend_from_slice(b"\"log\":\"");
                return self.put(record.stream, &head);
            }
            Names::Prefix(prefixes) => head.extend_from_slice(prefixes.get(origin).map_or(&[], Vec::as_slice)),
            Names::None => {}
        }
        if let Some(time) = record.time.filter(|_| self.layout.timestamps) {
            time.write(&mut head);
            head.push(b' ');
        }
        let count = self.allowed(head.len());
        self.put(record.stream, &head[..count])
    }

    #[inline]
    fn content(&mut self, origin: usize, stream: Stream, content: &[u8]) -> Result<ControlFlow<()>, Error> {
        let whole = content.last() == Some(&b'\n');
        let content = &content[..self.allowed(content.len())];
        if let Names::Json(_) = self.layout.names {
            let ended = content.last() == Some(&b'\n');
            let text = if ended { &content[..content.len() - 1] } else { content };
            self.open[stream as usize] = Some(origin);
            self.escape(stream, text)?;
            if ended {
                self.end_line(stream)?;
            }
        } else {
            self.put(stream, content)?;
            self.open[stream as usize] = (!whole).then_some(origin);
        }
        Ok(if self.left == Some(0) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    /// Writes text as the inside of a JSON string. Invalid UTF-8 becomes U+FFFD.
    fn escape(&mut self, stream: Stream, text: &[u8]) -> Result<(), Error> {
        let mut text = Cow::Borrowed(text);
        if !self.cut.is_empty() {
            text = [mem::take(&mut self.cut).as_slice(), &text].concat().into();
        }
        // A runtime cuts long lines anywhere, even inside a character; the rest of it comes with the next piece.
        let whole = text.len() - unfinished(&text);
        if whole < text.len() {
            self.cut = text[whole..].to_vec();
            text.to_mut().truncate(whole);
        }
        let quoted = serde_json::to_vec(&String::from_utf8_lossy(&text)).unwrap_or_default();
        self.put(stream, quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default())
    }

    /// Ends the open line of a stream, if there is one.
    fn end_line(&mut self, stream: Stream) -> Result<(), Error> {
        if self.open[stream as usize].take().is_none() {
            return Ok(());
        }
        match self.layout.names {
            Names::Json(_) => {
                if !mem::take(&mut self.cut).is_empty() {
                    self.put(stream, "\u{fffd}".as_bytes())?;
                }
                self.put(stream, b"\"}\n")
            }
            _ => self.put(stream, b"\n"),
        }
    }

    /// How many of these bytes the limit allows; they count as written.
    #[inline]
    fn allowed(&mut self, count: usize) -> usize {
        let Some(left) = &mut self.left else {
            return count;
        };
        let allowed = usize::try_from(*left).map_or(count, |left| left.min(count));
        *left -= allowed as u64;
        allowed
    }

    #[inline]
    fn put(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), Error> {
        let place = self.place(stream);
        let buffer = &mut self.buffers[place as usize];
        if buffer.len() + bytes.len() > BUFFER {
            self.sink.write(place, buffer)?;
            buffer.clear();
            if bytes.len() >= BUFFER {
                return self.sink.write(place, bytes);
            }
        }
        buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// The stream that this stream's bytes are written to.
    #[inline]
    fn place(&self, stream: Stream) -> Stream {
        match self.layout.together || matches!(self.layout.names, Names::Json(_)) {
            true => Stream::Stdout,
            false => stream,
        }
    }
}

/// How many bytes at the end are the start of an incomplete UTF-8 character.
fn unfinished(text: &[u8]) -> usize {
    for (count, byte) in text.iter().rev().take(3).enumerate() {
        let length = match byte {
            0x80..0xc0 => continue,
            0xc0..0xe0 => 2,
            0xe0..0xf0 => 3,
            0xf0.. => 4,
            _ => 1,
        };
        return if count + 1 < length { count + 1 } else { 0 };
    }
    0
}
