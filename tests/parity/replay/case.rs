//! The form of a recorded case, and finding the cases of a directory.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::replay::Result;
use crate::replay::far_end::Script;
use crate::replay::flag;
use crate::replay::phrase;
use crate::replay::text;

/// One recorded run of the reference.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) cmd: String,
    pub(crate) args: Vec<String>,
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    #[serde(default)]
    pub(crate) env: BTreeMap<String, Option<String>>,
    pub(crate) stdin: Option<String>,
    pub(crate) stdin_tty: Option<Terminal>,
    #[serde(default)]
    pub(crate) files: BTreeMap<String, Option<File>>,
    pub(crate) exe_files: Option<BTreeMap<String, String>>,
    pub(crate) fixture: Option<Value>,
    pub(crate) image_fixture: Option<Value>,
    pub(crate) streaming: Option<Script>,
    #[serde(default)]
    pub(crate) ports: usize,
    pub(crate) signal: Option<Action>,
    #[serde(default)]
    pub(crate) actions: Vec<Action>,
    #[serde(default)]
    pub(crate) uuids: bool,
    #[serde(default)]
    pub(crate) requires_absent: Vec<String>,
    /// How long the case takes compared with others.
    #[serde(default)]
    pub(crate) cost: u32,
    #[serde(default)]
    pub(crate) compare: Compare,
    pub(crate) expect: Expect,
}

/// Which standard streams are a terminal: `true`, the input; `"stdio"`, input and output.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Terminal {
    Input(bool),
    Both(String),
}

/// A file that exists before the run.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum File {
    Text(String),
    Symlink { symlink: String },
    Fixture { from: String },
    Hex { hex: String },
}

/// Something that happens while the program runs, once the server has seen a call.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Action {
    pub(crate) after_method: Option<String>,
    pub(crate) after_count: Option<usize>,
    #[serde(default)]
    pub(crate) delay_ms: u64,
    /// A signal for the program, without `SIG`.
    pub(crate) sig: Option<String>,
    /// A file to append `text` to.
    pub(crate) append: Option<String>,
    pub(crate) text: Option<String>,
    /// A forwarded port to connect to, and what to `send` there.
    pub(crate) tcp: Option<String>,
    #[serde(default)]
    pub(crate) send: String,
}

/// How closely the run must resemble the recording.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Compare {
    pub(crate) stdout: Stdout,
    /// `nonzero`: any failure will do.
    pub(crate) exit: Option<String>,
    /// Lines of a `subsequence` that do not count.
    pub(crate) drop: Option<String>,
    pub(crate) calls_unordered: bool,
    pub(crate) calls_ignore: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Stdout {
    #[default]
    Exact,
    Json,
    Yaml,
    Unordered,
    NoIpv6,
    Subsequence,
    Ignore,
}

/// What the reference did; its wording where programs may differ is not read.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Expect {
    pub(crate) exit: i32,
    pub(crate) stdout: Text,
    pub(crate) calls: Vec<Value>,
    pub(crate) files: BTreeMap<String, Option<String>>,
    pub(crate) stderr_contains: Vec<String>,
    pub(crate) stderr_lines: Option<Vec<String>>,
    /// A regular expression.
    pub(crate) stdout_matches: Option<String>,
    pub(crate) stderr_matches: Option<String>,
}

/// An expected text; of long ones only the hash is kept.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Text {
    Whole(String),
    Hash { len: usize, sha256: String },
}

impl Default for Text {
    fn default() -> Self {
        Self::Whole(String::new())
    }
}

impl Case {
    /// Whether the case is about `-o go-template`.
    pub(crate) fn has_template(&self) -> bool {
        self.args.iter().any(|arg| arg.contains("go-template") || arg.starts_with("--template"))
    }
}

/// Reads all cases: the recorded ones, and those made of the tables of templates and flags.
pub(crate) fn load(data: &Path) -> Result<Vec<Case>> {
    let mut paths: Vec<_> = fs::read_dir(data.join("cases"))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<_>>()?;
    paths.sort();
    let mut cases = Vec::new();
    for path in paths {
        let json = text::without_surrogates(&fs::read_to_string(&path)?);
        let read: Vec<Case> = serde_json::from_str(&json).map_err(|error| format!("{}: {error}", path.display()))?;
        cases.extend(read);
    }
    cases.extend(templates(&data.join("go-template.json"))?);
    cases.extend(flag::cases(&data.join("cli.json"))?);
    cases.extend(phrase::cases(&data.join("phrases.toml"))?);
    Ok(cases)
}

/// `go-template.json`: one answer of the runtime, and what the reference makes of it by many templates.
#[derive(Deserialize)]
struct Templates {
    info_data: Value,
    cases: Vec<Template>,
}

#[derive(Deserialize)]
struct Template {
    template: String,
    stdout: Option<String>,
}

fn templates(path: &Path) -> Result<Vec<Case>> {
    let table: Templates = serde_json::from_str(&fs::read_to_string(path)?)?;
    let status = json!({
        "id": "p1",
        "metadata": {"name": "n", "namespace": "ns", "uid": "u"},
        "state": "SANDBOX_READY",
        "createdAt": "1700000000000000000",
        "labels": {"app": "web", "a-b": "c"},
    });
    let answer = json!({"status": status, "info": {"data": table.info_data.to_string()}});
    let cases = table.cases.into_iter().enumerate().map(|(index, row)| {
        serde_json::from_value(json!({
            "name": format!("go-template/{index:03}"),
            "cmd": "go-template",
            "args": ["inspectp", "-o", "go-template", "--template", row.template, "p1"],
            "fixture": {"extends": "base", "PodSandboxStatus": {"response": answer}},
            "compare": {"calls_ignore": true},
            "expect": {"exit": i32::from(row.stdout.is_none()), "stdout": row.stdout.unwrap_or_default()},
        }))
    });
    Ok(cases.collect::<serde_json::Result<_>>()?)
}
