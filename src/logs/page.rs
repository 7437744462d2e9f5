//! The files that a log is read from, opened where reading starts.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use memchr::memchr_iter;
use tokio::task::yield_now;

use crate::logs::Part;
use crate::logs::head::Head;
use crate::logs::input::{Identity, Input};
use crate::logs::time::Moment;
use crate::logs::{rotation, seek};

/// One file of a log.
pub(crate) struct Page {
    pub(crate) path: PathBuf,
    pub(crate) input: Input,
    /// How many of its lines to skip. Only compressed files need this: they can't be read from a place within.
    pub(crate) skip: u64,
    /// It was copied to the file before it, and was or will be truncated: it may continue where that file ends.
    pub(crate) copied: bool,
}

impl Page {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), input: Input::open(path)?, skip: 0, copied: false })
    }

    pub(crate) fn identity(&self) -> io::Result<Identity> {
        self.input.identity()
    }

    /// Starts at the last lines, and returns how many of them this file has.
    async fn keep_last(&mut self, count: u64) -> io::Result<u64> {
        match &mut self.input {
            Input::Plain(file) => {
                let tail = seek::tail(file, count).await?;
                file.seek(io::SeekFrom::Start(tail.start))?;
                Ok(tail.lines)
            }
            Input::Packed(decoder, _) => {
                let lines = newlines(decoder).await?;
                self.input = self.input.again()?;
                self.skip = lines.saturating_sub(count);
                Ok(lines - self.skip)
            }
        }
    }

    /// Whether its last line has no end.
    fn is_unfinished(&mut self) -> io::Result<bool> {
        let Input::Plain(file) = &mut self.input else { return Ok(false) };
        let mut last = [b'\n'];
        if file.metadata()?.len() > 0 {
            file.seek(io::SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            file.rewind()?;
        }
        Ok(last != *b"\n")
    }

    /// Whether every line is older: a compressed file was last written when it was compressed, or before.
    fn is_older(&self, since: Moment) -> io::Result<bool> {
        let packed = matches!(self.input, Input::Packed(..));
        Ok(packed && Moment::from(self.input.metadata()?.modified()?) < since)
    }

    /// Starts near the first line that is not older. A compressed file has to be read from its start.
    fn start_at(&mut self, since: Moment) -> io::Result<()> {
        if let Input::Plain(file) = &mut self.input {
            let place = seek::since(file, since)?;
            file.seek(io::SeekFrom::Start(place))?;
        }
        Ok(())
    }
}

/// The files that hold the wanted part of a log, in order. All are opened now, so that a rotation while the first are
/// read removes none of them.
pub(crate) async fn pages(path: &Path, part: &Part) -> io::Result<VecDeque<Page>> {
    let live = Page::open(path)?;
    let identity = live.identity()?;
    let mut pages = VecDeque::from([live]);
    if part.rotated {
        for page in put_aside(path)?.into_iter().rev() {
            // It was rotated just after it was opened.
            if page.identity()? != identity {
                pages.push_front(page);
            }
        }
    }
    match (part.tail, part.since.filter(|_| !part.plain)) {
        (Some(count), _) => {
            // A line that has no end yet is one of a plain log's lines: there an end may never come.
            let unfinished = part.plain && pages.back_mut().map(Page::is_unfinished).transpose()? == Some(true);
            keep_last(pages, count.saturating_sub(unfinished.into())).await
        }
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

/// The rotated files, oldest first.
fn put_aside(path: &Path) -> io::Result<Vec<Page>> {
    let mut pages = Vec::new();
    for file in rotation::older(path)? {
        match Page::open(&file) {
            // It was the oldest, and was removed just now.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            page => pages.push(page?),
        }
    }
    // Numbers go up with age, or with time, as whoever rotates has it, and dates are local times, which come twice when
    // summer ends; what the files hold tells their order.
    let first = |page: &Page| Head::of(&page.input).ok().and_then(|head| head.first());
    let firsts = pages.iter().map(first).collect::<Option<Vec<Moment>>>();
    if let Some(firsts) = firsts {
        let mut dated: Vec<_> = firsts.into_iter().zip(pages).collect();
        dated.sort_by_key(|(first, _)| *first);
        pages = dated.into_iter().map(|(_, page)| page).collect();
    }
    Ok(pages)
}

/// The youngest files, as many as are needed for the last lines.
async fn keep_last(mut pages: VecDeque<Page>, count: u64) -> io::Result<VecDeque<Page>> {
    let mut kept = VecDeque::new();
    let mut missing = count;
    while let Some(mut page) = pages.pop_back() {
        missing -= page.keep_last(missing).await?;
        kept.push_front(page);
        if missing == 0 {
            break;
        }
    }
    Ok(kept)
}

async fn newlines(input: &mut MultiGzDecoder<File>) -> io::Result<u64> {
    let mut block = vec![0; 64 << 10];
    let mut count = 0;
    loop {
        match input.read(&mut block)? {
            0 => return Ok(count),
            length => count += memchr_iter(b'\n', &block[..length]).count() as u64,
        }
        yield_now().await;
    }
}
