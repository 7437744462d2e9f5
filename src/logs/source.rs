//! One container's log as a sequence of records, over all the files it is in.

use std::collections::VecDeque;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::args::parse::quote;
use crate::error::{Error, lower};
use crate::logs::Part;
use crate::logs::docker::Scratch;
use crate::logs::input::{Identity, Input};
use crate::logs::lines::{Found, Lines};
use crate::logs::page::{self, Page};
use crate::logs::print::Printer;
use crate::logs::record::{Format, Malformed};
use crate::logs::time::Moment;

/// How much of a line that is no record is shown.
const SHOWN: usize = 200;

/// A log that is being read.
pub(crate) struct Source {
    /// Where the log is written now.
    path: PathBuf,
    /// What is read: the file that had this name when it was opened.
    page: PathBuf,
    lines: Lines<Input>,
    /// The files to be read after it.
    next: VecDeque<Page>,
    format: Option<Format>,
    scratch: Scratch,
    /// How many records may still be printed.
    quota: Option<u64>,
    /// More may be written to the last file.
    live: bool,
    rest: Rest,
    /// The container has not ended the line that was printed last.
    unfinished: bool,
}

/// What becomes of the rest of a line that is longer than the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// There is none: the next bytes start a line.
    Start,
    Print {
        partial: bool,
    },
    Skip,
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// A line was read.
    More,
    /// There is nothing to read, now or for ever.
    End,
    /// The limit on what is printed is reached.
    Full,
}

impl Source {
    /// Opens the wanted part of a log.
    ///
    /// # Errors
    /// The file can't be opened or read.
    pub(crate) fn open(path: &Path, part: &Part) -> io::Result<Self> {
        // Events name the file itself, not a link to it.
        let path = path.canonicalize()?;
        let mut next = page::pages(&path, part)?;
        let first = next.pop_front().ok_or(io::ErrorKind::NotFound)?;
        let mut source = Self {
            page: first.path,
            path,
            lines: Lines::new(first.input),
            next,
            format: None,
            scratch: Scratch::default(),
            quota: part.tail.filter(|_| !part.follow),
            live: part.follow,
            rest: Rest::Start,
            unfinished: false,
        };
        source.skip(first.skip)?;
        Ok(source)
    }

    /// Where the log is written.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Nothing more will be written: the container has ended.
    pub(crate) fn end(&mut self) {
        self.live = false;
    }

    pub(crate) fn is_live(&self) -> bool {
        self.live
    }

    /// Reads a line, or a part of a long one, and prints what it says.
    pub(crate) fn advance(&mut self, origin: usize, printer: &mut Printer<'_>) -> Result<Progress, Error> {
        if self.quota == Some(0) {
            return Ok(Progress::End);
        }
        let found = self.find()?;
        let count = match found {
            Found::Line(count) | Found::Piece(count) => count,
            Found::End(0) => return self.turn_page(),
            Found::End(_) if self.waits() => return Ok(Progress::End),
            Found::End(count) => {
                printer.remark(format!("the last line of {} is incomplete", self.page.display()))?;
                count
            }
        };
        let flow = self.print(count, origin, printer)?;
        if !matches!(found, Found::Piece(_)) {
            self.rest = Rest::Start;
        }
        self.lines.consume(count);
        Ok(if flow.is_break() { Progress::Full } else { Progress::More })
    }

    /// When the next record was written, for whoever merges logs. What goes on with a line, or has no time of its
    /// own, comes at once.
    pub(crate) fn peek(&mut self) -> Result<Option<Moment>, Error> {
        const NOW: Moment = Moment { seconds: i64::MIN, nanos: 0 };
        if self.quota == Some(0) {
            return Ok(None);
        }
        loop {
            let (Found::Line(count) | Found::Piece(count) | Found::End(count)) = self.find()?;
            if count == 0 {
                match self.turn_page()? {
                    Progress::More => continue,
                    _ => return Ok(None),
                }
            }
            let starts = self.rest == Rest::Start && !self.unfinished;
            let Some(format) = self.format.filter(|_| starts) else {
                return Ok(Some(NOW));
            };
            let record = format.parse(self.lines.bytes(count), &mut self.scratch);
            return Ok(Some(record.map_or(NOW, |record| record.time.moment())));
        }
    }

