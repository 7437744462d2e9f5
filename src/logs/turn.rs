//! How reading moves from one file of a log to the next, and what happens when a file is truncated.

use std::collections::VecDeque;
use std::io::{self, Seek};

use crate::error::Error;
use crate::logs::head::{Head, Mark};
use crate::logs::input::Input;
use crate::logs::page::Page;
use crate::logs::source::{Rest, Source};

impl Source {
    /// Checks whether the log was rotated or truncated since it was read to its end; if so, there is more to read.
    pub(crate) async fn turn(&mut self) -> Result<bool, Error> {
        if !self.next.is_empty() {
            return Ok(true);
        }
        let looked = self.look().await;
        looked.map_err(|error| self.failed(&error))
    }

    /// Remembers what was read last: at the next check it is still there, unless the file was truncated.
    pub(crate) fn mark(&mut self) -> Result<(), Error> {
        let mark = self.last_read();
        self.mark = Some(mark.map_err(|error| self.failed(&error))?);
        Ok(())
    }

    fn last_read(&mut self) -> io::Result<Mark> {
        let (input, recent) = self.lines.recent();
        Mark::new(input, recent)
    }

    async fn look(&mut self) -> io::Result<bool> {
        let Some(ahead) = &mut self.ahead else {
            return Ok(false);
        };
        let input = self.lines.input();
        // A compressed file is not written any more.
        if let (Some(mark), Input::Plain(file)) = (&self.mark, &mut *input) {
            let truncated = !mark.leads_into(file)?;
            // If nothing was read from the file, it can't show whether it was truncated; the files beside it have to.
            if truncated || mark.is_start() {
                let copies = ahead.copies(input, mark).await?;
                if truncated || !copies.is_empty() {
                    self.restart(copies)?;
                    return Ok(true);
                }
            }
        }
        // The old file is read to its end once more; only now do we know that this is its end.
        self.next = ahead.look(input)?;
        Ok(!self.next.is_empty())
    }

    /// Reads a truncated file from its start, after the copies that were made of it.
    fn restart(&mut self, mut copies: VecDeque<Page>) -> io::Result<()> {
        self.mark = None;
        let Some(copy) = copies.pop_front() else {
            self.rest = Rest::Start;
            self.lines.forget();
            return match self.lines.input() {
                Input::Plain(file) => file.rewind(),
                Input::Packed(..) => Ok(()),
            };
        };
        // The copy continues where reading stopped, even within a line.
        let path = std::mem::replace(&mut self.page, copy.path);
        let input = self.lines.go_on_in(copy.input);
        copies.push_back(Page { path, input, skip: 0, copied: true });
        self.next = copies;
        Ok(())
    }

    /// Changes to another file.
    pub(super) fn change(&mut self, mut page: Page) -> io::Result<()> {
        if let Some(ahead) = &mut self.ahead {
            ahead.note(Head::of(self.lines.input()).unwrap_or_default());
        }
        if let Input::Plain(file) = &mut page.input
            && page.copied
        {
            file.rewind()?;
        }
        self.page = page.path;
        self.mark = None;
        self.lines.turn_to(page.input);
        Ok(())
    }

    /// Whether the current file is a copy of the next one, and the next one was not truncated since: then the next one
    /// is read, from where the copy ends.
    pub(super) fn goes_on(&mut self) -> Result<bool, Error> {
        let Some(mut page) = self.next.pop_front_if(|page| page.copied) else {
            return Ok(false);
        };
        let mark = self.last_read().map_err(|error| self.failed(&error))?;
        if let Input::Plain(file) = &mut page.input
            && mark.leads_into(file)?
        {
            self.page = page.path;
            self.mark = None;
            self.lines.go_on_in(page.input);
            return Ok(true);
        }
        self.next.push_front(page);
        Ok(false)
    }
}
