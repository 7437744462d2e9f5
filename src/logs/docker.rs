//! Docker's json-file lines, `{"log":"text\n","stream":"stdout","time":"..."}`.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use crate::logs::record::{Malformed, Record, Stream};
use crate::logs::time::Time;

/// The values of the last line, without escapes. Kept from line to line to reuse its memory.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    log: Vec<u8>,
    stream: Vec<u8>,
    time: Vec<u8>,
}

/// The time of a line that has none: Go's zero time.
const NO_TIME: &[u8] = b"0001-01-01T00:00:00Z";

/// Parses a line.
pub(crate) fn parse<'a>(line: &[u8], scratch: &'a mut Scratch) -> Result<Record<'a>, Malformed> {
    for value in [&mut scratch.log, &mut scratch.stream, &mut scratch.time] {
        value.clear();
    }
    let mut json = serde_json::Deserializer::from_slice(line);
    json.deserialize_map(Members(scratch)).and_then(|()| json.end()).map_err(|_| Malformed::Line)?;
    let time = if scratch.time.is_empty() { NO_TIME } else { &scratch.time };
    let (time, []) = Time::split(time).ok_or(Malformed::Line)? else {
        return Err(Malformed::Line);
    };
    let stream = Stream::named(&scratch.stream)
        .ok_or_else(|| Malformed::Stream(String::from_utf8_lossy(&scratch.stream).into_owned()))?;
    Ok(Record { time: Some(time), stream, partial: !scratch.log.ends_with(b"\n"), content: &scratch.log })
}

struct Members<'s>(&'s mut Scratch);

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a log entry")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut key = Vec::new();
        while members.next_key_seed(Text(&mut key))?.is_some() {
            match key.as_slice() {
                b"log" => members.next_value_seed(Text(&mut self.0.log))?,
                b"stream" => members.next_value_seed(Text(&mut self.0.stream))?,
                b"time" => members.next_value_seed(Text(&mut self.0.time))?,
                _ => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// A string, as bytes: a log may contain text that is not UTF-8.
struct Text<'s>(&'s mut Vec<u8>);

impl<'de> DeserializeSeed<'de> for Text<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl<'de> Visitor<'de> for Text<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<(), E> {
        self.0.clear();
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.visit_bytes(text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(line: &str) -> Result<(Stream, bool, Vec<u8>), Malformed> {
        let mut scratch = Scratch::default();
        parse(line.as_bytes(), &mut scratch).map(|it| (it.stream, it.partial, it.content.to_vec()))
    }

    #[test]
    fn escapes_are_undone_and_other_members_ignored() {
        let line = r#"{"attrs":{"a":["}"]},"log":"a\té\"\u00e9\n","stream":"stderr","time":"2024-03-01T10:00:00.5Z"}"#;
        assert_eq!(log(line), Ok((Stream::Stderr, false, "a\té\"é\n".into())));
    }

    #[test]
    fn text_without_a_newline_is_a_part_of_a_line() {
        let line = r#"{"log":"half","stream":"stdout","time":"2024-03-01T10:00:00Z"}"#;
        assert_eq!(log(line), Ok((Stream::Stdout, true, "half".into())));
    }

    #[test]
    fn a_line_without_a_known_stream_names_it() {
        let line = r#"{"log":"x\n","time":"2024-03-01T10:00:00Z"}"#;
        assert_eq!(log(line), Err(Malformed::Stream(String::new())));
    }

    #[test]
    fn what_is_no_object_or_has_no_valid_time_is_malformed() {
        for line in ["", "{oops", "[]", "3", r#"{"log":1}"#, r#"{"time":"today","stream":"stdout"}"#, "{} x"] {
            assert_eq!(log(line), Err(Malformed::Line), "{line}");
        }
    }
}
