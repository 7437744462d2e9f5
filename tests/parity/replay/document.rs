//! JSON and YAML texts as values, and when two values are the same.
//!
//! YAML is read as YAML 1.1 readers do it (`yes` is a bool, `0x10` and dates are not numbers), because
//! such readers are what the output is for: a text that needs quotes and has none is a difference.

use std::sync::LazyLock;

use regex::Regex;
use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};
use serde_json::{Map, Number, Value};

use crate::replay::Result;
use crate::replay::text::without_surrogates;

/// All JSON values of a text.
pub(crate) fn parse_json(text: &str) -> Result<Vec<Value>> {
    let text = without_surrogates(text);
    let values = serde_json::Deserializer::from_str(&text).into_iter();
    Ok(values.collect::<serde_json::Result<_>>()?)
}

/// All YAML documents of a text; several are separated by an empty line.
pub(crate) fn parse_yaml(text: &str) -> Result<Vec<Value>> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices("\n\n") {
        let next = text[at + 2..].chars().next();
        if next.is_some_and(|c| !c.is_whitespace()) {
            parts.push(&text[start..at]);
            start = at + 2;
        }
    }
    parts.push(&text[start..]);
    let parts = parts.into_iter().filter(|part| !part.trim().is_empty());
    // An empty line may also stand in the middle of a document.
    parts.map(yaml_document).collect::<Result<_>>().or_else(|_| Ok(vec![yaml_document(text)?]))
}

/// Whether two values are the same; a number is the same with and without a fraction of zero.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || whole(a).is_some_and(|a| whole(b) == Some(a)),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            let same_field = |(key, a)| b.get(key).is_some_and(|b| same(a, b));
            a.len() == b.len() && a.iter().all(same_field)
        }
        _ => a == b,
    }
}

/// The exact value of a number that has no fraction.
fn whole(number: &Number) -> Option<i128> {
    let float = || {
        let float = number.as_f64()?;
        (float.fract() == 0.0 && float.abs() < 1e38).then_some(float as i128)
    };
    number.as_i128().or_else(float)
}

type Events<'a> = Parser<'a, StrInput<'a>>;

fn yaml_document(text: &str) -> Result<Value> {
    let mut events = Parser::new_from_str(text);
    let mut documents = Vec::new();
    while let Some(event) = events.next() {
        match event?.0 {
            Event::DocumentStart(_) => {
                let (event, _) = events.next().ok_or("the document ends at once")??;
                documents.push(yaml_value(event, &mut events)?);
            }
            Event::StreamStart | Event::DocumentEnd | Event::StreamEnd => {}
            other => return Err(format!("unexpected {other:?}").into()),
        }
    }
    match documents.len() {
        0 => Ok(Value::Null),
        1 => Ok(documents.remove(0)),
        count => Err(format!("{count} documents").into()),
    }
}

fn yaml_value<'a>(event: Event<'a>, events: &mut Events<'a>) -> Result<Value> {
    match event {
        Event::Scalar(text, ScalarStyle::Plain, _, None) => Ok(plain(&text)),
        Event::Scalar(text, _, _, _) => Ok(Value::String(text.into_owned())),
        Event::SequenceStart(..) => {
            let mut items = Vec::new();
            loop {
                match next(events)? {
                    Event::SequenceEnd => return Ok(Value::Array(items)),
                    event => items.push(yaml_value(event, events)?),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut fields = Map::new();
            loop {
                let key = match next(events)? {
                    Event::MappingEnd => return Ok(Value::Object(fields)),
                    event => yaml_value(event, events)?,
                };
                let key = match key {
                    Value::String(key) => key,
                    // A key that is not a string must not pass for one.
                    other => format!("@{other}"),
                };
                let event = next(events)?;
                fields.insert(key, yaml_value(event, events)?);
            }
        }
        other => Err(format!("unexpected {other:?}").into()),
    }
}

fn next<'a>(events: &mut Events<'a>) -> Result<Event<'a>> {
    Ok(events.next().ok_or("the document is cut off")??.0)
}

/// What a scalar without quotes means.
fn plain(text: &str) -> Value {
    static FLOAT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$").expect("the pattern is a constant")
    });
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return true.into();
        }
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return false.into();
        }
        _ => {}
    }
    if !FLOAT.is_match(text) {
        return Value::String(text.to_owned());
    }
    let digits = text.trim_start_matches('+');
    if let Ok(number) = digits.parse::<i64>() {
        return number.into();
    }
    if let Ok(number) = digits.parse::<u64>() {
        return number.into();
    }
    let number = digits.parse().ok().and_then(Number::from_f64);
    number.map_or_else(|| Value::String(text.to_owned()), Value::Number)
}
