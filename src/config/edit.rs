//! Changes values in the text of a config file and leaves everything else alone: comments, order, quotes.
//!
//! A config file is a flat mapping, so it can be edited line by line; reading the result shows whether that worked.
//! This module knows only text; its parent handles files.

use super::{File, KEYS, parse};

/// What stands between a key's colon and its value.
const BLANK: [char; 2] = [' ', '\t'];

/// Sets the values in `wanted`. Missing keys are added at the end.
pub(crate) fn edit(text: &str, wanted: &File) -> String {
    let (first, others) = text.split_at(first_document(text));
    let edited = in_place(first, wanted) + others;
    match parse(&edited) {
        Ok(file) if file == *wanted => edited,
        // The file is one line of `{debug: true}`, or has an alias to a value that has changed: only the values can be
        // kept.
        _ => in_place("", wanted),
    }
}

/// The length of the first document, the only one that counts. The marker that ends it belongs to the next one.
fn first_document(text: &str) -> usize {
    let mut end = 0;
    let mut begun = false;
    for line in text.split_inclusive('\n') {
        let mark = |mark| {
            line.strip_prefix(mark)
                .is_some_and(|rest: &str| rest.trim_start_matches(BLANK).len() < rest.len() || rest.trim().is_empty())
        };
        if begun && (mark("---") || mark("...")) {
            return end;
        }
        begun |= !line.trim().is_empty() && !line.trim_start().starts_with('#') && !line.starts_with('%');
        end += line.len();
    }
    end
}

fn in_place(text: &str, wanted: &File) -> String {
    let current = parse(text).unwrap_or_default();
    let indent = indent(text);
    let mut missing = KEYS.to_vec();
    let mut lines = Vec::new();
    let mut replaced = false;
    // Empty lines are removed, as upstream's YAML library does.
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        if replaced && is_continuation(line, indent) {
            continue;
        }
        let entry = Entry::of(line, indent);
        let key = entry.as_ref().and_then(|entry| KEYS.into_iter().find(|key| *key == entry.key));
        missing.retain(|other| Some(*other) != key);
        let change = key.and_then(|key| wanted.get(key).filter(|value| current.get(key).as_ref() != Some(value)));
        replaced = change.is_some();
        lines.push(match (entry, change) {
            (Some(entry), Some(value)) => entry.with(&value),
            _ => line.to_owned(),
        });
    }
    // Otherwise a comment at the end would seem to belong to the first key that is added.
    let has_keys = missing.len() < KEYS.len();
    missing.retain(|key| wanted.get(key).is_some());
    if has_keys && !missing.is_empty() && lines.last().is_some_and(|line| line.trim_start().starts_with('#')) {
        lines.push(String::new());
    }
    for key in missing {
        let value = wanted.get(key).unwrap_or_default();
        lines.push(format!("{:indent$}{key}: {}", "", scalar(key, &value)));
    }
    lines.join("\n") + "\n"
}

/// The indentation of the keys, which is that of the first key.
fn indent(text: &str) -> usize {
    let is_key =
        |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#') && !line.starts_with("---");
    text.lines().find(is_key).map(depth).unwrap_or_default()
}

fn depth(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Whether a line continues the value of the line before it.
fn is_continuation(line: &str, indent: usize) -> bool {
    let content = line.trim_start();
    depth(line) > indent && !content.is_empty() && !content.starts_with('#')
}

/// A line with a key: `head`, which ends before the value, then the value, then a comment or nothing.
struct Entry<'a> {
    key: &'a str,
    head: &'a str,
    value: &'a str,
    tail: &'a str,
}

impl<'a> Entry<'a> {
    fn of(line: &'a str, indent: usize) -> Option<Self> {
        let body = line.get(indent..).filter(|body| !body.starts_with([' ', '#']))?;
        let (key, after) = match body.chars().next()? {
            quote @ ('"' | '\'') => body[1..].split_once(quote)?,
            _ => body.split_at(body.find(':')?),
        };
        let mut rest = after.trim_start().strip_prefix(':')?;
        if !rest.is_empty() && !rest.starts_with(BLANK) {
            return None;
        }
        rest = rest.trim_start();
        // An anchor or a tag belongs to the line, not to the value.
        while rest.starts_with(['&', '!']) {
            rest = rest.find(BLANK).map_or("", |end| rest[end..].trim_start());
        }
        let head = &line[..line.len() - rest.len()];
        let (value, tail) = rest.split_at(value_length(rest));
        Some(Self { key: key.trim_end(), head, value, tail })
    }

