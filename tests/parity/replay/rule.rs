//! Fixtures: what a scripted server answers to which request.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine};
use bytes::Bytes;
use prost_reflect::prost::Message;
use prost_reflect::{DynamicMessage, MessageDescriptor};
use regex::{Captures, Regex};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use tonic::{Code, Status};

use crate::replay::Result;
use crate::replay::subst::{Subst, has_placeholder, map_text};
use crate::replay::text::to_hex;

/// Reads a fixture with those it extends; a name is that of a file in `dir`.
pub(crate) fn load(fixture: &Value, dir: &Path) -> Result<Map<String, Value>> {
    let mut rules = match fixture {
        Value::Object(rules) => rules.clone(),
        Value::String(name) => serde_json::from_str(&fs::read_to_string(dir.join(name).with_extension("json"))?)?,
        other => return Err(format!("not a fixture: {other}").into()),
    };
    if let Some(base) = rules.remove("extends") {
        let mut merged = load(&base, dir)?;
        merged.append(&mut rules);
        rules = merged;
    }
    Ok(rules)
}

/// An answer to the requests it matches.
pub(crate) struct Rule {
    spec: Spec,
    response: MessageDescriptor,
    /// The encoded response, unless it has placeholders.
    ready: Option<Bytes>,
}

/// A rule as written in a fixture.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    r#match: Option<Value>,
    response: Option<Map<String, Value>>,
    raw: Option<String>,
    error: Option<Failure>,
    #[serde(default)]
    stream: Vec<Value>,
    times: Option<usize>,
    repeat: Option<usize>,
    #[serde(default)]
    delay_ms: u64,
    #[serde(default)]
    item_delay_ms: u64,
    #[serde(default)]
    hang: bool,
    #[serde(default)]
    hold: bool,
}

#[derive(Deserialize)]
struct Failure {
    code: String,
    #[serde(default)]
    message: String,
}

/// What to do for one request.
pub(crate) struct Answer {
    pub(crate) delay: Duration,
    pub(crate) item_delay: Duration,
    /// Never to end by itself.
    pub(crate) hold: bool,
    pub(crate) items: Vec<Bytes>,
    pub(crate) end: std::result::Result<Bytes, Status>,
}

impl Rule {
    /// The rules of one method: a fixture has one rule or a list.
    pub(crate) fn list(spec: Value, response: &MessageDescriptor) -> Result<Vec<Self>> {
        let specs = match spec {
            Value::Array(specs) => specs,
            one => vec![one],
        };
        specs.into_iter().map(|spec| Self::new(serde_json::from_value(spec)?, response.clone())).collect()
    }

    fn new(mut spec: Spec, response: MessageDescriptor) -> Result<Self> {
        if let (Some(fields), Some(count)) = (&mut spec.response, spec.repeat) {
            repeat(fields, count);
        }
        let mut ready = None;
        if let Some(raw) = &spec.raw {
            ready = Some(BASE64_STANDARD.decode(raw)?.into());
        } else if let Some(fields) = &spec.response {
            let value = numbered(&Value::Object(fields.clone()), 0);
            if !has_placeholder(&value) {
                ready = Some(encode(&response, value)?);
            }
        }
        Ok(Self { spec, response, ready })
    }

    /// Whether the rule is for this request; counts its use if so.
    pub(crate) fn takes(&mut self, request: &Value, subst: &Subst) -> bool {
        let spec = &mut self.spec;
        let matches = spec.times != Some(0)
            && spec.r#match.as_ref().is_none_or(|want| is_part_of(&subst.tree(want), Some(request)));
        if matches {
            spec.times = spec.times.map(|left| left - 1);
        }
        matches
    }

