//! YAML as Go's yaml.v2 writes it.
//!
//! `serde_yaml` reads our YAML but can't write it: it follows YAML 1.2 only and leaves `yes`, `1:30` and dates
//! unquoted, which the YAML 1.1 readers around Kubernetes take for a bool, a number and a time.

mod resolve;
mod scalar;

use std::cmp::Ordering;
use std::fmt::Write as _;

use crate::schema::Value;

/// The document, its keys sorted, with the empty line that upstream puts after each document.
pub(crate) fn document(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(members) if !members.is_empty() => mapping(members, 0, &mut out),
        Value::List(items) if !items.is_empty() => sequence(items, 0, &mut out),
        scalar => {
            out.push_str(&leaf(scalar, 0, 0));
            out.push('\n');
        }
    }
    out.push('\n');
    out
}

/// A key as it is written in any document.
pub(super) fn key(text: &str) -> String {
    scalar::key(text)
}

/// A scalar, or an empty list or object, on one line whatever it is.
pub(super) fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => scalar::key(text),
        other => leaf(other, 0, 0),
    }
}

/// `key: value` lines. The first one starts at the writer's position, the others are indented by `indent` spaces.
fn mapping(members: &[(String, Value)], indent: usize, out: &mut String) {
    let mut members: Vec<_> = members.iter().collect();
    members.sort_by(|a, b| natural(&a.0, &b.0));
    for (at, (key, value)) in members.into_iter().enumerate() {
        if at > 0 {
            blanks(indent, out);
        }
        let key = scalar::key(key);
        let _ = write!(out, "{key}:");
        match value {
            Value::Object(inner) if !inner.is_empty() => {
                out.push('\n');
                blanks(indent + 2, out);
                mapping(inner, indent + 2, out);
            }
            Value::List(items) if !items.is_empty() => {
                out.push('\n');
                blanks(indent, out);
                sequence(items, indent, out);
            }
            other => {
                let column = indent + key.chars().count() + 1;
                let _ = writeln!(out, " {}", leaf(other, indent + 2, column));
            }
        }
    }
}

/// `- item` lines; the first one starts at the writer's position.
fn sequence(items: &[Value], indent: usize, out: &mut String) {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            blanks(indent, out);
        }
        out.push_str("- ");
        match item {
            Value::Object(inner) if !inner.is_empty() => mapping(inner, indent + 2, out),
            Value::List(inner) if !inner.is_empty() => sequence(inner, indent + 2, out),
            other => {
                let _ = writeln!(out, "{}", leaf(other, indent + 2, indent + 1));
            }
        }
    }
}

fn blanks(count: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', count));
}

/// What fits on the line of its key. It starts at `column`; its further lines start at `indent`.
fn leaf(value: &Value, indent: usize, column: usize) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        Value::Float(value) => scalar::float(*value),
        Value::String(text) => scalar::text(text, indent, column),
        Value::List(_) => "[]".to_owned(),
        Value::Object(_) => "{}".to_owned(),
    }
}

/// The order of keys: digits by their value, letters after everything else, a prefix first.
fn natural(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let Some(at) = (0..a.len().min(b.len())).find(|at| a[*at] != b[*at]) else {
        return a.len().cmp(&b.len());
    };
    let (x, y) = (a[at], b[at]);
    match (x.is_alphabetic(), y.is_alphabetic()) {
        (true, true) => return x.cmp(&y),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // After a leading zero, the digits of a number are compared one by one.
    let zero = (0..at).rev().take_while(|at| a[*at].is_ascii_digit()).any(|at| a[at] != '0');
    if (x == '0' || y == '0') && zero {
        return run(&a[at..]).cmp(&run(&b[at..])).then(x.cmp(&y));
    }
    number(&a[at..]).cmp(&number(&b[at..])).then(run(&a[at..]).cmp(&run(&b[at..]))).then(x.cmp(&y))
}

/// The number of digits from here on.
fn run(text: &[char]) -> usize {
    text.iter().take_while(|c| c.is_ascii_digit()).count()
}

/// The value of the digits from here on.
fn number(text: &[char]) -> i64 {
    let digits = text.iter().map_while(|c| c.to_digit(10));
    digits.fold(0, |number: i64, digit| number.wrapping_mul(10).wrapping_add(digit.into()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> Value {
        serde_json::from_str(text).expect("it is JSON")
    }

    #[test]
    fn lists_stand_under_their_key_without_indent() {
        let value = parsed(r#"{"b":[{"x":1,"y":[]},["p"]],"a":{"k":"","z":{}}}"#);
        assert_eq!(document(&value), "a:\n  k: \"\"\n  z: {}\nb:\n- x: 1\n  \"y\": []\n- - p\n\n");
    }

    #[test]
    fn what_yaml_1_1_would_take_for_something_else_is_quoted() {
        let value = parsed(r#"["yes","0x1f","1:30","2024-01-01","~","1e3","1_000","<<","a","1.2.3","-"]"#);
        let expected = "- \"yes\"\n- \"0x1f\"\n- \"1:30\"\n- \"2024-01-01\"\n- \"~\"\n- \"1e3\"\n- \"1_000\"\n\
                        - \"<<\"\n- a\n- 1.2.3\n- '-'\n\n";
        assert_eq!(document(&value), expected);
    }

    #[test]
    fn keys_sort_by_their_numbers() {
        let value = parsed(r#"{"a10":1,"a2":2,"B":3,"a":4,"_":5}"#);
        assert_eq!(document(&value), "_: 5\nB: 3\na: 4\na2: 2\na10: 1\n\n");
    }

    #[test]
    fn several_lines_are_a_literal_block() {
        let value = parsed(r#"{"k":"a\nb\n","l":["x\ny"],"m":" a\nb"}"#);
        assert_eq!(document(&value), "k: |\n  a\n  b\nl:\n- |-\n  x\n  y\nm: |2-\n   a\n  b\n\n");
    }

    #[test]
    fn line_ends_at_the_end_do_not_run_into_the_end_of_the_document() {
        let value = parsed(r#"["x\n\n","\n"]"#);
        assert_eq!(document(&value), "- \"x\\n\\n\"\n- \"\\n\"\n\n");
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            "[ -~\n\t\u{e9}\u{1F600}\u{85}\u{feff}]{0,24}".prop_map(Value::String),
            "[a-z ]{60,200}".prop_map(Value::String),
            "(yes|no|~|null|0x1f|1_0|-|\\?|: |a: b|a #b|'|\"|%|@|\\*|&a|!b|\\[|\\{|---|1:30)".prop_map(Value::String),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
                prop::collection::btree_map("[a-z0-9:# \n-]{0,6}", inner, 0..5).prop_map(Value::object),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_document_reads_back_as_itself(value in any_value()) {
            let text = document(&value);
            let back: Value = serde_yaml::from_str(&text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
            prop_assert_eq!(back.sorted(), value.sorted(), "{}", text);
        }
    }
}
