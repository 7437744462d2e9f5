//! Placeholders of the recordings: `@dir`, `@sock`, `@now-3600s`, `@{now-5m}` and the like.
//!
//! A time is fixed when it is first asked for, so that what the server answers and what is expected
//! speak of the same moment.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use jiff::Timestamp;
use regex::{Captures, Regex};
use serde_json::Value;

static WHOLE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^@now([+-][\d.]+[a-z]+)?$"));
static WITHIN: LazyLock<Regex> = LazyLock::new(|| pattern(r"@\{now([+-][\d.]+[a-z]+)?(?:\|(\w+))?\}"));
static NAME: LazyLock<Regex> = LazyLock::new(|| pattern(r"@(dir|home|sock|isock|stream|exe|port\d)\b"));

/// What the placeholders of one case stand for.
#[derive(Default)]
pub(crate) struct Subst {
    values: BTreeMap<String, String>,
    times: Mutex<BTreeMap<String, Timestamp>>,
}

impl Subst {
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.values.insert(name.to_owned(), value.into());
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The text with its placeholders filled in.
    pub(crate) fn text(&self, text: &str) -> String {
        if !text.contains('@') {
            return text.to_owned();
        }
        if let Some(found) = WHOLE.captures(text) {
            return self.time(&found).as_nanosecond().to_string();
        }
        let timed = WITHIN.replace_all(text, |found: &Captures<'_>| {
            let time = self.time(found);
            match found.get(2).map(|form| form.as_str()) {
                None | Some("rfc3339") => rfc3339(time),
                Some("nano") => time.to_string(),
                Some("unix") => time.as_second().to_string(),
                Some("ns") => time.as_nanosecond().to_string(),
                Some("local") => rfc3339(time)[..19].to_owned(),
                Some(_) => found[0].to_owned(),
            }
        });
        let named =
            NAME.replace_all(&timed, |found: &Captures<'_>| self.get(&found[1]).unwrap_or(&found[0]).to_owned());
        named.into_owned()
    }

    /// The JSON value with the placeholders in its strings and keys filled in.
    pub(crate) fn tree(&self, value: &Value) -> Value {
        map_text(value, &|text| self.text(text))
    }

    /// What each time used so far looks like in print, and the placeholder to put there; longest first.
    pub(crate) fn times(&self) -> Vec<(String, String)> {
        let times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        let mut pairs = Vec::new();
        for (offset, time) in times.iter() {
            let shortest = time.to_string();
            let go = shortest.trim_end_matches('Z').replace('T', " ") + " +0000 UTC";
            pairs.push((time.as_nanosecond().to_string(), format!("@now{offset}")));
            pairs.push((rfc3339(*time), format!("@{{now{offset}}}")));
            pairs.push((shortest, format!("@{{now{offset}|nano}}")));
            pairs.push((go, format!("@{{now{offset}|go}}")));
        }
        pairs.sort_by_key(|(printed, _)| std::cmp::Reverse(printed.len()));
        pairs
    }

    fn time(&self, found: &Captures<'_>) -> Timestamp {
        let offset = found.get(1).map_or("", |offset| offset.as_str());
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        *times.entry(offset.to_owned()).or_insert_with(|| shifted(Timestamp::now(), offset))
    }
}

/// Whether a value would be changed by [`Subst::tree`].
pub(crate) fn has_placeholder(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            text.contains('@') && (WHOLE.is_match(text) || WITHIN.is_match(text) || NAME.is_match(text))
        }
        Value::Array(items) => items.iter().any(has_placeholder),
        Value::Object(fields) => fields.values().any(has_placeholder),
        _ => false,
    }
}

/// A copy of the value in which every string went through `change`.
pub(crate) fn map_text(value: &Value, change: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(change(text)),
        Value::Array(items) => items.iter().map(|item| map_text(item, change)).collect(),
        Value::Object(fields) => fields.iter().map(|(key, value)| (change(key), map_text(value, change))).collect(),
        other => other.clone(),
    }
}

fn shifted(time: Timestamp, offset: &str) -> Timestamp {
    let (number, unit) = offset.split_at(offset.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(offset.len()));
    let unit = match unit {
        "ns" => 1.0,
        "us" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "m" => 60e9,
        "h" => 3600e9,
        _ => 86400e9,
    };
    // An f64 is exact up to 2^53 ns, some hundred days, and far beyond for whole seconds.
    let shift = number.parse::<f64>().unwrap_or(0.0) * unit;
    Timestamp::from_nanosecond(time.as_nanosecond() + shift as i128).unwrap_or(time)
}

fn rfc3339(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%9fZ").to_string()
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is a constant")
}
