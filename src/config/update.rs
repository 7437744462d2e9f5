//! Changes a file so that it is whole at any time: either old or new. Concurrent changes are made one after another.
//!
//! The new content is written to a draft beside the file, which is then renamed over the file. The draft is also the
//! lock: only its holder writes. A draft left behind by a process that died is taken over.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use crictl_codegen::file;

/// Changes a file: `change` makes the new content from the old, or returns nothing to leave it as it is. The file and
/// its folder are created if needed.
///
/// # Errors
/// The file can't be read or written, or `change` fails.
pub(super) fn update<E: From<io::Error>>(
    path: &Path,
    change: impl FnOnce(Option<&[u8]>) -> Result<Option<Vec<u8>>, E>,
) -> Result<(), E> {
    let path = target(path)?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let lock = Lock::take(&path)?;
    let old = match file::read(&path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return lock.free(Err(error.into())),
    };
    match change(old.as_deref()) {
        Ok(Some(new)) if old.as_ref() != Some(&new) => Ok(lock.write(&path, old.as_deref(), &new)?),
        Ok(_) => lock.free(Ok(())),
        Err(error) => lock.free(Err(error)),
    }
}

/// Follows links: the link stays, and the file it points to is changed.
fn target(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Ok(path) => Ok(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => match (fs::read_link(path), path.parent()) {
            (Ok(link), Some(folder)) => Ok(folder.join(link)),
            _ => Ok(path.to_owned()),
        },
        Err(error) => Err(error),
    }
}

/// What only one writer at a time can hold.
enum Lock {
    Draft(File, PathBuf),
    /// The file itself, if it can't be replaced by another one.
    Itself(File),
}

impl Lock {
    fn take(path: &Path) -> io::Result<Self> {
        let found = fs::metadata(path).ok();
        if found.is_none_or(|found| system::is_replaceable(&found)) {
            let mut name = OsString::from(".");
            name.push(path.file_name().unwrap_or_default());
            name.push(".new");
            let draft = path.with_file_name(name);
            match system::lock(&draft) {
                Ok(locked) => return Ok(Self::Draft(locked, draft)),
                // The folder is not writable, but the file may be.
                Err(error) if !path.exists() => return Err(error),
                Err(_) => {}
            }
        }
        let itself = OpenOptions::new().write(true).open(path)?;
        system::lock_itself(&itself)?;
        Ok(Self::Itself(itself))
    }

    /// Removes the draft if it was not used.
    fn free<T>(self, result: T) -> T {
        if let Self::Draft(file, path) = self {
            // This happens under the lock: afterwards the draft may belong to another process.
            let _ = fs::remove_file(path);
            drop(file);
        }
        result
    }

    fn write(self, path: &Path, old: Option<&[u8]>, new: &[u8]) -> io::Result<()> {
        match self {
            Self::Itself(file) => in_place(file, old.unwrap_or_default(), new),
            Self::Draft(mut file, draft) => {
                let written = fill(&mut file, path, new);
                let replaced = written.and_then(|kept| if kept { rename(&draft, path) } else { Ok(false) });
                match replaced {
                    Ok(true) => Ok(()),
                    // A file that belongs to another user, or that is mounted by itself, must not be replaced.
                    Ok(false) => {
                        let itself = OpenOptions::new().write(true).open(path)?;
                        let result = in_place(itself, old.unwrap_or_default(), new);
                        Self::Draft(file, draft).free(result)
                    }
                    Err(error) => Self::Draft(file, draft).free(Err(error)),
                }
            }
        }
    }
}

/// Writes the draft. Returns whether owner and mode of the draft match the file.
fn fill(draft: &mut File, path: &Path, new: &[u8]) -> io::Result<bool> {
    draft.set_len(0)?;
    draft.write_all(new)?;
    let kept = match fs::metadata(path) {
        Ok(found) => system::dress(draft, &found),
        Err(_) => true,
    };
    draft.sync_all()?;
    Ok(kept)
}

