//! Ages, sizes, ids and times in a form for people.
//!
//! Pure functions of numbers: the clock and the time zone are arguments.

use jiff::{Timestamp, tz::TimeZone};

/// Go's zero time, which JSON shows for a missing timestamp.
pub(crate) const GO_ZERO_TIME: &str = "0001-01-01T00:00:00Z";

/// How many bytes of an id a table shows; a character that is cut there is dropped.
const SHORT_ID: usize = 13;

/// How long ago `created` was, both in nanoseconds since 1970: `About an hour ago`.
pub(crate) fn ago(created: i64, now: i64) -> String {
    format!("{} ago", duration(now.saturating_sub(created)))
}

/// A number of bytes in units of 1000, with `precision` significant digits: `1.09MB`.
///
/// Tables of images show three digits, statistics four. A value that rounds up to the next unit keeps its own, so 999
/// 950 is `1e+03kB` with three digits.
pub(crate) fn size(bytes: u64, precision: usize) -> String {
    let mut value = bytes as f64;
    let mut units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"].iter();
    let mut unit = units.next().unwrap_or(&"");
    while value >= 1000.0
        && let Some(larger) = units.next()
    {
        value /= 1000.0;
        unit = larger;
    }
    format!("{}{unit}", general(value, precision))
}

/// The start of an id, long enough to be unique on a node.
pub(crate) fn short_id<'a>(id: &'a str, prefix: &str) -> &'a str {
    let id = id.strip_prefix(prefix).unwrap_or(id);
    &id[..id.floor_char_boundary(SHORT_ID)]
}

/// Whether the text is `ALGORITHM:HEX` of a known algorithm and the right length.
pub(crate) fn is_digest(text: &str) -> bool {
    let Some((algorithm, hex)) = text.split_once(':') else {
        return false;
    };
    let length = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return false,
    };
    hex.len() == length && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// RFC 3339 with as many fractional digits as needed: `2024-05-01T10:00:00.5+02:00`.
pub(crate) fn rfc3339(nanos: i64, zone: &TimeZone) -> String {
    let moment = Moment::new(nanos, zone);
    let offset = match moment.offset {
        0 => "Z".to_owned(),
        _ => moment.numeric_offset(":"),
    };
    format!("{}T{}{offset}", moment.date, moment.time)
}

/// The layout of Go's `time.Time` without its monotonic part:
/// `2024-05-01 10:00:00.5 +0200 CEST`.
pub(crate) fn date_time(nanos: i64, zone: &TimeZone) -> String {
    let moment = Moment::new(nanos, zone);
    let offset = moment.numeric_offset("");
    format!("{} {} {offset} {}", moment.date, moment.time, moment.abbreviation)
}

/// A duration in nanoseconds as its largest unit: `3 weeks`.
fn duration(nanos: i64) -> String {
    const HOUR: i64 = 3_600_000_000_000;
    let seconds = nanos / 1_000_000_000;
    let minutes = seconds / 60;
    // Only hours are rounded; half an hour counts as a whole one.
    let hours = (i128::from(nanos) + i128::from(HOUR / 2)) / i128::from(HOUR);
    match (seconds, minutes, hours) {
        (..1, _, _) => "Less than a second".to_owned(),
        (1, _, _) => "1 second".to_owned(),
        (..60, _, _) => format!("{seconds} seconds"),
        (_, 1, _) => "About a minute".to_owned(),
        (_, ..60, _) => format!("{minutes} minutes"),
        (_, _, 1) => "About an hour".to_owned(),
        (_, _, ..48) => format!("{hours} hours"),
        (_, _, ..336) => format!("{} days", hours / 24),
        (_, _, ..1440) => format!("{} weeks", hours / 24 / 7),
        (_, _, ..17520) => format!("{} months", hours / 24 / 30),
        _ => format!("{} years", nanos / HOUR / 24 / 365),
    }
}

