//! The files that a log is read from, opened where reading starts.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use memchr::memchr_iter;

use crate::logs::Part;
use crate::logs::input::{Identity, Input};
use crate::logs::time::Moment;
use crate::logs::{rotation, seek};

/// One file of a log.
pub(crate) struct Page {
    pub(crate) path: PathBuf,
    pub(crate) input: Input,
    /// How many of its lines are not wanted. Only a packed file has such: a place in it can't be gone to.
    pub(crate) skip: u64,
}

impl Page {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), input: Input::open(path)?, skip: 0 })
    }

    pub(crate) fn identity(&self) -> io::Result<Identity> {
        Ok(Identity::of(&self.input.metadata()?))
    }

    /// Starts at the last so many lines, and returns how many it has of them.
    fn keep_last(&mut self, count: u64) -> io::Result<u64> {
        match &mut self.input {
            Input::Plain(file) => {
                let tail = seek::tail(file, count)?;
                file.seek(io::SeekFrom::Start(tail.start))?;
                Ok(tail.lines)
            }
            Input::Packed(decoder) => {
                let lines = newlines(decoder)?;
                self.input = Input::open(&self.path)?;
                self.skip = lines.saturating_sub(count);
                Ok(lines - self.skip)
            }
        }
    }

    /// Whether every line is older: a packed file is not written any more, and was last when it was packed or before.
    fn is_older(&self, since: Moment) -> io::Result<bool> {
        let packed = matches!(self.input, Input::Packed(_));
        Ok(packed && Moment::from(self.input.metadata()?.modified()?) < since)
    }

    /// Starts near the first line that is not older. A packed file has to be read from its start.
    fn start_at(&mut self, since: Moment) -> io::Result<()> {
        if let Input::Plain(file) = &mut self.input {
            let place = seek::since(file, since)?;
            file.seek(io::SeekFrom::Start(place))?;
        }
        Ok(())
    }
}

/// The files that hold the wanted part of a log, in their order. All are opened now, so that a rotation while
/// the first are read takes none of them away.
pub(crate) fn pages(path: &Path, part: &Part) -> io::Result<VecDeque<Page>> {
    let live = Page::open(path)?;
    let identity = live.identity()?;
    let mut pages = VecDeque::from([live]);
    if part.rotated {
        for file in rotation::older(path)?.into_iter().rev() {
            match Page::open(&file) {
                // It was put aside just after it had been opened.
                Ok(page) if page.identity()? == identity => {}
                Ok(page) => pages.push_front(page),
                // It was removed just now, being the oldest.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    match (part.tail, part.since) {
        (Some(count), _) => keep_last(pages, count),
        (None, Some(since)) => {
            while pages.front().map(|page| page.is_older(since)).transpose()? == Some(true) {
                pages.pop_front();
            }
            pages.iter_mut().try_for_each(|page| page.start_at(since))?;
            Ok(pages)
        }
        (None, None) => Ok(pages),
    }
}

/// The file that came after one of a log's files; nothing if there is none, or nothing in it yet.
///
/// What is written now is opened before the others are listed, so none that comes between can be missed.
pub(crate) fn after(identity: Identity, path: &Path) -> io::Result<Option<Page>> {
    let live = match Page::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        live => live?,
    };
    if live.identity()? == identity {
        return Ok(None);
    }
    let older = rotation::older(path)?;
    let here = older.iter().position(|file| std::fs::metadata(file).is_ok_and(|it| Identity::of(&it) == identity));
    if let Some(file) = here.and_then(|here| older.get(here + 1)) {
        return Page::open(file).map(Some);
    }
    // A runtime writes the old file until it opens the new one: only a line in the new one ends the old one.
    Ok((live.input.metadata()?.len() > 0).then_some(live))
}

/// The youngest files, as far back as the last so many lines reach.
fn keep_last(mut pages: VecDeque<Page>, count: u64) -> io::Result<VecDeque<Page>> {
    let mut kept = VecDeque::new();
    let mut missing = count;
    while let Some(mut page) = pages.pop_back() {
        missing -= page.keep_last(missing)?;
        kept.push_front(page);
        if missing == 0 {
            break;
        }
    }
    Ok(kept)
}

fn newlines(input: &mut flate2::read::MultiGzDecoder<File>) -> io::Result<u64> {
    let mut block = vec![0; 64 << 10];
    let mut count = 0;
    loop {
        match input.read(&mut block)? {
            0 => return Ok(count),
            length => count += memchr_iter(b'\n', &block[..length]).count() as u64,
        }
    }
}
