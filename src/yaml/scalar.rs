//! The type of a YAML scalar, by YAML 1.1's rules as in Go's yaml.v2, which crictl's config files are written for.
//!
//! YAML 1.2 would read `yes`, `010` and `1_000` as text. A config that says `tty: yes` today has to keep working.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::gotext::{ValueError, go_int};
use crate::schema::Value;

/// The value of a scalar. `plain` means without quotes; `tag` is the name of a `!!` tag, or any other tag.
///
/// # Errors
/// The text does not fit its tag.
pub(super) fn resolve(text: &str, plain: bool, tag: Option<&str>) -> Result<Value, String> {
    match tag {
        None if plain => Ok(untagged(text)),
        Some("bool" | "int" | "float" | "null") => match untagged(text) {
            Value::String(_) => Err(format!("{text:?} does not fit its tag")),
            value => Ok(value),
        },
        Some("binary") => {
            let base64: String = text.split_whitespace().collect();
            let bytes = STANDARD.decode(base64).map_err(|_| "a !!binary that is not base64".to_owned())?;
            String::from_utf8(bytes).map(Value::String).map_err(|_| "a !!binary that is not UTF-8".to_owned())
        }
        _ => Ok(Value::from(text)),
    }
}

fn untagged(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "true" | "True" | "TRUE" => Value::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "false" | "False" | "FALSE" => Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Value::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Value::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Value::Float(f64::NEG_INFINITY),
        _ => number(text).unwrap_or_else(|| Value::from(text)),
    }
}

/// An integer of any base, or a float. Dates and base-60 numbers stay text, as in Go.
fn number(text: &str) -> Option<Value> {
    if !text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first)) {
        return None;
    }
    let digits = text.replace('_', "");
    match go_int(&digits) {
        Ok(value) => return Some(Value::Int(value)),
        Err(ValueError::Range) => {
            if let Ok(value) = digits.parse() {
                return Some(Value::Uint(value));
            }
        }
        Err(ValueError::Syntax) => {}
    }
    // Rust reads `inf` and `nan` too, which are text in YAML.
    let decimal = digits.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    digits.parse().ok().filter(|_| decimal).map(Value::Float)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_are_what_yaml_1_1_says() {
        for word in ["y", "Yes", "on", "TRUE"] {
            assert_eq!(resolve(word, true, None), Ok(Value::Bool(true)), "{word}");
        }
        for word in ["n", "No", "off", "False"] {
            assert_eq!(resolve(word, true, None), Ok(Value::Bool(false)), "{word}");
        }
        for word in ["", "~", "null"] {
            assert_eq!(resolve(word, true, None), Ok(Value::Null), "{word}");
        }
        for word in ["yEs", "nothing", "inf", "nan", "-", ".", "2024-01-02", "1:30", "1.2.3", "0x", "e5"] {
            assert_eq!(resolve(word, true, None), Ok(Value::from(word)), "{word}");
        }
    }

    #[test]
    fn numbers_have_go_s_bases() {
        let cases = [
            ("010", 8),
            ("0o10", 8),
            ("0x10", 16),
            ("0b101", 5),
            ("-0b101", -5),
            ("1_000", 1000),
            ("+7", 7),
            ("-9223372036854775808", i64::MIN),
        ];
        for (text, value) in cases {
            assert_eq!(resolve(text, true, None), Ok(Value::Int(value)), "{text}");
        }
        assert_eq!(resolve("18446744073709551615", true, None), Ok(Value::Uint(u64::MAX)));
        for (text, value) in [("1e3", 1000.0), (".5", 0.5), ("1.", 1.0), ("08", 8.0), ("1.50", 1.5)] {
            assert_eq!(resolve(text, true, None), Ok(Value::Float(value)), "{text}");
        }
    }

    #[test]
    fn quotes_and_tags_decide_over_the_text() {
        assert_eq!(resolve("yes", false, None), Ok(Value::from("yes")));
        assert_eq!(resolve("yes", true, Some("str")), Ok(Value::from("yes")));
        assert_eq!(resolve("5", false, Some("int")), Ok(Value::Int(5)));
        assert_eq!(resolve("a G\nk=", true, Some("binary")), Ok(Value::from("hi")));
        assert!(resolve("x", true, Some("int")).is_err());
    }
}
