//! Text that may hold bytes which are not UTF-8.
//!
//! The recordings keep such a byte as a lone surrogate (`\udcff`), which a Rust `String` cannot hold.
//! Here it becomes a character of a private-use plane, so that everything else works on plain strings.

use std::fmt::Write;
use std::num::ParseIntError;

/// Stands for the surrogate U+D800; the 0x800 characters from here stand for all of them.
const FIRST: u32 = 0x10_F000;

/// The surrogate of byte 0 in the way the recordings were made.
const BYTE: u32 = 0xDC00;

/// Reads what a program wrote.
pub(crate) fn from_bytes(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|&byte| stand_in(BYTE + u32::from(byte))));
    }
    text
}

/// The bytes a recorded text stands for.
pub(crate) fn to_bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        let byte = u32::from(c).wrapping_sub(FIRST + BYTE - 0xD800);
        match u8::try_from(byte) {
            Ok(byte) if byte >= 0x80 => bytes.push(byte),
            _ => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

/// Replaces the lone surrogates among the escapes of a JSON text, which `serde_json` refuses.
pub(crate) fn without_surrogates(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match (escape(rest), rest.get(6..).and_then(escape)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(lone @ 0xD800..=0xDFFF), _) => {
                out.push(stand_in(lone));
                rest = &rest[6..];
                continue;
            }
            (Some(_), _) => 6,
            (None, _) => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        };
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    out + rest
}

/// The bytes of a text in hexadecimal digits.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The bytes that hexadecimal digits stand for.
pub(crate) fn from_hex(hex: &str) -> Result<Vec<u8>, ParseIntError> {
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16)).collect()
}

/// The code of a `\uXXXX` at the start of the text.
fn escape(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u32::from_str_radix(digits, 16).ok()
}

fn stand_in(surrogate: u32) -> char {
    char::from_u32(FIRST + surrogate - 0xD800).unwrap_or(char::REPLACEMENT_CHARACTER)
}
