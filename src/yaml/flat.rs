//! A mapping of scalars, taken as text: the form of crictl's config file.

use std::collections::HashMap;

use saphyr_parser::{Event, Span};

use super::{events, located, next, without_tabs};

/// Passes the pairs of the first document to `take`, in order and including duplicate keys: the key, and the value's
/// text, or nothing for a list or a mapping. What follows the document is not read, and neither is what follows an
/// error, however deeply it is nested.
///
/// # Errors
/// The text is not a mapping of scalars, with the line and the column; or an error of `take`.
pub(crate) fn flat(text: &str, mut take: impl FnMut(&str, Option<&str>) -> Result<(), String>) -> Result<(), String> {
    let text = without_tabs(text);
    let mut events = events(&text)?;
    let lines: Vec<_> = text.lines().collect();
    let mut anchors = HashMap::new();
    loop {
        match next(&mut events)? {
            (Event::StreamEnd, _) => return Ok(()),
            (Event::MappingStart(..), _) => break,
            (Event::Scalar(text, ..), _) if ["", "~", "null"].contains(&&*text) => return Ok(()),
            (Event::Scalar(..) | Event::SequenceStart(..), at) => return Err(located(at, "expected KEY: VALUE")),
            _ => {}
        }
    }
    loop {
        let (event, at) = next(&mut events)?;
        if matches!(event, Event::MappingEnd) {
            return Ok(());
        }
        // The parser accepts a tab as indentation, but no other parser does.
        let line = lines.get(at.start.line().saturating_sub(1)).copied().unwrap_or_default();
        let content = line.trim_start_matches([' ', '\t']);
        if line.len() - content.len() == at.start.col() && line[..at.start.col()].contains('\t') {
            return Err(located(at, "a tab before a key"));
        }
        let key = scalar(event, at, &mut anchors)?.ok_or_else(|| located(at, "a key must be a word"))?;
        let (event, at) = next(&mut events)?;
        let value = scalar(event, at, &mut anchors)?;
        take(&key, value.as_deref())?;
        if value.is_none() {
            return Err(located(at, "no key takes a list or a mapping"));
        }
    }
}

/// The text of a scalar, or of the one that an alias refers to. Nothing for a list or a mapping.
fn scalar(event: Event<'_>, at: Span, anchors: &mut HashMap<usize, String>) -> Result<Option<String>, String> {
    Ok(match event {
        Event::Scalar(text, _, anchor, _) => {
            let text = text.into_owned();
            if anchor > 0 {
                anchors.insert(anchor, text.clone());
            }
            Some(text)
        }
        Event::Alias(id) => Some(anchors.get(&id).cloned().ok_or_else(|| located(at, "an alias without an anchor"))?),
        Event::SequenceStart(..) | Event::MappingStart(..) => None,
        _ => return Err(located(at, "a value is missing")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Result<Vec<(String, Option<String>)>, String> {
        let mut pairs = Vec::new();
        let read = flat(text, |key, value| {
            pairs.push((key.to_owned(), value.map(str::to_owned)));
            Ok(())
        });
        read.map(|()| pairs)
    }

    #[test]
    fn the_text_of_scalars_counts_and_nothing_else() {
        let expected: Vec<_> = [("a", "010"), ("b", "~"), ("c", "x"), ("d", "x"), ("a", ""), ("e", "m\n")]
            .map(|(key, value)| (key.to_owned(), Some(value.to_owned())))
            .into();
        let text = "# head\na: 010\n\"b\": ~ # tail\nc:\t&x 'x'\nd: *x\na:\ne: |\n  m\n---\n[\n";
        assert_eq!(pairs(text), Ok(expected));
        for empty in ["", "# none\n", "---\n", "~\n", "{}"] {
            assert_eq!(pairs(empty), Ok(Vec::new()), "{empty:?}");
        }
    }

    #[test]
    fn what_is_no_mapping_of_scalars_is_located() {
        for text in [
            "- a\n",
            "hello\n",
            "a: [\n",
            "a: *x\n",
            "? [a]\n: b\n",
            "a: &a {b: *a}\n",
            "a: b: c\n",
            "a: &x b\n? *y\n",
            "\ta: b\n",
            "a: b\n\t c: d",
        ] {
            assert!(pairs(text).is_err_and(|reason| reason.starts_with("line ")), "{text}");
        }
    }

    #[test]
    fn nothing_is_read_of_what_is_nested() {
        let deep = format!("a: 1\nb: {}", "[".repeat(200_000));
        assert_eq!(pairs(&deep), Err("line 2, column 4: no key takes a list or a mapping".to_owned()));
        let deep = format!("b: {}", "{a: ".repeat(200_000));
        assert!(flat(&deep, |key, value| Err(format!("{key} {value:?}"))).is_err_and(|reason| reason == "b None"));
    }
}