    /// The line with another value, quoted like the old one.
    fn with(&self, value: &str) -> String {
        let value = match self.value.chars().next() {
            Some('"') => double_quoted(value),
            Some('\'') => format!("'{}'", value.replace('\'', "''")),
            _ => scalar(self.key, value),
        };
        let blank = |missing: bool| if missing { " " } else { "" };
        let before = blank(!self.head.ends_with(BLANK));
        let after = blank(self.tail.starts_with('#'));
        format!("{}{before}{value}{after}{}", self.head, self.tail)
    }
}

/// Where the value at the start of this text ends.
fn value_length(rest: &str) -> usize {
    match rest.chars().next() {
        Some('#') => 0,
        Some(quote @ ('"' | '\'')) => quoted_length(rest, quote),
        _ => {
            let comment =
                BLANK.into_iter().filter_map(|blank| rest.find([blank, '#'].iter().collect::<String>().as_str())).min();
            rest[..comment.unwrap_or(rest.len())].trim_end().len()
        }
    }
}

fn quoted_length(rest: &str, quote: char) -> usize {
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        let escapes = match quote {
            '"' => c == '\\',
            _ => c == quote && chars.peek().is_some_and(|(_, next)| *next == quote),
        };
        if escapes {
            chars.next();
        } else if c == quote {
            return at + c.len_utf8();
        }
    }
    rest.len()
}

/// A value as YAML. Endpoints are quoted if other readers could take them for something other than a string, such as a
/// number.
fn scalar(key: &str, value: &str) -> String {
    let plain = serde_yaml::to_string(value).is_ok_and(|yaml| yaml.trim_end() == value);
    match key.ends_with("-endpoint") && !plain {
        true => double_quoted(value),
        false => value.to_owned(),
    }
}

