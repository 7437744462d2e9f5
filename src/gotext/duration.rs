//! Go's durations: `1h30m`, `-1.5s`, `300ms`.

use std::{fmt, str::FromStr, time::Duration};

use clap::builder::{ValueParser, ValueParserFactory};

use super::{DurationError, GoDuration, sign};

impl GoDuration {
    /// The duration, if it is longer than zero.
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
        // One more than `i64::MAX` is valid, because it is valid after a minus sign.
        let limit = i64::MIN.unsigned_abs();
        let mut total: u64 = 0;
        while !rest.is_empty() {
            let (amount, tail) = group(text, rest)?;
            total = total.checked_add(amount).filter(|sum| *sum <= limit).ok_or_else(invalid)?;
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

const MINUTE: u64 = 60_000_000_000;

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
    let end = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(end);
    if unit.is_empty() {
        return Err(DurationError::MissingUnit(text.to_owned()));
    }
    let scale =
        nanoseconds(unit).ok_or_else(|| DurationError::UnknownUnit { unit: unit.to_owned(), text: text.to_owned() })?;
    // `.5s` has no digits before the point.
    let whole = format!("0{whole}").parse::<u64>().ok();
    whole
        .and_then(|whole| whole.checked_mul(scale))
        .and_then(|nanos| nanos.checked_add(part(fraction, scale)))
        .map(|nanos| (nanos, rest))
        .ok_or_else(invalid)
}

/// The nanoseconds of the digits after the point of a number of units.
fn part(fraction: &str, unit: u64) -> u64 {
    // Further digits can't change the nanoseconds. The number of digits kept and the order of the float operations are
    // Go's, so that a third of an hour is 20 minutes here too.
    let kept = [19, 18].map(|most| &fraction[..fraction.len().min(most)]);
    let (value, kept) = kept.into_iter().find_map(|kept| Some((kept.parse::<i64>().ok()?, kept))).unwrap_or_default();
    let step = unit as f64 / 10f64.powi(kept.len() as i32);
    (value as f64 * step) as u64
}

fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

fn nanoseconds(unit: &str) -> Option<u64> {
    match unit {
        "ns" => Some(1),
        // The micro sign and the Greek letter look alike, and people type both.
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn duration(text: &str) -> Result<i64, String> {
        let parsed: Result<GoDuration, _> = text.parse();
        parsed.map(|duration| duration.0).map_err(|error| error.to_string())
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
            ("9223372036854775808ns", "time: invalid duration \"9223372036854775808ns\""),
            ("3000000h", "time: invalid duration \"3000000h\""),
            ("99999999999999999999h", "time: invalid duration \"99999999999999999999h\""),
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
        fn no_text_breaks_the_parser(text in "[-+0-9a-z_.µ]{0,12}") {
            let _ = duration(&text);
        }
    }
}
