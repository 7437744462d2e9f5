//! SPDY/3 header blocks: names and values compressed with zlib, which starts from a dictionary and keeps its state from
//! block to block.

use bytes::Buf;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};

/// The dictionary of the SPDY/3 draft, section 2.6.10.1.
const DICTIONARY: &[u8] = include_bytes!("dictionary.bin");

/// The largest block that is accepted, decompressed: a few bytes can expand to megabytes.
pub(crate) const MAX_BLOCK: usize = 64 << 10;

/// Why a block contains no headers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a SPDY header block {0}")]
pub(crate) struct HeaderError(&'static str);

/// Compresses the blocks that we send.
#[derive(Debug)]
pub(crate) struct Deflater(Compress);

impl Deflater {
    /// Starts the state of a connection.
    pub(crate) fn new() -> Result<Self, HeaderError> {
        let mut zlib = Compress::new(Compression::fast(), true);
        zlib.set_dictionary(DICTIONARY).map_err(|_| HeaderError("can't be written"))?;
        Ok(Self(zlib))
    }

    /// The block of these headers. Names must be in lower case.
    pub(crate) fn block(&mut self, headers: &[(&str, &str)]) -> Result<Vec<u8>, HeaderError> {
        let mut plain = (headers.len() as u32).to_be_bytes().to_vec();
        for text in headers.iter().flat_map(|(name, value)| [name, value]) {
            plain.extend_from_slice(&(text.len() as u32).to_be_bytes());
            plain.extend_from_slice(text.as_bytes());
        }
        let before = self.0.total_in();
        let mut block = Vec::with_capacity(plain.len() + 64);
        loop {
            let taken = (self.0.total_in() - before) as usize;
            let rest = plain.get(taken..).unwrap_or_default();
            self.0.compress_vec(rest, &mut block, FlushCompress::Sync).map_err(|_| HeaderError("can't be written"))?;
            if block.len() < block.capacity() {
                return Ok(block);
            }
            block.reserve(block.len());
        }
    }
}

/// Decompresses the blocks that we receive.
#[derive(Debug)]
pub(crate) struct Inflater(Decompress);

impl Inflater {
    /// Starts the state of a connection.
    pub(crate) fn new() -> Self {
        Self(Decompress::new(true))
    }

    /// The headers of a block.
    ///
    /// # Errors
    /// It is not zlib data with this dictionary, is too large, or does not consist of pairs.
    pub(crate) fn headers(&mut self, block: &[u8]) -> Result<Vec<(String, String)>, HeaderError> {
        pairs(&self.inflate(block)?).ok_or(HeaderError("is cut short"))
    }

    fn inflate(&mut self, block: &[u8]) -> Result<Vec<u8>, HeaderError> {
        let before = self.0.total_in();
        let mut plain = Vec::with_capacity(4 << 10);
        loop {
            let taken = (self.0.total_in() - before) as usize;
            let rest = block.get(taken..).unwrap_or_default();
            match self.0.decompress_vec(rest, &mut plain, FlushDecompress::Sync) {
                Ok(_) => {}
                // zlib asks for it once, at the first block.
                Err(error) if error.needs_dictionary().is_some() => {
                    self.0.set_dictionary(DICTIONARY).map_err(|_| HeaderError("has another dictionary"))?;
                    continue;
                }
                Err(_) => return Err(HeaderError("can't be decompressed")),
            }
            if plain.len() < plain.capacity() {
                return Ok(plain);
            }
            if plain.len() >= MAX_BLOCK {
                return Err(HeaderError("is too large"));
            }
            plain.reserve(plain.len());
        }
    }
}

fn pairs(mut plain: &[u8]) -> Option<Vec<(String, String)>> {
    if plain.is_empty() {
        return Some(Vec::new());
    }
    let count = plain.try_get_u32().ok()? as usize;
    let mut headers = Vec::new();
    for _ in 0..count {
        headers.push((text(&mut plain)?, text(&mut plain)?));
    }
    Some(headers)
}

fn text(plain: &mut &[u8]) -> Option<String> {
    let length = plain.try_get_u32().ok()? as usize;
    let (text, rest) = plain.split_at_checked(length)?;
    *plain = rest;
    Some(String::from_utf8_lossy(text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read_in_the_order_they_were_written() {
        let (mut deflater, mut inflater) = (Deflater::new().expect("zlib"), Inflater::new());
        for value in ["error", "stdin", "stdout", ""] {
            let block = deflater.block(&[("streamtype", value), ("port", "80")]).expect("block");
            let headers = inflater.headers(&block).expect("headers");
            assert_eq!(headers, [("streamtype".to_owned(), value.to_owned()), ("port".to_owned(), "80".to_owned())]);
        }
    }

    #[test]
    fn a_value_longer_than_the_buffer_survives() {
        let (mut deflater, mut inflater) = (Deflater::new().expect("zlib"), Inflater::new());
        // The digits of a multiplicative sequence hardly compress.
        let value: String =
            (0..9000_u64).map(|n| char::from(b'!' + (((n * n * 2_654_435_761) >> 7) & 63) as u8)).collect();
        let block = deflater.block(&[("x", &value)]).expect("block");
        assert_eq!(inflater.headers(&block), Ok(vec![("x".to_owned(), value)]));
    }

    #[test]
    fn a_small_block_that_stands_for_megabytes_is_refused() {
        let mut deflater = Deflater::new().expect("zlib");
        let block = deflater.block(&[("x", &"a".repeat(4 << 20))]).expect("block");
        assert!(block.len() < MAX_BLOCK, "{}", block.len());
        assert_eq!(Inflater::new().headers(&block), Err(HeaderError("is too large")));
    }

    #[test]
    fn garbage_is_an_error() {
        assert!(Inflater::new().headers(b"not zlib at all").is_err());
        assert_eq!(Inflater::new().headers(b""), Ok(Vec::new()));
        assert_eq!(pairs(&[0, 0, 0, 2, 0, 0, 0, 1]), None);
        assert_eq!(pairs(&[255, 255, 255, 255]), None);
    }
}
