//! The fields of a message that its table does not know: a newer server's, kept so that nothing is lost.
//!
//! In a document, each is under its number, as a list of what was sent: `{"wire": "varint", "value": "150"}`. 64-bit
//! numbers are text, bytes are base64, and readable bytes have their `text` too.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost::encoding::{DecodeContext, WireType, decode_varint, skip_field};

use super::Value;
use super::wire::{Error, delimited, fixed32, fixed64};

/// The fields of one message that its table does not know, by number.
#[derive(Default)]
pub(super) struct Foreign(BTreeMap<u32, Vec<Value>>);

impl Foreign {
    /// Reads one value of a field.
    pub(super) fn read(&mut self, number: u32, wire: WireType, rest: &mut &[u8]) -> Result<(), Error> {
        let (name, value) = match wire {
            WireType::Varint => ("varint", Value::from(decode_varint(rest)?.to_string())),
            WireType::SixtyFourBit => ("fixed64", Value::from(fixed64(rest)?.to_string())),
            WireType::ThirtyTwoBit => ("fixed32", Value::Int(fixed32(rest)?.into())),
            WireType::LengthDelimited => return self.bytes(number, delimited(rest)?),
            WireType::StartGroup | WireType::EndGroup => {
                let before = *rest;
                skip_field(wire, number, rest, DecodeContext::default())?;
                ("group", Value::from(STANDARD.encode(&before[..before.len() - rest.len()])))
            }
        };
        self.add(number, vec![("wire", Value::from(name)), ("value", value)])
    }

    fn bytes(&mut self, number: u32, bytes: &[u8]) -> Result<(), Error> {
        let mut members = vec![("wire", Value::from("bytes")), ("value", Value::from(STANDARD.encode(bytes)))];
        let readable =
            |text: &&str| !text.is_empty() && !text.chars().any(|c| c.is_control() && c != '\n' && c != '\t');
        if let Some(text) = std::str::from_utf8(bytes).ok().filter(readable) {
            members.push(("text", Value::from(text)));
        }
        self.add(number, members)
    }

    fn add(&mut self, number: u32, members: Vec<(&str, Value)>) -> Result<(), Error> {
        self.0.entry(number).or_default().push(Value::object(members));
        Ok(())
    }

    /// The members of the document.
    pub(super) fn members(self) -> impl Iterator<Item = (String, Value)> {
        self.0.into_iter().map(|(number, values)| (number.to_string(), Value::List(values)))
    }
}
