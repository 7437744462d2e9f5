//! Value parsers with the grammar of Go's standard library, which users of `crictl` type today.
//!
//! Everything here maps one text to one value. It knows neither flags nor commands; which flag a
//! bad value belongs to is added by [`super::go`].

use std::{fmt, str::FromStr, time::Duration};

use clap::builder::{ValueParser, ValueParserFactory};
use thiserror::Error;

/// Why a number or a bool is refused. The texts are those of Go's `strconv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum ValueError {
    /// The text is not of the grammar.
    #[error("invalid syntax")]
    Syntax,
    /// The text is a number that 64 bits cannot hold.
    #[error("value out of range")]
    Range,
}

/// Why a duration is refused. The texts are those of Go's `time.ParseDuration`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum DurationError {
    /// The text is not of the grammar, or 64 bits of nanoseconds cannot hold it.
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

impl GoDuration {
    /// The duration, if it is longer than nothing.
    pub(crate) fn positive(self) -> Option<Duration> {
        u64::try_from(self.0).ok().filter(|nanos| *nanos > 0).map(Duration::from_nanos)
    }
}

impl FromStr for GoDuration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        let invalid = || DurationError::Invalid(text.to_owned());
        let (negative, mut rest) = sign(text);
        if rest == "0" {
            return Ok(Self(0));
        }
        if rest.is_empty() {
            return Err(invalid());
        }
        // One more than `i64::MAX` is a valid amount, since it is valid after a minus sign.
        let limit = i64::MIN.unsigned_abs();
        let mut total: u64 = 0;
        while !rest.is_empty() {
            let (amount, tail) = group(text, rest)?;
            total = total
                .checked_add(amount)
                .filter(|sum| *sum <= limit)
                .ok_or_else(invalid)?;
            rest = tail;
        }
        match (negative, i64::try_from(total)) {
            (true, _) => Ok(Self(0i64.wrapping_sub_unsigned(total))),
            (false, Ok(nanos)) => Ok(Self(nanos)),
            (false, Err(_)) => Err(invalid()),
        }
    }
}

impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        match nanos {
            0 => f.write_str("0s"),
            1..1_000 => write!(f, "{nanos}ns"),
            1_000..1_000_000 => write!(f, "{}µs", decimal(nanos, 3)),
            1_000_000..1_000_000_000 => write!(f, "{}ms", decimal(nanos, 6)),
            _ => {
                let (minutes, nanos) = (nanos / MINUTE, nanos % MINUTE);
                let (hours, minutes) = (minutes / 60, minutes % 60);
                if hours > 0 {
                    write!(f, "{hours}h")?;
                }
                if hours > 0 || minutes > 0 {
                    write!(f, "{minutes}m")?;
                }
                write!(f, "{}s", decimal(nanos, 9))
            }
        }
    }
}

impl ValueParserFactory for GoDuration {
    type Parser = ValueParser;

    fn value_parser() -> ValueParser {
        ValueParser::new(|text: &str| text.parse::<Self>())
    }
}

/// An integer as Go's flags take it: decimal, `0x`, `0o`, `0b` or a leading `0` for octal, with
/// `_` between digits.
pub(crate) fn integer(text: &str) -> Result<i64, ValueError> {
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

/// One of the words Go's `strconv.ParseBool` knows.
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

const MINUTE: u64 = 60_000_000_000;

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// The first `NUMBER UNIT` of `rest` in nanoseconds, and what follows it.
fn group<'a>(text: &str, rest: &'a str) -> Result<(u64, &'a str), DurationError> {
    let invalid = || DurationError::Invalid(text.to_owned());
    let (whole, rest) = digits(rest);
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => digits(rest),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(invalid());
    }
    let end = rest
        .find(|c: char| c == '.' || c.is_ascii_digit())
        .unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(end);
    if unit.is_empty() {
        return Err(DurationError::MissingUnit(text.to_owned()));
    }
    let scale = nanoseconds(unit).ok_or_else(|| DurationError::UnknownUnit {
        unit: unit.to_owned(),
        text: text.to_owned(),
    })?;
    let whole = if whole.is_empty() {
        Some(0)
    } else {
        whole.parse::<u64>().ok()
    };
    whole
        .and_then(|whole| whole.checked_mul(scale))
        .and_then(|nanos| nanos.checked_add(part(fraction, scale)))
        .map(|nanos| (nanos, rest))
        .ok_or_else(invalid)
}

