//! Reads files that people write: up to a size limit, and as text in the encoding that their byte order mark names.
//!
//! It is here because protos are such files; the program reads its other files in the same way.
//!
//! Editors on Windows put a mark before UTF-8, and PowerShell's `>` writes UTF-16.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// How much of a file is read at most: as much as a message of the CRI may have. A device such as `/dev/zero` has no
/// end.
const LARGEST: u64 = 16 << 20;

/// The content of a file.
///
/// # Errors
/// It can't be read, or is larger than any file that somebody would write.
pub fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    read_from(File::open(path)?)
}

/// As [`read`], from something that is open already.
///
/// # Errors
/// As [`read`].
pub fn read_from(input: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(LARGEST + 1).read_to_end(&mut bytes)?;
    match u64::try_from(bytes.len()) {
        Ok(0..=LARGEST) => Ok(bytes),
        _ => Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 16 MiB")),
    }
}

/// The encoding of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8 without a mark.
    #[default]
    Utf8,
    /// UTF-8 with a mark.
    MarkedUtf8,
    /// UTF-16, little-endian.
    Utf16Le,
    /// UTF-16, big-endian.
    Utf16Be,
}

/// The text of a file, and its encoding.
///
/// # Errors
/// The bytes are not valid in the encoding that their mark names, or not UTF-8 if there is no mark.
pub fn text(bytes: &[u8]) -> Result<(String, Encoding), String> {
    let utf8 = |bytes: &[u8]| {
        let text = std::str::from_utf8(bytes).map(str::to_owned);
        text.map_err(|error| format!("not UTF-8 from byte {} on", error.valid_up_to()))
    };
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes.as_chunks();
        let text = String::from_utf16(&pairs.iter().copied().map(unit).collect::<Vec<_>>());
        text.ok()
            .filter(|_| rest.is_empty())
            .ok_or_else(|| "not UTF-16, which its byte order mark announces".to_owned())
    };
    Ok(match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => (utf8(rest)?, Encoding::MarkedUtf8),
        [0xff, 0xfe, rest @ ..] => (utf16(rest, u16::from_le_bytes)?, Encoding::Utf16Le),
        [0xfe, 0xff, rest @ ..] => (utf16(rest, u16::from_be_bytes)?, Encoding::Utf16Be),
        _ => (utf8(bytes)?, Encoding::Utf8),
    })
}

impl Encoding {
    /// The text as the bytes of a file.
    pub fn bytes(self, text: &str) -> Vec<u8> {
        let utf16 =
            |unit: fn(u16) -> [u8; 2]| "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(unit).collect();
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::MarkedUtf8 => format!("\u{feff}{text}").into_bytes(),
            Self::Utf16Le => utf16(u16::to_le_bytes),
            Self::Utf16Be => utf16(u16::to_be_bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_refused_in_every_encoding() {
        assert_eq!(text(b"ab\xff"), Err("not UTF-8 from byte 2 on".to_owned()));
        assert!(text(b"\xef\xbb\xbf\xff").is_err());
        for bytes in [&b"\xff\xfea"[..], b"\xff\xfe\x00\xd8", b"\xfe\xff\xd8\x00", b"\xfe\xff\xdc\x00\x00a"] {
            assert!(text(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn more_than_a_person_writes_is_refused() {
        let zeros = |count| read_from(io::repeat(0).take(count));
        assert_eq!(zeros(LARGEST).map(|bytes| bytes.len()).ok(), usize::try_from(LARGEST).ok());
        assert!(zeros(LARGEST + 1).is_err_and(|error| error.to_string() == "larger than 16 MiB"));
        assert!(read_from(io::repeat(0)).is_err());
    }

    #[test]
    fn a_text_comes_back_from_every_encoding() {
        for encoding in [Encoding::Utf8, Encoding::MarkedUtf8, Encoding::Utf16Le, Encoding::Utf16Be] {
            for written in ["", "a", "ä: \u{1f600}\r\n", "a\u{feff}", "\u{100}\u{ff00}"] {
                assert_eq!(text(&encoding.bytes(written)), Ok((written.to_owned(), encoding)));
            }
        }
    }
}
