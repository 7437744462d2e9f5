//! How a string is written: bare, quoted or as a block. The rules are libyaml's, which every YAML writer follows.

use std::fmt::Write as _;

use super::resolve::is_ambiguous;

/// The width at which lines are folded.
const WIDTH: usize = 80;

/// A key, which is always on one line.
pub(super) fn key(text: &str) -> String {
    match style(text) {
        Style::Plain => text.to_owned(),
        Style::Single => format!("'{}'", text.replace('\'', "''")),
        Style::Double | Style::Literal => double(text),
    }
}

/// A value that starts at `column`; its further lines are indented by `indent` spaces.
pub(super) fn text(text: &str, indent: usize, column: usize) -> String {
    match style(text) {
        Style::Plain => folded(text, indent, column),
        Style::Single => format!("'{}'", folded(&text.replace('\'', "''"), indent, column + 1)),
        Style::Double => double(text),
        Style::Literal => literal(text, indent),
    }
}

/// A float as Go's shortest `%g` writes it.
pub(super) fn float(value: f64) -> String {
    let scientific = format!("{value:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let power: i32 = exponent.parse().unwrap_or_default();
    if (-4..21).contains(&power) {
        return value.to_string();
    }
    format!("{digits}e{}{:02}", if power < 0 { '-' } else { '+' }, power.abs())
}

enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

fn style(text: &str) -> Style {
    let chars: Vec<char> = text.chars().collect();
    let at = |index: usize| chars.get(index).copied();
    let space_before_break = chars.windows(2).any(|pair| pair[0] == ' ' && is_break(pair[1]));
    if !chars.iter().all(|c| is_printable(*c)) || space_before_break {
        return Style::Double;
    }
    let trailing_space = at(chars.len().wrapping_sub(1)) == Some(' ');
    // A block that keeps all its line ends would swallow the empty line after the document.
    let trailing_lines = text == "\n" || text.ends_with("\n\n");
    if text.contains('\n') {
        return if trailing_space || trailing_lines || chars.iter().any(|c| is_break(*c) && *c != '\n') {
            Style::Double
        } else {
            Style::Literal
        };
    }
    if is_ambiguous(text) || chars.iter().any(|c| is_break(*c)) {
        return Style::Double;
    }
    let indicates = (0..chars.len()).any(|index| is_indicator(&chars, index));
    if indicates || text.starts_with("---") || text.starts_with("...") || at(0) == Some(' ') || trailing_space {
        return Style::Single;
    }
    Style::Plain
}

/// Whether the character has a meaning in YAML at its place, in block context.
fn is_indicator(chars: &[char], index: usize) -> bool {
    let blank = |index: usize| chars.get(index).is_none_or(|c| c.is_whitespace());
    match chars[index] {
        '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`'
            if index == 0 =>
        {
            true
        }
        '?' | '-' if index == 0 => blank(index + 1),
        ':' => blank(index + 1),
        '#' => blank(index - 1),
        _ => false,
    }
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// libyaml's set: no control characters, no byte order mark, nothing beyond the basic plane.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | '\u{20}'..='\u{7e}' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
        && c != '\u{feff}'
}

/// The text with single spaces beyond the width turned into line ends, which a reader folds back.
fn folded(text: &str, indent: usize, mut column: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    for (at, c) in chars.iter().enumerate() {
        let lonely = *c == ' ' && at > 0 && chars[at - 1] != ' ' && chars.get(at + 1).is_some_and(|next| *next != ' ');
        if lonely && column > WIDTH {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else {
            out.push(*c);
            column += 1;
        }
    }
    out
}

fn double(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\0' => out.push_str("\\0"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\u{1b}' => out.push_str("\\e"),
            '\u{85}' => out.push_str("\\N"),
            '\u{2028}' => out.push_str("\\L"),
            '\u{2029}' => out.push_str("\\P"),
            c if is_printable(c) => out.push(c),
            c => {
                let code = u32::from(c);
                let _ = match code {
                    0..=0xff => write!(out, "\\x{code:02X}"),
                    0x100..=0xffff => write!(out, "\\u{code:04X}"),
                    _ => write!(out, "\\U{code:08X}"),
                };
            }
        }
    }
    out.push('"');
    out
}

/// A block of lines. The header says whether the last line ends, and gives the indentation if the first line's own
/// spaces would hide it.
fn literal(text: &str, indent: usize) -> String {
    let hint = if text.starts_with([' ', '\n']) { "2" } else { "" };
    let (body, chomp) = text.strip_suffix('\n').map_or((text, "-"), |body| (body, ""));
    // A block at the root is indented too.
    let margin = " ".repeat(indent.max(2));
    let lines =
        body.split('\n').map(|line| if line.is_empty() { "\n".to_owned() } else { format!("\n{margin}{line}") });
    format!("|{hint}{chomp}{}", lines.collect::<String>())
}
