//! Value parsers with the grammar of Go's standard library, which users of `crictl` type today.
//!
//! Every parser turns one text into one value and knows neither flags nor commands; [`crate::args::go`] adds which flag a bad
//! value belongs to.

mod duration;
mod size;

pub(crate) use size::size;

use thiserror::Error;

/// Why a number or a bool is refused. The texts are those of Go's `strconv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum ValueError {
    /// The text does not follow the grammar.
    #[error("invalid syntax")]
    Syntax,
    /// The text is a number that 64 bits cannot hold.
    #[error("value out of range")]
    Range,
}

/// Why a duration is refused. The texts are those of Go's `time.ParseDuration`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum DurationError {
    /// The text does not follow the grammar, or 64 bits of nanoseconds can't hold it.
    #[error("time: invalid duration {}", quote(.0))]
    Invalid(String),
    /// A number without a unit.
    #[error("time: missing unit in duration {}", quote(.0))]
    MissingUnit(String),
    /// A unit that does not exist.
    #[error("time: unknown unit {} in duration {}", quote(.unit), quote(.text))]
    UnknownUnit {
        /// The unit as written.
        unit: String,
        /// The whole duration as written.
        text: String,
    },
}

/// A label or annotation without exactly one `=`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("incorrectly specified label: {0}")]
pub(crate) struct LabelError(pub(crate) String);

/// Signed nanoseconds, written as Go writes a `time.Duration`.
///
/// A field of this type needs no `value_parser` attribute.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GoDuration(pub(crate) i64);

/// An integer as Go's flags take it: decimal, `0x`, `0o`, `0b` or a leading `0` for octal, with
/// `_` between digits.
pub(crate) fn go_int(text: &str) -> Result<i64, ValueError> {
    let (negative, body) = sign(text);
    let (radix, digits) = radix(body);
    if !underscores_separate_digits(body) {
        return Err(ValueError::Syntax);
    }
    number(negative, &digits.replace('_', ""), radix)
}

/// An integer as Go's `strconv.Atoi` takes it: a sign and decimal digits, nothing else.
pub(crate) fn decimal_integer(text: &str) -> Result<i64, ValueError> {
    let (negative, digits) = sign(text);
    number(negative, digits, 10)
}

/// One of the words that Go's `strconv.ParseBool` knows.
pub(crate) fn boolean(text: &str) -> Result<bool, ValueError> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(false),
        _ => Err(ValueError::Syntax),
    }
}

/// `KEY=VALUE` with exactly one `=`; both sides may be empty.
pub(crate) fn label(text: &str) -> Result<(String, String), LabelError> {
    match text.split_once('=') {
        Some((key, value)) if !value.contains('=') => Ok((key.to_owned(), value.to_owned())),
        _ => Err(LabelError(text.to_owned())),
    }
}

/// The text as a Go string literal in double quotes, as `%q` and `strconv.Quote` write it.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\x07' => quoted.push_str("\\a"),
            '\x08' => quoted.push_str("\\b"),
            '\x0c' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\x0b' => quoted.push_str("\\v"),
            _ if printable(c) => quoted.push(c),
            '\0'..' ' | '\x7f' => quoted.push_str(&format!("\\x{:02x}", u32::from(c))),
            ..='\u{ffff}' => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => quoted.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    quoted.push('"');
    quoted
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn radix(body: &str) -> (u32, &str) {
    let prefixed = |letters: [char; 2]| {
        body.strip_prefix('0').and_then(|rest| rest.strip_prefix(letters)).filter(|rest| !rest.is_empty())
    };
    if let Some(digits) = prefixed(['x', 'X']) {
        (16, digits)
    } else if let Some(digits) = prefixed(['o', 'O']) {
        (8, digits)
    } else if let Some(digits) = prefixed(['b', 'B']) {
        (2, digits)
    } else if body.len() > 1 && body.starts_with('0') {
        (8, &body[1..])
    } else {
        (10, body)
    }
}

/// A `_` needs a digit, or the letter of the base, before it and a digit after it.
fn underscores_separate_digits(body: &str) -> bool {
    let based = body.len() > 2 && body.starts_with('0') && !body.as_bytes()[1].is_ascii_digit();
    let bytes = body.as_bytes();
    bytes.iter().enumerate().filter(|(_, byte)| **byte == b'_').all(|(at, _)| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        let after = bytes.get(at + 1);
        let letter_of_base = based && at == 2;
        (letter_of_base || before.is_some_and(u8::is_ascii_hexdigit)) && after.is_some_and(u8::is_ascii_hexdigit)
    })
}

