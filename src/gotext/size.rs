//! Sizes in bytes: `1048576`, `512KiB`, `16MiB`.

use super::ValueError;

/// A number of bytes, with or without a unit based on 1024 or 1000.
pub(crate) fn size(text: &str) -> Result<u64, ValueError> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: u64 = match &text[digits.len()..].to_ascii_lowercase()[..] {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        _ => return Err(ValueError::Syntax),
    };
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(ValueError::Syntax);
    }
    let count: u64 = digits.parse().map_err(|_| ValueError::Range)?;
    count.checked_mul(unit).ok_or(ValueError::Range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units_or_are_bytes() {
        for (text, bytes) in
            [("0", 0), ("17", 17), ("1KiB", 1024), ("16mib", 16 << 20), ("2k", 2048), ("3MB", 3_000_000)]
        {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "MiB", "1.5MiB", "-1", "1 MiB", "1TiB", "ü"] {
            assert_eq!(size(text), Err(ValueError::Syntax), "{text}");
        }
        assert_eq!(size("99999999999GiB"), Err(ValueError::Range));
    }
}
