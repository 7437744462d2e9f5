//! Counts the values of a message before it is decoded: an empty message in a list takes two bytes on the wire, and
//! hundreds of times as much in a document or a struct.

use std::collections::HashMap;

use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use super::decode::{DEEPEST, fits, wire_type};
use super::known::{self, Known};
use super::wire::delimited;
use super::{Field, Kind, Label, Message};

/// A message smaller than this can't be large in memory.
const SMALL: usize = 64 << 10;
/// How many values a field that the table does not know has in a document: an item of a list, and its members.
const FOREIGN: usize = 4;
/// A value in a struct takes about a quarter of what it takes in a document.
const DENSITY: usize = 4;

/// Whether a message has more values than `limit`, counted as in the document that shows all of it.
///
/// In bytes that are not a valid message, the values before the error are counted.
pub fn has_more_values(message: &'static Message, bytes: &[u8], limit: usize) -> bool {
    let mut extent = Extent { left: limit, structs: HashMap::new() };
    bytes.len() > SMALL && extent.message(message, bytes, DEEPEST).is_none()
}

struct Extent {
    /// How many more values may come.
    left: usize,
    /// The size of a message's struct in values, by its table.
    structs: HashMap<*const Message, usize>,
}

impl Extent {
    /// Counts values; returns nothing once the limit is exceeded.
    fn count(&mut self, values: usize) -> Option<()> {
        self.left = self.left.checked_sub(values)?;
        Some(())
    }

    fn message(&mut self, message: &'static Message, bytes: &[u8], depth: u32) -> Option<()> {
        self.count(1 + message.fields.len())?;
        let Some(depth) = depth.checked_sub(1) else { return Some(()) };
        if known::of(message) == Some(Known::Any) {
            self.content(message, bytes, depth)?;
        }
        let mut rest = bytes;
        while let Some((number, wire, value)) = next(&mut rest) {
            let field = message.fields.iter().find(|field| field.number == number && fits(field, wire));
            match field.map(|field| (field, field.kind)) {
                Some((field, Kind::Message(inner))) => {
                    if matches!(field.label, Label::Repeated | Label::Map) {
                        let room = self.room(inner);
                        self.count(room / DENSITY)?;
                    }
                    self.message(inner, value, depth)?;
                }
                Some((field, kind)) if field.label == Label::Repeated => {
                    self.count(numbers(field, kind, wire, value))?;
                }
                Some(_) => {}
                None => self.count(FOREIGN)?,
            }
        }
        Some(())
    }

    /// What is in an `Any`: a message, or JSON, which has at most as many values as it has marks between them.
    fn content(&mut self, message: &'static Message, bytes: &[u8], depth: u32) -> Option<()> {
        let (mut url, mut content): (&[u8], &[u8]) = (&[], &[]);
        let mut rest = bytes;
        while let Some((number, _, value)) = next(&mut rest) {
            match number {
                1 => url = value,
                2 => content = value,
                _ => {}
            }
        }
        match message.content(&String::from_utf8_lossy(url)) {
            Some(inner) => self.message(inner, content, depth),
            None if content.starts_with(b"{") => {
                self.count(content.iter().filter(|byte| b",:[{".contains(byte)).count())
            }
            None => Some(()),
        }
    }

    /// The size of a message's struct in values, including the messages that are stored within it.
    fn room(&mut self, message: &'static Message) -> usize {
        if let Some(room) = self.structs.get(&std::ptr::from_ref(message)) {
            return *room;
        }
        // A message that contains itself is not stored within itself.
        self.structs.insert(message, 1);
        let within = |field: &Field| match field.kind {
            Kind::Message(inner) if matches!(field.label, Label::Single | Label::Optional) => self.room(inner),
            _ => 1,
        };
        let room = 1 + message.fields.iter().map(within).sum::<usize>();
        self.structs.insert(message, room);
        room
    }
}

/// How many items a value has, if it is a list of scalars.
fn numbers(field: &Field, kind: Kind, wire: WireType, value: &[u8]) -> usize {
    match wire_type(kind) {
        own if own == wire => 1,
        WireType::SixtyFourBit => value.len() / 8,
        WireType::ThirtyTwoBit => value.len() / 4,
        WireType::Varint => value.iter().filter(|byte| **byte < 0x80).count(),
        _ => usize::from(field.label == Label::Repeated),
    }
}

/// The next field: its number, its wire type, and its content if it has a length. Nothing at the end, even if the end
/// comes too early.
fn next<'a>(rest: &mut &'a [u8]) -> Option<(u32, WireType, &'a [u8])> {
    if rest.is_empty() {
        return None;
    }
    let (number, wire) = decode_key(rest).ok()?;
    let mut value: &[u8] = &[];
    match wire {
        WireType::LengthDelimited => value = delimited(rest).ok()?,
        WireType::Varint => drop(decode_varint(rest).ok()?),
        _ => skip_field(wire, number, rest, DecodeContext::default()).ok()?,
    }
    Some((number, wire, value))
}