/// C's `%.Pg`: `precision` significant digits, no trailing zeros, an exponent where the number
/// has more digits before the point than that.
fn general(value: f64, precision: usize) -> String {
    let precision = precision.max(1);
    let scientific = format!("{value:.*e}", precision - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let places = precision as i32 - 1 - exponent;
    if exponent >= -4 && places >= 0 {
        return trim_zeros(&format!("{value:.*}", places as usize)).to_owned();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", trim_zeros(mantissa), exponent.abs())
}

fn trim_zeros(number: &str) -> &str {
    match number.contains('.') {
        true => number.trim_end_matches('0').trim_end_matches('.'),
        false => number,
    }
}

/// A point in time, split into the parts that both layouts need.
struct Moment {
    date: String,
    time: String,
    /// The offset east of UTC, in seconds.
    offset: i32,
    abbreviation: String,
}

impl Moment {
    fn new(nanos: i64, zone: &TimeZone) -> Self {
        let timestamp = Timestamp::from_nanosecond(nanos.into()).unwrap_or_default();
        let info = zone.to_offset_info(timestamp);
        let local = info.offset().to_datetime(timestamp);
        Self {
            date: local.date().to_string(),
            time: local.time().to_string(),
            offset: info.offset().seconds(),
            abbreviation: info.abbreviation().to_owned(),
        }
    }

    fn numeric_offset(&self, separator: &str) -> String {
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.abs() / 60;
        format!("{sign}{:02}{separator}{:02}", minutes / 60, minutes % 60)
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz;
    use proptest::prelude::*;

    use super::*;

    const SECOND: i64 = 1_000_000_000;
    const MINUTE: i64 = 60 * SECOND;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;

    #[test]
    fn ages_are_told_in_their_largest_unit() {
        let cases = [
            (-5 * SECOND, "Less than a second"),
            (SECOND * 9 / 10, "Less than a second"),
            (SECOND, "1 second"),
            (59 * SECOND, "59 seconds"),
            (60 * SECOND, "About a minute"),
            (119 * SECOND, "About a minute"),
            (59 * MINUTE, "59 minutes"),
            (60 * MINUTE, "About an hour"),
            (89 * MINUTE, "About an hour"),
            (90 * MINUTE, "2 hours"),
            (47 * HOUR + 29 * MINUTE, "47 hours"),
            (47 * HOUR + 30 * MINUTE, "2 days"),
            (13 * DAY, "13 days"),
            (14 * DAY, "2 weeks"),
            (59 * DAY, "8 weeks"),
            (60 * DAY, "2 months"),
            (729 * DAY, "24 months"),
            (730 * DAY, "2 years"),
        ];
        for (age, expected) in cases {
            assert_eq!(duration(age), expected, "{age}");
        }
        assert_eq!(ago(0, HOUR), "About an hour ago");
        assert_eq!(ago(i64::MIN, i64::MAX), "292 years ago");
    }

    #[test]
    fn sizes_round_like_c() {
        let three = [
            (0, "0B"),
            (999, "999B"),
            (1000, "1kB"),
            (1_234_567, "1.23MB"),
            (1_088_813, "1.09MB"),
            (348_416, "348kB"),
            (999_950, "1e+03kB"),
            (1_000_000_000, "1GB"),
            (u64::MAX, "18.4EB"),
        ];
        for (bytes, expected) in three {
            assert_eq!(size(bytes, 3), expected, "{bytes}");
        }
        let four =
            [(1023, "1.023kB"), (8192, "8.192kB"), (12_345_678, "12.35MB"), (999_950, "1000kB"), (2_830_336, "2.83MB")];
        for (bytes, expected) in four {
            assert_eq!(size(bytes, 4), expected, "{bytes}");
        }
    }

    #[test]
    fn ids_lose_their_prefix_and_their_tail() {
        assert_eq!(short_id("sha256:0123456789abcdef", "sha256:"), "0123456789abc");
        assert_eq!(short_id("sha256:0123456789abcdef", ""), "sha256:012345");
        assert_eq!(short_id("short", ""), "short");
        assert_eq!(short_id("ääääääääääääääää", ""), "ääääää");
    }

    #[test]
    fn a_digest_has_a_known_algorithm_and_all_its_lower_case_digits() {
        let hex = "0123456789abcdef".repeat(4);
        assert!(is_digest(&format!("sha256:{hex}")));
        assert!(is_digest(&format!("sha512:{hex}{hex}")));
        assert!(!is_digest(&format!("sha384:{hex}")));
        assert!(!is_digest(&format!("sha256:{}", hex.to_uppercase())));
        assert!(!is_digest(&format!("md5:{hex}")));
        assert!(!is_digest(&hex));
    }

    #[test]
    fn times_are_written_in_the_zone_that_was_asked_for() {
        let at = 1_700_000_000_120_000_000;
        assert_eq!(rfc3339(at, &TimeZone::UTC), "2023-11-14T22:13:20.12Z");
        assert_eq!(date_time(at, &TimeZone::UTC), "2023-11-14 22:13:20.12 +0000 UTC");
        assert_eq!(date_time(0, &TimeZone::UTC), "1970-01-01 00:00:00 +0000 UTC");

        let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("a valid zone");
        assert_eq!(rfc3339(at, &berlin), "2023-11-14T23:13:20.12+01:00");
        assert_eq!(date_time(at, &berlin), "2023-11-14 23:13:20.12 +0100 CET");

        let west = tz::Offset::from_seconds(-3 * 3600 - 1800).expect("a valid offset").to_time_zone();
        assert_eq!(rfc3339(0, &west), "1969-12-31T20:30:00-03:30");
    }

    proptest! {
        #[test]
        fn a_size_has_at_most_as_many_digits_as_asked_for(bytes: u64, precision in 3usize..6) {
            let text = size(bytes, precision);
            let digits = text.split('e').next().unwrap_or_default();
            prop_assert!(digits.bytes().filter(u8::is_ascii_digit).count() <= precision);
        }

        #[test]
        fn a_larger_size_never_reads_smaller(a: u64, b: u64) {
            let (small, large) = (a.min(b), a.max(b));
            prop_assert!(bytes_of(&size(small, 3)) <= bytes_of(&size(large, 3)));
        }

        #[test]
        fn rfc3339_can_be_read_back(nanos: i64) {
            let parsed: Timestamp = rfc3339(nanos, &TimeZone::UTC).parse().expect("a timestamp");
            prop_assert_eq!(parsed.as_nanosecond(), i128::from(nanos));
        }
    }

    fn bytes_of(size: &str) -> f64 {
        let at = size.find(|c: char| "BkMGTPE".contains(c)).unwrap_or(size.len());
        let power = "BkMGTPE".find(&size[at..=at]).unwrap_or_default();
        size[..at].parse::<f64>().expect("a number") * 1000f64.powi(power as i32)
    }
}
