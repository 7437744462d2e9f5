//! Puts placeholders where a run shows what differs from machine to machine and day to day.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use regex::{Captures, Regex};
use serde_json::Value;

use crate::replay::subst::{Subst, map_text};

pub(crate) struct Normaliser {
    paths: Pairs,
    ports: Vec<(Regex, String)>,
    times: Pairs,
}

/// What to look for and its placeholder, in the order to go by.
type Pairs = Vec<(String, String)>;

impl Normaliser {
    pub(crate) fn new(root: &Path, program: &Path, subst: &Subst) -> Self {
        let ports = subst.values().filter(|(name, _)| name.starts_with("port"));
        let ports = ports.filter_map(|(name, port)| {
            let alone = Regex::new(&format!(r"\b{port}\b")).ok()?;
            Some((alone, format!("@{name}")))
        });
        let mut times = subst.times();
        // How long ago 1970 was is what a time of zero looks like.
        let years = Timestamp::now().as_second() / 86_400 / 365;
        times.push((format!("{years} years ago"), "@epoch-age ago".to_owned()));
        Self { paths: paths(root, program, subst), ports: ports.collect(), times }
    }

    pub(crate) fn text(&self, text: &str) -> String {
        let mut text = replace(text.to_owned(), &self.paths);
        for (port, name) in &self.ports {
            text = port.replace_all(&text, name).into_owned();
        }
        replace(text, &self.times)
    }

    pub(crate) fn tree(&self, value: &Value) -> Value {
        map_text(value, &|text| self.text(text))
    }
}

fn paths(root: &Path, program: &Path, subst: &Subst) -> Pairs {
    let mut pairs = Vec::new();
    if let Some(url) = subst.get("stream") {
        let host = url.rsplit('/').next().unwrap_or(url);
        pairs.push((url.to_owned(), "@stream".to_owned()));
        pairs.push((host.to_owned(), "@streamhost".to_owned()));
    }
    for name in ["dir", "home", "sock", "isock", "exe"] {
        if let Some(path) = subst.get(name) {
            pairs.push((path.to_owned(), format!("@{name}")));
        }
    }
    pairs.push((root.to_string_lossy().into_owned(), "@root".to_owned()));
    let real = fs::canonicalize(program).unwrap_or_default();
    for dir in [real.parent(), program.parent()].into_iter().flatten() {
        let config = dir.join("crictl.yaml").to_string_lossy().into_owned();
        pairs.push((config, "@bindir/crictl.yaml".to_owned()));
    }
    pairs
}

fn replace(mut text: String, pairs: &Pairs) -> String {
    for (printed, placeholder) in pairs {
        if text.contains(printed) {
            text = text.replace(printed, placeholder);
        }
    }
    text
}

/// Names random UUIDs by their first appearance: the same one gets the same name.
pub(crate) fn number_uuids(calls: &[Value]) -> Vec<Value> {
    let uuid = Regex::new(r"\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b")
        .expect("the pattern is a constant");
    let seen = std::cell::RefCell::new(Vec::<String>::new());
    let name = |found: &Captures<'_>| {
        let mut seen = seen.borrow_mut();
        let known = seen.iter().position(|uuid| *uuid == found[0]);
        let index = known.unwrap_or_else(|| {
            seen.push(found[0].to_owned());
            seen.len() - 1
        });
        format!("@uuid{}", index + 1)
    };
    let change = |text: &str| uuid.replace_all(text, name).into_owned();
    calls.iter().map(|call| map_text(call, &change)).collect()
}