fn number(negative: bool, digits: &str, radix: u32) -> Result<i64, ValueError> {
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Err(ValueError::Syntax);
    }
    // Only the length can be wrong at this point, so every error is an overflow.
    let sign = if negative { "-" } else { "" };
    i64::from_str_radix(&format!("{sign}{digits}"), radix).map_err(|_| ValueError::Range)
}

/// What Go calls printable: everything but controls, private and unassigned characters, and every space but the ASCII
/// one.
fn printable(c: char) -> bool {
    // `escape_debug` knows the categories, but also escapes a combining mark at the start of a text; hence the letter
    // before it.
    c == ' ' || c == '\'' || ['a', c].iter().collect::<String>().escape_debug().count() == 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn go_ints_take_prefixes_and_separators() {
        let cases = [
            ("0", 0),
            ("-0", 0),
            ("+7", 7),
            ("010", 8),
            ("0o17", 15),
            ("0x1F", 31),
            ("-0b101", -5),
            ("1_000", 1000),
            ("0x_f", 15),
            ("0_7", 7),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
        ];
        for (text, value) in cases {
            assert_eq!(go_int(text), Ok(value), "{text}");
        }
        for text in ["", "-", "x", "1.5", "1e2", " 1", "08", "0x", "_1", "1_", "1__0", "0b2", "--1", "0x-1"] {
            assert_eq!(go_int(text), Err(ValueError::Syntax), "{text}");
        }
        for text in ["9223372036854775808", "-9223372036854775809", "99999999999999999999"] {
            assert_eq!(go_int(text), Err(ValueError::Range), "{text}");
        }
    }

    #[test]
    fn a_decimal_integer_has_neither_prefix_nor_separator() {
        assert_eq!(decimal_integer("-010"), Ok(-10));
        for text in ["", "0x10", "1_0", "2s", "1.5"] {
            assert_eq!(decimal_integer(text), Err(ValueError::Syntax), "{text}");
        }
        assert_eq!(decimal_integer("99999999999999999999"), Err(ValueError::Range));
    }

    #[test]
    fn bools_are_twelve_words() {
        assert_eq!(["1", "t", "T", "TRUE", "true", "True"].map(boolean), [Ok(true); 6]);
        assert_eq!(["0", "f", "F", "FALSE", "false", "False"].map(boolean), [Ok(false); 6]);
        assert_eq!(["", "yes", "tRUE"].map(boolean), [Err(ValueError::Syntax); 3]);
    }

    #[test]
    fn a_label_has_exactly_one_equals_sign() {
        assert_eq!(label("a=b"), Ok(("a".to_owned(), "b".to_owned())));
        assert_eq!(label("="), Ok((String::new(), String::new())));
        for text in ["", "a", "a=b=c", "=="] {
            let error = label(text).expect_err("not a label");
            assert_eq!(error.to_string(), format!("incorrectly specified label: {text}"));
        }
    }

    #[test]
    fn quoting_escapes_what_go_escapes() {
        assert_eq!(quote("a\"b\\c'd"), "\"a\\\"b\\\\c'd\"");
        assert_eq!(quote("\x07\x08\x0c\n\r\t\x0b"), "\"\\a\\b\\f\\n\\r\\t\\v\"");
        assert_eq!(quote("\0\x1b\x7f"), "\"\\x00\\x1b\\x7f\"");
        assert_eq!(quote("é\u{301}世😀"), "\"é\u{301}世😀\"");
        assert_eq!(quote("\u{a0}\u{200b}\u{f0000}"), "\"\\u00a0\\u200b\\U000f0000\"");
    }

    proptest! {
        #[test]
        fn every_integer_is_read_in_every_base(value: i64) {
            let sign = if value < 0 { "-" } else { "" };
            let size = value.unsigned_abs();
            for text in [format!("{value}"), format!("{sign}{size:#x}"), format!("{sign}{size:#o}"), format!("{sign}{size:#b}")] {
                prop_assert_eq!(go_int(&text), Ok(value), "{}", text);
            }
        }

        #[test]
        fn no_text_breaks_the_parsers(text in "[-+0-9a-fx_ob]{0,12}", any: String) {
            let _ = (go_int(&text), decimal_integer(&text), quote(&any));
        }
    }
}
