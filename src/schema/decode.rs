//! From the bytes of a message to its JSON mapping.
//!
//! In the form that commands show, scalars, lists and maps are always present, even with default values; a message
//! field that is unset is left out. 64-bit integers are text, enums are names. A [`Form`] may say otherwise.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use super::foreign::Foreign;
use super::known::{self, Known, TYPE, VALUE};
use super::wire::{Error, delimited, fixed32, fixed64};
use super::{Enum, Field, Kind, Label, Message, Value};

/// What parts of a message its document shows.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// Scalars, lists and maps even with default values.
    pub defaults: bool,
    /// Fields that the table does not know, as a newer server sends them: under their numbers, see [`super::foreign`].
    pub foreign: bool,
    /// All bytes as base64, even those that our documents show as text: the form for other programs.
    pub base64: bool,
}

impl Form {
    /// The form that every command shows.
    pub const FULL: Self = Self { defaults: true, foreign: false, base64: false };
    /// Only what is set.
    pub const SPARSE: Self = Self { defaults: false, ..Self::FULL };
}

/// Reads a message in the form that commands show. Fields that the table does not know are skipped.
///
/// # Errors
/// The bytes are not protobuf, or a field has another wire type than the table says.
pub fn decode(message: &'static Message, bytes: &[u8]) -> Result<Value, Error> {
    decode_as(message, bytes, Form::FULL)
}

/// Reads a message in a form.
///
/// # Errors
/// As for [`decode`]; but with [`Form::foreign`], a field of another wire type is kept instead.
pub fn decode_as(message: &'static Message, bytes: &[u8], form: Form) -> Result<Value, Error> {
    decode_at(message, bytes, Level { form, left: DEEPEST })
}

/// How deeply messages may be nested: protobuf's own limit. Every level takes stack space.
pub(super) const DEEPEST: u32 = 100;

/// The position of a message.
#[derive(Clone, Copy)]
struct Level {
    form: Form,
    /// How many further levels are allowed.
    left: u32,
}

/// The fields of a message that has a form of its own too.
///
/// # Errors
/// As for [`decode`].
pub(super) fn decode_fields(message: &'static Message, bytes: &[u8]) -> Result<Value, Error> {
    fields(message, bytes, Level { form: Form::SPARSE, left: DEEPEST })
}

fn decode_at(message: &'static Message, bytes: &[u8], level: Level) -> Result<Value, Error> {
    let Some(known) = known::of(message) else { return fields(message, bytes, level) };
    let form = Form { defaults: known != Known::Value, foreign: false, ..level.form };
    let fields = fields(message, bytes, Level { form, ..level })?;
    match known {
        Known::Any => any(message, &fields, level),
        known => Ok(known.document(fields)),
    }
}

/// An `Any` as its type and the members of what is in it.
fn any(message: &'static Message, fields: &Value, level: Level) -> Result<Value, Error> {
    let text = |name| match fields.get(name) {
        Some(Value::String(text)) => text.as_str(),
        _ => "",
    };
    let url = text("typeUrl");
    let bytes = STANDARD.decode(text("value")).unwrap_or_default();
    if url.is_empty() && bytes.is_empty() {
        return Ok(Value::object::<&str>([]));
    }
    let level = Level { left: level.left.checked_sub(1).ok_or(Error::Depth)?, ..level };
    // What says to be of a type, and is not, is no reason to show nothing of the rest.
    let known = message.content(url).and_then(|inner| Some((inner, decode_at(inner, &bytes, level).ok()?)));
    let members = match known {
        Some((inner, Value::Object(members))) if !inner.has_own_form() => members,
        Some((_, content)) => vec![(VALUE.to_owned(), content)],
        None => vec![(VALUE.to_owned(), known::content(&bytes))],
    };
    Ok(Value::object([(TYPE.to_owned(), Value::from(url))].into_iter().chain(members)))
}

