//! Timestamps in logs: RFC 3339 as bytes, parsed without an allocation.

use std::time::SystemTime;

/// A point in time: seconds since the epoch, and nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    pub(crate) seconds: i64,
    pub(crate) nanos: u32,
}

impl From<SystemTime> for Moment {
    /// A time before the epoch counts as the epoch.
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX), nanos: since.subsec_nanos() }
    }
}

/// A valid timestamp, still as text of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time<'a> {
    /// `2024-03-01T10:00:00`.
    civil: &'a [u8; CIVIL],
    nanos: u32,
    /// `Z`, `+02:00` or `-05:00`.
    zone: &'a [u8],
}

/// The length of a date and a time of day.
const CIVIL: usize = 19;

impl<'a> Time<'a> {
    /// Parses the timestamp at the start of `bytes`, and returns what follows it.
    #[inline(always)]
    pub(crate) fn split(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (civil, rest) = bytes.split_first_chunk::<CIVIL>()?;
        if !is_civil(civil) {
            return None;
        }
        let (nanos, rest) = fraction(rest);
        let length = match rest {
            [b'Z', ..] => 1,
            [b'+' | b'-', hours @ ..] if is_offset(hours) => 6,
            _ => return None,
        };
        let (zone, rest) = rest.split_at(length);
        Some((Self { civil, nanos, zone }, rest))
    }

    /// The point in time it means.
    pub(crate) fn moment(&self) -> Moment {
        let (zone, civil) = (self.zone, self.civil);
        let offset = match zone {
            [sign, a, b, _, c, d] => {
                let seconds = i64::from(two(*a, *b)) * 3600 + i64::from(two(*c, *d)) * 60;
                if *sign == b'-' { -seconds } else { seconds }
            }
            _ => 0,
        };
        let number = |at: usize| i64::from(two(civil[at], civil[at + 1]));
        let day = days(number(0) * 100 + number(2), number(5), number(8));
        let seconds = day * 86_400 + number(11) * 3600 + number(14) * 60 + number(17);
        Moment { seconds: seconds - offset, nanos: self.nanos }
    }

    /// Writes it with nine fractional digits, in its own zone.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.civil);
        let mut digits = *b".000000000";
        let mut nanos = self.nanos;
        for digit in digits[1..].iter_mut().rev() {
            *digit += (nanos % 10) as u8;
            nanos /= 10;
        }
        out.extend_from_slice(&digits);
        match self.zone {
            // A zero offset is written as Z, as Go does.
            [_, b'0', b'0', _, b'0', b'0'] => out.push(b'Z'),
            zone => out.extend_from_slice(zone),
        }
    }
}

/// The days from the epoch to a date, in the Gregorian calendar at all times.
pub(crate) fn days(year: i64, month: i64, day: i64) -> i64 {
    // March counts as the first month, so that the leap day is the last day of a year.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Whether the date and time of day exist, `2024-03-01T10:00:00`.
#[inline(always)]
pub(crate) fn is_civil(text: &[u8; CIVIL]) -> bool {
    // Digit by digit, without a loop: the program is optimised for size, which does not unroll loops, and this runs for
    // every line.
    let digit = |at: usize| text[at].is_ascii_digit();
    let pair = |at: usize| digit(at) & digit(at + 1);
    let digits = pair(0) & pair(2) & pair(5) & pair(8) & pair(11) & pair(14) & pair(17);
    let marks = [text[4], text[7], text[10], text[13], text[16]] == *b"--T::";
    if !(digits & marks) {
        return false;
    }
    let number = |at: usize| two(text[at], text[at + 1]);
    let (year, month, day) = (u32::from(number(0)) * 100 + u32::from(number(2)), number(5), number(8));
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => return false,
    };
    (1..=last).contains(&day) && number(11) < 24 && number(14) < 60 && number(17) < 60
}

