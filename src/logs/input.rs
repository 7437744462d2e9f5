//! A log file as it is opened: plain, or packed by whoever rotated it.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek};
use std::path::Path;

use flate2::read::MultiGzDecoder;

/// An open log file.
pub(crate) enum Input {
    Plain(File),
    Packed(Box<MultiGzDecoder<File>>),
}

/// Which file it is, whatever it is called now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity(u64, u64);

impl Input {
    /// Opens a file; one whose name ends in `.gz` is unpacked.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        if file.metadata()?.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a directory"));
        }
        Ok(match path.extension().is_some_and(|extension| extension == "gz") {
            true => Self::Packed(Box::new(MultiGzDecoder::new(file))),
            false => Self::Plain(file),
        })
    }

    /// How far it has been read. A packed file has been read as far as it goes, for all that anybody can tell.
    pub(crate) fn position(&mut self) -> io::Result<u64> {
        match self {
            Self::Plain(file) => file.stream_position(),
            Self::Packed(_) => Ok(0),
        }
    }

    /// Goes back to the start.
    pub(crate) fn rewind(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(file) => file.rewind(),
            Self::Packed(_) => Ok(()),
        }
    }

    pub(crate) fn metadata(&self) -> io::Result<Metadata> {
        match self {
            Self::Plain(file) => file.metadata(),
            Self::Packed(decoder) => decoder.get_ref().metadata(),
        }
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.read(buffer),
            Self::Packed(decoder) => decoder.read(buffer),
        }
    }
}

impl Identity {
    #[cfg(unix)]
    pub(crate) fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self(metadata.dev(), metadata.ino())
    }

    /// Files have no number here that std would tell; two files made at the same instant are taken for one.
    #[cfg(not(unix))]
    pub(crate) fn of(metadata: &Metadata) -> Self {
        let created = metadata.created().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        let created = created.unwrap_or_default();
        Self(created.as_secs(), created.subsec_nanos().into())
    }
}