fn fields(message: &'static Message, bytes: &[u8], level: Level) -> Result<Value, Error> {
    let form = level.form;
    let level = Level { form, left: level.left.checked_sub(1).ok_or(Error::Depth)? };
    let mut slots: Vec<Slot> = message.fields.iter().map(|_| Slot::default()).collect();
    let mut foreign = Foreign::default();
    let mut rest = bytes;
    while rest.has_remaining() {
        let (number, wire) = decode_key(&mut rest)?;
        let known = message.fields.iter().position(|field| field.number == number);
        match known.filter(|index| !form.foreign || fits(&message.fields[*index], wire)) {
            Some(index) => {
                let field = &message.fields[index];
                clear_siblings(message, field, &mut slots);
                slots[index].read(field, form.kind(field), wire, &mut rest, level)?;
            }
            None if form.foreign => foreign.read(number, wire, &mut rest)?,
            None => skip_field(wire, number, &mut rest, DecodeContext::default())?,
        }
    }
    let mut members = Vec::with_capacity(slots.len());
    for (field, slot) in message.fields.iter().zip(slots) {
        if let Some(value) = slot.value(field.label, form.kind(field), level)? {
            members.push((field.json.to_owned(), value));
        }
    }
    members.extend(foreign.members());
    Ok(Value::Object(members))
}

impl Form {
    fn kind(self, field: &Field) -> Kind {
        if self.base64 { field.kind } else { field.document_kind() }
    }
}

/// The last member of a oneof wins: the others that came before are dropped.
fn clear_siblings(message: &Message, field: &Field, slots: &mut [Slot]) {
    if field.oneof.is_some() {
        for (other, slot) in message.fields.iter().zip(slots) {
            if other.oneof == field.oneof && other.number != field.number {
                *slot = Slot::default();
            }
        }
    }
}

/// What has been read of one field so far.
#[derive(Default)]
struct Slot {
    values: Vec<Value>,
    /// The occurrences of a message field: protobuf merges them, and merging means joining their bytes.
    message: Option<Vec<u8>>,
}

impl Slot {
    fn read(&mut self, field: &Field, kind: Kind, wire: WireType, rest: &mut &[u8], level: Level) -> Result<(), Error> {
        if !fits(field, wire) {
            return Err(Error::WireType(field.name));
        }
        let packed = wire != wire_type(kind);
        match (kind, field.label) {
            (Kind::Message(_), Label::Single | Label::Optional) => {
                self.message.get_or_insert_default().extend_from_slice(delimited(rest)?);
            }
            (Kind::Message(entry), Label::Map) => self.values.push(pair(entry, delimited(rest)?, level)?),
            (Kind::Message(message), _) => self.values.push(decode_at(message, delimited(rest)?, level)?),
            (kind, Label::Repeated) if packed => {
                let mut list = delimited(rest)?;
                while list.has_remaining() {
                    self.values.push(scalar(kind, &mut list)?);
                }
            }
            (kind, Label::Repeated) => self.values.push(scalar(kind, rest)?),
            (kind, _) => self.values = vec![scalar(kind, rest)?],
        }
        Ok(())
    }

    /// The member's value, or nothing if an unset field is left out.
    fn value(mut self, label: Label, kind: Kind, level: Level) -> Result<Option<Value>, Error> {
        let form = level.form;
        Ok(match (label, kind) {
            (Label::Repeated | Label::Map, _) if self.values.is_empty() && !form.defaults => None,
            (Label::Map, _) => Some(map(self.values)),
            (Label::Repeated, _) => Some(Value::List(self.values)),
            (_, Kind::Message(message)) => self.message.map(|bytes| decode_at(message, &bytes, level)).transpose()?,
            (Label::Single, kind) => {
                let value = self.values.pop().unwrap_or_else(|| default(kind));
                Some(value).filter(|value| form.defaults || !is_default(kind, value))
            }
            (Label::Optional, _) => self.values.pop(),
        })
    }
}

/// One entry of a map. Its key and value are shown even with default values; the form applies inside the value.
fn pair(entry: &'static Message, bytes: &[u8], level: Level) -> Result<Value, Error> {
    let mut pair = decode_at(entry, bytes, level)?;
    for field in entry.fields.iter().filter(|field| pair.get(field.json).is_none()).collect::<Vec<_>>() {
        let value = match field.kind {
            Kind::Message(message) => decode_at(message, &[], level)?,
            kind => default(kind),
        };
        pair.set(field.json, value);
    }
    Ok(pair)
}

