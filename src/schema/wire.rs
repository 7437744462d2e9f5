//! Single values of protobuf's encoding, and why bytes are not the message that they should be.

use prost::encoding::decode_varint;

/// Why bytes are not a message of the type that they should be.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// A tag, a length or a number that breaks protobuf's encoding.
    #[error("{0}")]
    Encoding(#[from] prost::DecodeError),
    /// The bytes end in the middle of a value.
    #[error("the message ends too early")]
    Truncated,
    /// Messages within messages, more than anybody means.
    #[error("nested too deep")]
    Depth,
    /// A field arrived with another wire type than its kind has.
    #[error("field {0} has the wrong wire type")]
    WireType(&'static str),
}

pub(super) fn delimited<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Error> {
    let length = usize::try_from(decode_varint(rest)?).map_err(|_| Error::Truncated)?;
    let (bytes, after) = rest.split_at_checked(length).ok_or(Error::Truncated)?;
    *rest = after;
    Ok(bytes)
}

pub(super) fn fixed32(rest: &mut &[u8]) -> Result<u32, Error> {
    let (bytes, after) = rest.split_first_chunk().ok_or(Error::Truncated)?;
    *rest = after;
    Ok(u32::from_le_bytes(*bytes))
}

pub(super) fn fixed64(rest: &mut &[u8]) -> Result<u64, Error> {
    let (bytes, after) = rest.split_first_chunk().ok_or(Error::Truncated)?;
    *rest = after;
    Ok(u64::from_le_bytes(*bytes))
}