    /// Looks whether the log was rotated or truncated while it was read to its end; then there is more to read.
    pub(crate) fn turn(&mut self) -> Result<bool, Error> {
        if !self.next.is_empty() {
            return Ok(true);
        }
        let looked = self.look();
        looked.map_err(|error| self.failed(&error))
    }

    fn look(&mut self) -> io::Result<bool> {
        let here = self.lines.input().metadata()?;
        if here.len() < self.lines.input().position()? {
            self.lines.input().rewind()?;
            self.lines.forget();
            return Ok(true);
        }
        // The old file is read to its end once more, which only now is known to be its last.
        self.next.extend(page::after(Identity::of(&here), &self.path)?);
        Ok(!self.next.is_empty())
    }

    /// Whether what has no end yet may get one.
    fn waits(&self) -> bool {
        self.live && self.next.is_empty()
    }

    fn find(&mut self) -> Result<Found, Error> {
        let found = self.lines.find().map_err(|error| self.failed(&error))?;
        if self.format.is_none() && matches!(found, Found::Piece(_)) && self.lines.bytes(1) == b"{" {
            self.lines.keep_whole();
            return self.lines.find().map_err(|error| self.failed(&error));
        }
        Ok(found)
    }

    /// Goes on with the next file.
    fn turn_page(&mut self) -> Result<Progress, Error> {
        let Some(page) = self.next.pop_front() else {
            return Ok(Progress::End);
        };
        self.page = page.path;
        self.lines.turn_to(page.input);
        self.skip(page.skip).map_err(|error| self.failed(&error))?;
        Ok(Progress::More)
    }

    fn skip(&mut self, mut lines: u64) -> io::Result<()> {
        while lines > 0 {
            match self.lines.find()? {
                Found::Line(count) => {
                    self.lines.consume(count);
                    lines -= 1;
                }
                Found::Piece(count) => self.lines.consume(count),
                Found::End(_) => return Ok(()),
            }
        }
        Ok(())
    }

    /// Prints what the next so many bytes say.
    fn print(&mut self, count: usize, origin: usize, printer: &mut Printer<'_>) -> Result<ControlFlow<()>, Error> {
        let line = self.lines.bytes(count);
        match self.rest {
            Rest::Start => {}
            Rest::Print { partial } => return printer.more(origin, content(line, partial)),
            Rest::Skip => return Ok(ControlFlow::Continue(())),
        }
        let format = match self.format {
            Some(format) => format,
            None => {
                let format = Format::of(line, &mut self.scratch).ok_or_else(|| unsupported(line, &self.page))?;
                *self.format.insert(format)
            }
        };
        match format.parse(line, &mut self.scratch) {
            Ok(mut record) => {
                record.content = content(record.content, record.partial);
                self.rest = Rest::Print { partial: record.partial };
                self.unfinished = record.partial;
                self.quota = self.quota.map(|quota| quota - 1);
                printer.print(origin, &record)
            }
            Err(Malformed::Line) => {
                self.rest = Rest::Skip;
                let page = self.page.display();
                printer.remark(format!("skipped a line of {page} that is no log record: {}", shown(line)))?;
                Ok(ControlFlow::Continue(()))
            }
            Err(Malformed::Stream(name)) => Err(Error::failure(format!("unexpected stream type {}", quote(&name)))
                .context(format!("reading {}", self.page.display()))
                .hint("a record's stream is stdout or stderr")),
        }
    }

    fn failed(&self, error: &io::Error) -> Error {
        Error::failure(lower(error)).context(format!("reading {}", self.page.display()))
    }
}

/// The content without the newline that only ends the record, not the container's line.
fn content(content: &[u8], partial: bool) -> &[u8] {
    match content {
        [text @ .., b'\n'] if partial => text,
        _ => content,
    }
}

fn unsupported(line: &[u8], page: &Path) -> Error {
    Error::failure(format!("unsupported log format: {}", shown(line)))
        .context(format!("reading {}", page.display()))
        .hint("a line should be TIME STREAM TAGS TEXT, as of the CRI, or a JSON object, as of Docker")
}

/// The start of a line, for a person.
fn shown(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    quote(&String::from_utf8_lossy(&line[..line.len().min(SHOWN)]))
}
