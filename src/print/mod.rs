//! From a view to the bytes that are written; only this module formats results.

mod skeleton;
pub(crate) mod structured;
pub(crate) mod table;
mod yaml;

use std::borrow::Cow;

use crate::error::Error;
use crate::schema::Value;
use crate::view::{Encoding, Table, View};
use crate::visible::{visible, visible_lines};

/// The smallest width of a column, as in upstream.
const COLUMN: usize = 20;

/// A view as text. `screen` means that a terminal shows it and obeys control codes: so other people's texts are made
/// visible as they become part of the view, while the line ends between them stay.
pub(crate) fn render(view: &View, screen: bool) -> Result<String, Error> {
    Ok(match view {
        View::Table(Table { columns, rows }) => table::render(columns, &cells(rows, screen), COLUMN),
        View::Text(lines) => lines.iter().map(|text| line(text, screen) + "\n").collect(),
        View::List(value, encoding) | View::Item(value, encoding) | View::Status(value, encoding) => {
            match (view, encoding) {
                (_, Encoding::Template(template)) => {
                    // The user wrote the text between the values.
                    let text = template.render(&if screen { shown(value) } else { value.clone() });
                    return text
                        .map(|text| text + "\n")
                        .map_err(|cause| Error::failure(cause).context("filling in the template"));
                }
                (_, Encoding::Yaml) => document(yaml::document(value), screen),
                (View::Item(..), Encoding::Json) => document(structured::compact_json(value)?, screen),
                (View::Status(..), Encoding::Json) => document(structured::status_json(value.clone())?, screen),
                (_, Encoding::Json) => document(structured::list_json(value)?, screen),
            }
        }
        View::Lines(lines) => document(skeleton::lines(lines), screen),
    })
}

/// One line. Leading spaces belong to the paragraph.
fn line(text: &str, screen: bool) -> String {
    if !screen {
        return text.to_owned();
    }
    let rest = text.trim_start_matches('\t');
    let (indent, rest) = text.split_at(text.len() - rest.len());
    format!("{indent}{}", visible(rest))
}

/// The cells of a table. Off a terminal, a line end in a cell starts another row, as in upstream.
fn cells(rows: &[Vec<String>], screen: bool) -> Cow<'_, [Vec<String>]> {
    if !screen {
        return Cow::Borrowed(rows);
    }
    rows.iter().map(|row| row.iter().map(|cell| visible(cell).into_owned()).collect()).collect()
}

/// A document; characters that its own escapes already cover are left alone.
fn document(text: String, screen: bool) -> String {
    if screen { visible_lines(&text).into_owned() } else { text }
}

/// The document with every text in it made visible.
fn shown(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::from(&*visible(text)),
        Value::List(items) => Value::List(items.iter().map(shown).collect()),
        Value::Object(members) => Value::object(members.iter().map(|(key, value)| (visible(key), shown(value)))),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVIL: &str = "a\x1b[2J\nb\u{202e}";
    const SHOWN: &str = "a\\x1b[2J\\nb\\u202e";

    fn text(view: &View, screen: bool) -> String {
        render(view, screen).expect("it can be written")
    }

    #[test]
    fn a_terminal_is_shown_what_others_would_have_it_obey() {
        let value = Value::object([(EVIL, Value::from(EVIL))]);
        let template = crate::template::Template::parse("x\n{{range .}}{{.}}{{end}}").expect("a template");
        for view in [
            View::Table(Table { columns: vec!["A"], rows: vec![vec![EVIL.to_owned()]] }),
            View::Text(vec![EVIL.to_owned(), format!("\t{EVIL} -> {EVIL}")]),
            View::List(value.clone(), Encoding::Template(template)),
        ] {
            let text = text(&view, true);
            assert!(text.contains(SHOWN) && !text.contains(['\x1b', '\u{202e}']), "{text:?}");
            assert!(!text.contains("\nb"), "{text:?}");
        }
        for encoding in [Encoding::Json, Encoding::Yaml] {
            for view in [View::List(value.clone(), encoding.clone()), View::Status(value.clone(), encoding.clone())] {
                let text = text(&view, true);
                assert!(text.contains("\\u202e") && !text.contains(['\x1b', '\u{202e}']), "{text:?}");
            }
        }
    }

    #[test]
    fn what_is_no_terminal_gets_the_bytes() {
        let lines = View::Text(vec![EVIL.to_owned()]);
        assert_eq!(text(&lines, false), format!("{EVIL}\n"));
        let table = View::Table(Table { columns: vec!["A"], rows: vec![vec![EVIL.to_owned()]] });
        assert_eq!(text(&table, false), format!("A\n{EVIL}\n"));
    }
}
