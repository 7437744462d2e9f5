//! Containerd's log: a file that it writes by itself, so that it loses no line while no `serve` is there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// From this size on, the log is moved away and begun anew.
const LARGE: u64 = 10 << 20;

/// How many old logs are kept: `containerd.log.1` is the newest.
const KEPT: u32 = 3;

/// How far before its end the last words are looked for.
const LAST: u64 = 4096;

#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    /// Where the lines of the newest containerd begin.
    begin: u64,
}

impl Log {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, begin: 0 }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The file, for a containerd that is to be started.
    ///
    /// # Errors
    /// It can't be opened.
    pub(super) fn open(&mut self) -> io::Result<File> {
        // Where it is appended to, it can be made shorter under who writes it.
        let file = OpenOptions::new().append(true).create(true).open(&self.path)?;
        self.begin = file.metadata()?.len();
        Ok(file)
    }

    /// Moves a log that has become large away. It is copied, since containerd holds it open; a line that is written
    /// between the copy and the cut is lost.
    ///
    /// # Errors
    /// A file can't be moved or written.
    pub(super) fn rotate(&mut self) -> io::Result<()> {
        if fs::metadata(&self.path).map_or(0, |file| file.len()) < LARGE {
            return Ok(());
        }
        for number in (1..KEPT).rev().filter(|number| self.old(*number).exists()) {
            fs::rename(self.old(number), self.old(number + 1))?;
        }
        fs::copy(&self.path, self.old(1))?;
        self.begin = 0;
        OpenOptions::new().write(true).open(&self.path)?.set_len(0)
    }

    /// The error with containerd's last words, if it had any, and where all of them are.
    pub(super) fn hint(&self, error: Error) -> Error {
        let Some(words) = self.last_words() else { return error };
        error.hint(format!("its last words were: {words}")).hint(format!("its log is {}", self.path.display()))
    }

    /// The last line that the newest containerd wrote.
    fn last_words(&self) -> Option<String> {
        let mut file = File::open(&self.path).ok()?;
        let length = file.metadata().ok()?.len();
        file.seek(SeekFrom::Start(self.begin.max(length.saturating_sub(LAST)))).ok()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        text.lines().map(str::trim).rfind(|line| !line.is_empty()).map(str::to_owned)
    }

    fn old(&self, number: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn the_last_words_are_those_of_the_newest_containerd() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = Log::new(dir.path().join("containerd.log"));
        assert_eq!(log.last_words(), None);
        log.open().unwrap().write_all(b"one\ntwo\n\n").unwrap();
        assert_eq!(log.last_words().as_deref(), Some("two"));
        let mut file = log.open().unwrap();
        assert_eq!(log.last_words(), None);
        file.write_all(&b"x".repeat(8000)).unwrap();
        assert_eq!(log.last_words().unwrap().len(), 4096);
    }

    #[test]
    fn a_large_log_is_moved_away_under_who_writes_it_and_a_few_old_ones_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = Log::new(dir.path().join("containerd.log"));
        let mut file = log.open().unwrap();
        for round in 0..5_u8 {
            file.write_all(&[b'0' + round]).unwrap();
            log.rotate().unwrap();
            assert_eq!(fs::metadata(log.path()).unwrap().len(), 1);
            file.write_all(&vec![b'x'; 10 << 20]).unwrap();
            log.rotate().unwrap();
            assert_eq!(fs::metadata(log.path()).unwrap().len(), 0);
        }
        file.write_all(b"after").unwrap();
        assert_eq!(fs::read(log.path()).unwrap(), b"after");
        let firsts: Vec<_> = (1..=3).map(|number| fs::read(log.old(number)).unwrap()[0]).collect();
        assert_eq!((firsts, log.old(4).exists()), (b"432".to_vec(), false));
    }
}
