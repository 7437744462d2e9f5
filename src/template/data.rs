//! A document as values of the engine. Go decodes numbers into text of a type of its own, `json.Number`.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use gotmpl::Value;

use crate::schema;

/// A document, and which of its strings are numbers.
pub(super) struct Data {
    pub(super) root: Value,
    pub(super) numbers: Numbers,
}

/// The strings that stand for numbers.
///
/// The engine has no such type. It shares strings instead of copying them, so a number is recognised by the address of
/// its text; the values are kept here, so no other string can have that address.
#[derive(Default)]
pub(super) struct Numbers {
    addresses: HashSet<usize>,
    texts: Vec<Arc<str>>,
}

impl Data {
    pub(super) fn new(document: &schema::Value) -> Self {
        let mut numbers = Numbers::default();
        Self { root: numbers.value(document), numbers }
    }
}

impl Numbers {
    /// Whether the text is a number's.
    pub(super) fn has(&self, text: &Arc<str>) -> bool {
        self.addresses.contains(&address(text))
    }

    /// Go's name for the type of the value.
    pub(super) fn type_name(&self, value: &Value) -> &'static str {
        match value {
            Value::Nil => "<nil>",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Uint(_) => "uint",
            Value::Float(_) => "float64",
            Value::String(text) if self.has(text) => "json.Number",
            Value::String(_) => "string",
            Value::List(_) => "[]interface {}",
            Value::Map(_) => "map[string]interface {}",
            Value::Function(_) => "func",
        }
    }

    fn value(&mut self, value: &schema::Value) -> Value {
        match value {
            schema::Value::Null => Value::Nil,
            schema::Value::Bool(value) => Value::Bool(*value),
            schema::Value::Int(number) => self.number(number.to_string()),
            schema::Value::Uint(number) => self.number(number.to_string()),
            schema::Value::Float(number) => self.number(json_float(*number)),
            schema::Value::String(text) => Value::String(text.as_str().into()),
            schema::Value::List(items) => Value::List(items.iter().map(|item| self.value(item)).collect()),
            schema::Value::Object(members) => {
                let members = members.iter().map(|(key, value)| (key.as_str().into(), self.value(value)));
                Value::Map(Arc::new(members.collect::<BTreeMap<Arc<str>, Value>>()))
            }
        }
    }

    fn number(&mut self, text: String) -> Value {
        let text: Arc<str> = text.into();
        self.addresses.insert(address(&text));
        self.texts.push(Arc::clone(&text));
        Value::String(text)
    }
}

fn address(text: &Arc<str>) -> usize {
    text.as_ptr().addr()
}

/// A float as Go writes it: digits in full between 1e-6 and 1e21, else an exponent without leading zeros.
pub(crate) fn json_float(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{value:e}");
        return if size < 1.0 { text } else { text.replace('e', "e+") };
    }
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_go_writes_them() {
        let cases = [
            (0.0, "0"),
            (1.0, "1"),
            (0.5, "0.5"),
            (9_223_372_036_854_775_807.0, "9223372036854776000"),
            (1e22, "1e+22"),
            (1.5e-7, "1.5e-7"),
            (-2.5e300, "-2.5e+300"),
            (0.000_001, "0.000001"),
        ];
        for (value, text) in cases {
            assert_eq!(json_float(value), text);
        }
    }
}