    pub(crate) fn answer(&self, subst: &Subst) -> Result<Answer> {
        let spec = &self.spec;
        let render = |value: &Value| encode(&self.response, subst.tree(value));
        let end = match (&spec.error, &self.ready, &spec.response) {
            (Some(failure), ..) => Err(failure.status(subst)),
            (None, Some(ready), _) => Ok(ready.clone()),
            (None, None, Some(fields)) => Ok(render(&Value::Object(fields.clone()))?),
            (None, None, None) => Ok(Bytes::new()),
        };
        Ok(Answer {
            delay: Duration::from_millis(spec.delay_ms),
            item_delay: Duration::from_millis(spec.item_delay_ms),
            hold: spec.hang || spec.hold,
            items: spec.stream.iter().map(render).collect::<Result<_>>()?,
            end,
        })
    }
}

impl Failure {
    fn status(&self, subst: &Subst) -> Status {
        // The names of the codes in the order of their numbers.
        const CODES: [&str; 17] = [
            "OK",
            "CANCELLED",
            "UNKNOWN",
            "INVALID_ARGUMENT",
            "DEADLINE_EXCEEDED",
            "NOT_FOUND",
            "ALREADY_EXISTS",
            "PERMISSION_DENIED",
            "RESOURCE_EXHAUSTED",
            "FAILED_PRECONDITION",
            "ABORTED",
            "OUT_OF_RANGE",
            "UNIMPLEMENTED",
            "INTERNAL",
            "UNAVAILABLE",
            "DATA_LOSS",
            "UNAUTHENTICATED",
        ];
        let number = CODES.iter().zip(0..).find(|(name, _)| **name == self.code);
        let code = number.map_or(Code::Unknown, |(_, number)| Code::from_i32(number));
        Status::new(code, subst.text(&self.message))
    }
}

fn encode(descriptor: &MessageDescriptor, value: Value) -> Result<Bytes> {
    let message = DynamicMessage::deserialize(descriptor.clone(), value)?;
    Ok(message.encode_to_vec().into())
}

/// Grows each list of the response to `count` items.
fn repeat(fields: &mut Map<String, Value>, count: usize) {
    let lists = fields.values_mut().filter_map(Value::as_array_mut);
    for list in lists.filter(|list| !list.is_empty()) {
        let items = list.iter().cycle().take(count).enumerate();
        *list = items.map(|(index, item)| numbered(item, index)).collect();
    }
}

/// Fills in what makes one copy differ from the others: `{{i}}`, `{{hex}}`, `{{pad:N}}`, `{{b64pad:N}}`.
fn numbered(item: &Value, index: usize) -> Value {
    static TOKEN: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\{\{(i|hex|pad|b64pad)(?::(\d+))?\}\}").expect("the pattern is a constant"));
    let fill = |found: &Captures<'_>| {
        let length = found.get(2).map_or(0, |n| n.as_str().parse().unwrap_or(0));
        match &found[1] {
            "i" => index.to_string(),
            "hex" => to_hex(&Sha256::digest(index.to_string())),
            "pad" => "x".repeat(length),
            _ => BASE64_STANDARD.encode("z".repeat(length)),
        }
    };
    map_text(item, &|text| TOKEN.replace_all(text, fill).into_owned())
}

/// Whether a request (without fields at their default) has all that is wanted of it.
fn is_part_of(want: &Value, got: Option<&Value>) -> bool {
    match (want, got) {
        (Value::Object(want), None) => want.is_empty(),
        (Value::Object(want), Some(got)) => {
            got.is_object() && want.iter().all(|(key, value)| is_part_of(value, got.get(key)))
        }
        (Value::Array(want), None) => want.is_empty(),
        (Value::Array(want), Some(Value::Array(got))) => {
            want.len() == got.len() && want.iter().zip(got).all(|(a, b)| is_part_of(a, Some(b)))
        }
        (Value::Null | Value::Bool(false), None) => true,
        (want, None) => matches!(plain(want).as_str(), "" | "0"),
        (Value::Bool(_), Some(got)) => want == got,
        (want, Some(got)) => plain(want) == plain(got),
    }
}

/// A number or the same number in quotes, alike.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
