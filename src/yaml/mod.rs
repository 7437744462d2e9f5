//! From YAML text to values: the documents of a stream, with anchors and merge keys resolved; and a flat mapping as the
//! text of its scalars.
//!
//! An event parser is used, because a parser that returns values no longer knows which scalars were quoted, and YAML
//! 1.1 distinguishes between `yes` and `"yes"`.

mod flat;
mod scalar;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};

use crate::schema::Value;

pub(crate) use flat::flat;

/// The most values that a document may contain. A few lines of aliases to aliases mean billions of values.
const MOST_NODES: usize = 1_000_000;

/// How deeply a document may be nested; every level takes stack space.
const DEEPEST: usize = 100;

/// Reads the first document; what follows it is not read. An empty text is null.
///
/// # Errors
/// What is wrong, with the line and the column.
pub(crate) fn parse(text: &str) -> Result<Value, String> {
    Ok(Reader::new(&without_tabs(text))?.document()?.unwrap_or_default())
}

/// Reads all documents.
///
/// # Errors
/// As [`parse`].
pub(crate) fn parse_all(text: &str) -> Result<Vec<Value>, String> {
    let text = without_tabs(text);
    let mut reader = Reader::new(&text)?;
    let mut documents = Vec::new();
    while let Some(document) = reader.document()? {
        documents.push(document);
    }
    Ok(documents)
}

struct Reader<'a> {
    events: Parser<'a, StrInput<'a>>,
    /// The values of the anchors read so far.
    anchors: HashMap<usize, Value>,
    nodes: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Result<Self, String> {
        Ok(Self { events: events(text)?, anchors: HashMap::new(), nodes: 0 })
    }

    /// The next document, or nothing at the end of the stream.
    fn document(&mut self) -> Result<Option<Value>, String> {
        loop {
            match self.next()? {
                (Event::DocumentStart(_), _) => {
                    self.anchors.clear();
                    let (event, at) = self.next()?;
                    return self.node(event, at, 0).map(Some);
                }
                (Event::StreamEnd, _) => return Ok(None),
                _ => {}
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'a>, Span), String> {
        next(&mut self.events)
    }

    fn node(&mut self, event: Event<'a>, at: Span, depth: usize) -> Result<Value, String> {
        if depth > DEEPEST {
            return Err(located(at, "nested too deep"));
        }
        self.count(1, at)?;
        let (value, anchor) = match event {
            Event::Alias(id) => {
                // An anchor is known once its value is complete, so no value can contain itself.
                let value = self
                    .anchors
                    .get(&id)
                    .cloned()
                    .ok_or_else(|| located(at, "an alias of a value that contains it"))?;
                self.count(size(&value), at)?;
                (value, 0)
            }
            Event::Scalar(text, style, anchor, tag) => (scalar(&text, style, tag.as_deref(), at)?, anchor),
            Event::SequenceStart(anchor, _) => (self.sequence(depth)?, anchor),
            Event::MappingStart(anchor, _) => (self.mapping(depth)?, anchor),
            _ => return Err(located(at, "a value is missing")),
        };
        if anchor > 0 {
            self.count(size(&value), at)?;
            self.anchors.insert(anchor, value.clone());
        }
        Ok(value)
    }

    fn sequence(&mut self, depth: usize) -> Result<Value, String> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::List(items)),
                (event, at) => items.push(self.node(event, at, depth + 1)?),
            }
        }
    }

    /// A mapping, its keys sorted. The last of equal keys wins, and own keys win over merged ones.
    fn mapping(&mut self, depth: usize) -> Result<Value, String> {
        let mut members = BTreeMap::new();
        let mut merged = Vec::new();
        loop {
            let (event, at) = match self.next()? {
                (Event::MappingEnd, _) => break,
                event => event,
            };
            let merge = matches!(&event, Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<");
            let key = self.node(event, at, depth + 1)?;
            let (event, value_at) = self.next()?;
            let value = self.node(event, value_at, depth + 1)?;
            match value {
                Value::Object(pairs) if merge => merged.extend(pairs),
                Value::List(items) if merge => merged.extend(items.into_iter().flat_map(members_of)),
                _ if merge => return Err(located(value_at, "<< takes a mapping or a list of mappings")),
                value => {
                    members.insert(name(&key).ok_or_else(|| located(at, "a key must be a scalar"))?, value);
                }
            }
        }
        for (key, value) in merged {
            members.entry(key).or_insert(value);
        }
        Ok(Value::object(members))
    }

    fn count(&mut self, nodes: usize, at: Span) -> Result<(), String> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MOST_NODES { Err(located(at, "the document is too large")) } else { Ok(()) }
    }
}

