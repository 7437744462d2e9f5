//! One container's log as a sequence of records, from all of its files.

use std::collections::VecDeque;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use tokio::task::yield_now;

use crate::error::{Error, lower};
use crate::gotext::quote;
use crate::logs::Part;
use crate::logs::ahead::Ahead;
use crate::logs::docker::Scratch;
use crate::logs::format::{self, Format};
use crate::logs::head::{Mark, still_holds};
use crate::logs::input::Input;
use crate::logs::lines::{Found, Lines};
use crate::logs::page::{self, Page};
use crate::logs::print::Printer;
use crate::logs::record::{Malformed, cri, plain};
use crate::logs::time::Moment;

/// How many lines are skipped between checks for signals.
const BATCH: u64 = 1024;

/// A log that is being read.
pub(crate) struct Source {
    /// The path at which the log is written.
    path: PathBuf,
    /// The current file, which had this name when it was opened.
    pub(super) page: PathBuf,
    pub(super) lines: Lines<Input>,
    /// The files to read after it.
    pub(super) next: VecDeque<Page>,
    /// The files that may come after these, while the log is followed.
    pub(super) ahead: Option<Ahead>,
    /// The place at which the file last ended.
    pub(super) mark: Option<Mark>,
    format: Option<Format>,
    scratch: Scratch,
    /// How many records may still be printed.
    quota: Option<u64>,
    /// The last file may still grow.
    live: bool,
    pub(super) rest: Rest,
    /// What comes before the content of a line that is longer than the buffer.
    start: Vec<u8>,
    /// The container has not ended the last printed line.
    unfinished: bool,
}

/// What to do with the rest of a line that is longer than the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// There is no rest: the next bytes start a line.
    Start,
    Print,
    Skip,
}

/// The result of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// A line was read.
    More,
    /// There is nothing to read, now or at all.
    End,
    /// The limit on output is reached.
    Full,
}

impl Source {
    /// Opens the wanted part of a log.
    ///
    /// # Errors
    /// The file can't be opened or read.
    pub(crate) async fn open(path: &Path, part: &Part) -> io::Result<Self> {
        // Events name the file itself, not a link to it.
        let path = path.canonicalize()?;
        let mut next = page::pages(&path, part).await?;
        let first = next.pop_front().ok_or(io::ErrorKind::NotFound)?;
        let mut source = Self {
            ahead: if part.follow { Some(Ahead::new(&path)?) } else { None },
            page: first.path,
            path,
            lines: Lines::new(first.input),
            next,
            mark: None,
            format: part.plain.then_some(Format::Plain),
            scratch: Scratch::default(),
            quota: part.tail.filter(|_| !part.follow),
            live: part.follow,
            rest: Rest::Start,
            start: Vec::new(),
            unfinished: false,
        };
        if part.follow {
            // Between a look at the file and the next read it may be truncated, and be written up to the same place.
            source.lines.keep_checking(still_holds);
        }
        // Only in the oldest file are there lines to skip.
        source.skip(first.skip).await?;
        Ok(source)
    }

    /// The path at which the log is written.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Nothing more will be written: the container has ended.
    pub(crate) fn end(&mut self) {
        self.live = false;
    }

    /// Whether there may be more, now or later: also what a copy holds of a file that was truncated while it was read.
    pub(crate) fn is_live(&self) -> bool {
        self.live || self.lines.is_broken()
    }

    /// Reads a line, or a part of a long one, and prints it.
    pub(crate) fn advance(&mut self, origin: usize, printer: &mut Printer<'_>) -> Result<Progress, Error> {
        if self.quota == Some(0) {
            return Ok(Progress::End);
        }
        let mut found = self.find()?;
        let plain = self.format == Some(Format::Plain);
        if let (Found::End(count @ 1..), true) = (found, plain) {
            // What a container writes without an end, such as a prompt, is shown at once.
            found = Found::Piece(count);
        }
        let count = match found {
            Found::Line(count) | Found::Piece(count) => count,
            Found::End(_) if self.goes_on()? => return Ok(Progress::More),
            Found::End(0) if plain || self.rest == Rest::Start => return self.turn_page(),
            Found::End(_) if self.waits() => return Ok(Progress::End),
            Found::End(count) => {
                printer.remark(format!("the last line of {} is incomplete", self.page.display()))?;
                count
            }
        };
        let flow = self.print(&mut found, count, origin, printer)?;
        // A line without an end does not count as a line, and neither does one that is not a record.
        if matches!(found, Found::Line(_)) && self.rest == Rest::Print {
            self.quota = self.quota.map(|quota| quota - 1);
        }
        if !matches!(found, Found::Piece(_)) {
            self.rest = Rest::Start;
        }
        let (Found::Line(count) | Found::Piece(count) | Found::End(count)) = found;
        self.lines.consume(count);
        Ok(if flow.is_break() { Progress::Full } else { Progress::More })
    }