/// Renames the draft to the file's name; returns whether that worked.
fn rename(draft: &Path, path: &Path) -> io::Result<bool> {
    use io::ErrorKind::{CrossesDevices, PermissionDenied, ResourceBusy};
    match fs::rename(draft, path) {
        Ok(()) => system::sync_folder(path).map(|()| true),
        Err(error) if [CrossesDevices, PermissionDenied, ResourceBusy].contains(&error.kind()) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Overwrites a file in place. A failed write is noticed before anything old is truncated, and undone.
fn in_place(mut file: File, old: &[u8], new: &[u8]) -> io::Result<()> {
    let written = file.write_all(new);
    let is_file = file.metadata()?.is_file();
    let bytes = if written.is_ok() { new } else { old };
    if written.is_err() {
        file.rewind()?;
        file.write_all(old)?;
    }
    if is_file {
        file.set_len(u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
        file.sync_all()?;
    }
    written
}

#[cfg(unix)]
mod system {
    use std::fs::{File, Metadata, OpenOptions, remove_file, symlink_metadata};
    use std::io;
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
    use std::path::Path;

    use rustix::fs::OFlags;

    /// Whether another file may take the place of this one: it is no device, and nothing else leads to it. One that
    /// somebody replaces just now has no name at all.
    pub(super) fn is_replaceable(found: &Metadata) -> bool {
        found.is_file() && found.nlink() < 2
    }

    /// Creates the draft or takes over an old one, and locks it. Only its owner may read it: an endpoint may be a
    /// secret.
    pub(super) fn lock(draft: &Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        // A link leads elsewhere, and opening a pipe would block.
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
        options.write(true).create(true).truncate(false).mode(0o600).custom_flags(flags);
        loop {
            let file = options.open(draft)?;
            file.lock()?;
            let locked = file.metadata()?;
            let is_draft = |found: Metadata| (found.dev(), found.ino()) == (locked.dev(), locked.ino());
            // Otherwise the previous holder of the lock has already renamed or removed the draft.
            if symlink_metadata(draft).is_ok_and(is_draft) {
                if is_replaceable(&locked) && locked.uid() == rustix::process::geteuid().as_raw() {
                    return Ok(file);
                }
                // A process that died may have changed its owner already, and a draft that others can write to can't be
                // trusted.
                remove_file(draft)?;
            }
        }
    }

    /// Locks the file. A device can't be locked, and has no content to lose.
    pub(super) fn lock_itself(file: &File) -> io::Result<()> {
        if file.metadata()?.is_file() { file.lock() } else { Ok(()) }
    }

    /// Gives the draft the owner and mode of the file; returns whether that worked.
    pub(super) fn dress(draft: &File, found: &Metadata) -> bool {
        let same_owner =
            || draft.metadata().is_ok_and(|draft| (draft.uid(), draft.gid()) == (found.uid(), found.gid()));
        let owned = same_owner() || fchown(draft, Some(found.uid()), Some(found.gid())).is_ok();
        owned && draft.set_permissions(found.permissions()).is_ok()
    }

    /// A new name is on disk only once its folder has been synced.
    pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // A user who may write into a folder need not be allowed to read it.
        File::open(folder).map_or(Ok(()), |folder| folder.sync_all())
    }
}

#[cfg(windows)]
mod system {
    use std::fs::{File, Metadata, OpenOptions};
    use std::io;
    use std::os::windows::fs::OpenOptionsExt;
    use std::path::Path;
    use std::thread::sleep;
    use std::time::Duration;

    pub(super) fn is_replaceable(found: &Metadata) -> bool {
        found.is_file()
    }

    /// Creates the draft or takes over an old one. Until it is closed, others can't open it but can rename it.
    pub(super) fn lock(draft: &Path) -> io::Result<File> {
        const FILE_SHARE_DELETE: u32 = 4;
        const ERROR_SHARING_VIOLATION: i32 = 32;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).share_mode(FILE_SHARE_DELETE);
        loop {
            match options.open(draft) {
                Err(error) if error.raw_os_error() == Some(ERROR_SHARING_VIOLATION) => sleep(Duration::from_millis(20)),
                opened => return opened,
            }
        }
    }

    /// A lock would keep us from reading the file on this system.
    pub(super) fn lock_itself(_: &File) -> io::Result<()> {
        Ok(())
    }

    /// Permissions come from the folder on this system.
    pub(super) fn dress(_: &File, _: &Metadata) -> bool {
        true
    }

    /// A folder can't be synced on this system.
    pub(super) fn sync_folder(_: &Path) -> io::Result<()> {
        Ok(())
    }
}
