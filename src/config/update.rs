//! Changes a file so that at any time it is whole: as it was, or as it is to be. Two who change it at once do it one
//! after the other.
//!
//! The new content is written to a draft beside the file, which then takes the file's name. The draft is the lock, too,
//! for who holds it writes; one that was left behind by somebody who died is taken over.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use crictl_codegen::file;

/// Changes a file: `change` makes its new content of the old one, or nothing where it is to stay. The file, and its
/// folder, are made where there are none.
///
/// # Errors
/// It can't be read or written, or `change`'s own.
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

/// Where a path leads that may be a link: the link stays, and what it names is changed.
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

/// What only one of all who change a file has.
enum Lock {
    Draft(File, PathBuf),
    /// The file itself, where it can't be replaced by another one.
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
                // Nothing can be written into the folder, but the file may be.
                Err(error) if !path.exists() => return Err(error),
                Err(_) => {}
            }
        }
        let itself = OpenOptions::new().write(true).open(path)?;
        system::lock_itself(&itself)?;
        Ok(Self::Itself(itself))
    }

    /// Gives up what was not needed.
    fn free<T>(self, result: T) -> T {
        if let Self::Draft(file, path) = self {
            // Under the lock: afterwards it may be somebody else's.
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
                    // Somebody else's file, or one that is mounted by itself, has to stay the same one.
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

/// Writes the draft. Whether it is like the file in all but its content.
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

/// Whether the draft could take the file's name.
fn rename(draft: &Path, path: &Path) -> io::Result<bool> {
    use io::ErrorKind::{CrossesDevices, PermissionDenied, ResourceBusy};
    match fs::rename(draft, path) {
        Ok(()) => system::sync_folder(path).map(|()| true),
        Err(error) if [CrossesDevices, PermissionDenied, ResourceBusy].contains(&error.kind()) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Writes over a file. What can't be written is found before anything of the old is cut off, and put right again.
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

    /// Makes the draft or takes over an old one, and locks it. It is for its owner alone: an endpoint may be
    /// somebody's secret.
    pub(super) fn lock(draft: &Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        // A link leads elsewhere, and a pipe would wait.
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
        options.write(true).create(true).truncate(false).mode(0o600).custom_flags(flags);
        loop {
            let file = options.open(draft)?;
            file.lock()?;
            let locked = file.metadata()?;
            let is_draft = |found: Metadata| (found.dev(), found.ino()) == (locked.dev(), locked.ino());
            // Or else whoever had the lock before has given the draft the file's name, or removed it.
            if symlink_metadata(draft).is_ok_and(is_draft) {
                if is_replaceable(&locked) && locked.uid() == rustix::process::geteuid().as_raw() {
                    return Ok(file);
                }
                // Who died may have given it away already, and what others can write is none of ours.
                remove_file(draft)?;
            }
        }
    }

    /// Locks the file. A device has no lock, and no content that could be lost.
    pub(super) fn lock_itself(file: &File) -> io::Result<()> {
        if file.metadata()?.is_file() { file.lock() } else { Ok(()) }
    }

    /// Gives the draft owner and mode of the file; whether that could be done.
    pub(super) fn dress(draft: &File, found: &Metadata) -> bool {
        let same_owner =
            || draft.metadata().is_ok_and(|draft| (draft.uid(), draft.gid()) == (found.uid(), found.gid()));
        let owned = same_owner() || fchown(draft, Some(found.uid()), Some(found.gid())).is_ok();
        owned && draft.set_permissions(found.permissions()).is_ok()
    }

    /// A name is safe when its folder is.
    pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // Who may write into a folder need not be allowed to read it.
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

    /// Makes the draft or takes over an old one, which nobody else can open until it is closed, but rename.
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

    /// A lock would keep ourselves from reading the file here.
    pub(super) fn lock_itself(_: &File) -> io::Result<()> {
        Ok(())
    }

    /// Who may do what comes from the folder here.
    pub(super) fn dress(_: &File, _: &Metadata) -> bool {
        true
    }

    /// A folder can't be synced here.
    pub(super) fn sync_folder(_: &Path) -> io::Result<()> {
        Ok(())
    }
}