    /// When the next record was written, to merge logs. A record that continues a line, or that has no time of its own,
    /// comes at once.
    pub(crate) fn peek(&mut self) -> Result<Option<Moment>, Error> {
        const NOW: Moment = Moment { seconds: i64::MIN, nanos: 0 };
        if self.quota == Some(0) {
            return Ok(None);
        }
        loop {
            let (Found::Line(count) | Found::Piece(count) | Found::End(count)) = self.find()?;
            if count == 0 && self.rest == Rest::Start {
                match self.turn_page()? {
                    Progress::More => continue,
                    _ => return Ok(None),
                }
            }
            if self.rest != Rest::Start || self.unfinished {
                return Ok(Some(NOW));
            }
            let Some(format) = self.format(count) else {
                return Ok(Some(NOW));
            };
            let record = format.parse(self.lines.bytes(count), &mut self.scratch);
            return Ok(Some(record.ok().and_then(|record| record.moment()).unwrap_or(NOW)));
        }
    }

    /// Whether a line without an end may still get one.
    fn waits(&self) -> bool {
        self.is_live() && self.next.is_empty()
    }

    fn find(&mut self) -> Result<Found, Error> {
        let found = self.lines.find().map_err(|error| self.failed(&error))?;
        if self.format.is_none() && matches!(found, Found::Piece(_)) && self.lines.bytes(1) == b"{" {
            self.lines.keep_whole();
            return self.lines.find().map_err(|error| self.failed(&error));
        }
        Ok(found)
    }

    /// The log's format, which its first line shows.
    #[inline]
    fn format(&mut self, count: usize) -> Option<Format> {
        if self.format.is_none() {
            self.format = Format::of(self.lines.bytes(count), &mut self.scratch);
            // A part of a JSON object can't be used.
            if self.format == Some(Format::Docker) {
                self.lines.keep_whole();
            }
        }
        self.format
    }

    /// Goes on with the next file, if there is one.
    fn turn_page(&mut self) -> Result<Progress, Error> {
        let Some(page) = self.next.pop_front() else {
            return Ok(Progress::End);
        };
        self.change(page).map_err(|error| self.failed(&error))?;
        Ok(Progress::More)
    }

    async fn skip(&mut self, mut lines: u64) -> io::Result<()> {
        while lines > 0 {
            if lines.is_multiple_of(BATCH) {
                yield_now().await;
            }
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

    /// Prints the record in the next bytes.
    fn print(
        &mut self,
        found: &mut Found,
        count: usize,
        origin: usize,
        printer: &mut Printer<'_>,
    ) -> Result<ControlFlow<()>, Error> {
        match self.rest {
            Rest::Start => {}
            Rest::Print => return self.print_rest(count, origin, printer),
            Rest::Skip => return Ok(ControlFlow::Continue(())),
        }
        let Some(format) = self.format(count) else {
            return Err(
                format::unsupported(self.lines.bytes(count)).context(format!("reading {}", self.page.display()))
            );
        };
        let line = self.lines.bytes(count);
        match format.parse(line, &mut self.scratch) {
            Ok(mut record) => {
                record.content = content(record.content, record.partial);
                self.rest = Rest::Print;
                self.unfinished = record.partial;
                if matches!(found, Found::Piece(_)) {
                    self.start.clear();
                    self.start.extend_from_slice(&line[..line.len() - record.content.len()]);
                }
                printer.print(origin, &record)
            }
            Err(Malformed::Line) if line.starts_with(b"\0") => {
                // A log was truncated while its writer did not append: what it writes now comes after a hole.
                *found = Found::Piece(line.iter().take_while(|byte| **byte == 0).count());
                Ok(ControlFlow::Continue(()))
            }
            Err(Malformed::Line) => {
                self.rest = Rest::Skip;
                let page = self.page.display();
                printer
                    .remark(format!("skipped a line of {page} that is not a log record: {}", format::shown(line)))?;
                Ok(ControlFlow::Continue(()))
            }
            Err(Malformed::Stream(name)) => Err(Error::failure(format!("unexpected stream type {}", quote(&name)))
                .context(format!("reading {}", self.page.display()))
                .hint("a record's stream must be stdout or stderr")),
        }
    }

    /// Prints more of a line that is longer than the buffer, as a record that starts like its first one.
    fn print_rest(&self, count: usize, origin: usize, printer: &mut Printer<'_>) -> Result<ControlFlow<()>, Error> {
        let bytes = self.lines.bytes(count);
        if self.format == Some(Format::Plain) {
            return printer.print(origin, &plain(bytes));
        }
        let Some(mut record) = cri(&self.start) else {
            return Ok(ControlFlow::Continue(()));
        };
        record.content = content(bytes, record.partial);
        printer.print(origin, &record)
    }

    pub(super) fn failed(&self, error: &io::Error) -> Error {
        Error::failure(lower(error)).context(format!("reading {}", self.page.display()))
    }
}

/// The content without a newline that ends only the record, not the container's line.
fn content(content: &[u8], partial: bool) -> &[u8] {
    match content {
        [text @ .., b'\n'] if partial => text,
        _ => content,
    }
}
