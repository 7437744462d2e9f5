//! How a reader of YAML 1.1 understands an unquoted word.

/// Whether the text, unquoted, would be something other than a string.
pub(super) fn is_ambiguous(text: &str) -> bool {
    is_word(text) || is_number(text) || is_base_60(text) || is_time(text)
}

fn is_word(text: &str) -> bool {
    let lower = text.to_lowercase();
    // The words count in lower case, in capitals, or with an initial capital; `yEs` is a string.
    let cased = text == lower || text == text.to_uppercase() || {
        let mut chars = text.chars();
        chars.next().is_some_and(|first| first.is_uppercase()) && lower.ends_with(chars.as_str())
    };
    match lower.as_str() {
        "" | "~" | "<<" => true,
        "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null" => cased,
        ".nan" => [".nan", ".NaN", ".NAN"].contains(&text),
        ".inf" | "+.inf" | "-.inf" => [".inf", ".Inf", ".INF"].contains(&text.trim_start_matches(['+', '-'])),
        _ => false,
    }
}

fn is_number(text: &str) -> bool {
    let plain = text.replace('_', "");
    if !plain.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
        return false;
    }
    let unsigned = plain.strip_prefix(['+', '-']).unwrap_or(&plain);
    let prefixed = |prefixes: [&str; 2], radix| {
        let digits = prefixes.iter().find_map(|prefix| unsigned.strip_prefix(prefix));
        digits.is_some_and(|digits| u64::from_str_radix(digits, radix).is_ok() && !digits.starts_with('+'))
    };
    prefixed(["0x", "0X"], 16) || prefixed(["0o", "0O"], 8) || prefixed(["0b", "0B"], 2) || is_decimal(unsigned)
}

/// `1`, `1.`, `.5`, `1.5e-7`.
fn is_decimal(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let whole = match mantissa.split_once('.') {
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
        None => digits(mantissa),
    };
    whole && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

/// `1:30`, which YAML 1.1 reads as ninety.
fn is_base_60(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (text, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = text.split(':');
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let first = parts.next().is_some_and(|first| first.starts_with(|c: char| c.is_ascii_digit()) && digits(first));
    let mut rest = parts.peekable();
    let sixtieth = |part: &str| part.len() <= 2 && part.parse::<u8>().is_ok_and(|number| number < 60);
    first && digits(fraction) && rest.peek().is_some() && rest.all(sixtieth)
}

/// `2024-01-01`, alone or with a time of day.
fn is_time(text: &str) -> bool {
    let Some((year, rest)) = text.split_once('-') else { return false };
    let Some((month, rest)) = rest.split_once('-') else { return false };
    let day = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (day, time) = rest.split_at(day);
    let number = |text: &str, most: u8| {
        (1..=2).contains(&text.len()) && text.parse::<u8>().is_ok_and(|number| (1..=most).contains(&number))
    };
    let date =
        year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit()) && number(month, 12) && number(day, 31);
    date && (time.is_empty() || is_time_of_day(time))
}

/// `T10:00:00.5Z` or ` 10:00:00`.
fn is_time_of_day(text: &str) -> bool {
    let Some(time) = text.strip_prefix(['T', 't', ' ']) else { return false };
    let zoned = !text.starts_with(' ');
    let end = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at(end);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let parts: Vec<&str> = clock.split(':').collect();
    let number = |text: &str, most: u8| (1..=2).contains(&text.len()) && text.parse::<u8>().is_ok_and(|it| it <= most);
    let valid = matches!(parts.as_slice(), [h, m, s] if number(h, 23) && number(m, 59) && number(s, 59));
    let digits = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    valid && digits && if zoned { zone == "Z" || is_offset(zone) } else { zone.is_empty() }
}

/// `+02:00`.
fn is_offset(text: &str) -> bool {
    let parts: Vec<&str> = text.get(1..).unwrap_or_default().split(':').collect();
    matches!(parts.as_slice(), [h, m] if [h, m].iter().all(|part| part.len() == 2 && part.parse::<u8>().is_ok()))
}
