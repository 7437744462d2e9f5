//! An open log file: plain, or compressed by whoever rotated it.

use std::fs::{self, File, FileType, Metadata, OpenOptions};
use std::io::{self, Read, Seek};
use std::path::Path;

use flate2::read::MultiGzDecoder;

/// An open log file.
pub(crate) enum Input {
    Plain(File),
    /// And how many bytes have been read from it.
    Packed(Box<MultiGzDecoder<File>>, u64),
}

/// The identity of the file, whatever its name is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Identity(u64, u64);

impl Input {
    /// Opens a file; if its name ends in `.gz`, it is decompressed.
    ///
    /// # Errors
    /// It is not a file, or can't be opened.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        // Anything but a file is not even opened: opening some devices has effects.
        refuse_others(path, &fs::metadata(path)?)?;
        let file = options().open(path)?;
        refuse_others(path, &file.metadata()?)?;
        Ok(Self::new(file, path.extension().is_some_and(|extension| extension == "gz")))
    }

    fn new(file: File, packed: bool) -> Self {
        match packed {
            true => Self::Packed(Box::new(MultiGzDecoder::new(file)), 0),
            false => Self::Plain(file),
        }
    }

    /// The same file from its start, whatever its name is now. This input is not used any more.
    pub(crate) fn again(&self) -> io::Result<Self> {
        let (mut file, packed) = match self {
            Self::Plain(file) => (file.try_clone()?, false),
            Self::Packed(decoder, _) => (decoder.get_ref().try_clone()?, true),
        };
        file.rewind()?;
        Ok(Self::new(file, packed))
    }

    /// The first bytes, regardless of the current place.
    pub(crate) fn start(&self, count: usize) -> io::Result<Vec<u8>> {
        let (mut file, packed) = match self {
            Self::Plain(file) => (file, false),
            Self::Packed(decoder, _) => (decoder.get_ref(), true),
        };
        let mut start = Vec::new();
        let place = file.stream_position()?;
        file.rewind()?;
        let read = match packed {
            true => MultiGzDecoder::new(file).take(count as u64).read_to_end(&mut start),
            false => file.take(count as u64).read_to_end(&mut start),
        };
        file.seek(io::SeekFrom::Start(place))?;
        read.map(|_| start)
    }

    /// How far it has been read.
    pub(crate) fn position(&mut self) -> io::Result<u64> {
        match self {
            Self::Plain(file) => file.stream_position(),
            Self::Packed(_, read) => Ok(*read),
        }
    }

    pub(crate) fn identity(&self) -> io::Result<Identity> {
        Identity::of(self.file())
    }

    pub(crate) fn metadata(&self) -> io::Result<Metadata> {
        self.file().metadata()
    }

    fn file(&self) -> &File {
        match self {
            Self::Plain(file) => file,
            Self::Packed(decoder, _) => decoder.get_ref(),
        }
    }
}

fn options() -> OpenOptions {
    let mut options = File::options();
    options.read(true);
    // Whatever has replaced the file in the meantime, opening it must not block.
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed());
    }
    options
}

/// A log must be a file: reading a pipe or a device may block for ever, and neither can be searched.
fn refuse_others(path: &Path, metadata: &Metadata) -> io::Result<()> {
    // /dev/null is where the logs of people who want none go; it reads as an empty file.
    if metadata.is_file() || path == Path::new("/dev/null") {
        return Ok(());
    }
    let kind = metadata.file_type();
    let what = match kind.is_dir() {
        true => return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a directory")),
        false => special(kind),
    };
    Err(io::Error::new(io::ErrorKind::InvalidInput, format!("is {what}, not a file")))
}

#[cfg(unix)]
fn special(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    match () {
        () if kind.is_fifo() => "a named pipe",
        () if kind.is_socket() => "a socket",
        () => "a device",
    }
}

#[cfg(not(unix))]
fn special(_: FileType) -> &'static str {
    "something else"
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.read(buffer),
            Self::Packed(decoder, read) => {
                let count = decoder.read(buffer)?;
                *read += count as u64;
                Ok(count)
            }
        }
    }
}

#[cfg(unix)]
impl Identity {
    /// That of the file with this name.
    pub(crate) fn named(path: &Path) -> io::Result<Self> {
        Ok(Self::numbers(&fs::metadata(path)?))
    }

    fn of(file: &File) -> io::Result<Self> {
        Ok(Self::numbers(&file.metadata()?))
    }

    fn numbers(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self(metadata.dev(), metadata.ino())
    }
}

/// Not by the time of creation: a new file that takes the name of one that has just been renamed gets that one's.
#[cfg(windows)]
impl Identity {
    /// That of the file with this name.
    pub(crate) fn named(path: &Path) -> io::Result<Self> {
        Self::of(&File::open(path)?)
    }

    fn of(file: &File) -> io::Result<Self> {
        let information = winapi_util::file::information(file)?;
        Ok(Self(information.volume_serial_number(), information.file_index()))
    }
}