/// The nanoseconds of a fraction such as `.5`, if there is one, and what follows. Go accepts a comma too.
#[inline(always)]
pub(crate) fn fraction(text: &[u8]) -> (u32, &[u8]) {
    let [b'.' | b',', digits @ ..] = text else {
        return (0, text);
    };
    // Nine digits, as runtimes write them.
    if let Some(([a, b, c, d, e, f, g, h, i], rest)) = digits.split_first_chunk()
        && a.is_ascii_digit() & b.is_ascii_digit() & c.is_ascii_digit() & d.is_ascii_digit() & e.is_ascii_digit()
        && f.is_ascii_digit() & g.is_ascii_digit() & h.is_ascii_digit() & i.is_ascii_digit()
        && !rest.first().is_some_and(u8::is_ascii_digit)
    {
        let pair = |tens: &u8, ones: &u8| u32::from(two(*tens, *ones));
        let (high, low) = (pair(a, b) * 100 + pair(c, d), pair(e, f) * 100 + pair(g, h));
        return ((high * 10_000 + low) * 10 + u32::from(i & 0x0f), rest);
    }
    let (mut nanos, mut length) = (0, 0);
    while let Some(digit) = digits.get(length).filter(|digit| digit.is_ascii_digit()) {
        if length < 9 {
            nanos = nanos * 10 + u32::from(digit - b'0');
        }
        length += 1;
    }
    match length {
        0 => (0, text),
        1..9 => (nanos * 10u32.pow(9 - length as u32), &digits[length..]),
        _ => (nanos, &digits[length..]),
    }
}

/// Whether the text starts with the hours and minutes of an offset, `02:00`.
fn is_offset(text: &[u8]) -> bool {
    match text {
        [a, b, b':', c, d, ..] if [a, b, c, d].into_iter().all(u8::is_ascii_digit) => {
            two(*a, *b) <= 24 && two(*c, *d) < 60
        }
        _ => false,
    }
}

/// The number of two digits.
fn two(tens: u8, ones: u8) -> u8 {
    (tens & 0x0f) * 10 + (ones & 0x0f)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;

    fn written(text: &str) -> Option<String> {
        let (time, rest) = Time::split(text.as_bytes())?;
        let mut out = Vec::new();
        time.write(&mut out);
        out.extend_from_slice(rest);
        String::from_utf8(out).ok()
    }

    #[test]
    fn a_timestamp_keeps_its_zone_and_gets_nine_digits() {
        let cases = [
            ("2023-01-01T00:00:00Z x", "2023-01-01T00:00:00.000000000Z x"),
            ("2023-01-01T00:00:01.5Z", "2023-01-01T00:00:01.500000000Z"),
            ("2023-01-01T00:00:02.000000003+02:00", "2023-01-01T00:00:02.000000003+02:00"),
            ("2023-01-01T00:00:02,25-05:30", "2023-01-01T00:00:02.250000000-05:30"),
            ("2023-01-01T00:00:02.1234567899Z", "2023-01-01T00:00:02.123456789Z"),
            ("2024-02-29T23:59:59+00:00", "2024-02-29T23:59:59.000000000Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(written(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_or_time_is_no_timestamp() {
        for text in [
            "",
            "2023-01-01",
            "2023-01-01T00:00:00",
            "2023-01-01T00:00:00.Z",
            "2023-01-01 00:00:00Z",
            "2023-02-29T00:00:00Z",
            "2100-02-29T00:00:00Z",
            "2023-13-01T00:00:00Z",
            "2023-04-31T00:00:00Z",
            "2023-01-00T00:00:00Z",
            "2023-01-01T24:00:00Z",
            "2023-01-01T00:60:00Z",
            "2023-01-01T00:00:60Z",
            "2023-01-01T00:00:00z",
            "2023-01-01T00:00:00+2:00",
            "2023-01-01T00:00:00+02:60",
            "2023-01-01T00:00:00+25:00",
        ] {
            assert_eq!(written(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_timestamp_means_what_another_reader_says(
            seconds in -62_000_000_000i64..250_000_000_000,
            nanos in 0u32..1_000_000_000,
        ) {
            let other = Timestamp::new(seconds, nanos as i32).or_else(|_| Timestamp::new(seconds, 0)).expect("in range");
            let text = other.to_string();
            let (time, rest) = Time::split(text.as_bytes()).expect("a timestamp");
            prop_assert!(rest.is_empty());
            let moment = time.moment();
            prop_assert_eq!((i128::from(moment.seconds), i128::from(moment.nanos)),
                (other.as_nanosecond().div_euclid(1_000_000_000), other.as_nanosecond().rem_euclid(1_000_000_000)));
        }
    }
}
