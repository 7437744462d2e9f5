//! Words that other people's tests and scripts look for; each becomes a case.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::replay::Result;
use crate::replay::case::Case;

/// `phrases.toml`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Phrases {
    phrase: Vec<Phrase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Phrase {
    /// What is looked for, a regular expression.
    phrase: String,
    command: Vec<String>,
    stream: Stream,
    #[serde(default)]
    status: i32,
    /// Who looks for it. Kept with the phrase for those who read the list.
    #[serde(rename = "who")]
    _who: String,
    /// What the runtime answers beside `base`; `false` for no runtime at all.
    #[serde(default = "nothing")]
    runtime: Value,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    ports: usize,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Stream {
    Stdout,
    Stderr,
}

fn nothing() -> Value {
    json!({})
}

pub(crate) fn cases(path: &Path) -> Result<Vec<Case>> {
    let list: Phrases = toml::from_str(&fs::read_to_string(path)?)?;
    let cases = list.phrase.into_iter().enumerate().map(|(index, phrase)| serde_json::from_value(phrase.case(index)));
    Ok(cases.collect::<serde_json::Result<_>>()?)
}

impl Phrase {
    fn case(self, index: usize) -> Value {
        let fixture = match self.runtime {
            Value::Object(mut answers) => {
                answers.insert("extends".to_owned(), "base".into());
                Value::Object(answers)
            }
            _ => Value::Null,
        };
        let matches = match self.stream {
            Stream::Stdout => "stdout_matches",
            Stream::Stderr => "stderr_matches",
        };
        json!({
            "name": format!("phrase/{index:02}-{}", self.command.first().map_or("", String::as_str)),
            "cmd": "phrase",
            "args": self.command,
            "fixture": fixture,
            "env": self.env,
            "files": self.files,
            "ports": self.ports,
            "compare": {"stdout": "ignore", "calls_ignore": true},
            "expect": {"exit": self.status, matches: self.phrase},
        })
    }
}
