//! The values of `--since`: how long ago, a date with or without a time, or seconds since the epoch.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::gotext::GoDuration;
use crate::logs::time::{Moment, days, fraction, is_civil};

/// Parses a point in time. `now` is in nanoseconds since the epoch; a time without a zone is in `zone`.
///
/// # Errors
/// The text has none of these forms.
pub(crate) fn parse(text: &str, now: i64, zone: &TimeZone) -> Result<Moment, String> {
    if text != "0"
        && let Ok(GoDuration(ago)) = text.parse()
    {
        let seconds = (i128::from(now) - i128::from(ago)).div_euclid(1_000_000_000);
        return Ok(Moment { seconds: seconds as i64, nanos: 0 });
    }
    let local = || {
        let now = Timestamp::from_nanosecond(now.into()).unwrap_or_default();
        i64::from(zone.to_offset(now).seconds())
    };
    date(text, local).or_else(|| unix(text)).ok_or_else(|| {
        format!(
            "{text:?} is not a valid time: use a duration (10m), a date (2024-03-01), a time (2024-03-01T10:00:00Z) \
             or seconds since 1970"
        )
    })
}

/// `2024-03-01`, `2024-03-01T10`, `...T10:00`, `...T10:00:00`, `...T10:00:00.5`, each with or without a zone.
fn date(text: &str, local: impl FnOnce() -> i64) -> Option<Moment> {
    let (day, rest) = text.split_at_checked(10)?;
    // The zone ends the text, and nothing else after the day contains its signs.
    let (clock, zone) = rest.split_at(rest.find(['Z', '+', '-']).unwrap_or(rest.len()));
    let (clock, nanos) = match clock.len() {
        0 => ("T00:00:00".to_owned(), 0),
        3 => (format!("{clock}:00:00"), 0),
        6 => (format!("{clock}:00"), 0),
        9.. => {
            let (clock, rest) = clock.split_at_checked(9)?;
            let (nanos, []) = fraction(rest.as_bytes()) else {
                return None;
            };
            (clock.to_owned(), nanos)
        }
        _ => return None,
    };
    let civil = format!("{day}{clock}");
    let civil: &[u8; 19] = civil.as_bytes().try_into().ok()?;
    if !is_civil(civil) {
        return None;
    }
    let number =
        |from: usize, to: usize| civil[from..to].iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    let seconds = days(number(0, 4), number(5, 7), number(8, 10)) * 86_400
        + number(11, 13) * 3600
        + number(14, 16) * 60
        + number(17, 19);
    let offset = match zone {
        "" => local(),
        zone => offset(zone)?,
    };
    Some(Moment { seconds: seconds - offset, nanos })
}

/// The seconds of `Z`, `+02:00` or `-05:00`.
fn offset(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let number =
        |text: &str, most| text.parse::<u8>().ok().filter(|number| text.len() == 2 && *number <= most).map(i64::from);
    Some(sign * (number(hours, 24)? * 3600 + number(minutes, 59)? * 60))
}

/// Seconds since the epoch, with or without a fraction.
fn unix(text: &str) -> Option<Moment> {
    let (seconds, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let valid = digits(seconds) && (rest.is_empty() || digits(&rest[1..]));
    let seconds = seconds.parse().ok().filter(|_| valid)?;
    Some(Moment { seconds, nanos: fraction(rest.as_bytes()).0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2024-03-01T10:00:00.9Z.
    const NOW: i64 = 1_709_287_200_900_000_000;

    fn read(text: &str) -> Option<(i64, u32)> {
        let zone = TimeZone::posix("XXX-2").expect("a zone");
        parse(text, NOW, &zone).ok().map(|it| (it.seconds - 1_709_287_200, it.nanos))
    }

    #[test]
    fn a_duration_is_time_before_now_in_whole_seconds() {
        assert_eq!(read("10m"), Some((-600, 0)));
        assert_eq!(read("1s500ms"), Some((-1, 0)));
        assert_eq!(read("-1h"), Some((3600, 0)));
        assert_eq!(read("0s"), Some((0, 0)));
    }

    #[test]
    fn a_time_is_local_unless_it_has_a_zone() {
        let cases = [
            ("2024-03-01", -12 * 3600, 0),
            ("2024-03-01Z", -10 * 3600, 0),
            ("2024-03-01-05:00", -5 * 3600, 0),
            ("2024-03-01T10", -7200, 0),
            ("2024-03-01T10Z", 0, 0),
            ("2024-03-01T10:01", -7140, 0),
            ("2024-03-01T10:01+00:30", -1740, 0),
            ("2024-03-01T10:01:02", -7138, 0),
            ("2024-03-01T10:01:02.5Z", 62, 500_000_000),
            ("2024-03-01T10:01:02.25", -7138, 250_000_000),
        ];
        for (text, seconds, nanos) in cases {
            assert_eq!(read(text), Some((seconds, nanos)), "{text}");
        }
    }

    #[test]
    fn seconds_since_the_epoch_may_have_a_fraction() {
        assert_eq!(read("1709287205"), Some((5, 0)));
        assert_eq!(read("1709287205.5"), Some((5, 500_000_000)));
        assert_eq!(read("0"), Some((-1_709_287_200, 0)));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "yesterday",
            "2024-13-01",
            "2024-03-01T25:00:00Z",
            "12x",
            "2024/03/01",
            "1.2.3",
            "-",
            "2024-03-01 10:00:00",
            "1.",
            ".5",
            "2024-03-01T10:0",
            "2024-03-01T10:00:00+2:00",
            "2024-03-01ä",
            "äääääääää",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