/// The nanoseconds of the digits after the point of a number of units.
fn part(fraction: &str, unit: u64) -> u64 {
    // Further digits cannot change a nanosecond. Both the number of digits kept and the order of
    // the float operations are Go's, so that a third of an hour is 20 minutes here too.
    let kept = [19, 18].map(|most| &fraction[..fraction.len().min(most)]);
    let (value, kept) = kept
        .into_iter()
        .find_map(|kept| Some((kept.parse::<i64>().ok()?, kept)))
        .unwrap_or_default();
    let step = unit as f64 / 10f64.powi(kept.len() as i32);
    (value as f64 * step) as u64
}

fn digits(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at(end)
}

fn nanoseconds(unit: &str) -> Option<u64> {
    match unit {
        "ns" => Some(1),
        // The micro sign and the Greek letter look alike and both are typed.
        "us" | "\u{b5}s" | "\u{3bc}s" => Some(1_000),
        "ms" => Some(1_000_000),
        "s" => Some(1_000_000_000),
        "m" => Some(MINUTE),
        "h" => Some(60 * MINUTE),
        _ => None,
    }
}

/// `value / 10^places` without trailing zeros.
fn decimal(value: u64, places: usize) -> String {
    let unit = 10u64.pow(places as u32);
    let fraction = format!("{:0places$}", value % unit);
    let text = format!("{}.{fraction}", value / unit);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn radix(body: &str) -> (u32, &str) {
    let prefixed = |letters: [char; 2]| {
        body.strip_prefix('0')
            .and_then(|rest| rest.strip_prefix(letters))
            .filter(|rest| !rest.is_empty())
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

/// A `_` needs a digit, or the letter of the base, in front and a digit behind.
fn underscores_separate_digits(body: &str) -> bool {
    let based = body.len() > 2 && body.starts_with('0') && !body.as_bytes()[1].is_ascii_digit();
    let bytes = body.as_bytes();
    bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'_')
        .all(|(at, _)| {
            let before = at.checked_sub(1).and_then(|at| bytes.get(at));
            let after = bytes.get(at + 1);
            let letter_of_base = based && at == 2;
            (letter_of_base || before.is_some_and(u8::is_ascii_hexdigit))
                && after.is_some_and(u8::is_ascii_hexdigit)
        })
}

fn number(negative: bool, digits: &str, radix: u32) -> Result<i64, ValueError> {
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Err(ValueError::Syntax);
    }
    // Only the length can be wrong now, so every error is an overflow.
    let sign = if negative { "-" } else { "" };
    i64::from_str_radix(&format!("{sign}{digits}"), radix).map_err(|_| ValueError::Range)
}

/// What Go calls printable: everything but controls, private and unassigned characters, and every
/// blank but the ASCII one.
fn printable(c: char) -> bool {
    // `escape_debug` knows the categories, but also escapes a combining mark that starts a text;
    // hence the letter in front.
    c == ' ' || c == '\'' || ['a', c].iter().collect::<String>().escape_debug().count() == 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn duration(text: &str) -> Result<i64, String> {
        let parsed: Result<GoDuration, _> = text.parse();
        parsed
            .map(|duration| duration.0)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn durations_are_signed_sums_of_numbers_with_units() {
        let cases = [
            ("0", 0),
            ("-0", 0),
            ("5s", 5_000_000_000),
            ("-5s", -5_000_000_000),
            ("+1.5h", 5_400_000_000_000),
            ("1h2m3s", 3_723_000_000_000),
            ("500ms", 500_000_000),
            ("10us", 10_000),
            ("10\u{b5}s", 10_000),
            ("10\u{3bc}s", 10_000),
            ("0.57us", 570),
            (".5s", 500_000_000),
            ("1.s", 1_000_000_000),
            ("0.333333333333333333333h", 1_200_000_000_000),
            ("9223372036854775807ns", i64::MAX),
            ("-9223372036854775808ns", i64::MIN),
        ];
        for (text, nanos) in cases {
            assert_eq!(duration(text), Ok(nanos), "{text}");
        }
    }

    #[test]
    fn a_bad_duration_is_refused_with_the_reason_go_gives() {
        let cases = [
            ("", "time: invalid duration \"\""),
            ("-", "time: invalid duration \"-\""),
            ("s", "time: invalid duration \"s\""),
            (".s", "time: invalid duration \".s\""),
            ("300", "time: missing unit in duration \"300\""),
            ("1y", "time: unknown unit \"y\" in duration \"1y\""),
            ("1 s", "time: unknown unit \" s\" in duration \"1 s\""),
            (
                "9223372036854775808ns",
                "time: invalid duration \"9223372036854775808ns\"",
            ),
            ("3000000h", "time: invalid duration \"3000000h\""),
            (
                "99999999999999999999h",
                "time: invalid duration \"99999999999999999999h\"",
            ),
        ];
        for (text, reason) in cases {
            assert_eq!(duration(text), Err(reason.to_owned()), "{text}");
        }
    }

    #[test]
    fn durations_are_written_in_the_units_go_chooses() {
        let cases = [
            (0, "0s"),
            (1, "1ns"),
            (1_100, "1.1\u{b5}s"),
            (300_000_000, "300ms"),
            (1_500_000_000, "1.5s"),
            (3_723_000_000_000, "1h2m3s"),
            (-60_000_000_000, "-1m0s"),
            (3_600_000_000_001, "1h0m0.000000001s"),
            (i64::MIN, "-2562047h47m16.854775808s"),
        ];
        for (nanos, text) in cases {
            assert_eq!(GoDuration(nanos).to_string(), text);
        }
    }

    #[test]
    fn integers_take_prefixes_and_separators() {
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
            assert_eq!(integer(text), Ok(value), "{text}");
        }
        for text in [
            "", "-", "x", "1.5", "1e2", " 1", "08", "0x", "_1", "1_", "1__0", "0b2", "--1", "0x-1",
        ] {
            assert_eq!(integer(text), Err(ValueError::Syntax), "{text}");
        }
        for text in [
            "9223372036854775808",
            "-9223372036854775809",
            "99999999999999999999",
        ] {
            assert_eq!(integer(text), Err(ValueError::Range), "{text}");
        }
    }

    #[test]
    fn a_decimal_integer_has_neither_prefix_nor_separator() {
        assert_eq!(decimal_integer("-010"), Ok(-10));
        for text in ["", "0x10", "1_0", "2s", "1.5"] {
            assert_eq!(decimal_integer(text), Err(ValueError::Syntax), "{text}");
        }
        assert_eq!(
            decimal_integer("99999999999999999999"),
            Err(ValueError::Range)
        );
    }

    #[test]
    fn bools_are_twelve_words() {
        assert_eq!(
            ["1", "t", "T", "TRUE", "true", "True"].map(boolean),
            [Ok(true); 6]
        );
        assert_eq!(
            ["0", "f", "F", "FALSE", "false", "False"].map(boolean),
            [Ok(false); 6]
        );
        assert_eq!(
            ["", "yes", "tRUE"].map(boolean),
            [Err(ValueError::Syntax); 3]
        );
    }

    #[test]
    fn a_label_has_exactly_one_equals_sign() {
        assert_eq!(label("a=b"), Ok(("a".to_owned(), "b".to_owned())));
        assert_eq!(label("="), Ok((String::new(), String::new())));
        for text in ["", "a", "a=b=c", "=="] {
            let error = label(text).expect_err("not a label");
            assert_eq!(
                error.to_string(),
                format!("incorrectly specified label: {text}")
            );
        }
    }

    #[test]
    fn quoting_escapes_what_go_escapes() {
        assert_eq!(quote("a\"b\\c'd"), "\"a\\\"b\\\\c'd\"");
        assert_eq!(quote("\x07\x08\x0c\n\r\t\x0b"), "\"\\a\\b\\f\\n\\r\\t\\v\"");
        assert_eq!(quote("\0\x1b\x7f"), "\"\\x00\\x1b\\x7f\"");
        assert_eq!(quote("é\u{301}世😀"), "\"é\u{301}世😀\"");
        assert_eq!(
            quote("\u{a0}\u{200b}\u{f0000}"),
            "\"\\u00a0\\u200b\\U000f0000\""
        );
    }

    proptest! {
        #[test]
        fn every_duration_can_be_read_back(nanos: i64) {
            prop_assert_eq!(duration(&GoDuration(nanos).to_string()), Ok(nanos));
        }

        #[test]
        fn short_durations_can_be_read_back(nanos in -10_000_000_000i64..10_000_000_000) {
            prop_assert_eq!(duration(&GoDuration(nanos).to_string()), Ok(nanos));
        }

        #[test]
        fn no_text_breaks_the_parsers(text in "[-+0-9a-z_.xobµ]{0,12}") {
            let _ = (duration(&text), integer(&text), decimal_integer(&text), quote(&text));
        }
    }
}
