//! One `serve` for a data directory. The lock is the system's, on a file that is held open, so it goes with the process,
//! however that ends; the file stays, since removing it would let two hold locks on files of the same name.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::thread;
use std::time::Duration;

use crate::error::Error;
use crate::host::at;
use crate::host::paths::Paths;
use crate::host::state::State;

/// How often the lock is asked for, and the time in between: who only looks whether it is held, holds it for a moment.
const ATTEMPTS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(10);

/// Held as long as the value lives.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "closing the file gives the lock back")] File);

impl Lock {
    /// Makes the data directory if it is not there, and takes its lock.
    ///
    /// # Errors
    /// Somebody else holds it, or the file can't be made.
    pub(super) fn take(paths: &Paths) -> Result<Self, Error> {
        let (dir, path) = (paths.data_dir(), paths.lock());
        fs::create_dir_all(dir).map_err(|error| at(error, "making the directory", dir))?;
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(|error| at(error, "opening", &path))?;
        for attempt in 0.. {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if attempt < ATTEMPTS => thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => return Err(held(paths)),
                Err(TryLockError::Error(error)) => return Err(at(error, "locking", &path)),
            }
        }
        Ok(Self(file))
    }

    /// Whether a `serve` holds the lock.
    pub(super) fn is_held(paths: &Paths) -> bool {
        let file = File::open(paths.lock());
        file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}

/// The holder writes its process id once it has the lock, and has done so long before we give up.
fn held(paths: &Paths) -> Error {
    let dir = paths.data_dir().display();
    let who = State::read(paths).map_or("another process".to_owned(), |state| format!("process {}", state.pid));
    Error::failure(format!("{dir} is served by {who}, which holds {}", paths.lock().display()))
        .hint("stop that one, or choose another --data-dir")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_by_one_until_it_is_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let paths = Paths::new(&dir.path().join("new"));
        assert!(!Lock::is_held(&paths));
        let lock = Lock::take(&paths).unwrap();
        assert!(Lock::is_held(&paths));
        let (dir, file) = (paths.data_dir().display(), paths.lock());
        let line = format!("{dir} is served by another process, which holds {}", file.display());
        let hint = "; stop that one, or choose another --data-dir";
        assert_eq!(Lock::take(&paths).unwrap_err().line(), line.clone() + hint);
        State { pid: 7, ..State::default() }.write(&paths).unwrap();
        assert_eq!(Lock::take(&paths).unwrap_err().line(), line.replace("another process", "process 7") + hint);
        drop(lock);
        assert!(!Lock::is_held(&paths));
        Lock::take(&paths).unwrap();
    }
}