/// The text with each tab between a colon and a word replaced by a space where the parser refuses it. Other parsers
/// accept it, and people write it. Only the parser can tell which tabs these are: one in a quoted text stays.
fn without_tabs(text: &str) -> Cow<'_, str> {
    // The parser starts again for each one.
    const MOST_WORK: usize = 16 << 20;
    let mut text = Cow::Borrowed(text);
    let mut work = 0;
    while work < MOST_WORK && text.contains(":\t") {
        let Some(word) = word_after_tab(&text) else { break };
        let end = text.char_indices().nth(word).map_or(text.len(), |(end, _)| end);
        let start = text[..end].trim_end_matches([' ', '\t']).len();
        work += end;
        text.to_mut().replace_range(start..end, &" ".repeat(end - start));
    }
    text
}

/// The position of the first character after a tab that the parser refuses.
fn word_after_tab(text: &str) -> Option<usize> {
    let mut events = Parser::new_from_str(text);
    let mut depth = 0;
    while depth <= DEEPEST {
        match events.next_event()? {
            Ok((Event::SequenceStart(..) | Event::MappingStart(..), _)) => depth += 1,
            Ok((Event::SequenceEnd | Event::MappingEnd, _)) => depth -= 1,
            Ok((Event::StreamEnd, _)) => return None,
            Ok(_) => {}
            Err(error) => {
                let tab = error.info().starts_with("':' must be followed");
                return tab.then(|| error.marker().index());
            }
        }
    }
    None
}

fn events(text: &str) -> Result<Parser<'_, StrInput<'_>>, String> {
    // The parser takes NUL for the end of the text, and everything after it would be lost.
    match text.contains('\0') {
        true => Err("it contains a NUL character, so it is neither YAML nor JSON".to_owned()),
        false => Ok(Parser::new_from_str(text)),
    }
}

