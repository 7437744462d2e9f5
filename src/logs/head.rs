//! What a log file holds at its start and where reading stopped: this identifies a file that was moved, copied,
//! compressed or truncated, whatever its name.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use memchr::memchr;
use tokio::task::yield_now;

use crate::logs::docker::Scratch;
use crate::logs::format::Format;
use crate::logs::input::Input;
use crate::logs::time::Moment;

/// How much of a file is compared.
const LENGTH: usize = 4 << 10;

/// The start of a file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Head(Vec<u8>);

impl Head {
    /// Reads the start of a file, and returns to the same place.
    pub(crate) fn of(input: &Input) -> io::Result<Self> {
        input.start(LENGTH).map(Self)
    }

    /// When its first record was written; nothing if it does not start with a record.
    pub(crate) fn first(&self) -> Option<Moment> {
        let line = memchr(b'\n', &self.0).map_or(self.0.as_slice(), |end| &self.0[..=end]);
        let mut scratch = Scratch::default();
        let format = Format::of(line, &mut scratch)?;
        format.parse(line, &mut scratch).ok().and_then(|record| record.moment())
    }

    /// Whether this identifies a file. The first bytes of a line alone are common to many.
    pub(crate) fn is_telling(&self) -> bool {
        self.0.len() == LENGTH || memchr(b'\n', &self.0).is_some()
    }

    /// Whether the file may be the one that started like this earlier.
    pub(crate) fn was(&self, earlier: &Self) -> bool {
        self.0.starts_with(&earlier.0)
    }
}

/// What comes just before the place up to which a file has been read.
#[derive(Debug)]
pub(crate) struct Mark {
    end: u64,
    before: Vec<u8>,
}

impl Mark {
    /// The current place in a file, and what was read before it.
    pub(crate) fn new(input: &mut Input, before: &[u8]) -> io::Result<Self> {
        Ok(Self { end: input.position()?, before: before.to_vec() })
    }

    /// Whether nothing was read.
    pub(crate) fn is_start(&self) -> bool {
        self.end == 0
    }

    /// Whether a file holds what was read: because it is the same and was not truncated since, or because it is a copy.
    /// If so, reading goes on from that place.
    pub(crate) fn leads_into(&self, file: &mut File) -> io::Result<bool> {
        let long = file.metadata()?.len() >= self.end;
        Ok(long && before(file, self.end, self.before.len() as u64)?.as_ref() == Some(&self.before))
    }

    /// Whether a file is such a copy, compressed or not. This is decided by comparing bytes, so there must be some.
    pub(crate) async fn is_in(&self, copy: &mut Input) -> io::Result<bool> {
        match copy {
            _ if self.before.is_empty() => Ok(false),
            Input::Plain(file) => self.leads_into(file),
            packed => {
                let (count, mut bytes) = (self.before.len() as u64, Vec::new());
                discard(packed, self.end - count).await?;
                packed.take(count).read_to_end(&mut bytes)?;
                Ok(bytes == self.before)
            }
        }
    }
}

/// Whether a file that may be truncated still holds what was read before its last so many bytes. Where it does, these
/// followed it: a truncation before they were read would have taken it away. If not, the file is put back before them.
pub(crate) fn still_holds(input: &mut Input, read: &[u8], count: usize) -> io::Result<bool> {
    // A packed file is not written any more.
    let Input::Plain(file) = input else {
        return Ok(true);
    };
    let end = file.stream_position()?;
    let place = end - count as u64;
    let holds = before(file, place, read.len() as u64)?.as_deref() == Some(read);
    file.seek(SeekFrom::Start(if holds { end } else { place }))?;
    Ok(holds)
}

/// The bytes before a place, where the file is then positioned; nothing if it is too short.
fn before(file: &mut File, end: u64, count: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = vec![0; count as usize];
    file.seek(SeekFrom::Start(end - count))?;
    match file.read_exact(&mut bytes) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        read => read.map(|()| Some(bytes)),
    }
}

/// Reads a number of bytes, and checks for signals in between.
async fn discard(input: &mut impl Read, count: u64) -> io::Result<()> {
    const STEP: u64 = 4 << 20;
    let mut left = count;
    while left > 0 {
        match io::copy(&mut input.take(left.min(STEP)), &mut io::sink())? {
            0 => return Ok(()),
            read => left -= read,
        }
        yield_now().await;
    }
    Ok(())
}