/// Entries as an object whose keys are sorted bytewise, as Go's protojson does. The last entry of a key wins.
fn map(entries: Vec<Value>) -> Value {
    let mut sorted = BTreeMap::new();
    for pair in entries {
        let key = match pair.get("key") {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Bool(value)) => value.to_string(),
            Some(Value::Int(value)) => value.to_string(),
            _ => String::new(),
        };
        sorted.insert(key, pair.get("value").cloned().unwrap_or_default());
    }
    Value::object(sorted)
}

fn scalar(kind: Kind, rest: &mut &[u8]) -> Result<Value, Error> {
    Ok(match kind {
        Kind::String => Value::String(String::from_utf8_lossy(delimited(rest)?).into_owned()),
        Kind::Bytes | Kind::Message(_) => Value::String(STANDARD.encode(delimited(rest)?)),
        Kind::Double => number(f64::from_bits(fixed64(rest)?)),
        Kind::Float => float(f32::from_bits(fixed32(rest)?)),
        Kind::Fixed64 => Value::String(fixed64(rest)?.to_string()),
        Kind::Sfixed64 => Value::String((fixed64(rest)? as i64).to_string()),
        Kind::Fixed32 => Value::Int(fixed32(rest)?.into()),
        Kind::Sfixed32 => Value::Int((fixed32(rest)? as i32).into()),
        _ => integer(kind, decode_varint(rest)?),
    })
}

/// A varint; protobuf truncates to the width of the field.
fn integer(kind: Kind, raw: u64) -> Value {
    match kind {
        Kind::Bool => Value::Bool(raw != 0),
        Kind::Int32 => Value::Int((raw as i32).into()),
        Kind::Uint32 => Value::Int((raw as u32).into()),
        Kind::Sint32 => Value::Int((zigzag(raw) as i32).into()),
        Kind::Int64 => Value::String((raw as i64).to_string()),
        Kind::Sint64 => Value::String(zigzag(raw).to_string()),
        Kind::Enum(kind) => enumerated(kind, raw as i32),
        _ => Value::String(raw.to_string()),
    }
}

fn zigzag(raw: u64) -> i64 {
    (raw >> 1) as i64 ^ -((raw & 1) as i64)
}

/// An enum's name; a number without a name stays a number.
fn enumerated(kind: &Enum, number: i32) -> Value {
    kind.name_of(number).map_or(Value::Int(number.into()), Value::from)
}

/// The shortest decimal of a float; widening to a double would make it longer.
fn float(value: f32) -> Value {
    number(value.to_string().parse().unwrap_or_else(|_| value.into()))
}

/// JSON has no number for infinity; protobuf's mapping uses a word.
fn number(value: f64) -> Value {
    match value {
        f64::INFINITY => Value::from("Infinity"),
        f64::NEG_INFINITY => Value::from("-Infinity"),
        value if value.is_nan() => Value::from("NaN"),
        value => Value::Float(value),
    }
}

fn default(kind: Kind) -> Value {
    match kind {
        Kind::String | Kind::Bytes | Kind::Message(_) => Value::from(""),
        Kind::Double | Kind::Float => Value::Float(0.0),
        Kind::Fixed64 | Kind::Sfixed64 => Value::from("0"),
        Kind::Fixed32 | Kind::Sfixed32 => Value::Int(0),
        kind => integer(kind, 0),
    }
}

fn is_default(kind: Kind, value: &Value) -> bool {
    // Negative zero is a separate number.
    let negative = matches!(value, Value::Float(float) if float.is_sign_negative());
    *value == default(kind) && !negative
}

/// Whether the field can have a value of this wire type. Lists of numbers come packed or one by one.
pub(super) fn fits(field: &Field, wire: WireType) -> bool {
    let own = wire_type(field.kind);
    wire == own || (field.label == Label::Repeated && wire == WireType::LengthDelimited && own != wire)
}

pub(super) fn wire_type(kind: Kind) -> WireType {
    match kind {
        Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => WireType::SixtyFourBit,
        Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => WireType::ThirtyTwoBit,
        Kind::String | Kind::Bytes | Kind::Message(_) => WireType::LengthDelimited,
        _ => WireType::Varint,
    }
}
