//! Go's regular expressions in the dialect of the `regex` crate. Both descend from RE2 and differ in little:
//! Go's `\d`, `\w`, `\s` and `\b` are ASCII's, `\Q...\E` quotes, and a class has no classes or operators inside.

use regex::Regex;

/// Compiles an expression as Go's `regexp` would understand it.
///
/// # Errors
/// The expression is invalid.
pub(crate) fn compile(text: &str) -> Result<Regex, regex::Error> {
    Regex::new(&translate(text))
}

fn translate(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut class = Class::Outside;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let taken = match (first, class) {
            ('\\', Class::Outside) if rest.starts_with(r"\Q") => {
                let quoted = &rest[2..];
                let end = quoted.find(r"\E");
                out.push_str(&regex::escape(&quoted[..end.unwrap_or(quoted.len())]));
                end.map_or(rest.len(), |end| end + 4)
            }
            ('\\', _) => {
                let escape = &rest[..rest.char_indices().nth(2).map_or(rest.len(), |(at, _)| at)];
                out.push_str(ascii(escape, class));
                class = class.after();
                escape.len()
            }
            ('[', Class::Outside) => {
                out.push('[');
                class = Class::Start;
                1
            }
            ('[', _) if rest.starts_with("[:") && rest.contains(":]") => {
                let end = rest.find(":]").map_or(rest.len(), |end| end + 2);
                out.push_str(&rest[..end]);
                class = Class::Inside;
                end
            }
            ('^', Class::Start) => {
                out.push('^');
                class = Class::First;
                1
            }
            // A `]` that comes first in a class is an ordinary character.
            (']', Class::Inside) => {
                out.push(']');
                class = Class::Outside;
                1
            }
            ('[' | ']' | '&' | '~', Class::Start | Class::First | Class::Inside) => {
                out.extend(['\\', first]);
                class = Class::Inside;
                1
            }
            _ => {
                out.push(first);
                class = class.after();
                first.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    out
}

/// How far the translation of a bracketed class has got.
#[derive(Clone, Copy, PartialEq)]
enum Class {
    Outside,
    /// Right after `[`.
    Start,
    /// Right after `[^`.
    First,
    Inside,
}

impl Class {
    /// After one more character.
    fn after(self) -> Self {
        if self == Self::Outside { Self::Outside } else { Self::Inside }
    }
}

fn ascii(escape: &str, class: Class) -> &str {
    match escape {
        r"\d" => "[0-9]",
        r"\D" => "[^0-9]",
        r"\w" => "[0-9A-Za-z_]",
        r"\W" => "[^0-9A-Za-z_]",
        r"\s" => r"[\t\n\f\r ]",
        r"\S" => r"[^\t\n\f\r ]",
        r"\b" if class == Class::Outside => r"(?-u:\b)",
        r"\B" if class == Class::Outside => r"(?-u:\B)",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &str, text: &str) -> bool {
        compile(pattern).expect("it is an expression").is_match(text)
    }

    #[test]
    fn perl_classes_are_asciis() {
        assert!(found(r"^\d+$", "12") && !found(r"\d", "٣") && !found(r"\w", "é"));
        assert!(found(r"^[\d-x]+$", "1-x") && found(r"[^\D]", "5"));
        assert!(found(r"\bweb\b", "a-web-b"));
    }

    #[test]
    fn a_class_has_no_classes_inside() {
        assert!(found("^[[a]$", "[") && found("^[]a]$", "]") && found("^[^]a]$", "b"));
        assert!(found("^[a&&b]+$", "&a") && found("^[[:alpha:]]+$", "ab"));
    }

    #[test]
    fn quoted_text_is_itself() {
        assert!(found(r"^\Qa.b\E.$", "a.bc") && !found(r"^\Qa.b\E$", "axb"));
    }

    #[test]
    fn classes_of_unicode_are_known() {
        assert!(found(r"^\p{L}+$", "é") && found(r"\p{Greek}", "α"));
    }
}
