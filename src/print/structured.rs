//! JSON as crictl writes it.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, PrettyFormatter, Serializer};

use crate::error::Error;
use crate::schema::Value;
use crate::template::json_float;

/// The style of lists: in the order of the proto, with no escapes but JSON's.
pub(crate) fn list_json(value: &Value) -> Result<String, Error> {
    write(value, Go { pretty: PrettyFormatter::new(), html: false }).map(|text| text + "\n")
}

/// The style of status documents, which is Go's encoding/json: keys sorted, `<`, `>` and `&` escaped.
pub(crate) fn status_json(value: Value) -> Result<String, Error> {
    write(&value.sorted(), Go { pretty: PrettyFormatter::new(), html: true }).map(|text| text + "\n")
}

/// One line without spaces, for streams. Go's escapes do not apply.
pub(crate) fn compact_json(value: &Value) -> Result<String, Error> {
    serde_json::to_string(value).map(|text| text + "\n").map_err(|error| Error::failure(error.to_string()))
}

fn write(value: &Value, formatter: Go<'_>) -> Result<String, Error> {
    let mut bytes = Vec::new();
    value
        .serialize(&mut Serializer::with_formatter(&mut bytes, formatter))
        .map_err(|error| Error::failure(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| Error::failure(error.to_string()))
}

/// serde_json's pretty form with Go's numbers and, for status documents, Go's escapes.
struct Go<'a> {
    pretty: PrettyFormatter<'a>,
    html: bool,
}

impl Formatter for Go<'_> {
    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(json_float(value).as_bytes())
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if !self.html {
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some((index, c)) = rest.char_indices().find(|(_, c)| "<>&\u{2028}\u{2029}".contains(*c)) {
            write!(writer, "{}\\u{:04x}", &rest[..index], u32::from(c))?;
            rest = &rest[index + c.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: ?Sized + Write>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        self.pretty.write_char_escape(writer, escape)
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.pretty.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.pretty.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_documents_sort_keys_and_escape_html() {
        let value = Value::object([("b", Value::from("<&>\u{2028}\"")), ("a", Value::Float(3.0))]);
        let text = status_json(value).expect("it is a document");
        assert_eq!(text, "{\n  \"a\": 3,\n  \"b\": \"\\u003c\\u0026\\u003e\\u2028\\\"\"\n}\n");
    }
}