fn next<'a>(events: &mut Parser<'a, StrInput<'a>>) -> Result<(Event<'a>, Span), String> {
    match events.next_event() {
        Some(Ok(event)) => Ok(event),
        Some(Err(error)) => {
            Err(format!("line {}, column {}: {}", error.marker().line(), error.marker().col() + 1, error.info()))
        }
        None => Ok((Event::StreamEnd, Span::default())),
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, at: Span) -> Result<Value, String> {
    // YAML has blocks of text only outside brackets. Inside, the parser takes the block for a plain word, and its line
    // ends are lost.
    if style == ScalarStyle::Plain && text.starts_with(['|', '>']) {
        return Err(located(at, "YAML does not allow a block of text inside brackets"));
    }
    let tag = tag.map(|tag| if tag.is_yaml_core_schema() { tag.suffix.as_str() } else { "" });
    scalar::resolve(text, style == ScalarStyle::Plain, tag).map_err(|reason| located(at, &reason))
}

/// The text of a key, which may be any scalar but null.
fn name(key: &Value) -> Option<String> {
    match key {
        Value::String(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Int(value) => Some(value.to_string()),
        Value::Uint(value) => Some(value.to_string()),
        Value::Float(value) => Some(value.to_string()),
        Value::Null | Value::List(_) | Value::Object(_) => None,
    }
}

fn members_of(value: Value) -> Vec<(String, Value)> {
    match value {
        Value::Object(members) => members,
        _ => Vec::new(),
    }
}

/// How many values a value contains.
fn size(value: &Value) -> usize {
    match value {
        Value::List(items) => items.iter().map(|item| 1 + size(item)).sum(),
        Value::Object(members) => members.iter().map(|(_, value)| 1 + size(value)).sum(),
        _ => 0,
    }
}

fn located(at: Span, reason: &str) -> String {
    format!("line {}, column {}: {reason}", at.start.line(), at.start.col() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Value {
        serde_json::from_str(text).expect("the test's JSON is right")
    }

    #[test]
    fn only_the_first_document_is_read() {
        assert_eq!(parse("a: 1\n---\na: 2\n"), Ok(json(r#"{"a": 1}"#)));
        assert_eq!(parse(""), Ok(Value::Null));
        assert_eq!(parse("# nothing\n"), Ok(Value::Null));
        assert_eq!(parse("a: 1\n---\n]"), Ok(json(r#"{"a": 1}"#)));
    }

    #[test]
    fn all_documents_are_read_where_all_are_wanted() {
        assert_eq!(
            parse_all("a: 1\n---\n---\n- b\n...\n"),
            Ok(vec![json(r#"{"a": 1}"#), Value::Null, json(r#"["b"]"#)])
        );
        assert_eq!(parse_all(""), Ok(vec![]));
        assert!(parse_all("a: 1\n---\n]").is_err_and(|reason| reason.starts_with("line 3, ")));
        assert!(parse_all("&a x\n---\n*a\n").is_err());
    }

    #[test]
    fn quoted_words_stay_text() {
        let value = parse("- yes\n- \"yes\"\n- 'no'\n- no\n- 010\n- \"010\"\n- |-\n  on\n");
        assert_eq!(value, Ok(json(r#"[true, "yes", "no", false, 8, "010", "on"]"#)));
        // Keys are scalars as any other.
        assert_eq!(parse("{y: 1, \"y\": 2}"), Ok(json(r#"{"true": 1, "y": 2}"#)));
    }

    #[test]
    fn the_last_of_equal_keys_wins_and_every_key_over_merged_ones() {
        assert_eq!(parse("a: 1\na: 2\n"), Ok(json(r#"{"a": 2}"#)));
        let merged = parse("k: &k {a: 1, b: 2}\nl: {b: 3, <<: *k}\nm: {<<: [{b: 4}, *k]}\n");
        let expected = r#"{"k": {"a": 1, "b": 2}, "l": {"a": 1, "b": 3}, "m": {"a": 1, "b": 4}}"#;
        assert_eq!(merged, Ok(json(expected)));
    }

    #[test]
    fn what_is_wrong_is_located() {
        assert!(parse("a: [1\nb: 2\n").is_err_and(|reason| reason.starts_with("line 2, ")));
        assert!(parse("{null: 1}").is_err_and(|reason| reason == "line 1, column 2: a key must be a scalar"));
        assert!(parse("a: *nope\n").is_err());
        assert!(parse("a: &a [*a]\n").is_err());
        assert!(parse("a: 1\0b: 2").is_err());
    }

    #[test]
    fn a_block_of_text_stands_in_no_brackets() {
        for text in ["{k: |-\n  a\n}", "k: [>\n a\n]", "ä: {b: {c: |\n  a\n}}", "- - {k: |-\n  a\n  }", "&a [|\n a\n]"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
        let value = parse("{a: '|-', b: [a|b]}");
        assert_eq!(value, Ok(json(r#"{"a": "|-", "b": ["a|b"]}"#)));
        assert_eq!(parse("ä: |\n  a\nk:\n- [b]\n- |-\n  c\n"), Ok(json(r#"{"k": [["b"], "c"], "ä": "a\n"}"#)));
    }

    #[test]
    fn a_tab_is_a_blank_where_it_is_none_of_a_text() {
        let value = parse("ä:\tb\nc:\n- d: \t e\t# x\n  f:\t-x\ng: 'h:\ti'\nj: |\n  k:\tl\nm: {p:\to}\n");
        let expected = r#"{"c": [{"d": "e", "f": "-x"}], "g": "h:\ti", "j": "k:\tl\n", "m": {"p": "o"}, "ä": "b"}"#;
        assert_eq!(value, Ok(json(expected)));
        assert!(parse("a:\tb: c\n").is_err());
        assert!(parse(&format!("a:\tb\nc: {}", "[".repeat(100_000))).is_err());
    }

    #[test]
    fn a_document_cannot_take_all_memory_or_all_stack() {
        let bomb: String = (1..12)
            .map(|level| format!("a{level}: &a{level} [{}]\n", format!("*a{}, ", level - 1).repeat(9)))
            .collect();
        assert!(parse(&format!("a0: &a0 x\n{bomb}")).is_err_and(|reason| reason.ends_with("too large")));
        assert!(parse(&"[".repeat(100_000)).is_err());
        assert!(parse(&"- ".repeat(100_000)).is_err());
    }
}
