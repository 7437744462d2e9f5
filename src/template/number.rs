//! Numbers as the verbs of Go's `fmt` write them.

use crate::gotext::quote;
use crate::template::spec::Spec;

/// An integer formatted by one of the verbs for integers, with its zeros but without spaces.
pub(super) fn integer(verb: char, spec: Spec, negative: bool, magnitude: u64) -> Option<String> {
    let character = || u32::try_from(magnitude).ok().filter(|_| !negative).and_then(char::from_u32);
    let (digits, prefix) = match verb {
        'v' | 'd' => (magnitude.to_string(), ""),
        'b' => (format!("{magnitude:b}"), if spec.sharp { "0b" } else { "" }),
        'o' => (format!("{magnitude:o}"), if spec.sharp { "0" } else { "" }),
        'O' => (format!("{magnitude:o}"), "0o"),
        'x' => (format!("{magnitude:x}"), if spec.sharp { "0x" } else { "" }),
        'X' => (format!("{magnitude:X}"), if spec.sharp { "0X" } else { "" }),
        'c' => return Some(character().unwrap_or(char::REPLACEMENT_CHARACTER).to_string()),
        'q' => return Some(rune(character().unwrap_or(char::REPLACEMENT_CHARACTER), spec.plus)),
        'U' => {
            let shown = character().filter(|c| spec.sharp && !c.is_control());
            let shown = shown.map(|c| format!(" '{c}'")).unwrap_or_default();
            let code = if negative { magnitude.wrapping_neg() } else { magnitude };
            return Some(format!("U+{code:0width$X}{shown}", width = spec.precision.unwrap_or(4).max(4)));
        }
        _ => return None,
    };
    if spec.precision == Some(0) && magnitude == 0 {
        return Some(String::new());
    }
    let sign = sign(spec, negative);
    let width = match (spec.precision, spec.width) {
        (Some(precision), _) => precision,
        (None, Some(width)) if spec.zero && !spec.minus => width.saturating_sub(sign.len()),
        _ => 0,
    };
    let zeros = "0".repeat(width.saturating_sub(digits.len()));
    let prefix = if prefix == "0" && (digits == "0" || !zeros.is_empty()) { "" } else { prefix };
    Some(format!("{sign}{prefix}{zeros}{digits}"))
}

/// A float formatted by one of the verbs for floats, with a sign if it has one.
pub(super) fn float(verb: char, spec: Spec, value: f64) -> Option<String> {
    let size = value.abs();
    let digits = match verb {
        'e' | 'E' => exponent(&format!("{size:.*e}", spec.precision.unwrap_or(6))),
        'f' | 'F' => format!("{size:.*}", spec.precision.unwrap_or(6)),
        'v' | 'g' | 'G' => general(size, spec.precision),
        _ => return None,
    };
    let digits = if matches!(verb, 'E' | 'G') { digits.to_uppercase() } else { digits };
    Some(format!("{}{digits}", sign(spec, value.is_sign_negative())))
}

/// A quoted string with non-ASCII characters escaped.
pub(super) fn ascii(quoted: &str) -> String {
    let escape = |c: char| match u32::from(c) {
        code if c.is_ascii() => char::from_u32(code).map(String::from).unwrap_or_default(),
        code @ ..=0xffff => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    };
    quoted.chars().map(escape).collect()
}

fn sign(spec: Spec, negative: bool) -> &'static str {
    match (negative, spec.plus, spec.space) {
        (true, _, _) => "-",
        (false, true, _) => "+",
        (false, false, true) => " ",
        _ => "",
    }
}

/// A character in single quotes.
fn rune(c: char, only_ascii: bool) -> String {
    let quoted = match c {
        '\'' => "'\\''".to_owned(),
        '"' => "'\"'".to_owned(),
        c => quote(&c.to_string()).replace('"', "'"),
    };
    if only_ascii { ascii(&quoted) } else { quoted }
}

/// As many digits as requested or as needed, and an exponent if there would be many zeros.
fn general(size: f64, precision: Option<usize>) -> String {
    // Without a precision, the exponent is chosen as for precision 6, whatever the number of digits.
    let precision = precision.map(|digits| digits.max(1));
    let scientific = match precision {
        Some(digits) => format!("{size:.*e}", digits - 1),
        None => format!("{size:e}"),
    };
    let Some((mantissa, power)) = scientific.split_once('e') else { return scientific };
    let power: i32 = power.parse().unwrap_or_default();
    let mantissa = match mantissa.contains('.') {
        true => mantissa.trim_end_matches('0').trim_end_matches('.'),
        false => mantissa,
    };
    let limit = precision.map_or(6, |digits| i32::try_from(digits).unwrap_or(i32::MAX));
    if (-4..limit).contains(&power) {
        let digits = i32::try_from(mantissa.len().saturating_sub(2)).unwrap_or_default();
        let digits = if mantissa.contains('.') { digits } else { 0 };
        return format!("{size:.*}", usize::try_from(digits - power).unwrap_or_default());
    }
    exponent(&format!("{mantissa}e{power}"))
}

/// Rust's exponent as C's: a sign and two digits at least.
fn exponent(text: &str) -> String {
    let Some((mantissa, power)) = text.split_once('e') else { return text.to_owned() };
    let (sign, power) = power.strip_prefix('-').map_or(('+', power), |power| ('-', power));
    format!("{mantissa}e{sign}{power:0>2}")
}