/// A JSON string is also a YAML string.
fn double_quoted(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// The text after `key` was set to `value`, without the keys that were added at the end.
    fn set(text: &str, key: &str, value: &str) -> String {
        let mut file = parse(text).expect("the test's file is valid");
        file.set(key, value).expect("the test's value is valid");
        let edited = edit(text, &file);
        assert_eq!(parse(&edited), Ok(file), "{edited}");
        edited.lines().take(text.lines().count()).map(|line| format!("{line}\n")).collect()
    }

    #[test]
    fn a_missing_file_gets_every_key() {
        let text = "runtime-endpoint: \"\"\nimage-endpoint: \"\"\ntimeout: 0\ndebug: false\n\
                    pull-image-on-create: false\ndisable-pull-on-run: false\n";
        assert_eq!(edit("", &File::default()), text);
    }

    #[test]
    fn comments_and_order_stay() {
        let text = "# head\ntimeout: 3 # seconds\n# mid\nruntime-endpoint: \"unix:///a\"\t# tail\n# foot\n";
        assert_eq!(set(text, "timeout", "9"), text.replace("3 #", "9 #"));
        assert_eq!(set(text, "runtime-endpoint", "tcp://h:1"), text.replace("unix:///a", "tcp://h:1"));
    }

    #[test]
    fn values_keep_their_quotes_and_anchors() {
        assert_eq!(set("timeout: \"3\"\n", "timeout", "9"), "timeout: \"9\"\n");
        assert_eq!(set("image-endpoint: 'it''s'\n", "image-endpoint", "o'"), "image-endpoint: 'o'''\n");
        assert_eq!(set("timeout: &a 3\n", "timeout", "9"), "timeout: &a 9\n");
        assert_eq!(set("\"timeout\": 3\n", "timeout", "9"), "\"timeout\": 9\n");
    }

    #[test]
    fn a_tab_is_a_blank_too() {
        let text = "runtime-endpoint:\ta\t# mine\nimage-endpoint:\t\"b\"\n";
        assert_eq!(set(text, "runtime-endpoint", "c"), text.replace("\ta", "\tc"));
        assert_eq!(set(text, "image-endpoint", "c"), text.replace("\"b\"", "\"c\""));
        let added = edit(text, &parse(text).expect("valid"));
        assert_eq!(added.matches("runtime-endpoint").count(), 1, "{added}");
    }

    #[test]
    fn only_the_first_document_changes() {
        for others in ["---\ntimeout: 4\n", "...\n", "--- # next\n- [\n"] {
            let file = File { timeout: 9, ..File::default() };
            for first in ["timeout: 3\n", "# head\n--- # first\ntimeout: 3\n", "%YAML 1.1\n---\ntimeout: 3\n"] {
                let edited = edit(&format!("{first}{others}"), &file);
                assert!(edited.starts_with(&first.replace('3', "9")), "{edited}");
                assert!(edited.ends_with(&format!("disable-pull-on-run: false\n{others}")), "{edited}");
            }
        }
    }

    #[test]
    fn an_empty_value_is_filled_before_its_comment() {
        assert_eq!(set("image-endpoint:\n", "image-endpoint", "a"), "image-endpoint: a\n");
        assert_eq!(set("image-endpoint: # none\n", "image-endpoint", "a"), "image-endpoint: a # none\n");
    }

    #[test]
    fn a_value_that_means_something_else_to_yaml_is_quoted() {
        for value in ["true", "123", "", "a: b #c", "~", "*x", "&x"] {
            let line = format!("image-endpoint: {}\n", double_quoted(value));
            assert_eq!(set("image-endpoint: a\n", "image-endpoint", value), line);
        }
    }

    #[test]
    fn added_keys_stand_apart_from_a_comment_at_the_end() {
        let text = edit("timeout: 3\n\n# foot\n", &File { timeout: 4, ..File::default() });
        assert!(text.starts_with("timeout: 4\n# foot\n\nruntime-endpoint: \"\"\n"), "{text}");
    }

    #[test]
    fn every_line_of_a_doubled_key_changes() {
        assert_eq!(set("timeout: 3\ntimeout: 4\n", "timeout", "9"), "timeout: 9\ntimeout: 9\n");
    }

    #[test]
    fn a_value_of_several_lines_is_replaced_whole() {
        let text = "runtime-endpoint: |\n  timeout: 7\ndebug: true\n";
        let mut file = parse(text).expect("valid");
        file.set("runtime-endpoint", "a").expect("valid");
        assert!(edit(text, &file).starts_with("runtime-endpoint: a\ndebug: true\n"));
    }

    #[test]
    fn a_form_that_lines_cannot_change_is_written_anew() {
        assert_eq!(set("{timeout: 3, debug: true}\n", "timeout", "6"), "runtime-endpoint: \"\"\n");
        let aliased = "runtime-endpoint: &x a\nimage-endpoint: *x\n";
        assert!(set(aliased, "runtime-endpoint", "b").starts_with("runtime-endpoint: b\nimage-endpoint: a\n"));
        set("timeout: 3\n...\n", "debug", "true");
    }

    #[test]
    fn indented_keys_stay_indented() {
        let text = edit("  timeout: 3\n", &File { timeout: 4, ..File::default() });
        assert!(text.starts_with("  timeout: 4\n  runtime-endpoint: \"\"\n"));
    }

    proptest! {
        #[test]
        fn whatever_a_file_looks_like_it_says_afterwards_what_it_is_to_say(
            lines in vec(
                prop_oneof![
                    "(timeout|debug|image-endpoint|\"timeout\")[ \t]{0,2}:[ \t]{0,2}[0-9\"'#&*|>~{}:,-]{0,4}[ \t]{0,2}(#x)?",
                    "[ \t]{0,2}[a-z0-9#:\"'-]{0,5}",
                    "(---|\\.\\.\\.|%YAML 1.1|--- #x|\\{timeout: 1\\})",
                ],
                0..6,
            ),
        ) {
            let text = lines.join("\n");
            if let Ok(mut file) = parse(&text) {
                file.timeout = 7;
                prop_assert_eq!(parse(&edit(&text, &file)), Ok(file));
            }
        }
    }
}
