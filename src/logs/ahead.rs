//! Finds what to read after the current file of a followed log. Files are told apart by their identity and content;
//! whoever rotates them chooses their names.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};

use crate::logs::head::{Head, Mark};
use crate::logs::input::{Identity, Input};
use crate::logs::page::Page;
use crate::logs::rotation;
use crate::logs::time::Moment;

/// How many files are remembered: more than anybody keeps beside a log.
const REMEMBERED: usize = 1024;

/// How many times a folder is read at most until two readings agree.
const READINGS: usize = 8;

/// The files that come next.
pub(crate) struct Ahead {
    /// Where the log is written.
    path: PathBuf,
    /// The starts of the files that have been read, or that existed before the log was followed.
    seen: VecDeque<Head>,
    /// Files that were found and are still empty. They are kept open, because one may be written and removed at once.
    opened: VecDeque<Page>,
    /// When the current file begins; files that began earlier do not follow it.
    begun: Option<Moment>,
}

impl Ahead {
    /// Follows the log at a path. The files that are beside it now come before it.
    pub(crate) fn new(path: &Path) -> io::Result<Self> {
        let mut ahead = Self { path: path.to_owned(), seen: VecDeque::new(), opened: VecDeque::new(), begun: None };
        for page in beside(path)? {
            ahead.note(Head::of(&page.input).unwrap_or_default());
        }
        Ok(ahead)
    }

    /// Looks for files that follow the current one. They are returned once one of them has content: a runtime writes to
    /// the old file until it opens the new one, so only a line in the new one ends the old one.
    pub(crate) fn look(&mut self, held: &Input) -> io::Result<VecDeque<Page>> {
        let last = match self.opened.back() {
            Some(page) => page.identity()?,
            None => held.identity()?,
        };
        if !self.is_named(last) {
            self.find(held)?;
        }
        for page in &self.opened {
            if page.input.metadata()?.len() > 0 {
                return Ok(std::mem::take(&mut self.opened));
            }
        }
        Ok(VecDeque::new())
    }

    /// Whether a file has the log's name.
    fn is_named(&self, file: Identity) -> bool {
        Identity::named(&self.path).is_ok_and(|named| named == file)
    }

    /// After a log was truncated, looks for what it held beyond the place up to which it was read: whoever truncates a
    /// log copies it first.
    pub(crate) async fn copies(&mut self, held: &Input, mark: &Mark) -> io::Result<VecDeque<Page>> {
        let held = held.identity()?;
        let mut copy: Option<Page> = None;
        let mut others = Vec::new();
        let files = beside(&self.path)?;
        // Without a sign of truncation it may have been renamed, and would be older than the files beside it.
        if mark.is_start() && !self.is_named(held) {
            return Ok(VecDeque::new());
        }
        for mut page in files {
            // A file that can't be read, such as an incompletely compressed one, is not a copy.
            if page.identity()? == held || !mark.is_in(&mut page.input).await.unwrap_or_default() {
                page.input = page.input.again()?;
                others.push(page);
                continue;
            }
            let head = Head::of(&page.input)?;
            self.begun = head.first().or(self.begun);
            self.note(head);
            copy = copy.or(Some(page));
        }
        let newer = self.newer(others, &[held], None)?;
        Ok(copy.into_iter().chain(newer).collect())
    }

    /// Remembers a file, so that it is not taken for a new one once it has been compressed or copied.
    pub(crate) fn note(&mut self, head: Head) {
        if !head.is_telling() || self.has_seen(&head) {
            return;
        }
        if self.seen.len() == REMEMBERED {
            self.seen.pop_front();
        }
        self.seen.push_back(head);
    }

    fn has_seen(&self, head: &Head) -> bool {
        self.seen.iter().any(|seen| head.was(seen))
    }

    /// Opens the file that has the log's name now, and those that had it since the current one.
    fn find(&mut self, held: &Input) -> io::Result<()> {
        // The file being written is opened first, so that none that comes between can be missed.
        let live = match Page::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            live => Some(live?),
        };
        let files = beside(&self.path)?;
        // A file that was compressed before the folder was read is among these, as far as it is ours.
        let mut known = vec![held.identity()?];
        let head = Head::of(held)?;
        self.begun = head.first().or(self.begun);
        self.note(head);
        let pages: Vec<&Page> = self.opened.iter().chain(&live).collect();
        let heads = pages.iter().map(|page| Head::of(&page.input)).collect::<io::Result<Vec<_>>>()?;
        let fresh = live.as_ref().map(Page::identity).transpose()?;
        for page in &self.opened {
            known.push(page.identity()?);
        }
        let live = live.filter(|_| fresh.is_some_and(|fresh| !known.contains(&fresh)));
        known.extend(fresh);
        heads.into_iter().for_each(|head| self.note(head));
        let newer = self.newer(files, &known, live)?;
        self.opened.extend(newer);
        Ok(())
    }

    /// Of the files beside the log, those that were never read and are younger than the current one, oldest first. The
    /// first known file is the current one. The file with the log's name is included if it is new.
    fn newer(&mut self, files: Vec<Page>, known: &[Identity], live: Option<Page>) -> io::Result<Vec<Page>> {
        let mut newer = Vec::new();
        let mut before_held = 0;
        for page in files {
            let identity = page.identity()?;
            if known.first() == Some(&identity) {
                before_held = newer.len();
            }
            let head = Head::of(&page.input).unwrap_or_default();
            let began = head.first().filter(|began| self.begun.is_none_or(|begun| *began >= begun));
            if let Some(began) = began.filter(|_| !known.contains(&identity) && !self.has_seen(&head)) {
                newer.push((began, Moment::from(page.input.metadata()?.modified()?), page));
                self.note(head);
            }
        }
        // By name they come before the current file, as if they were older: these numbers increase with time.
        if before_held > 0 {
            newer.reverse();
        }
        // It may have been rotated in the meantime, and others may have followed it.
        if let Some(page) = live {
            let began = Head::of(&page.input)?.first().unwrap_or(Moment { seconds: i64::MAX, nanos: 0 });
            newer.push((began, Moment::from(page.input.metadata()?.modified()?), page));
        }
        newer.sort_by_key(|(began, modified, _)| (*began, *modified));
        Ok(newer.into_iter().map(|(_, _, page)| page).collect())
    }
}

/// Opens the files that share the log's name, oldest first as far as names tell. A folder in which files are renamed
/// while it is read may show a file twice or not at all, so it is read until two readings agree.
fn beside(path: &Path) -> io::Result<Vec<Page>> {
    let mut pages = Vec::new();
    let mut before = None;
    for _ in 0..READINGS {
        // A file that can't be opened belongs to somebody else, or is gone.
        pages = rotation::beside(path)?.iter().filter_map(|file| Page::open(file).ok()).collect::<Vec<_>>();
        let mut now = pages.iter().map(Page::identity).collect::<io::Result<Vec<_>>>()?;
        now.sort_unstable();
        if before.as_ref() == Some(&now) {
            break;
        }
        before = Some(now);
    }
    Ok(pages)
}
