//! Makes other people's text harmless: whoever runs a job chooses names, labels and messages, and a terminal obeys the
//! control codes in them. Pure.

use std::borrow::Cow;

/// The text with every character escaped that a terminal would obey, or that would hide or reorder the text beside it:
/// C0 and C1 controls, DEL, line ends, and the controls of bidirectional text. The result is always one line.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            '\0'..' ' => shown.push_str(&format!("\\x{:02x}", u32::from(c))),
            // In the form that JSON and YAML can read back.
            c if is_obeyed(c) => shown.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// As [`visible`], for a text whose line ends are our own, such as a document's.
pub(crate) fn visible_lines(text: &str) -> Cow<'_, str> {
    match text.contains(|c| c != '\n' && is_obeyed(c)) {
        true => Cow::Owned(text.split('\n').map(visible).collect::<Vec<_>>().join("\n")),
        false => Cow::Borrowed(text),
    }
}

fn is_obeyed(c: char) -> bool {
    let reorders = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || reorders || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_escaped_and_nothing_else() {
        for (text, shown) in [
            ("busybox:1.36 äöü \u{1f600} a\\b", "busybox:1.36 äöü \u{1f600} a\\b"),
            ("\x1b]0;evil\x07", "\\x1b]0;evil\\x07"),
            ("a\nb\r\n\tc", "a\\nb\\r\\n\\tc"),
            ("\0\x7f\u{9b}2J\u{85}", "\\x00\\u007f\\u009b2J\\u0085"),
            ("\u{202e}gpj.exe\u{2069}\u{200f}\u{61c}\u{2028}", "\\u202egpj.exe\\u2069\\u200f\\u061c\\u2028"),
        ] {
            assert_eq!(visible(text), shown);
        }
        assert_eq!(visible_lines("a: \x1b\nb: \u{9b}\n"), "a: \\x1b\nb: \\u009b\n");
    }

    proptest! {
        #[test]
        fn nothing_is_left_that_a_terminal_obeys(text in any::<String>()) {
            prop_assert!(!visible(&text).contains(is_obeyed));
            let lines = visible_lines(&text);
            prop_assert_eq!(lines.matches('\n').count(), text.matches('\n').count());
            prop_assert!(!lines.contains(|c| c != '\n' && is_obeyed(c)));
        }
    }
}
